"""The work that the ledger's benches enter: the life of a chain, period by period.

Partners record rows and submit parts; a measurement and a settlement are agreed by all; each due is
paid in a few instalments, reported by the buyer and confirmed by the payee. A reported payment is
the entry that does most: two postings, two balances, states of its own, all kept by index, beside
the key and the entry. The chain is founded over the public GraphQL schema; the terms are invented.
"""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from graph.context import Context, Doors, in_house
from graph.receipts import fingerprint
from ledger.actor import Actor, Role
from ledger.agreement import Consent
from ledger.amounts import Money
from ledger.batch import Request
from ledger.commands import Command
from ledger.figures import Figures
from ledger.ids import EcosystemId, PartyId
from ledger.measurement import ProposeMeasurement
from ledger.observation import Observation, RecordObservations
from ledger.part import SubmitPart
from ledger.payment import ConfirmPayment, ReportPayment
from ledger.read import Window
from ledger.settlement import ProposeSettlement, Settlement
from ops.demo import PROPOSED, Chain, bare

BUYER = "Buyer"
PARTNERS = ("North", "East", "South", "West", "Centre", "Coast", "Isles", "Border")
FIRST_YEAR = 1001
CURRENCY = "GBP"
SERIES = "tickets"
INSTALMENTS = 10
"""Payments of one due."""
ROWS = 310
"""Rows recorded in a period, each by an entry of its own."""
EVIDENCE = "0" * 64
Steps = Generator[Request, str, str]
"""Requests in order; each is told the id of its object before the next."""


def period(number: int) -> str:
    """The `number`-th month of the chain's life."""
    return f"{FIRST_YEAR + number // 12}-{number % 12 + 1:02}"


@dataclass(frozen=True, slots=True)
class Payable:
    """A chain with an agreed indicator and scheme, and what its parties ask for.

    `settlement_id` is of its first period, which is agreed and posted.
    """

    ecosystem_id: EcosystemId
    indicator_id: str
    scheme_id: str
    parties: dict[str, str]
    settlement_id: str = ""

    def actor(self, party: str) -> Actor:
        """A system of a party, in every role that the work needs."""
        roles = frozenset({Role.FINANCE, Role.REPORTER, Role.APPROVER, Role.VIEWER})
        return Actor(self.ecosystem_id, PartyId(self.parties[party]), "bench", roles)

    def _request(self, party: str, command: Command, key: str) -> Request:
        print_of = fingerprint(type(command).__name__, command)
        return Request(command, self.actor(party), key, print_of)

    def settle(self, number: int) -> Steps:
        """Measure a period and settle it, all agreed; the id of the settlement's proposal."""
        month = period(number)
        for rank, party in enumerate(PARTNERS):
            figures = Figures(self.parties[party], Fraction(number % 50 + rank))
            part = SubmitPart(self.indicator_id, month, figures, EVIDENCE)
            yield self._request(party, part, f"{month}/part/{rank}")
        measured = ProposeMeasurement(self.indicator_id, month)
        proposal = yield self._request(PARTNERS[0], measured, f"{month}/measurement")
        yield from self._agree(proposal, PARTNERS)
        settling = ProposeSettlement(self.scheme_id, month)
        proposal = yield self._request(BUYER, settling, f"{month}/settlement")
        yield from self._agree(proposal, (BUYER, *PARTNERS))
        return proposal

    def _agree(self, proposal_id: str, parties: tuple[str, ...]) -> Steps:
        for party in parties:
            yield self._request(party, Consent(proposal_id), f"{proposal_id}/{party}")
        return proposal_id

    def payments(self, settlement_id: str) -> list[tuple[str, Request]]:
        """What the buyer reports on a settlement, with who receives it: a penny an instalment."""
        return [
            (
                party,
                self._request(
                    BUYER,
                    ReportPayment(
                        settlement_id, self.parties[party], Money(CURRENCY, 1), date(2024, 7, 1)
                    ),
                    f"{settlement_id}/{party}/{instalment}",
                ),
            )
            for instalment in range(INSTALMENTS)
            for party in PARTNERS
        ]

    def confirmation(self, party: str, payment_id: str) -> Request:
        """The payee confirms a payment."""
        return self._request(party, ConfirmPayment(payment_id), f"{payment_id}/arrived")

    def rows(self, number: int) -> list[Request]:
        """What the partners record in a period."""
        month = period(number)
        return [
            self._request(
                PARTNERS[row % len(PARTNERS)],
                RecordObservations(
                    SERIES,
                    (Observation(f"{month}/{row}", 1, month, None, "", Fraction(row % 100)),),
                ),
                f"{month}/row/{row}",
            )
            for row in range(ROWS)
        ]


