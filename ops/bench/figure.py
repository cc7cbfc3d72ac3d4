"""Figures: what a bench found, what it stands beside, what it should reach, and how it is shown.

The one rule: a figure is compared with another of the same run, or with an aim; never with a
number of another machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from time import perf_counter
from typing import Self

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should reach: at least or at most `limit`.

    It holds for the ratio to what the figure stands beside, else for the figure itself.
    """

    limit: float
    is_upper: bool

    def is_met(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value <= self.limit if self.is_upper else value >= self.limit

    def __str__(self) -> str:
        return f"{'<=' if self.is_upper else '>='} {self.limit:g}"


def at_least(limit: float) -> Aim:
    """An aim from below."""
    return Aim(limit, is_upper=False)


def at_most(limit: float) -> Aim:
    """An aim from above."""
    return Aim(limit, is_upper=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured; `beside` is the same of what it is compared with, named by `than`."""

    what: str
    value: float
    unit: str
    beside: float | None = None
    than: str = ""
    aim: Aim | None = None

    @property
    def ratio(self) -> float | None:
        """The figure as a multiple of what stands beside it."""
        return self.value / self.beside if self.beside else None

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if self.aim is None:
            return None
        return self.aim.is_met(self.value if self.ratio is None else self.ratio)

    def as_json(self) -> dict[str, object]:
        """For a machine."""
        return {
            "what": self.what,
            "value": self.value,
            "unit": self.unit,
            "beside": self.beside,
            "than": self.than,
            "ratio": self.ratio,
            "aim": None if self.aim is None else str(self.aim),
            "isMet": self.is_met,
        }


class Laps:
    """Seconds of things done again and again; `with laps:` takes one."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds.append(perf_counter() - self._started)

    @property
    def median(self) -> float:
        """The middle one: what a neighbour on the machine disturbs least."""
        return median(self.seconds)

    @property
    def total(self) -> float:
        """All together."""
        return sum(self.seconds)

    def percentile(self, share: float) -> float:
        """The smallest one that `share` (0 to 1) of all do not exceed."""
        ranked = sorted(self.seconds)
        return ranked[max(ceil(share * len(ranked)), 1) - 1]


def shown(value: float) -> str:
    """A number as a person reads it: four digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"  # noqa: PLR2004 -- as it says


def table(title: str, figures: Sequence[Figure]) -> Table:
    """Figures for a person."""
    made = Table("figure", "ours", "beside", "ratio", "aim", title=title, title_justify="left")
    verdicts: Mapping[bool | None, str] = {None: "", True: " met", False: " MISSED"}
    for each in figures:
        beside = "" if each.beside is None else f"{shown(each.beside)} {each.than}"
        ratio = "" if each.ratio is None else f"{each.ratio:.3g}"
        aim = f"{each.aim or ''}{verdicts[each.is_met]}"
        made.add_row(each.what, f"{shown(each.value)} {each.unit}", beside, ratio, aim)
    return made
