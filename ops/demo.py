"""The demo: ScotRail's delay minutes of 2024-25 as a service chain, and Avanti's green reports.

The figures are the Office of Rail and Road's (`demo_figures.json`, with the attribution); the roles
are staged and the incentive terms invented, and what the demo enters says so. Every step goes
through the public GraphQL schema with an actor's rights, under a key of its own, so that seeding
twice changes nothing and an interrupted seeding goes on where it stopped.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from graph import schema as graph_schema
from graph.context import Context, Doors, in_house
from ledger.actor import Actor, Role
from ledger.amounts import Money
from ledger.errors import Fault
from ledger.ids import EcosystemId, PartyId
from ledger.sequencer import WritesStopped
from ops.bonus import bonus

Say = Callable[[str], None]

FIGURES = Path(__file__).with_name("demo_figures.json")
BUYER = "Rail Funder (staged)"
INVENTED = "Invented terms for this demo; no such incentive was ever agreed."
PROPOSED = "proposal { id commitment status }"


class SeedFailed(Exception):  # noqa: N818 -- named for what it tells
    """A step of the demo was refused."""


def _refused(key: str, problems: Sequence[Mapping[str, str]]) -> str:
    """What a person does about a demo that does not go on."""
    said = "; ".join(f"{each['code']}: {each['message']}" for each in problems)
    mend = (
        "Perhaps another version seeded what stands in JPI_HOME: `jpi run --no-seed` serves that, "
        "and an empty folder named in JPI_HOME begins anew."
    )
    return f"The demo stopped at {key}: {said} {mend}"


def _broken(key: str, errors: Sequence[GraphQLError]) -> str:
    """What a person does about a step that had no answer: often the lesson of a rewritten entry."""
    cause: BaseException | None = errors[0] if errors else None
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, Fault | WritesStopped):
        return (
            f"The ledger of the demo is not what was entered: {cause}. `jpi rebuild --check` tells "
            "all that differs, ops/runbook.md what to do then; an empty folder named in JPI_HOME "
            "begins anew."
        )
    return f"The demo stopped at {key}: {type(cause).__name__}: {cause}"


@dataclass
class Chain:
    """One ecosystem of the demo while it is seeded."""

    doors: Doors
    name: str
    schema: graph_schema.Schema = field(default_factory=graph_schema.build)
    ecosystem_id: str = ""
    parties: dict[str, str] = field(default_factory=dict)

    async def do(
        self, party: str, key: str, mutation: str, given: Mapping[str, Any], show: str
    ) -> dict[str, Any]:
        """The payload of a mutation as a party. Raises SeedFailed."""
        kind = mutation[0].upper() + mutation[1:] + "Input"
        query = f"""mutation($given: {kind}!) {{ {mutation}(input: $given) {{
            problems {{ code message path }} {show} }} }}"""
        full = {"idempotencyKey": f"demo/{self.name}/{key}", **given}
        result = await self.schema.execute(
            query, {"given": full}, Context(self.doors, in_house(self._actor(party)), f"demo/{key}")
        )
        if result.errors or result.data is None:
            raise SeedFailed(_broken(key, result.errors or ()))
        payload: dict[str, Any] = result.data[mutation]
        if payload["problems"]:
            raise SeedFailed(_refused(key, payload["problems"]))
        return payload

    def _actor(self, party: str) -> Actor:
        if not party:
            founder = frozenset({Role.FOUNDER})
            return Actor(EcosystemId(""), PartyId(""), f"demo-{self.name}", founder)
        roles = frozenset({Role.REPORTER, Role.APPROVER, Role.FINANCE})
        ids = (bare(self.ecosystem_id), bare(self.parties[party]))
        return Actor(EcosystemId(ids[0]), PartyId(ids[1]), "demo", roles)

    async def found(self, title: str, parties: Mapping[str, str]) -> None:
        """Found the ecosystem of parties by name and role."""
        listed = [{"name": name, "role": role} for name, role in parties.items()]
        show = "ecosystem { id parties { id name } }"
        payload = await self.do(
            "", "found", "foundEcosystem", {"name": title, "parties": listed}, show
        )
        self.ecosystem_id = payload["ecosystem"]["id"]
        self.parties = {each["name"]: each["id"] for each in payload["ecosystem"]["parties"]}

    async def agree(self, key: str, proposal: Mapping[str, Any], *parties: str) -> None:
        """All of them sign what was proposed."""
        for party in parties:
            given = {"proposalId": proposal["id"], "commitment": proposal["commitment"]}
            await self.do(party, f"{key}/consent/{party}", "consentToProposal", given, PROPOSED)

    async def measure(self, indicator: str, period: str, owners: list[str]) -> None:
        """Parts of a period from observations, its measurement, all consents."""
        place = {"indicatorId": indicator, "period": period}
        key = f"measure/{indicator}/{period}"
        for owner in owners:
            await self.do(owner, f"{key}/part/{owner}", "submitPart", place, "receipt { index }")
        payload = await self.do(owners[0], key, "proposeMeasurement", place, PROPOSED)
        await self.agree(key, payload["proposal"], *owners)


def bare(global_id: str) -> str:
    """The workroom's id of a global one."""
    return global_id.partition(":")[2]


