"""Which parts of a request an event may hold: plain text only for values that are listed here, a fingerprint of others.

A client may write a name anywhere: into the path, into the name of a parameter or of a header, into the method.
"""

from events.masking.headers import mask_headers
from events.masking.requests import mask_method, mask_path, mask_query

__all__ = ["mask_headers", "mask_method", "mask_path", "mask_query"]
