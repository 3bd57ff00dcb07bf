"""Bars by day as SVG: numbers for a template, no styles and no scripts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.template.defaultfilters import filesizeformat

WIDTH, HEIGHT = 600, 150  # of the field in which the bars stand, in units of the drawing
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 10, 24  # room for the axes


@dataclass
class Plot:
    """One thing by day: `series` by name, each a number a day; several are stacked."""

    name: str
    title: str
    days: list[date]
    series: dict[str, list[int]]
    headline: str
    link: str
    unit: str = ""

    @property
    def box(self) -> str:
        return f"0 0 {LEFT + WIDTH + RIGHT} {TOP + HEIGHT + BOTTOM}"

    @cached_property
    def most(self) -> int:
        """The top of the scale: 1, 2 or 5 times a power of ten, so that its half is a plain number too."""
        highest = max((sum(column) for column in self.columns), default=0)
        scale = 2
        while scale < highest:
            scale = next(step for step in steps() if step > scale)
        return scale

    @property
    def columns(self) -> list[tuple[int, ...]]:
        return list(zip(*self.series.values(), strict=True)) or [() for _ in self.days]

    @property
    def bars(self) -> Iterator[dict[str, Any]]:
        """A rectangle for each number that is not 0, the first series at the bottom."""
        step = WIDTH / len(self.days)
        for place, (day, column) in enumerate(zip(self.days, self.columns, strict=True)):
            below = 0.0
            for kind, (name, number) in enumerate(zip(self.series, column, strict=False)):
                height = number / self.most * HEIGHT
                below += height
                if number:
                    yield {
                        "x": f"{LEFT + place * step + 2:.1f}", "y": f"{TOP + HEIGHT - below:.1f}",
                        "width": f"{step - 4:.1f}", "height": f"{height:.1f}", "kind": kind % 6,
                        "says": f"{day:%d %B}: {self.say(number)} {name if not self.unit else ''}".strip(),
                    }  # fmt: skip

    @property
    def levels(self) -> list[dict[str, Any]]:
        """Lines across, with what they mean."""
        return [
            {
                "y": TOP + HEIGHT - HEIGHT * share,
                "left": LEFT,
                "right": LEFT + WIDTH,
                "says": self.say(int(self.most * share)),
            }
            for share in (0, 0.5, 1)
        ]

    @property
    def dates(self) -> list[dict[str, Any]]:
        """Every seventh day, back from today."""
        step = WIDTH / len(self.days)
        places = range(len(self.days) - 1, -1, -7)
        y = TOP + HEIGHT + 17
        return [{"x": f"{LEFT + (at + 0.5) * step:.1f}", "y": y, "says": f"{self.days[at]:%d %b}"} for at in places]

    @property
    def legend(self) -> list[tuple[int, str]]:
        return [(kind % 6, name) for kind, name in enumerate(self.series)] if len(self.series) > 1 else []

    @property
    def sentence(self) -> str:
        """The plot for whoever does not see it."""
        totals = [sum(column) for column in self.columns]
        highest = max(range(len(totals)), key=totals.__getitem__)
        most = f"most on {self.days[highest]:%d %B}: {self.say(totals[highest])}" if totals[highest] else "nothing"
        return f"{self.headline}; from {self.days[0]:%d %B} to {self.days[-1]:%d %B %Y}, {most}."

    @property
    def table(self) -> list[tuple[date, list[str]]]:
        """The newest day first."""
        rows = zip(self.days, self.columns, strict=True)
        return [(day, [self.say(number) for number in column]) for day, column in rows][::-1]

    def say(self, number: int) -> str:
        return filesizeformat(number) if self.unit == "bytes" else str(number)


def steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (2 * power, 4 * power, 6 * power, 10 * power)
        power *= 10