async def found_payable(doors: Doors) -> Payable:
    """Found it, and agree its terms. Raises SeedFailed."""
    chain = Chain(doors, "bench")
    await chain.found("Bench", {BUYER: "OUTSOURCER", **dict.fromkeys(PARTNERS, "PARTNER")})
    owners = list(PARTNERS)
    payload = await chain.do(
        owners[0], "indicator", "proposeIndicator", _indicator(chain), PROPOSED
    )
    await chain.agree("indicator", payload["proposal"], *owners)
    parties = {name: bare(key) for name, key in chain.parties.items()}
    made = Payable(EcosystemId(bare(chain.ecosystem_id)), "", "", parties)
    result = await chain.schema.execute(
        "{ indicators(first: 1) { nodes { id } } }",
        context_value=Context(doors, in_house(made.actor(BUYER)), "bench"),
    )
    indicator: str = (result.data or {})["indicators"]["nodes"][0]["id"]
    show = f"scheme {{ id }} {PROPOSED}"
    payload = await chain.do(BUYER, "scheme", "proposeScheme", _scheme(chain, indicator), show)
    await chain.agree("scheme", payload["proposal"], BUYER, *owners)
    made = Payable(made.ecosystem_id, bare(indicator), bare(payload["scheme"]["id"]), parties)
    await _settle_first(doors, made)
    page = await doors.reader.page(made.actor(BUYER), "settlement", Settlement, Window(first=1))
    return replace(made, settlement_id=page.items[0].object_id)


async def _settle_first(doors: Doors, payable: Payable) -> None:
    steps = payable.settle(0)
    request = next(steps)
    with suppress(StopIteration):
        while True:
            receipt = await doors.ledger.submit(request)
            request = steps.send(receipt.object_id)


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
        "owners": [{"partyId": each, "weight": "0.125"} for each in parties],
        "attribution": "ATTRIBUTED",
        "method": {"kind": "SUM", "margin": "NONE", "series": SERIES, "segment": ""},
        "rollingCount": "CONTINUES",
        "rounding": {"mode": "HALF_UP", "step": "0.1", "stage": "BEFORE_COMPARING"},
        "calendar": {"kind": "MONTH", "timeZone": "Europe/London"},
        "levels": {"baseline": "900", "minimum": "800", "target": "600", "stretch": "500"},
        "minimumSample": 0,
        "lowSample": "PAY_NOTHING",
        "stage": "LIVE",
        "liveFrom": period(0),
        "workedExamples": [
            {"parts": [{"partyId": each, "value": "1.5"} for each in parties], "expected": "12"}
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
            "shares": [{"partyId": chain.parties[name], "share": "0.125"} for name in PARTNERS],
            "proRata": "BY_CALENDAR_DAY",
            "fallsFree": "TO_THE_OUTSOURCER",
        },
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "TOTAL"},
        "residual": "LARGEST_REMAINDER",
        "unallocated": "RETURNS_TO_OUTSOURCER",
        "validFromPeriod": period(0),
        "yearStartsIn": 4,
        "payment": {"dueDays": 30, "malus": "INVOICED"},
        "workedExamples": [
            {
                "values": [{"indicatorId": indicator, "value": "600"}],
                "expected": {"amount": "750000000.00", "currency": CURRENCY},
            }
        ],
    }
