"""Allowances: the points that a party may spend on requests, in one bucket for all processes.

The one rule: a bucket holds up to `capacity` points and gains `per_second`; who asks for more than
it holds is told when to come back. The bucket is a row of the database, and its clock is the
database's. A process takes points out in lots of `LOT` and spends them by itself, so that most
requests need no further round trip; it may so hold up to a lot that others do not see.

Who acts for no party (a founder, a stranger) has a bucket of the process, of the same size. So has
everybody while the database takes no writes: a standby, or a full disk, still answers reads.
"""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil

from ledger.actor import Actor
from ledger.store import allowances
from ledger.store.allowances import Granted
from ledger.store.pool import Database, DatabaseExhausted, DatabaseReadOnly

LOT = 1_000
MAX_KEPT = 10_000
"""Parties of which a process remembers what it holds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How many points a bucket holds, and gains a second; 0: nobody counts."""

    capacity: int
    per_second: int


@dataclass(frozen=True, slots=True)
class Left:
    """What a party has left after a request, as far as this process knows."""

    terms: Terms
    points: int

    @property
    def full_in_seconds(self) -> int:
        """When the bucket is full again, if nothing else is spent."""
        return ceil((self.terms.capacity - self.points) / self.terms.per_second)


class Exhausted(Exception):  # noqa: N818 -- named for what it tells
    """A party has spent its points. `retry_after_seconds`: when there will be enough."""

    def __init__(self, cost: int, left: Left) -> None:
        self.cost = cost
        self.left = left
        self.retry_after_seconds = max(ceil((cost - left.points) / left.terms.per_second), 1)
        super().__init__(f"{cost} points are needed, {left.points} are left")


@dataclass(slots=True)
class _Held:
    """What this process holds of a bucket: a lot, and the level of the rest at an instant."""

    lot: float = 0
    level: float = 0
    at: float = 0


class Allowances:
    """The buckets of all parties."""

    def __init__(self, database: Database, terms: Terms, monotonic: Callable[[], float]) -> None:
        """Buckets of `terms` in `database`; `monotonic` counts seconds."""
        self._database = database
        self._terms = terms
        self._monotonic = monotonic
        self._held: OrderedDict[tuple[str, str], _Held] = OrderedDict()

    async def spend(self, actor: Actor | None, cost: int) -> Left | None:
        """Take the points of one request; None where nobody counts. Raises Exhausted, Trouble."""
        terms = self._terms
        if not terms.per_second:
            return None
        held = self._of(actor)
        if held.lot < cost:
            level = self._level(held)
            if level + held.lot < cost:
                raise Exhausted(cost, Left(terms, int(level + held.lot)))
            await self._fetch(actor, held, cost)
        if held.lot < cost:
            raise Exhausted(cost, Left(terms, int(held.level + held.lot)))
        held.lot -= cost
        return Left(terms, min(int(self._level(held) + held.lot), terms.capacity))

    def _of(self, actor: Actor | None) -> _Held:
        """What is held of an actor's bucket; a bucket not known yet is thought full."""
        key = ("", actor.subject if actor else "")
        if actor is not None and actor.ecosystem_id:
            key = (actor.ecosystem_id, actor.party_id)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(level=self._terms.capacity, at=self._monotonic())
            while len(self._held) > MAX_KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return held

    def _level(self, held: _Held) -> float:
        """How full the bucket is by now, if nobody else took from it."""
        gained = self._terms.per_second * (self._monotonic() - held.at)
        return min(held.level + gained, self._terms.capacity)

    async def _fetch(self, actor: Actor | None, held: _Held, cost: int) -> None:
        """Take a lot out of the bucket."""
        needed = ceil(cost - held.lot)
        taken = Granted(needed, self._level(held) - needed)
        if actor is not None and actor.ecosystem_id:
            with suppress(DatabaseReadOnly, DatabaseExhausted):
                taken = await self._granted(actor, needed)
        held.lot += taken.granted
        held.level, held.at = taken.points, self._monotonic()

    async def _granted(self, actor: Actor, needed: int) -> Granted:
        """What the party's row gives: a lot where it has one. Raises Trouble."""
        terms = self._terms
        async with self._database.writing(actor.ecosystem_id) as connection:
            return await allowances.grant(
                connection,
                actor.ecosystem_id,
                actor.party_id,
                needed=needed,
                wanted=max(needed, min(LOT, terms.capacity)),
                capacity=terms.capacity,
                per_second=terms.per_second,
            )
