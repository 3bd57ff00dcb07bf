"""Base classes and helpers of every app's `admin.py`."""

from core.admin.archiving import ArchivableAdmin
from core.admin.filters import ArchivedFilter, TimeFilter, boolean_filter, choice_filter
from core.admin.forms import LinesField
from core.admin.links import EMPTY, Column, link, link_lines, linked
from core.admin.record import RecordAdmin
from core.admin.saving import EditableAdmin, RecordForm
from core.admin.searching import FormLookup

__all__ = [
    "EMPTY",
    "ArchivableAdmin",
    "ArchivedFilter",
    "Column",
    "EditableAdmin",
    "FormLookup",
    "LinesField",
    "RecordAdmin",
    "RecordForm",
    "TimeFilter",
    "boolean_filter",
    "choice_filter",
    "link",
    "link_lines",
    "linked",
]
