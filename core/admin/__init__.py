"""What the admin of every app is made of: rights by table, saves through actions, a readable past, links."""

from core.admin.filters import Archived, Made, one_of
from core.admin.finding import LookUp, is_a_look_up
from core.admin.forms import JSONField, Lines, RecordForm
from core.admin.links import link, linked, links, listing, short
from core.admin.record import RecordAdmin

__all__ = [
    "Archived",
    "JSONField",
    "Lines",
    "LookUp",
    "Made",
    "RecordAdmin",
    "RecordForm",
    "is_a_look_up",
    "link",
    "linked",
    "links",
    "listing",
    "one_of",
    "short",
]
