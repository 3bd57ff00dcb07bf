"""Workers that break off."""

from dicom.sandbox import messages


def breaking_off(*_, **__):
    """In place of `Worker.ask`: the process is gone."""
    raise messages.Gone
