"""Feed: follows ledgers as they grow, for many who listen, in this process and across processes.

The one rule: where a follower stands is an index, and what it gets is read from the committed
ledger after that index: so nothing is lost and nothing comes twice, whatever wake-up is late or
missing, and however often a follower comes back. Followers pull: a slow one makes nobody wait, and
nothing is queued for it.

A wake-up is a commit of this process, a notification of another, or at the latest a look at the
head every two seconds. Followers of one party share what they read. Source: `api.md`,
"subscriptions".
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from ledger.actor import Actor
from ledger.errors import Fault, Trouble
from ledger.ids import EcosystemId
from ledger.read import MAX_PAGE, Reader
from ledger.store import entries, news
from ledger.store.entries import StoredEntry
from ledger.store.pool import Database

log = logging.getLogger("jpi.feed")

LOOK_SECONDS = 2.0
"""How long a ledger may have grown unnoticed where no wake-up comes through."""
MAX_LAG = 10_000
"""Entries by which a follower that had caught up may fall behind before it is told to come back."""
MAX_PAGES = 256
RECONNECT_SECONDS = 1.0


class TooSlow(Trouble):
    """The follower fell too far behind: it comes back with the index that it has."""


@dataclass(slots=True)
class _Hub:
    """One ecosystem that somebody follows: its committed size, and what was read at that size."""

    size: int = 0
    followers: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    due: asyncio.Event = field(default_factory=asyncio.Event)
    looking: asyncio.Task[None] | None = None
    pages: OrderedDict[tuple[object, ...], asyncio.Task[list[StoredEntry]]] = field(
        default_factory=OrderedDict
    )

    def grow(self, size: int) -> None:
        """The ledger has so many entries now: wake everybody; what was read is of the past."""
        if size > self.size:
            self.size = size
            self.pages.clear()
            self.changed.set()
            self.changed = asyncio.Event()


class Feed:
    """Whoever follows a ledger in this process."""

    def __init__(self, database: Database, reader: Reader, url: str) -> None:
        """Read through `reader`; listen for other processes at `url`."""
        self._database = database
        self._reader = reader
        self._url = url
        self._hubs: dict[EcosystemId, _Hub] = {}
        self._listening: asyncio.Task[None] | None = None

    def followed(self) -> int:
        """How many ecosystems somebody follows here now."""
        return len(self._hubs)

    def notice(self, ecosystem_id: EcosystemId) -> None:
        """Something was committed: look, if anybody follows."""
        hub = self._hubs.get(ecosystem_id)
        if hub is not None:
            hub.due.set()

    async def sizes(self, ecosystem_id: EcosystemId, beyond: int) -> AsyncIterator[int]:
        """The committed size, each time it is larger than before; first one above `beyond`."""
        async with self._joined(ecosystem_id) as hub:
            size = beyond
            while True:
                changed = hub.changed
                if hub.size > size:
                    size = hub.size
                    yield size
                else:
                    await changed.wait()

    async def entries(self, actor: Actor, after: int) -> AsyncIterator[StoredEntry]:
        """Every entry after an index, as the actor may see it, for ever.

        Raises NotFound once the actor may not look any more, TooSlow, Trouble.
        """
        index, had_caught_up = after + 1, False
        async with self._joined(actor.ecosystem_id) as hub:
            while True:
                changed = hub.changed
                if hub.size <= index:
                    had_caught_up = hub.size > 0  # 0: nobody has looked yet
                    await changed.wait()
                    continue
                if had_caught_up and hub.size - index > MAX_LAG:
                    raise TooSlow(f"{hub.size - index} entries behind: go on after {index - 1}")
                page = await self._page(hub, actor, index - 1)
                if not page:
                    await changed.wait()  # what is new is not for this party any more
                for stored in page:
                    yield stored
                    index = stored.index + 1

    async def _page(self, hub: _Hub, actor: Actor, after: int) -> list[StoredEntry]:
        """A page that followers of one party share while the ledger does not grow."""
        key = (actor.party_id, actor.roles, after)
        task = hub.pages.get(key)
        if task is None:
            task = hub.pages[key] = asyncio.create_task(self._read(actor, after))
            while len(hub.pages) > MAX_PAGES:
                hub.pages.popitem(last=False)
        try:
            return await asyncio.shield(task)
        except Trouble:
            hub.pages.pop(key, None)
            raise

    async def _read(self, actor: Actor, after: int) -> list[StoredEntry]:
        found, _ = await self._reader.entries(actor, after=after, first=MAX_PAGE)
        return found

    @contextlib.asynccontextmanager
    async def _joined(self, ecosystem_id: EcosystemId) -> AsyncIterator[_Hub]:
        """The hub of an ecosystem while somebody follows it."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        hub = self._hubs.setdefault(ecosystem_id, _Hub())
        hub.followers += 1
        if hub.looking is None:
            hub.due.set()
            hub.looking = asyncio.create_task(self._look(ecosystem_id, hub))
        try:
            yield hub
        finally:
            hub.followers -= 1
            if not hub.followers and self._hubs.get(ecosystem_id) is hub:
                del self._hubs[ecosystem_id]
                hub.looking.cancel()

    async def _look(self, ecosystem_id: EcosystemId, hub: _Hub) -> None:
        """Look at the head at each wake-up, and now and then without one."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hub.due.wait(), LOOK_SECONDS)
            hub.due.clear()
            try:
                async with self._database.reading(ecosystem_id) as connection:
                    head = await entries.read_head(connection, ecosystem_id)
            except (Trouble, Fault) as error:
                log.warning("following %s: %s", ecosystem_id, error)
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            hub.grow(head.size if head else 0)

    async def _listen(self) -> None:
        """Hear the other processes; come back whenever the connection ends."""
        while True:
            try:
                await news.listen(self._url, self.notice)
            except Trouble as trouble:
                log.warning("not listening: %s", trouble)
            except Fault:
                log.exception("not listening")
            for hub in self._hubs.values():
                hub.due.set()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        """End whatever looks and listens."""
        tasks = [hub.looking for hub in self._hubs.values() if hub.looking is not None]
        tasks += [self._listening] if self._listening is not None else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
