"""Rows of the table of rights that all evidence has in common (DESIGN, who may do what)."""

from accounts.models import CLINICAL, Role

DOCTORS = frozenset({Role.DOCTOR})
READ = dict.fromkeys(("list", "retrieve", "history"), CLINICAL)
BYTES = dict.fromkeys(("file", "preview", "thumbnail", "deidentification"), CLINICAL)
WRITE = dict.fromkeys(("create", "update", "partial_update", "destroy", "restore"), DOCTORS)