async def seed(doors: Doors, say: Say) -> tuple[Chain, Chain]:
    """Both chains of the demo. Raises SeedFailed."""
    figures = json.loads(FIGURES.read_text())
    scotrail = await _scotrail(doors, figures["scotrail_2024_25"], say)
    avanti = await _avanti(doors, figures["avanti_2023_24"], say)
    return scotrail, avanti


async def _scotrail(doors: Doors, figures: Mapping[str, Any], say: Say) -> Chain:
    chain = Chain(doors, "scotrail")
    owners = list(figures["parties"])
    await chain.found(
        "ScotRail service chain, 2024-25 (roles staged)",
        {BUYER: "OUTSOURCER", **dict.fromkeys(owners, "PARTNER")},
    )
    say(f"seeding the demo: {len(figures['periods'])} railway periods of ScotRail, 2024-25")
    for number, owner in enumerate(owners):
        rows = [
            {
                "reference": each["key"],
                "period": each["key"],
                "segment": "ScotRail",
                "value": each["minutes"][number],
            }
            for each in figures["periods"]
        ]
        given = {"series": "delay-minutes", "rows": rows}
        await chain.do(owner, f"rows/{owner}", "recordObservations", given, "batch { count }")
    indicator = await _indicator(chain, "delay", _delay_terms(chain, figures), owners)
    for each in figures["periods"]:
        await chain.measure(indicator, each["key"], owners)
    first = figures["periods"][0]["key"]
    scheme = await _scheme(chain, indicator, first, owners)
    for each in figures["periods"][:2]:
        await _settle(chain, scheme, each["key"], owners)
    return chain


async def _indicator(chain: Chain, key: str, terms: dict[str, Any], owners: list[str]) -> str:
    show = f"indicatorVersion {{ id }} {PROPOSED}"
    payload = await chain.do(owners[0], f"indicator/{key}", "proposeIndicator", terms, show)
    await chain.agree(f"indicator/{key}", payload["proposal"], *owners)
    result = await chain.schema.execute(
        "{ indicators(first: 100) { nodes { id current { id } } } }",
        context_value=Context(chain.doors, in_house(chain._actor(owners[0])), "demo"),  # noqa: SLF001 -- ours
    )
    nodes = (result.data or {})["indicators"]["nodes"]
    version = payload["indicatorVersion"]["id"]
    found: str = next(each["id"] for each in nodes if each["current"]["id"] == version)
    return found


def _delay_terms(chain: Chain, figures: Mapping[str, Any]) -> dict[str, Any]:
    weights = dict(zip(figures["parties"], ("0.5", "0.4", "0.1"), strict=True))
    return {
        "name": "Delay minutes, ScotRail",
        "why": "A passenger who is late does not ask whose fault it was: the chain owns the delay.",
        "theme": "BUSINESS_CONTINUITY",
        "perspective": "OPERATIONAL",
        "unit": "minutes",
        "direction": "LOWER_IS_BETTER",
        "boundary": "INCLUSIVE",
        "owners": [{"partyId": chain.parties[n], "weight": w} for n, w in weights.items()],
        "attribution": "ATTRIBUTED",
        "method": {
            "kind": "SUM",
            "margin": "NONE",
            "series": "delay-minutes",
            "segment": "ScotRail",
        },
        "rounding": {"mode": "HALF_UP", "step": "0.1", "stage": "BEFORE_COMPARING"},
        "calendar": _calendar(figures),
        "levels": {"baseline": "70000", "minimum": "80000", "target": "66000", "stretch": "50000"},
        "minimumSample": 0,
        "lowSample": "PAY_NOTHING",
        "rollingCount": "CONTINUES",
        "stage": "LIVE",
        "liveFrom": figures["periods"][0]["key"],
        "workedExamples": [
            {
                "parts": [
                    {"partyId": chain.parties[name], "value": value}
                    for name, value in zip(weights, figures["periods"][0]["minutes"], strict=True)
                ],
                "expected": figures["periods"][0]["total"],
            }
        ],
    }


