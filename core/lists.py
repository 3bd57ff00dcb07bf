"""Lists as most people ask for them, without a filter: the SQL of their pages is written once."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

from django.db.models import UUIDField

from core.filters import in_use
from core.prepared import Given, Prepared, Somebody
from core.rows import as_columns

SIZES = (51, 101, 201)  # rows that a page asks for, one more than it shows; of other sizes nothing is kept


@dataclass(frozen=True)
class Unfiltered:
    """Stands for the rows of a list, as far as `CursorPages` asks of a queryset."""

    view: Any  # the class of the view
    somebody: Somebody
    given: dict[str, Any]
    order: tuple[str, ...] = ()
    beyond: str = ""  # the look-up by which a cursor goes on, e.g. id__lt

    def order_by(self, *order: str) -> Self:
        return replace(self, order=order)

    def filter(self, **position: Any) -> Self:
        """Those beyond a cursor's position."""
        [(beyond, value)] = position.items()
        return replace(self, beyond=beyond, given={**self.given, "position": value})

    def __getitem__(self, part: slice) -> list[Any]:
        written = page if part.start == 0 and part.stop in SIZES else page.__wrapped__
        return written(self.view, self.somebody, self.order, self.beyond, part.start, part.stop).ask(**self.given)


@lru_cache(1024)
def page(view: Any, somebody: Somebody, order: tuple[str, ...], beyond: str, start: int, stop: int) -> Prepared:
    """A page of a view's list for people of these roles."""
    asked = view(action="list", somebody=somebody)
    position = {beyond: Given("position", UUIDField())} if beyond else {}

    def kept(rows: Any) -> Any:
        return in_use(rows, asked.filterset_class).filter(**position)

    def cut(rows: Any) -> Any:
        return rows.order_by(*order)[:stop]

    def rows() -> Any:
        paged = asked.get_queryset().paged_for(somebody, kept, cut)
        return as_columns(paged, asked.get_serializer_class())[start:]

    return Prepared(rows, search=True)
