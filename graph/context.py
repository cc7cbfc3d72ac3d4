"""What a request carries through the hall: who asks, the doors of the workroom, what was loaded."""

from dataclasses import dataclass, field
from typing import TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.dataloader import DataLoader

from ledger.actor import Actor
from ledger.bookkeeping import Bookkeeping
from ledger.commit import Ledger
from ledger.ecosystem import Ecosystem
from ledger.providers import Providers
from ledger.publish import Publisher
from ledger.read import Found, Reader
from ledger.witnessing import Witnessing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors of the workroom, one set a process."""

    ledger: Ledger
    reader: Reader
    publisher: Publisher
    witnessing: Witnessing
    bookkeeping: Bookkeeping
    providers: Providers


@dataclass(slots=True)
class Context:
    """One request: its doors, its caller if the token named one, its id, its loaders."""

    doors: Doors
    caller: Actor | None
    request_id: str
    _ecosystem: Ecosystem | None = None
    _loaders: dict[tuple[str, int | None], DataLoader[str, Found[object] | None]] = field(
        default_factory=dict
    )

    @property
    def actor(self) -> Actor:
        """The caller. Raises UNAUTHENTICATED when the request had no token."""
        if self.caller is None:
            raise GraphQLError(
                "This needs a bearer token in the Authorization header.",
                extensions={"code": "UNAUTHENTICATED"},
            )
        return self.caller

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


Info = strawberry.Info[Context, None]
