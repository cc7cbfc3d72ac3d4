"""Providers: the identity providers of an ecosystem, for whoever checks a token at the door.

The one rule: this is read before anybody is known, so it gives nothing but what checking a token
needs, and it is never older than a few seconds: a provider that was removed lets nobody in after.
"""

from collections import OrderedDict
from collections.abc import Callable

from ledger.history import decode_state
from ledger.identity import IdentityProvider
from ledger.ids import EcosystemId
from ledger.store import projections
from ledger.store.pool import Database
from ledger.store.projections import Scope

MAX_AGE_SECONDS = 2.0
"""How long a removed provider may still let somebody in."""
MAX_ECOSYSTEMS = 1000
MAX_PROVIDERS = 500


class Providers:
    """Identity providers in force by ecosystem, kept for a moment."""

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        """Read from `database`; `monotonic` counts seconds."""
        self._database = database
        self._monotonic = monotonic
        self._kept: OrderedDict[EcosystemId, tuple[float, tuple[IdentityProvider, ...]]] = (
            OrderedDict()
        )

    def forget(self, ecosystem_id: EcosystemId) -> None:
        """Something was committed here: look again. Other processes look again by themselves."""
        self._kept.pop(ecosystem_id, None)

    async def of(self, ecosystem_id: EcosystemId) -> tuple[IdentityProvider, ...]:
        """Those in force; none for an ecosystem that does not exist. Raises Trouble."""
        kept = self._kept.get(ecosystem_id)
        if kept is not None and self._monotonic() - kept[0] < MAX_AGE_SECONDS:
            return kept[1]
        scope = Scope("identity_provider", "*", status="IN_FORCE")
        async with self._database.reading(ecosystem_id) as connection:
            states = await projections.page(
                connection, ecosystem_id, scope, None, MAX_PROVIDERS, backward=False
            )
        found = tuple(decode_state(each.data, IdentityProvider) for each in states)
        self._kept[ecosystem_id] = (self._monotonic(), found)
        self._kept.move_to_end(ecosystem_id)
        while len(self._kept) > MAX_ECOSYSTEMS:
            self._kept.popitem(last=False)
        return found