def _calendar(figures: Mapping[str, Any]) -> dict[str, Any]:
    listed = [
        {"key": each["key"], "start": each["start"], "end": each["end"]}
        for each in figures["periods"]
    ]
    return {"kind": "LIST", "timeZone": "Europe/London", "periods": listed}


async def _scheme(chain: Chain, indicator: str, first: str, owners: list[str]) -> str:
    shares = dict(zip(owners, ("0.5", "0.4", "0.1"), strict=True))
    terms = bonus(
        f"Joint continuity bonus. {INVENTED}",
        Money("GBP", 1_000_000),
        indicator,
        (("80000", "0.25"), ("66000", "0.75"), ("50000", "1")),
        {chain.parties[name]: share for name, share in shares.items()},
        before="NOTHING",
        valid_from=first,
        year_starts_in=4,
    )
    payload = await chain.do(BUYER, "scheme", "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await chain.agree("scheme", payload["proposal"], BUYER, *owners)
    found: str = payload["scheme"]["id"]
    return found


async def _settle(chain: Chain, scheme: str, period: str, owners: list[str]) -> None:
    key = f"settle/{period}"
    show = f"""settlement {{ id stakes {{ amount {{ amount currency }} party {{ id name }} }} }}
        {PROPOSED}"""
    given = {"schemeId": scheme, "period": period}
    payload = await chain.do(BUYER, key, "proposeSettlement", given, show)
    await chain.agree(key, payload["proposal"], BUYER, *owners)
    for stake in payload["settlement"]["stakes"]:
        name = stake["party"]["name"]
        report = {
            "settlementId": payload["settlement"]["id"],
            "payeeId": stake["party"]["id"],
            "amount": stake["amount"],
            "paidOn": "2024-07-01",
        }
        paid = await chain.do(BUYER, f"{key}/pay/{name}", "reportPayment", report, "payment { id }")
        confirm = {"paymentId": paid["payment"]["id"]}
        await chain.do(name, f"{key}/paid/{name}", "confirmPayment", confirm, "payment { id }")


async def _avanti(doors: Doors, figures: Mapping[str, Any], say: Say) -> Chain:
    """Claims handled on time in every period, beside a year that passengers complained about."""
    chain = Chain(doors, "avanti")
    operator = "Avanti West Coast (staged)"
    await chain.found(
        "Avanti West Coast, 2023-24: all green, unhappy customer (roles staged)",
        {BUYER: "OUTSOURCER", operator: "PARTNER"},
    )
    say("seeding the demo: Avanti's claims per period beside its punctuality and complaints")
    for series in figures["series"]:
        rows = [
            {
                "reference": each["key"],
                "period": each["key"],
                "segment": "Avanti West Coast",
                "value": each["value"],
                "denominator": each.get("denominator"),
            }
            for each in series["periods"]
        ]
        given = {"series": series["name"], "rows": rows}
        key = f"rows/{series['name']}"
        await chain.do(operator, key, "recordObservations", given, "batch { count }")
        terms = _series_terms(chain, operator, series)
        indicator = await _indicator(chain, series["name"], terms, [operator])
        for each in series["periods"]:
            await chain.measure(indicator, each["key"], [operator])
    return chain


def _series_terms(chain: Chain, operator: str, series: Mapping[str, Any]) -> dict[str, Any]:
    first = series["periods"][0]
    part = {"partyId": chain.parties[operator], "value": first["value"]}
    if "denominator" in first:
        part["denominator"] = first["denominator"]
    return {
        **series["terms"],
        "boundary": "INCLUSIVE",
        "owners": [{"partyId": chain.parties[operator], "weight": "1"}],
        "attribution": "SOLIDARY",
        "method": {
            "kind": series["method"],
            "margin": "NONE",
            "series": series["name"],
            "segment": "Avanti West Coast",
            "scale": series["scale"],
        },
        "rounding": {"mode": "HALF_UP", "step": "0.1", "stage": "AFTER_COMPARING"},
        "calendar": _calendar(series),
        "minimumSample": 0,
        "lowSample": "PAY_NOTHING",
        "rollingCount": "CONTINUES",
        "stage": "SHADOW",
        "workedExamples": [{"parts": [part], "expected": series["first_displayed"]}],
    }
