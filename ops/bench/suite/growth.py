"""What a ledger's size costs: the same work on a large one and on one of a hundredth."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from graph.context import Doors
from ledger.actor import Actor
from ledger.batch import Request
from ledger.fold import SHAPE
from ledger.payment import Payment
from ledger.read import Window
from ledger.snapshot import encode_book
from ledger.store import snapshots
from ledger.store.entries import StoredCheckpoint
from ledger.store.snapshots import StoredSnapshot
from ops.bench.bare import refresh_statistics
from ops.bench.figure import Laps, at_most
from ops.bench.frame import Run, bench
from ops.bench.growth import PART, Growing
from ops.bench.load import CLIENTS, Load
from ops.bench.workload import BUYER
from service.app import open_doors

HUNDREDTH = 100
ROUNDS = 40
PROOFS = 10
"""Of each kind in a round."""
A_PAGE = 100
STEEPEST = 1.3
NAMES = (
    "append of 64 payments",
    "inclusion proof",
    "consistency proof",
    "newest page of entries",
    "newest page of payments",
)


@dataclass(slots=True)
class Ledger:
    """A ledger of some size, and what its owner does with it."""

    doors: Doors
    growing: Growing
    owed: Iterator[Request]
    covering: StoredCheckpoint
    chance: Random = field(default_factory=lambda: Random(64))  # noqa: S311 -- picks places only

    @classmethod
    async def grown(cls, run: Run, open_now: AsyncExitStack, size: int, rounds: int) -> "Ledger":
        """One of at least so many entries, with payments owed and a snapshot, as in service."""
        settings = run.settings()
        doors = await open_now.enter_async_context(open_doors(settings))
        growing = await Growing.begun(doors)
        database, key = doors.ledger.database, growing.payable.ecosystem_id
        await growing.store(database, size, run.say)
        owed = await growing.owe(database, (rounds + 1) * CLIENTS)
        async with database.writing(key) as connection:
            made = StoredSnapshot(growing.folded.frontier, encode_book(growing.folded.book))
            await snapshots.add_snapshot(connection, key, SHAPE, made, 0)
        assert settings.owner_url is not None
        await refresh_statistics(settings.owner_url)
        return cls(doors, growing, iter(owed), await doors.publisher.publish(key))

    @property
    def actor(self) -> Actor:
        """Who reads."""
        return self.growing.payable.actor(BUYER)

    async def append(self) -> None:
        """A payment by each client."""
        await Load().drive(self.doors.ledger.submit, list(islice(self.owed, CLIENTS)), CLIENTS)

    async def prove_inclusion(self) -> None:
        """Of entries anywhere, in the newest checkpoint."""
        for _ in range(PROOFS):
            index = self.chance.randrange(self.covering.size)
            await self.doors.reader.prove(self.actor, index, self.covering)

    async def prove_consistency(self) -> None:
        """From trees of any size to the newest checkpoint."""
        for _ in range(PROOFS):
            old = self.chance.randrange(1, self.covering.size)
            await self.doors.reader.prove_growth(self.actor, old, self.covering.size)

    async def read_entries(self) -> None:
        """The newest page of entries."""
        found, _ = await self.doors.reader.entries(self.actor, last=A_PAGE)
        assert len(found) == A_PAGE

    async def read_payments(self) -> None:
        """The newest page of payments."""
        window = Window(last=A_PAGE)
        page = await self.doors.reader.page(self.actor, "payment", Payment, window)
        assert len(page.items) == A_PAGE


@bench("growth", size=1_000_000, smoke_size=1000)
async def growth(run: Run) -> None:
    """Append, proofs and newest pages on a ledger of so many entries, beside a hundredth of it.

    Each in a database of its own on one server, in turn; the life of the chain as in `verify`.
    """
    rounds = min(ROUNDS, run.size // PART)
    async with AsyncExitStack() as open_now:
        sizes = (max(run.size // HUNDREDTH, 2 * PART), run.size)
        small, large = [await Ledger.grown(run, open_now, size, rounds) for size in sizes]
        laps = {name: (Laps(), Laps()) for name in NAMES}
        for number in range(rounds + 1):
            for each, side in ((small, 0), (large, 1)):
                works = (
                    each.append,
                    each.prove_inclusion,
                    each.prove_consistency,
                    each.read_entries,
                    each.read_payments,
                )
                for name, work in zip(NAMES, works, strict=True):
                    with laps[name][side] if number else Laps():  # the first round warms up
                        await work()
    than = f"with {small.covering.size:,} entries"
    for name, (before, after) in laps.items():
        aim = at_most(STEEPEST)
        many = PROOFS if "proof" in name else 1
        run.figure(
            name,
            after.median * 1000 / many,
            "ms",
            beside=before.median * 1000 / many,
            than=than,
            aim=aim,
        )
