"""The work that the ledger's benches enter: a chain with a settled period, and payments on it.

A reported payment is the entry that does most: two postings, two balances, its own state, all kept
by index, beside the key and the entry. The chain is founded over the public GraphQL schema; the
terms are invented.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from graph.context import Context, Doors, in_house
from graph.receipts import fingerprint
from ledger.actor import Actor, Role
from ledger.amounts import Money
from ledger.batch import Request
from ledger.commands import Command
from ledger.ids import EcosystemId, PartyId
from ledger.observation import Observation, RecordObservations
from ledger.payment import ConfirmPayment, ReportPayment
from ops.demo import PROPOSED, Chain, bare

BUYER = "Buyer"
PARTNERS = ("North", "East", "South", "West")
PERIOD = "2024-04"
CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Payable:
    """An ecosystem in which the buyer owes each partner far more than a bench ever pays."""

    ecosystem_id: EcosystemId
    settlement_id: str
    parties: dict[str, str]

    def actor(self, party: str) -> Actor:
        """A system of a party, in every role that the work needs."""
        roles = frozenset({Role.FINANCE, Role.REPORTER, Role.VIEWER})
        return Actor(self.ecosystem_id, PartyId(self.parties[party]), "bench", roles)

    def payment(self, number: int) -> Request:
        """The buyer reports the `number`-th payment of one penny."""
        payee = self.parties[PARTNERS[number % len(PARTNERS)]]
        command = ReportPayment(self.settlement_id, payee, Money(CURRENCY, 1), date(2024, 7, 1))
        return _request(command, self.actor(BUYER), f"payment/{number}")

    def confirmation(self, number: int, payment_id: str) -> Request:
        """Its payee confirms it."""
        actor = self.actor(PARTNERS[number % len(PARTNERS)])
        return _request(ConfirmPayment(payment_id), actor, f"confirmation/{number}")

    def observation(self, number: int) -> Request:
        """A partner records one row."""
        row = Observation(f"r{number}", 1, PERIOD, None, "", Fraction(number % 100))
        actor = self.actor(PARTNERS[number % len(PARTNERS)])
        return _request(RecordObservations("tickets", (row,)), actor, f"row/{number}")


def _request(command: Command, actor: Actor, key: str) -> Request:
    return Request(command, actor, key, fingerprint(type(command).__name__, command))


async def found_payable(doors: Doors) -> Payable:
    """Found it, and agree one settlement. Raises SeedFailed."""
    chain = Chain(doors, "bench")
    await chain.found("Bench", {BUYER: "OUTSOURCER", **dict.fromkeys(PARTNERS, "PARTNER")})
    owners = list(PARTNERS)
    payload = await chain.do(
        owners[0], "indicator", "proposeIndicator", _indicator(chain), PROPOSED
    )
    await chain.agree("indicator", payload["proposal"], *owners)
    parties = {name: bare(key) for name, key in chain.parties.items()}
    made = Payable(EcosystemId(bare(chain.ecosystem_id)), "", parties)
    result = await chain.schema.execute(
        "{ indicators(first: 1) { nodes { id } } }",
        context_value=Context(doors, in_house(made.actor(BUYER)), "bench"),
    )
    indicator: str = (result.data or {})["indicators"]["nodes"][0]["id"]
    for number, owner in enumerate(owners):
        row = {"reference": "opening", "period": PERIOD, "value": str(10 + number)}
        given = {"series": "tickets", "rows": [row]}
        await chain.do(owner, f"rows/{owner}", "recordObservations", given, "batch { count }")
    await chain.measure(indicator, PERIOD, owners)
    show = f"scheme {{ id }} {PROPOSED}"
    payload = await chain.do(BUYER, "scheme", "proposeScheme", _scheme(chain, indicator), show)
    await chain.agree("scheme", payload["proposal"], BUYER, *owners)
    given = {"schemeId": payload["scheme"]["id"], "period": PERIOD}
    show = f"settlement {{ id }} {PROPOSED}"
    payload = await chain.do(BUYER, "settle", "proposeSettlement", given, show)
    await chain.agree("settle", payload["proposal"], BUYER, *owners)
    return replace(made, settlement_id=bare(payload["settlement"]["id"]))


def _indicator(chain: Chain) -> dict[str, Any]:
    parties = [chain.parties[name] for name in PARTNERS]
    return {
        "name": "Tickets",
        "why": "What a customer waits for is everybody's.",
        "theme": "BUSINESS_CONTINUITY",
        "perspective": "OPERATIONAL",
        "unit": "tickets",
        "direction": "LOWER_IS_BETTER",
        "boundary": "INCLUSIVE",
        "owners": [{"partyId": each, "weight": "0.25"} for each in parties],
        "attribution": "ATTRIBUTED",
        "method": {"kind": "SUM", "series": "tickets", "segment": ""},
        "rounding": {"mode": "HALF_UP", "step": "0.1", "stage": "BEFORE_COMPARING"},
        "calendar": {"kind": "MONTH", "timeZone": "Europe/London"},
        "levels": {"baseline": "900", "minimum": "800", "target": "600", "stretch": "500"},
        "minimumSample": 0,
        "lowSample": "PAY_NOTHING",
        "stage": "LIVE",
        "liveFrom": PERIOD,
        "workedExamples": [
            {"parts": [{"partyId": each, "value": "1.5"} for each in parties], "expected": "6"}
        ],
    }


def _scheme(chain: Chain, indicator: str) -> dict[str, Any]:
    points = (("800", "0.25"), ("600", "0.75"), ("500", "1"))
    return {
        "name": "Invented terms for a bench",
        "kind": "INCENTIVE",
        "funding": {"pool": {"amount": "1000000000.00", "currency": CURRENCY}},
        "items": [
            {
                "indicatorId": indicator,
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
            "shares": [{"partyId": chain.parties[name], "share": "0.25"} for name in PARTNERS],
            "proRata": "BY_CALENDAR_DAY",
            "fallsFree": "TO_THE_OUTSOURCER",
        },
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "TOTAL"},
        "residual": "LARGEST_REMAINDER",
        "unallocated": "RETURNS_TO_OUTSOURCER",
        "validFromPeriod": PERIOD,
        "yearStartsIn": 4,
        "payment": {"dueDays": 30, "malus": "INVOICED"},
        "workedExamples": [
            {
                "values": [{"indicatorId": indicator, "value": "600"}],
                "expected": {"amount": "750000000.00", "currency": CURRENCY},
            }
        ],
    }
