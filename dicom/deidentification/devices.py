"""Stand-ins for serial numbers and names of devices: the same device has the same one everywhere in a project.

They are HMACs under the project's key, so nobody without the key can compute one from a serial number.
"""

from typing import Any

from pydicom.dataelem import DataElement

from dicom.deidentification.replacements import Secrets
from dicom.deidentification.values import apply_to_all


def replace_device(element: DataElement, secrets: Secrets) -> Any:
    """Return stand-ins for the values of an attribute; 16 characters fit an SH and an LO."""
    return apply_to_all(element.value, lambda text: stand_in(secrets, int(element.tag), text))


def stand_in(secrets: Secrets, tag: int, text: str) -> str:
    """Return a stand-in such as DEV-3F2A91C04B7D. Blanks around the text do not count."""
    stripped = text.strip(" \0")
    return f"DEV-{secrets.digest(f'device {tag:08X}', stripped).hex()[:12].upper()}" if stripped else ""
