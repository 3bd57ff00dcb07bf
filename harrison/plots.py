"""Bar charts by day as SVG: numbers for a template, without styles and scripts, as the CSP demands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate

from django.template.defaultfilters import filesizeformat

WIDTH, HEIGHT = 600, 150  # of the chart area, in units of the drawing
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 10, 24  # margins for the axes
COLOURS = 6  # CSS classes kind0 to kind5
Shape = dict[str, object]  # attributes of an SVG element


@dataclass
class Plot:
    """Numbers by day: `series` maps a name to one number a day. Several series are stacked."""

    name: str
    title: str
    days: list[date]
    series: dict[str, list[int]]
    headline: str
    link: str
    unit: str = ""

    @property
    def view_box(self) -> str:
        return f"0 0 {LEFT + WIDTH + RIGHT} {TOP + HEIGHT + BOTTOM}"

    @cached_property
    def maximum(self) -> int:
        """The top of the scale, an even number with one digit before the zeros."""
        highest = max((sum(column) for column in self.columns), default=0)
        return next(step for step in scale_steps() if step >= highest)

    @property
    def columns(self) -> list[tuple[int, ...]]:
        """The numbers of each day, one of each series."""
        return list(zip(*self.series.values(), strict=True)) or [() for _ in self.days]

    @property
    def bars(self) -> Iterator[Shape]:
        """Rectangles of the numbers that are not 0, the first series at the bottom."""
        for index, column in enumerate(self.columns):
            for kind, (number, total) in enumerate(zip(column, accumulate(column), strict=True)):
                if number:
                    yield self.bar(index, kind, number, total)

    def bar(self, index: int, kind: int, number: int, total: int) -> Shape:
        """Return the bar of a series on a day; `total` is the sum of this series and those below it."""
        width = WIDTH / len(self.days)
        name = "" if self.unit else list(self.series)[kind]
        return {
            "x": f"{LEFT + index * width + 2:.1f}",
            "y": f"{TOP + HEIGHT - total / self.maximum * HEIGHT:.1f}",
            "width": f"{width - 4:.1f}",
            "height": f"{number / self.maximum * HEIGHT:.1f}",
            "kind": kind % COLOURS,
            "text": f"{self.days[index]:%d %B}: {self.format(number)} {name}".strip(),
        }

    @property
    def levels(self) -> list[Shape]:
        """Horizontal lines with their numbers."""
        return [
            {
                "y": TOP + HEIGHT - HEIGHT * share,
                "left": LEFT,
                "right": LEFT + WIDTH,
                "text": self.format(int(self.maximum * share)),
            }
            for share in (0, 0.5, 1)
        ]

    @property
    def dates(self) -> list[Shape]:
        """Every seventh day, counted back from today."""
        width = WIDTH / len(self.days)
        return [
            {
                "x": f"{LEFT + (index + 0.5) * width:.1f}",
                "y": TOP + HEIGHT + 17,
                "text": f"{self.days[index]:%d %b}",
            }
            for index in range(len(self.days) - 1, -1, -7)
        ]

    @property
    def legend(self) -> list[tuple[int, str]]:
        return [(kind % COLOURS, name) for kind, name in enumerate(self.series)] if len(self.series) > 1 else []

    @property
    def description(self) -> str:
        """A sentence for people who do not see the chart."""
        totals = [sum(column) for column in self.columns]
        highest = max(range(len(totals)), key=totals.__getitem__)
        most = f"most on {self.days[highest]:%d %B}: {self.format(totals[highest])}" if totals[highest] else "nothing"
        return f"{self.headline}; from {self.days[0]:%d %B} to {self.days[-1]:%d %B %Y}, {most}."

    @property
    def table(self) -> list[tuple[date, list[str]]]:
        """The numbers by day, the newest first."""
        rows = zip(self.days, self.columns, strict=True)
        return [(day, [self.format(number) for number in column]) for day, column in rows][::-1]

    def format(self, number: int) -> str:
        return filesizeformat(number) if self.unit == "bytes" else str(number)


def scale_steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (2 * power, 4 * power, 6 * power, 10 * power)
        power *= 10
