"""The users of a story: a founder, three parties, and what they say over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from graph.context import Doors
from ledger.actor import Role
from ledger.commit import system_clock
from ledger.sequencer import Clock
from service.app import build
from service.keys import issuer_key
from service.sandbox import issue
from service.settings import Settings

EVERY_ROLE = (Role.REPORTER, Role.APPROVER, Role.FINANCE, Role.VIEWER)

PROBLEMS = "problems { __typename code message path remedy }"
RECEIPT = """receipt { index entryCount isRepeat leafHash
  inclusionProof { index treeSize leafHash hashes checkpoint { size note } } }"""
PROPOSED = "proposal { id status commitment index }"


@dataclass
class World:
    """A running service seen from outside."""

    settings: Settings
    client: httpx.AsyncClient
    ecosystem_id: str = ""
    parties: dict[str, str] = field(default_factory=dict)
    count: int = 0
    application: Starlette | None = None

    @classmethod
    @asynccontextmanager
    async def of(cls, settings: Settings) -> AsyncIterator["World"]:
        """Clients of a service that listens."""
        url = f"http://{settings.host}:{settings.port}"
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            yield cls(settings, client)

    def doors(self) -> Doors:
        """The doors of the service that runs in this process."""
        assert self.application is not None
        found: Doors = self.application.state.doors
        return found

    def token(self, party: str = "", *roles: Role, ecosystem: str | None = None) -> str:
        """A token of a party by name; of a founder without one."""
        lifetime = timedelta(hours=1)
        key, now = issuer_key(self.settings), system_clock()
        if not party:
            return issue(key, subject="f", roles=[Role.FOUNDER], now=now, lifetime=lifetime)
        return issue(
            key,
            subject=f"s-{party}",
            roles=roles or EVERY_ROLE,
            now=now,
            lifetime=lifetime,
            ecosystem=ecosystem or bare(self.ecosystem_id),
            party=bare(self.parties[party]),
        )

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, token: str = ""
    ) -> dict[str, Any]:
        """The whole answer to an operation."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        response = await self.client.post(
            "/graphql", json={"query": query, "variables": variables or {}}, headers=headers
        )
        answer: dict[str, Any] = response.json()
        return answer

    async def read(self, party: str, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query as a party; no errors."""
        answer = await self.ask(query, variables, self.token(party))
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def key(self) -> str:
        """A fresh idempotency key."""
        self.count += 1
        return f"k{self.count}"

    async def do(
        self, party: str, mutation: str, given: dict[str, Any], show: str = "", **how: Any
    ) -> dict[str, Any]:
        """The payload of a mutation. `show` are fields beside problems and receipt."""
        name = mutation[0].upper() + mutation[1:]
        dry_run = bool(how.get("dry_run"))
        receipt = "" if how.get("beside") else RECEIPT  # what is beside the ledger makes no entry
        query = f"""mutation($given: {name}Input!, $dry: Boolean!) {{
          {mutation}(input: $given, dryRun: $dry) {{ {PROBLEMS} {receipt} {show} }} }}"""
        token = how.get("token") or self.token(party)
        full = {"idempotencyKey": how.get("key") or self.key(), **given}
        answer = await self.ask(query, {"given": full, "dry": dry_run}, token)
        assert "errors" not in answer, answer
        payload: dict[str, Any] = answer["data"][mutation]
        return payload

    async def done(
        self, party: str, mutation: str, given: dict[str, Any], show: str = "", **how: Any
    ) -> dict[str, Any]:
        """The payload of a mutation that went through."""
        payload = await self.do(party, mutation, given, show, **how)
        assert payload["problems"] == [], payload["problems"]
        return payload

    async def refused(
        self, party: str, mutation: str, given: dict[str, Any], **how: Any
    ) -> dict[str, Any]:
        """The one problem of a mutation that was refused, and changed nothing."""
        before = await self.size()
        payload = await self.do(party, mutation, given, **how)
        assert payload["receipt"] is None
        assert await self.size() == before
        [problem] = payload["problems"]
        found: dict[str, Any] = problem
        return found

    async def size(self) -> int:
        """How many entries the ledger has."""
        data = await self.read(next(iter(self.parties)), "{ ecosystem { size } }")
        size: int = data["ecosystem"]["size"]
        return size

    async def found(self, outsourcer: str, *partners: str) -> None:
        """Found an ecosystem of named parties."""
        parties = [{"name": outsourcer, "role": "OUTSOURCER"}]
        parties += [{"name": name, "role": "PARTNER"} for name in partners]
        show = "ecosystem { id logKey origin parties { id name } }"
        given = {"name": "A service chain", "parties": parties}
        payload = await self.done("", "foundEcosystem", given, show)
        self.ecosystem_id = payload["ecosystem"]["id"]
        self.parties = {each["name"]: each["id"] for each in payload["ecosystem"]["parties"]}

    async def consent(self, party: str, proposal: Mapping[str, Any]) -> dict[str, Any]:
        """A party signs what it read."""
        given = {"proposalId": proposal["id"], "commitment": proposal["commitment"]}
        return await self.done(party, "consentToProposal", given, PROPOSED)

    async def agree(self, proposal: Mapping[str, Any], *parties: str) -> None:
        """All of them sign, and it binds."""
        for party in parties:
            payload = await self.consent(party, proposal)
        assert payload["proposal"]["status"] == "AGREED"


@asynccontextmanager
async def serving(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[World]:
    """A service that listens on a real socket while the block runs, and its users."""
    application = build(settings, clock)
    config = uvicorn.Config(
        application, host=settings.host, port=settings.port, log_level="warning"
    )
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
        if task.done():
            task.result()
    try:
        async with World.of(settings) as users:
            users.application = application
            yield users
    finally:
        running.should_exit = True
        await task


def person(world: World, party: str, subject: str, *roles: Role) -> str:
    """The token of a named person of a party; in every role of a member unless named."""
    return issue(
        issuer_key(world.settings),
        subject=subject,
        roles=roles or EVERY_ROLE,
        now=system_clock(),
        lifetime=timedelta(hours=1),
        ecosystem=bare(world.ecosystem_id),
        party=bare(world.parties[party]),
    )


def bare(global_id: str) -> str:
    """The workroom's id of a global one."""
    return global_id.partition(":")[2]


def indicator_terms(world: World, owners: Mapping[str, str]) -> dict[str, Any]:
    """Delay minutes of a chain, owned jointly; owners' weights by name."""
    return {
        "name": "Delay minutes",
        "why": "A passenger does not ask whose fault the delay was.",
        "theme": "BUSINESS_CONTINUITY",
        "perspective": "OPERATIONAL",
        "unit": "minutes",
        "direction": "LOWER_IS_BETTER",
        "boundary": "INCLUSIVE",
        "owners": [{"partyId": world.parties[n], "weight": w} for n, w in owners.items()],
        "attribution": "ATTRIBUTED",
        "method": {
            "kind": "SUM",
            "margin": "NONE",
            "series": "delay-minutes",
            "segment": "ScotRail",
        },
        "rounding": {"mode": "HALF_UP", "step": "0.1", "stage": "BEFORE_COMPARING"},
        "calendar": {"kind": "MONTH", "timeZone": "Europe/London"},
        "levels": {"baseline": "90000", "minimum": "80000", "target": "66000", "stretch": "50000"},
        "minimumSample": 0,
        "lowSample": "PAY_NOTHING",
        "stage": "LIVE",
        "liveFrom": "2024-04",
        "rollingCount": "CONTINUES",
        "workedExamples": [
            {
                "parts": [{"partyId": world.parties[n], "value": "1.5"} for n in owners],
                "expected": str(3 * len(owners) / 2),
            }
        ],
    }


def scheme_terms(world: World, indicator_id: str, shares: Mapping[str, str]) -> dict[str, Any]:
    """Threshold, target and stretch on one indicator; invented terms."""
    points = (("80000", "0.25"), ("66000", "0.75"), ("50000", "1"))
    return {
        "name": "Joint continuity bonus (invented terms)",
        "kind": "INCENTIVE",
        "funding": {"pool": {"amount": "10000.00", "currency": "GBP"}},
        "items": [
            {
                "indicatorId": indicator_id,
                "weight": "1",
                "reading": {"of": "VALUE", "stage": "DISPLAYED", "periods": 1},
                "scoring": {
                    "line": {
                        "points": [{"at": at, "score": score} for at, score in points],
                        "boundary": "INCLUSIVE",
                        "before": "NOTHING",
                        "after": "HELD",
                    }
                },
                "basis": "JOINT",
                "denominator": "INSIDE",
            }
        ],
        "allocation": "WHOLE",
        "reweighting": "AS_THE_INDICATOR_SAYS",
        "split": {
            "kind": "FIXED",
            "shares": [{"partyId": world.parties[n], "share": s} for n, s in shares.items()],
            "proRata": "BY_CALENDAR_DAY",
            "fallsFree": "TO_THE_OUTSOURCER",
        },
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "TOTAL"},
        "residual": "LARGEST_REMAINDER",
        "unallocated": "RETURNS_TO_OUTSOURCER",
        "validFromPeriod": "2024-04",
        "yearStartsIn": 4,
        "payment": {"dueDays": 30, "malus": "INVOICED"},
        "workedExamples": [
            {
                "values": [{"indicatorId": indicator_id, "value": "66000"}],
                "expected": {"amount": "7500.00", "currency": "GBP"},
            }
        ],
    }
