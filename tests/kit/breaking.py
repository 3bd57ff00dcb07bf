"""Workers that break off."""

from dicom.sandbox import messages
from dicom.sandbox.pool import Worker

_ask = Worker.ask


def breaking_off(self, request, *told, **more):
    """In place of `Worker.ask`: the process ends while it makes a copy."""
    if request["do"] == "deidentify":
        raise messages.Gone
    return _ask(self, request, *told, **more)
