"""Payments by both sides' words: reported, received, cleared, taken back; dues that age."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.amounts import MINOR_UNITS, Money
from ledger.journal import (
    Account,
    AccountState,
    Posting,
    payment_received_lines,
    payment_reported_lines,
    post,
    reversal_lines,
    settlement_lines,
)
from tests.auditor import audit
from tests.finance.steps import balance, dues, posted, report_of
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import World

AMOUNTS = some.integers(-(10**12), 10**12)
CURRENCIES = some.sampled_from(["EUR", "JPY", "KWD", "CLF"])


def balances(states: dict[Account, AccountState]) -> dict[Account, int]:
    """What is not zero."""
    return {each: state.balance_minor for each, state in states.items() if state.balance_minor}


def entered(
    states: dict[Account, AccountState], minor: int, currency: str, what: int
) -> tuple[Posting, ...]:
    """Postings of a settlement or of one side of a payment, entered into the states."""
    amount = Money(currency, minor)
    lines = (
        settlement_lines("buyer", "partner", amount),
        payment_reported_lines("buyer", "partner", amount),
        payment_received_lines("buyer", "partner", amount),
    )[what]
    postings, changed = post(lines, states)
    states.update(changed)
    return postings


@given(some.lists(some.tuples(AMOUNTS, CURRENCIES, some.integers(0, 2)), max_size=8), AMOUNTS)
def test_a_settlement_and_its_reversal_leave_all_balances_as_before(
    before: list[tuple[int, str, int]], minor: int
) -> None:
    """And what is taken back is posted after it, never instead of it."""
    states: dict[Account, AccountState] = {}
    for amount, currency, what in before:
        entered(states, amount, currency, what)
    kept = balances(states)
    made = entered(states, minor, "EUR", 0)

    back, changed = post(reversal_lines(made), states)
    states.update(changed)

    assert balances(states) == kept
    assert [each.amount_minor for each in back] == [-each.amount_minor for each in made]
    assert all(new.sequence > old.sequence for new, old in zip(back, made, strict=True))


@given(some.lists(some.tuples(AMOUNTS, CURRENCIES, some.integers(0, 2)), max_size=20))
def test_postings_sum_to_zero_and_balances_are_their_fold(
    entries: list[tuple[int, str, int]],
) -> None:
    """In each party's books and each currency; sequences have no gap."""
    states: dict[Account, AccountState] = {}
    postings = [p for entry in entries for p in entered(states, *entry)]

    for owner in ("buyer", "partner"):
        for currency in ("EUR", "JPY", "KWD", "CLF"):
            own = [
                p for p in postings if (p.account.owner, p.account.currency) == (owner, currency)
            ]
            assert sum(p.amount_minor for p in own) == 0
    for account, state in states.items():
        mine = [p for p in postings if p.account == account]
        assert [p.sequence for p in mine] == list(range(1, len(mine) + 1))
        assert state.balance_minor == sum(p.amount_minor for p in mine) == mine[-1].balance_minor


def test_minor_units_are_those_of_iso_4217() -> None:
    """The whole table, not a selection."""
    assert [MINOR_UNITS[code] for code in ("JPY", "EUR", "KWD", "CLF")] == [0, 2, 3, 4]
    assert len(MINOR_UNITS) > 165
    assert Money.parse("1234", "JPY").render() == "1234"
    assert Money.parse("1.234", "KWD").amount_minor == 1234


async def test_a_part_payment_ages_until_the_rest_arrives(world: World) -> None:
    """Reported is not paid: what counts is what the payee says arrived."""
    settlement = await posted(world)
    rest = "1055.31"
    first = await world.done(
        BUYER, "reportPayment", report_of(world, settlement, TRACK, "3000.00"), "payment { id }"
    )
    due = (await dues(world, TRACK))[TRACK]
    assert (due["status"], due["reported"]["amount"]) == ("REPORTED", "3000.00")
    await world.done(TRACK, "confirmPayment", {"paymentId": first["payment"]["id"]})

    due = (await dues(world, TRACK, "2024-07-15"))[TRACK]
    assert (due["status"], due["open"]["amount"]) == ("PARTLY_PAID", rest)
    assert (due["dueOn"], due["daysOverdue"], due["ageing"]) == ("2024-05-31", 45, "DAYS_31_TO_60")
    for day, bucket in (
        ("2024-05-31", "NOT_DUE"),
        ("2024-06-01", "DAYS_1_TO_30"),
        ("2024-06-30", "DAYS_1_TO_30"),
        ("2024-07-01", "DAYS_31_TO_60"),
        ("2024-08-29", "DAYS_61_TO_90"),
        ("2024-08-30", "OVER_90_DAYS"),
    ):
        assert (await dues(world, BUYER, day))[TRACK]["ageing"] == bucket, day
    second = await world.done(
        BUYER, "reportPayment", report_of(world, settlement, TRACK, rest), "payment { id }"
    )
    await world.done(TRACK, "confirmPayment", {"paymentId": second["payment"]["id"]})
    due = (await dues(world, OTHERS, "2030-01-01"))[TRACK]
    assert (due["status"], due["ageing"], due["daysOverdue"]) == ("MATCHED", "SETTLED", 0)
    await audit(world.settings, world.ecosystem_id)


