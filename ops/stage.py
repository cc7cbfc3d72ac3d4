"""The stage of the gallery: its clock, its parties, and how a step is entered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from graph.context import Context, in_house
from ledger.actor import Actor, Role
from ledger.commit import system_clock
from ledger.ids import EcosystemId, PartyId
from ops.demo import PROPOSED, Chain, SeedFailed, bare

BUYER, DESK, CREWS, NIGHT = (
    f"{name} (invented)" for name in ("Harbour City", "Service Desk", "Field Crews", "Night Shift")
)
OWNERS = {DESK: "0.6", CREWS: "0.4"}
EVERYBODY = (BUYER, DESK, CREWS, NIGHT)
STORY_ENDED_ON = date(2025, 6, 2)
STAGED = timedelta(days=36_500)
"""How far the clock of a stage may be from the world's."""


@dataclass(slots=True)
class StagedClock:
    """The time of the stage; the system's once `at` is None.

    The story's days lie as far apart as they say and end yesterday: a service that runs beside this
    has the world's clock, and would find everything overdue that was proposed a year ago.
    """

    at: datetime | None = None

    def __call__(self) -> datetime:
        """Now."""
        return self.at or system_clock()

    def turn(self, day: str) -> None:
        """It is noon of a day of the story, which ended yesterday."""
        since = STORY_ENDED_ON - date.fromisoformat(day)
        today = system_clock().replace(hour=12, minute=0, second=0, microsecond=0)
        self.at = today - timedelta(days=1) - since


@dataclass
class Gallery(Chain):
    """The ecosystem while it is entered."""

    clock: StagedClock = field(default_factory=StagedClock)

    def _actor(self, party: str) -> Actor:
        if not party:
            return super()._actor(party)
        ids = (bare(self.ecosystem_id), bare(self.parties[party]))
        every = frozenset(Role) - {Role.FOUNDER}
        return Actor(EcosystemId(ids[0]), PartyId(ids[1]), "gallery", every)

    async def read(self, party: str, query: str, **variables: object) -> dict[str, Any]:
        """The data of a query as a party. Raises SeedFailed."""
        context = Context(self.doors, in_house(self._actor(party)), "gallery")
        result = await self.schema.execute(query, variables, context)
        if result.errors or result.data is None:
            raise SeedFailed(f"{query}: {result.errors}")
        return result.data

    async def on(self, day: str) -> None:
        """It is noon of a day of the story; what is due by then is entered."""
        self.clock.turn(day)
        await self.doors.ledger.enter_what_is_due()

    async def propose(
        self, party: str, key: str, mutation: str, given: Mapping[str, Any], *signing: str
    ) -> dict[str, Any]:
        """A proposal, signed by those named."""
        payload = await self.do(party, key, mutation, given, PROPOSED)
        proposal: dict[str, Any] = payload["proposal"]
        await self.agree(key, proposal, *signing)
        return proposal

    async def oppose(self, party: str, key: str, proposal: Mapping[str, Any], reason: str) -> None:
        """A party says no."""
        given = {"proposalId": proposal["id"], "reason": reason}
        await self.do(party, f"{key}/object", "objectToProposal", given, PROPOSED)

    async def indicator(self, key: str, terms: Mapping[str, Any]) -> str:
        """An agreed indicator's id."""
        await self.propose(DESK, key, "proposeIndicator", terms, *OWNERS)
        data = await self.read(DESK, "{ indicators(first: 100) { nodes { id current { name } } } }")
        nodes = data["indicators"]["nodes"]
        found: str = next(n["id"] for n in nodes if n["current"]["name"] == terms["name"])
        return found

    async def report(
        self, series: str, period: str, values: Mapping[str, Sequence[str]], batch: str = ""
    ) -> None:
        """Rows of a period, by party."""
        for party, listed in values.items():
            rows = [
                {"reference": f"{period}/{batch}{number}", "period": period, "value": value}
                for number, value in enumerate(listed)
            ]
            key = f"rows/{series}/{period}/{batch}{party}"
            given = {"series": series, "rows": rows}
            await self.do(party, key, "recordObservations", given, "batch { count }")

    async def parts(self, indicator: str, period: str, **how: object) -> None:
        """Both owners' parts of a period."""
        for party in OWNERS:
            key = f"part/{indicator}/{period}/{party}/{len(how)}"
            given = {"indicatorId": indicator, "period": period, **how}
            await self.do(party, key, "submitPart", given, "receipt { index }")
