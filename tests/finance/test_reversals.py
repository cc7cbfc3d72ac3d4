"""A settlement taken back: by consent, to the cent, linked both ways, and its period open again."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import reversal
from ledger.journal import SettlementPosted
from ledger.payout import posted as postings_of
from ledger.settlement import SettlementContent, SettlementKind
from ops.verify import verify
from tests.auditor import audit
from tests.finance.steps import balance, dues, posted, report_of
from tests.finance.test_closing import closed
from tests.finance.test_journal_files import balances, download
from tests.finance.test_reconciliation import table
from tests.finance.tools import bean_check
from tests.incentives.chronicle import MONTHS, Chronicle
from tests.incentives.declared import declared, engine_terms, item, shared, stated
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.trust.steps import exported
from tests.world import PROPOSED, World

SHOWN = f"""settlement {{ id kind corrected {{ periodKey settlement {{ id }} before {{ amount }}
  after {{ amount }} }} stakes {{ amount {{ amount }} reference }} }} {PROPOSED}"""
RATES = {"perUnit": {"benchmark": stated("50"), "betterRate": "7.77", "worseRate": "3.33"}}
UNITS = st.integers(1, 100)


def place_of(scheme: str, **other: str) -> dict[str, str]:
    """The input that takes the story's period back."""
    return {"schemeId": scheme, "period": "2024-04", "kind": "REVERSAL", **other}


async def scheme_of(world: World, settlement: dict[str, Any]) -> str:
    """The scheme of a settlement."""
    query = "query($id: ID!) { settlement(id: $id) { scheme { id } } }"
    data = await world.read(BUYER, query, id=settlement["id"])
    found: str = data["settlement"]["scheme"]["id"]
    return found


async def test_a_settlement_is_taken_back_by_consent_and_settled_anew(
    world: World, tmp_path: Path
) -> None:
    """Balances as before but for what was paid; both name each other; nothing is owed on it."""
    settlement = await posted(world)
    scheme = await scheme_of(world, settlement)
    await world.done(BUYER, "reportPayment", report_of(world, settlement, TRACK, "55.31"))

    payload = await world.done(BUYER, "proposeSettlement", place_of(scheme), SHOWN)
    assert await balance(world, BUYER, "INCENTIVE_EXPENSE", TRACK) == "4055.31"
    await world.agree(payload["proposal"], BUYER, *PARTNERS)

    back = payload["settlement"]
    [corrected] = back["corrected"]
    assert corrected["settlement"] == {"id": settlement["id"]}
    assert [each["amount"] for each in corrected["after"]] == ["0.00"] * 3
    assert [each["reference"] for each in back["stakes"]] == [
        each["reference"] for each in settlement["stakes"]
    ]
    query = "query($id: ID!) { settlement(id: $id) { correctedBy { id kind } } }"
    data = await world.read(TRACK, query, id=settlement["id"])
    assert data["settlement"]["correctedBy"] == [{"id": back["id"], "kind": "REVERSAL"}]
    assert await balance(world, BUYER, "INCENTIVE_EXPENSE", TRACK) == "0.00"
    assert await balance(world, TRACK, "INCENTIVE_INCOME", BUYER) == "0.00"
    assert await balance(world, TRACK, "RECEIVABLE", BUYER) == "0.00"
    # what the buyer said it paid is owed back to it
    assert await balance(world, BUYER, "PAYABLE", TRACK) == "55.31"
    statuses = {name: due["status"] for name, due in (await dues(world, BUYER)).items()}
    assert set(statuses.values()) == {"REVERSED", "REPORTED"}
    rows = await table(world, TRACK, "/journal.csv")
    assert [row["reverses"] for row in rows] == ["", "", *[rows[0]["entry"]] * 2]

    again = {"schemeId": scheme, "period": "2024-04"}
    payload = await world.done(BUYER, "proposeSettlement", again, SHOWN)
    await world.agree(payload["proposal"], BUYER, *PARTNERS)
    assert await balance(world, TRACK, "RECEIVABLE", BUYER) == "4055.31"
    assert bean_check(await download(world, TRACK, "/journal.beancount"), tmp_path) == ""
    assert await balances(world, TRACK)
    path = tmp_path / "ledger.ndjson"
    assert verify(path, await exported(world, TRACK, path)).findings == []
    await audit(world.settings, world.ecosystem_id)