async def test_each_side_takes_its_own_word_back_and_the_books_are_as_before(world: World) -> None:
    """A transfer that the bank returned: the payee reverses, then the payer, then it pays again."""
    settlement = await posted(world)
    given = report_of(world, settlement, TRAIN, "3244.24")
    show = "payment { id status payerSide { stands } payeeSide { stands reversedIndex } }"
    paid = (await world.done(BUYER, "reportPayment", given, show))["payment"]
    await world.done(TRAIN, "confirmPayment", {"paymentId": paid["id"]})
    back = {"paymentId": paid["id"], "reason": "Returned: account closed."}

    refused = await world.refused(OTHERS, "reversePayment", back)
    assert refused["code"] == "NOTHING_TO_REVERSE"
    refused = await world.refused(TRAIN, "reversePayment", {**back, "reason": " "})
    assert refused["code"] == "REVERSAL_UNEXPLAINED"
    returned = await world.done(TRAIN, "reversePayment", back, show)
    assert returned["payment"]["status"] == "RETURNED"
    assert await balance(world, TRAIN, "RECEIVABLE", BUYER) == "3244.24"
    assert await balance(world, BUYER, "PAYABLE", TRAIN) == "0.00"
    again = await world.refused(TRAIN, "confirmPayment", {"paymentId": paid["id"]})
    assert again["code"] == "PAYMENT_TAKEN_BACK"
    reversed_ = await world.done(BUYER, "reversePayment", back, show)
    assert reversed_["payment"]["status"] == "REVERSED"
    assert await balance(world, BUYER, "PAYABLE", TRAIN) == "-3244.24"
    assert (await dues(world, BUYER))[TRAIN]["status"] == "REVERSED"
    refused = await world.refused(BUYER, "reversePayment", back)
    assert refused["code"] == "NOTHING_TO_REVERSE"

    data = await world.read(
        TRAIN, "{ postings(first: 100) { nodes { index reverses reference owner { name } } } }"
    )
    linked = [each for each in data["postings"]["nodes"] if each["reverses"] is not None]
    assert len(linked) == 4
    assert all(each["reverses"] < each["index"] for each in linked)
    second = (await world.done(BUYER, "reportPayment", given, show))["payment"]
    assert second["id"] != paid["id"]
    await audit(world.settings, world.ecosystem_id)


async def test_balances_are_answered_for_any_index_and_instant(world: World) -> None:
    """What did the books say before the payment, and when it was made?"""
    settlement = await posted(world)
    before = await world.size()
    paid = await world.done(
        BUYER, "reportPayment", report_of(world, settlement, OTHERS, "811.06"), "receipt { index }"
    )
    entry = await world.read(
        BUYER, "query($i: Index!) { entry(index: $i) { at } }", i=paid["receipt"]["index"]
    )
    at = entry["entry"]["at"]

    assert await balance(world, BUYER, "PAYABLE", OTHERS, asOf=before) == "-811.06"
    assert await balance(world, BUYER, "PAYABLE", OTHERS, at="2024-01-01T00:00:00Z") == "0.00"
    assert await balance(world, BUYER, "PAYABLE", OTHERS, at=at) == "0.00"
    assert await balance(world, BUYER, "CASH_CLEARING", OTHERS, at=at) == "-811.06"
    both = '{ accounts(asOf: 3, asOfInstant: "2024-01-01T00:00:00Z") { nodes { kind } } }'
    answer = await world.ask(both, token=world.token(BUYER))
    assert answer["errors"][0]["extensions"]["code"] == "PAGE_MALFORMED"


@pytest.mark.parametrize(
    ("party", "amount", "on", "code"),
    [
        (TRACK, "4055.32", "2024-05-20", "PAYMENT_EXCEEDS"),
        (TRACK, "0", "2024-05-20", "PAYMENT_EXCEEDS"),
        (TRACK, "1.00", "2999-01-01", "PAYMENT_IN_FUTURE"),
        (BUYER, "1.00", "2024-05-20", "NOT_FOUND"),
    ],
)
async def test_a_report_that_cannot_be_true_is_refused(
    world: World, party: str, amount: str, on: str, code: str
) -> None:
    """And nothing is posted."""
    settlement = await posted(world)

    refused = await world.refused(
        BUYER, "reportPayment", report_of(world, settlement, party, amount, on)
    )

    assert refused["code"] == code
