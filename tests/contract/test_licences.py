"""Every library that we install allows what our licence grants: docs/decisions/0015."""

import importlib.metadata
import re
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
PERMISSIVE = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|HPND")
USED_UNCHANGED = {"psycopg", "psycopg-binary", "psycopg-pool"}  # LGPL


def licence_of(package: str) -> str:
    metadata = importlib.metadata.metadata(package)
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License")]
    return " ".join([metadata.get("License-Expression") or metadata.get("License") or "", *classifiers])


def test_every_library_is_permissive():
    packages = re.findall(r"^([\w.-]+)(?:\[.*\])?==", REQUIREMENTS.read_text(), re.MULTILINE)
    licences = {package: licence_of(package) for package in packages if package not in USED_UNCHANGED}
    assert {name: text for name, text in licences.items() if not PERMISSIVE.search(text) or "GPL" in text} == {}