async def test_what_cannot_be_taken_back_is_refused_with_the_reason(world: World) -> None:
    """Nothing agreed, a part disputed, and never once the books are closed."""
    settlement = await posted(world)
    scheme = await scheme_of(world, settlement)
    problem = await world.refused(
        BUYER, "proposeSettlement", place_of(scheme) | {"period": "2024-05"}
    )
    assert problem["code"] == "NOT_REVERSIBLE"
    payload = await world.done(BUYER, "proposeSettlement", place_of(scheme), PROPOSED)
    part = {"partyId": world.parties[TRACK], "amount": {"amount": "1.00", "currency": "GBP"}}
    objection = {"proposalId": payload["proposal"]["id"], "reason": "No.", "disputed": part}
    problem = await world.refused(BUYER, "objectToProposal", objection)
    assert problem["code"] == "NO_AMOUNT_DISPUTED"
    await world.done(BUYER, "withdrawProposal", {"proposalId": payload["proposal"]["id"]})

    await closed(world, "2024-04-30")

    assert (await world.refused(BUYER, "proposeSettlement", place_of(scheme)))[
        "code"
    ] == "PERIOD_CLOSED"
    await audit(world.settings, world.ecosystem_id)


def books(told: Chronicle) -> dict[str, int]:
    """Balances that are not zero."""
    return {
        account.key: state.balance_minor
        for account, state in told.book.accounts.items()
        if state.balance_minor
    }


def post_last(told: Chronicle) -> None:
    """What the newest settlement posts."""
    proposal_id = max(told.book.settlements.values(), key=lambda each: each.index).proposal_id
    for fact in postings_of(told.book, proposal_id):
        assert isinstance(fact.event, SettlementPosted)
        told.enter(fact.event)


def settle(told: Chronicle, kind: SettlementKind, month: str) -> SettlementContent:
    """A settlement agreed and posted."""
    content = told.settle(kind, month)
    post_last(told)
    return content


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(0, 100), min_size=2, max_size=2),
    shares=st.lists(UNITS, min_size=2, max_size=2),
)
def test_a_settlement_and_its_reversal_leave_everything_as_it_was(
    values: list[int], shares: list[int]
) -> None:
    """Gains and losses alike: balances, dues, what was given; and it settles to the same cent."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    parts = [str(Fraction(each, sum(shares))) for each in shares]
    told.scheme(
        engine_terms(
            declared(
                [item(0, RATES)],
                funding={"earnedIn": "EUR"},
                allocation="POINTS",
                split=shared(*parts),
            )
        )
    )
    for month, value in zip(MONTHS, values, strict=False):
        told.measured("i0", month, Fraction(value))
    settle(told, SettlementKind.INCENTIVE, MONTHS[0])
    before, given_before = books(told), told.given()

    first = settle(told, SettlementKind.INCENTIVE, MONTHS[1])
    back = settle(told, SettlementKind.REVERSAL, MONTHS[1])

    assert books(told) == before
    assert told.given() == given_before
    for stake in first.stakes:
        due = told.book.dues.get(stake.reference)
        assert due is None or due.amount.amount_minor == 0
    assert [s.amount.amount_minor for s in back.stakes] == [
        -s.amount.amount_minor for s in first.stakes
    ]
    again = settle(told, SettlementKind.INCENTIVE, MONTHS[1])
    assert [s.amount for s in again.stakes] == [s.amount for s in first.stakes]


def test_what_a_true_up_corrects_is_not_taken_back() -> None:
    """Its difference would be left over: it is corrected by another true-up."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    terms = declared([item(0, RATES)], funding={"earnedIn": "EUR"}, allocation="POINTS")
    told.scheme(engine_terms(terms | {"split": shared("0.6", "0.4")}))
    told.measured("i0", MONTHS[0], Fraction(80))
    settle(told, SettlementKind.INCENTIVE, MONTHS[0])
    told.measured("i0", MONTHS[0], Fraction(70))
    settle(told, SettlementKind.TRUE_UP, MONTHS[1])

    with pytest.raises(reversal.NotReversible):
        told.settle(SettlementKind.REVERSAL, MONTHS[0])
