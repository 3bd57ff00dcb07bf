"""Actions on code systems and diseases."""

from disease.actions.diseases import archive_disease, change_disease, create_disease, restore_disease
from disease.actions.imports import Loaded, import_codes, import_links

__all__ = [
    "Loaded", "archive_disease", "change_disease", "create_disease", "import_codes", "import_links",
    "restore_disease",
]  # fmt: skip
