"""De-identification: the bytes as uploaded in, a research copy and its manifest out.

    manifest = deidentify(original, copy, secrets=Secrets(key, "2026-1"), patient="…", pseudonym="P-7Q4K")
    assess(original).state  # "clean", "quarantine" or "refused"

It follows PS3.15 Annex E from the other end: a copy is not an original with things taken out, but a new object into
which only what is known to be safe is put. In the order of a reader:

| module | decides |
|---|---|
| `engine` | the order of things |
| `scope`, `risk` | which objects can be cleaned; which must wait for a person |
| `rules`, `data/` | what the standard's tables say about an attribute |
| `header` | how each level of a dataset is walked |
| `values`, `dates`, `codes`, `private`, `names`, `keyed` | what may stay of one value |
| `pixels`, `codestream`, `redaction`, `pictures` | pixels, and what hides beside them |
| `marks`, `manifest` | what is said about it afterwards |

It knows nothing of Django, of the database or of HTTP.
"""

from .burned_in_text import Assessment, assess
from .engine import deidentify
from .errors import CannotBeCleaned
from .manifest import Box, Manifest
from .replacements import Secrets

__all__ = ["Assessment", "Box", "CannotBeCleaned", "Manifest", "Secrets", "assess", "deidentify"]
