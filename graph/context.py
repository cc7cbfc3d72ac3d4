"""What a request carries through the hall: who asks, the doors of the workroom, what was loaded."""

import logging
from asyncio import Future, ensure_future
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.dataloader import DataLoader

from ledger.actor import Actor
from ledger.allowance import Allowances, Left
from ledger.book import Indicator
from ledger.bookkeeping import Bookkeeping
from ledger.commit import Ledger
from ledger.directory import Directory
from ledger.due import Due
from ledger.ecosystem import Ecosystem
from ledger.feed import Feed
from ledger.gathering import Gathering
from ledger.proposal import ProposalStatus
from ledger.providers import Providers
from ledger.publish import Publisher
from ledger.read import MAX_PAGE, Found, Narrowed, Reader, Window
from ledger.rows import Rows
from ledger.store.entries import StoredEntry
from ledger.uploading import Uploads
from ledger.witnessing import Witnessing

log = logging.getLogger("jpi.graph")
T = TypeVar("T")


class Onlooker(Protocol):
    """Instruments that look on while requests are served."""

    def deprecated(self, coordinate: str) -> None:
        """A request used something deprecated, by its schema coordinate."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors of the workroom, one set a process; `onlooker` is the operator's."""

    ledger: Ledger
    reader: Reader
    publisher: Publisher
    witnessing: Witnessing
    bookkeeping: Bookkeeping
    gathering: Gathering
    providers: Providers
    feed: Feed
    directory: Directory
    uploads: Uploads
    rows: Rows
    allowances: Allowances
    onlooker: Onlooker | None = None


class AuthorityEnded(Exception):  # noqa: N818 -- named for what it tells
    """The caller's token has expired, or no longer counts."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in. `seconds_left` counts down to the token's end; `again` looks at it anew.

    `again` raises AuthorityEnded.
    """

    actor: Actor
    seconds_left: Callable[[], float]
    again: Callable[[], Awaitable[Actor]]


def in_house(actor: Actor) -> Admission:
    """The admission of somebody whom the house itself sends: without a token, without an end."""

    async def again() -> Actor:
        return actor

    return Admission(actor, lambda: float("inf"), again)


@dataclass(slots=True)
class Context:
    """One request, or one socket: doors, who was let in if anybody was, its id, its loaders.

    `connection_params` is what a socket's client said when it began; `left` what the caller may
    still spend.
    """

    doors: Doors
    admission: Admission | None
    request_id: str
    connection_params: dict[str, object] | None = None
    left: Left | None = None
    # open dues by currency, with the other side's name: what suggestions look among
    open_dues: dict[str, list[tuple[Due, str]]] = field(default_factory=dict)
    _ecosystem: Ecosystem | None = None
    _names: DataLoader[tuple[str, str], str | None] | None = None
    _entries: DataLoader[int, StoredEntry | None] | None = None
    _versions: dict[str, Future[list[Indicator]]] = field(default_factory=dict)
    _loaders: dict[tuple[str, int | None], DataLoader[str, Found[object] | None]] = field(
        default_factory=dict
    )

    @property
    def actor(self) -> Actor:
        """The caller. Raises UNAUTHENTICATED when the request had no token."""
        if self.admission is None:
            raise GraphQLError(
                "This needs a bearer token in the Authorization header.",
                extensions={"code": "UNAUTHENTICATED"},
            )
        return self.admission.actor

    def seconds_left(self) -> float | None:
        """Until the caller's token ends; None for nobody's."""
        return None if self.admission is None else max(self.admission.seconds_left(), 0.0)

    async def admit_again(self) -> None:
        """Return if the caller's token still counts, for the same. Raises AuthorityEnded."""
        if self.admission is not None and await self.admission.again() != self.admission.actor:
            raise AuthorityEnded("The token means somebody else now: come back with a new one.")

    async def spend(self, points: int) -> None:
        """Take a request's price from the caller's allowance. Raises Exhausted, Trouble."""
        actor = self.admission.actor if self.admission else None
        self.left = await self.doors.allowances.spend(actor, points)

    def note_deprecated(self, coordinate: str) -> None:
        """Tell the operator that this request used something deprecated."""
        log.info("%s: deprecated: %s", self.request_id, coordinate)
        if self.doors.onlooker is not None:
            self.doors.onlooker.deprecated(coordinate)

    def renew(self) -> None:
        """Forget what was loaded: the next event is of a ledger that has grown."""
        self._ecosystem = None
        self._names = None
        self._entries = None
        self._versions = {}
        self._loaders = {}

    async def ecosystem(self) -> Ecosystem:
        """The caller's ecosystem, read once a request. Raises NotFound."""
        if self._ecosystem is None:
            self._ecosystem = (await self.doors.reader.ecosystem(self.actor)).value
        return self._ecosystem

    async def load(
        self, concept: str, object_id: str, kind: type[T], as_of: int | None = None
    ) -> Found[T] | None:
        """One value; those that one tick of the loop asks for are read together."""
        key = (concept, as_of)
        loader = self._loaders.get(key)
        if loader is None:
            actor, reader = self.actor, self.doors.reader

            async def read(ids: list[str]) -> list[Found[object] | None]:
                found = await reader.many(actor, concept, ids, kind, as_of)
                return [found.get(each) for each in ids]  # type: ignore[misc]  # Found is invariant

            loader = self._loaders[key] = DataLoader(read)
        return await loader.load(object_id)  # type: ignore[return-value]  # the loader is kind's

    async def entry(self, index: int) -> StoredEntry | None:
        """An entry; those that one tick of the loop asks for are read together."""
        if self._entries is None:
            actor, reader = self.actor, self.doors.reader

            async def read(indices: list[int]) -> list[StoredEntry | None]:
                found = await reader.entries_at(actor, indices)
                return [found.get(each) for each in indices]

            self._entries = DataLoader(read)
        return await self._entries.load(index)

    async def agreed_versions(self, indicator_id: str) -> list[Indicator]:
        """An indicator's agreed versions, newest first; read once a request."""
        known = self._versions.get(indicator_id)
        if known is None:
            known = self._versions[indicator_id] = ensure_future(self._agreed_of(indicator_id))
        return await known

    async def _agreed_of(self, indicator_id: str) -> list[Indicator]:
        page = await self.doors.reader.page(
            self.actor,
            "indicator_version",
            Indicator,
            Window(last=MAX_PAGE),
            Narrowed(parent_id=indicator_id, status=ProposalStatus.AGREED),
        )
        return [each.value for each in reversed(page.items)]

    async def name_of(self, party_id: str, subject: str) -> str | None:
        """The display name of a person by pseudonym, as far as the caller sees it; or None.

        Those that one tick of the loop asks for are read together.
        """
        if not subject:
            return None
        if self._names is None:
            actor, directory = self.actor, self.doors.directory

            async def read(people: list[tuple[str, str]]) -> list[str | None]:
                found = await directory.names_of(actor, people)
                return [found.get(each) for each in people]

            self._names = DataLoader(read)
        return await self._names.load((party_id, subject))


Info = strawberry.Info[Context, None]
NAME = "The person's display name, from an erasable directory; null: none, or not yours to see."
