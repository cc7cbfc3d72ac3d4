"""A malus by the terms: NETTED is set off against what is due to the partner, INVOICED is not."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import reversal
from ledger.netting import DuesNetted
from ledger.payout import posted as facts_of
from ledger.settlement import SettlementContent, SettlementKind
from ops.verify import verify
from tests.auditor import audit
from tests.finance.steps import balance
from tests.finance.test_journal_files import balances, download
from tests.finance.test_reconciliation import table
from tests.finance.tools import bean_check, needs_hledger, strictly_checked
from tests.incentives import declared as say
from tests.incentives.chronicle import MONTHS, Chronicle
from tests.incentives.declared import declared, engine_terms, item, shared, stated
from tests.incentives.test_api import indicators, named
from tests.trust.steps import exported
from tests.world import PROPOSED, World

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
RATES = {"perUnit": {"benchmark": stated("50"), "betterRate": "10", "worseRate": "4"}}
DUES = """query($p: ID!) { reconciliation(on: "2024-09-01", partyId: $p) { dues { nodes {
  period { key } status amount { amount } netted { amount } open { amount }
  payer { name } } } } }"""


def terms_of(malus: str, **other: Any) -> dict[str, Any]:
    """Ten a unit better than 50, four a unit worse, 60 to 40."""
    return declared(
        [item(0, RATES)],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
        split=shared("0.6", "0.4"),
        payment={"dueDays": 30, "malus": malus},
        **other,
    )


async def settled(world: World, malus: str) -> None:
    """April 30 units better, May 50 worse, June 20 better; each settled."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    example = {"values": [say.given(0, "50")], "expected": {"amount": "0.00", "currency": "EUR"}}
    terms = terms_of(malus, validFromPeriod="2024-04", workedExamples=[example])
    given_terms = named(world, ids, terms)
    payload = await world.done(BUYER, "proposeScheme", given_terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    scheme = payload["scheme"]["id"]
    for period, value in (("2024-04", "80"), ("2024-05", "0"), ("2024-06", "70")):
        await measured_and_settled(world, ids["i0"], scheme, period, value)


async def measured_and_settled(
    world: World, indicator: str, scheme: str, period: str, value: str
) -> None:
    """A period measured and settled, by all whom it concerns."""
    place = {"indicatorId": indicator, "period": period}
    figures = {"partyId": world.parties["P0"], "value": value}
    part = {"figures": figures, "evidenceSha256": "0" * 64}
    await world.done("P0", "submitPart", place | {"declared": part})
    agreed = await world.done("P0", "proposeMeasurement", place, PROPOSED)
    await world.agree(agreed["proposal"], "P0")
    asked = {"schemeId": scheme, "period": period}
    settlement = await world.done(BUYER, "proposeSettlement", asked, PROPOSED)
    await world.agree(settlement["proposal"], BUYER, "P0", "P1")


@needs_hledger
async def test_a_netted_malus_lowers_what_is_due(world: World, tmp_path: Path) -> None:
    """300.00 earned, 200.00 lost, 200.00 earned: P0 is paid 180.00, and nobody sends an invoice."""
    await settled(world, "NETTED")

    data = await world.read("P0", DUES, p=world.parties["P0"])
    dues = {each["period"]["key"]: each for each in data["reconciliation"]["dues"]["nodes"]}
    shown = {key: (each["netted"]["amount"], each["open"]["amount"]) for key, each in dues.items()}
    assert shown == {
        "2024-04": ("120.00", "60.00"),
        "2024-05": ("120.00", "0.00"),
        "2024-06": ("0.00", "120.00"),
    }
    assert dues["2024-05"]["status"] == "MATCHED"
    assert await balance(world, BUYER, "PAYABLE", "P0") == "-180.00"
    assert await balance(world, BUYER, "RECEIVABLE", "P0") == "0.00"
    assert await balance(world, "P0", "RECEIVABLE", BUYER) == "180.00"
    assert await balance(world, "P0", "INCENTIVE_EXPENSE", BUYER) == "120.00"
    rows = await table(world, BUYER, "/reconciliation.csv?on=2024-09-01")
    assert sorted(row["netted"] for row in rows) == ["0.00"] * 2 + ["120.00"] * 2 + ["80.00"] * 2
    for party in (BUYER, "P0"):
        text = await download(world, party, "/journal.hledger")
        assert strictly_checked(text, tmp_path) == await balances(world, party)
        assert bean_check(await download(world, party, "/journal.beancount"), tmp_path) == ""
    path = tmp_path / "ledger.ndjson"
    verdict = verify(path, await exported(world, "P0", path))
    assert (verdict.findings, verdict.replayed) == ([], verdict.entries)
    await audit(world.settings, world.ecosystem_id)


async def test_an_invoiced_malus_is_a_due_of_its_own(world: World) -> None:
    """The partner pays it; what is due to the partner stays as it is."""
    await settled(world, "INVOICED")

    data = await world.read("P0", DUES, p=world.parties["P0"])
    dues = {each["period"]["key"]: each for each in data["reconciliation"]["dues"]["nodes"]}
    assert {each["netted"]["amount"] for each in dues.values()} == {"0.00"}
    assert dues["2024-05"]["payer"] == {"name": "P0"}
    assert dues["2024-05"]["open"] == {"amount": "120.00"}
    await audit(world.settings, world.ecosystem_id)


def settle(told: Chronicle, month: str) -> tuple[SettlementContent, list[DuesNetted]]:
    """A settlement agreed and posted, and what was set off by it."""
    content = told.settle(SettlementKind.INCENTIVE, month)
    proposal_id = max(told.book.settlements.values(), key=lambda each: each.index).proposal_id
    events = [fact.event for fact in facts_of(told.book, proposal_id)]
    for event in events:
        told.enter(event)
    return content, [event for event in events if isinstance(event, DuesNetted)]


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(0, 100), min_size=1, max_size=6))
def test_what_is_set_off_changes_no_sum(values: list[int]) -> None:
    """A partner's receivable less its payable is what it earned; one of the two is zero."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    told.scheme(engine_terms(terms_of("NETTED")))
    earned = {"p0": 0, "p1": 0}
    for month, value in zip(MONTHS, values, strict=False):
        told.measured("i0", month, Fraction(value))
        for stake in settle(told, month)[0].stakes:
            earned[stake.party_id] += stake.amount.amount_minor

    for party, whole in earned.items():
        dues = [due for due in told.book.dues.values() if due.party_id == party]
        gains = sum(due.open.amount_minor for due in dues if not due.is_loss)
        losses = sum(due.open.amount_minor for due in dues if due.is_loss)
        assert gains - losses == whole
        assert 0 in (gains, losses)
        books = {
            str(account.kind): state.balance_minor
            for account, state in told.book.accounts.items()
            if account.owner == party
        }
        assert books.get("RECEIVABLE", 0) == gains
        assert books.get("PAYABLE", 0) == -losses


def test_what_was_set_off_is_not_taken_back() -> None:
    """Its other side would be left with less than it is due."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    told.scheme(engine_terms(terms_of("NETTED")))
    for month, value in zip(MONTHS, (80, 0), strict=False):
        told.measured("i0", month, Fraction(value))
        settle(told, month)

    with pytest.raises(reversal.NotReversible):
        told.settle(SettlementKind.REVERSAL, MONTHS[0])
