"""The frame: how a bench is registered, what it is given, and where its figures go.

A bench is one function in a file under `suite`: `@bench("name", size=..., smoke_size=...)`. Its
docstring says what is compared with what; `size` is how much of it (entries, rows, clients), and
`smoke_size` so little that the tests run it in a second or two, lest it rot.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from pkgutil import iter_modules
from typing import TypeVar

from graph.context import Doors
from ops.bench import suite
from ops.bench.figure import Aim, Figure, Laps
from service import embedded
from service.app import open_doors
from service.embedded import Embedded
from service.keys import make_keys
from service.settings import Settings, load

T = TypeVar("T")
Measure = Callable[["Run"], Coroutine[None, None, None]]


class NoSuchBench(Exception):  # noqa: N818 -- named for what it tells
    """No bench has this name; the text lists those there are."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A registered bench. `compares` says what stands side by side."""

    name: str
    compares: str
    size: int
    smoke_size: int
    measure: Measure


_BENCHES: dict[str, Bench] = {}


def bench(name: str, *, size: int, smoke_size: int) -> Callable[[Measure], Measure]:
    """Register a function as a bench; its docstring says what it compares."""

    def register(measure: Measure) -> Measure:
        compares = " ".join((measure.__doc__ or "").split())
        _BENCHES[name] = Bench(name, compares, size, smoke_size, measure)
        return measure

    return register


def benches(names: Iterable[str] = ()) -> list[Bench]:
    """The named benches, or all, by name. Raises NoSuchBench."""
    for module in iter_modules(suite.__path__, f"{suite.__name__}."):
        import_module(module.name)
    known = sorted(_BENCHES.values(), key=lambda each: each.name)
    wanted = set(names)
    if unknown := wanted - _BENCHES.keys():
        listed = ", ".join(each.name for each in known)
        raise NoSuchBench(f"no bench is named {', '.join(sorted(unknown))}; there are: {listed}")
    return [each for each in known if not wanted or each.name in wanted]


@dataclass(slots=True)
class Run:
    """What a bench is given: how much to do, a server and a folder of its own, ears."""

    size: int
    server: Embedded
    folder: Path
    say: Callable[[str], None]
    figures: list[Figure] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=count)

    def figure(
        self,
        what: str,
        value: float,
        unit: str,
        *,
        beside: float | None = None,
        than: str = "",
        aim: Aim | None = None,
    ) -> None:
        """State what was measured. `beside` is the same of what it is compared with."""
        self.figures.append(Figure(what, value, unit, beside, than, aim))

    def settings(self) -> Settings:
        """Settings of a service on a new, migrated database."""
        name = f"bench_{self.folder.name}_{next(self._names)}".lower()
        made = embedded.create_database(self.server, name, template="jpi")
        home = self.folder / name
        home.mkdir()
        given = {
            "DATABASE_URL": made.service_url,
            "JPI_OWNER_DATABASE_URL": made.owner_url,
            "JPI_HOME": str(home),
            "JPI_DEV_ISSUER": "true",
        }
        chosen = load(given)
        make_keys(chosen)
        return chosen

    @asynccontextmanager
    async def doors(self) -> AsyncIterator[Doors]:
        """The doors of the workroom on a new, migrated database."""
        async with open_doors(self.settings()) as doors:
            yield doors

    def steps(self, what: str, items: Iterable[T], count: int) -> Iterator[T]:
        """The items as they are, telling ten times on the way how far it is."""
        tenth = max(count // 10, 1)
        for number, item in enumerate(items):
            if number and number % tenth == 0:
                self.say(f"{what}: {number:,} of {count:,}")
            yield item


async def in_turn(rounds: int, *sides: Callable[[], Awaitable[object]]) -> list[Laps]:
    """The laps of each side, all sides one after the other in each round.

    So whatever else the machine does meets all sides alike.
    """
    laps = [Laps() for _ in sides]
    for _ in range(rounds):
        for lap, side in zip(laps, sides, strict=True):
            with lap:
                await side()
    return laps
