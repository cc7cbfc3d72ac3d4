"""What is at risk, withheld from invoices: in the books of both sides, released or kept, owed."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.amounts import Money
from ledger.journal import AccountKind
from ledger.payout import posted as facts_of
from ledger.settlement import SettlementContent, SettlementKind
from ledger.terms import SchemeTerms
from tests.finance.test_undisputed import JANUARY, Told
from tests.incentives.chronicle import MONTHS, Chronicle
from tests.incentives.declared import declared, engine_terms, item, line, shared, stated

CURVE = {"line": line([["0", "0"], ["100", "1"]], before="EXTENDED", after="EXTENDED")}
VALUES = st.integers(-40, 160)
HELD = AccountKind.AT_RISK_WITHHELD


def terms_of(kind: str, *bases: str, how: str = "WITHHELD", **other: Any) -> dict[str, Any]:
    """A tenth of each party's invoice at risk, by one curve that goes on at both ends."""
    listed = [
        {"partyId": f"p{i}", "amount": {"amount": base, "currency": "EUR"}}
        for i, base in enumerate(bases)
    ]
    schedule = [{"fromYear": 1, "share": "0.1"}]
    at_risk = {"currency": "EUR", "schedule": schedule, "bases": listed, "retention": how}
    return declared(
        [item(0, CURVE)],
        kind=kind,
        funding={"atRisk": at_risk},
        split=shared(*["0"] * len(bases)),
        **other,
    )


class Books(Chronicle):
    """A chronicle whose settlements are posted."""

    def __init__(self, terms: SchemeTerms, *partners: str) -> None:
        super().__init__(*partners)
        self.indicator("i0")
        self.scheme(terms)

    def month(self, number: int, value: int) -> None:
        """A month's result agreed, or restated."""
        self.measured("i0", MONTHS[number], Fraction(value))

    def post(self, kind: str, number: int) -> SettlementContent:
        """A settlement agreed and posted."""
        content = self.settle(SettlementKind(kind), MONTHS[number])
        newest = max(self.book.settlements.values(), key=lambda each: each.index)
        for fact in facts_of(self.book, newest.proposal_id):
            self.enter(fact.event)
        return content

    def balances(self, *kinds: AccountKind) -> dict[str, int]:
        """Balances that are not zero."""
        return {
            account.key: state.balance_minor
            for account, state in self.book.accounts.items()
            if state.balance_minor and (not kinds or account.kind in kinds)
        }

    def net(self) -> dict[str, int]:
        """What each side's books say that it is owed, and that it earned, less the opposite."""
        found: dict[str, int] = {}
        groups = {
            "owed": (AccountKind.PAYABLE, AccountKind.RECEIVABLE),
            "earned": (AccountKind.INCENTIVE_EXPENSE, AccountKind.INCENTIVE_INCOME),
        }
        for account, state in self.book.accounts.items():
            for name, kinds in groups.items():
                if account.kind in kinds:
                    key = f"{account.owner}/{account.counterparty}/{name}"
                    found[key] = found.get(key, 0) + state.balance_minor
        return {key: minor for key, minor in found.items() if minor}

    def due(self) -> dict[str, int]:
        """What the buyer owes each partner by its dues; below zero what the partner owes."""
        found: dict[str, int] = {}
        for due in self.book.dues.values():
            sign = 1 if due.payer == "buyer" else -1
            found[due.party_id] = found.get(due.party_id, 0) + sign * due.amount.amount_minor
        return found


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("INCENTIVE", 70, {"expense": 70, "payable": -70}),
        ("INCENTIVE", 120, {"expense": 120, "payable": -120}),
        ("INCENTIVE", -20, {"receivable": 20, "income": -20}),
        ("CREDIT", 30, {"expense": 70, "payable": -70}),
        ("CREDIT", 140, {"receivable": 40, "income": -40}),
    ],
)
def test_a_period_in_the_books_of_the_payer(
    kind: str, value: int, expected: dict[str, int]
) -> None:
    """A hundred withheld: nothing of it is left once it is settled; what is owed is owed."""
    told = Books(engine_terms(terms_of(kind, "1000.00")), "p0")
    told.month(0, value)

    told.post(kind, 0)

    names = {
        "expense": AccountKind.INCENTIVE_EXPENSE,
        "income": AccountKind.INCENTIVE_INCOME,
        "payable": AccountKind.PAYABLE,
        "receivable": AccountKind.RECEIVABLE,
    }
    assert {k: v for k, v in told.balances().items() if k.startswith("buyer")} == {
        f"buyer/p0/{names[name]}/EUR": minor * 100 for name, minor in expected.items()
    }
    [held] = [a for a in told.book.accounts if a.kind is HELD and a.owner == "p0"]
    assert told.book.accounts[held].balance_minor == 0
    assert told.book.accounts[held].sequence >= 2


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["INCENTIVE", "CREDIT"]),
    bases=st.lists(st.integers(0, 10**7), min_size=1, max_size=3),
    values=st.lists(VALUES, min_size=2, max_size=2),
)
def test_a_settlement_and_its_reversal_leave_all_books_as_they_were(
    kind: str, bases: list[int], values: list[int]
) -> None:
    """Also the accounts of what is withheld; and it settles again to the same cents."""
    names = [f"p{i}" for i in range(len(bases))]
    stated = terms_of(kind, *(Money("EUR", each).render() for each in bases))
    told = Books(engine_terms(stated), *names)
    for number, value in enumerate(values):
        told.month(number, value)
    told.post(kind, 0)
    assert told.balances(HELD) == {}
    before, owed = told.balances(), told.due()
    assert owed == {k: v for k, v in told.due().items() if k in names}

    first = told.post(kind, 1)
    assert told.balances(HELD) == {}
    told.post("REVERSAL", 1)

    assert told.balances() == before
    assert {k: v for k, v in told.due().items() if v} == {k: v for k, v in owed.items() if v}
    again = told.post(kind, 1)
    assert [(s.amount, s.withholding) for s in again.stakes] == [
        (s.amount, s.withholding) for s in first.stakes
    ]


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["INCENTIVE", "CREDIT"]),
    wrong=VALUES,
    right=VALUES,
    bases=st.lists(st.integers(0, 10**7), min_size=1, max_size=3),
)
def test_a_restated_period_and_its_true_up_are_the_right_figure_from_the_start(
    kind: str, wrong: int, right: int, bases: list[int]
) -> None:
    """What each has earned and is owed, in its own books; nothing stays withheld."""
    names = [f"p{i}" for i in range(len(bases))]
    stated = engine_terms(terms_of(kind, *(Money("EUR", each).render() for each in bases)))
    told, known = Books(stated, *names), Books(stated, *names)
    known.month(0, right)
    known.post(kind, 0)
    told.month(0, wrong)
    told.post(kind, 0)
    told.month(0, right)

    if told.given() != known.given():
        told.post("TRUE_UP", 1)

    assert told.given() == known.given()
    assert told.net() == known.net()
    assert told.balances(HELD) == {} == known.balances(HELD)


@settings(max_examples=60, deadline=None)
@given(value=VALUES, bases=st.lists(st.integers(0, 10**7), min_size=1, max_size=3))
def test_an_incentive_that_is_withheld_ends_as_one_that_is_not(
    value: int, bases: list[int]
) -> None:
    """The same dues and the same balances: withholding is a way of paying, not another price."""
    names = [f"p{i}" for i in range(len(bases))]
    ends = []
    for how in ("WITHHELD", "NOT_WITHHELD"):
        texts = (Money("EUR", each).render() for each in bases)
        told = Books(engine_terms(terms_of("INCENTIVE", *texts, how=how)), *names)
        told.month(0, value)
        told.post("INCENTIVE", 0)
        ends.append((told.balances(), told.due()))

    assert ends[0] == ends[1]


def test_what_is_earned_back_is_owed_beside_what_was_kept() -> None:
    """A credit kept in the period comes back at the year's end, by its own settlement."""
    back = {
        "indicatorId": "i0",
        "level": stated("50"),
        "boundary": "INCLUSIVE",
        "share": "0.5",
    }
    month = {"line": line([["0", "1"], ["100", "0"]])}
    terms = terms_of("CREDIT", "1000.00", earnBacks=[back]) | {"items": [item(0, month)]}
    told = Books(engine_terms(terms), "p0")
    for number in range(12):
        told.month(number, 40 if number == 0 else 100)
        told.post("CREDIT", number)
    before = told.due()["p0"]
    assert before == 12 * 10000 - 6000

    content = told.post("EARN_BACK", 11)

    assert [stake.withholding for stake in content.stakes] == [None]
    assert told.due()["p0"] == before + 3000
    assert told.balances(HELD) == {}


@pytest.mark.parametrize(
    ("kind", "first", "cut", "second"),
    [
        ("INCENTIVE", 80, 3000, 60),
        ("INCENTIVE", 80, 3000, 80),
        ("INCENTIVE", 120, 3000, 120),
        ("INCENTIVE", 120, 3000, 20),
        ("CREDIT", 80, 3000, 60),
        ("CREDIT", 80, 3000, 20),
        ("CREDIT", 100, 10000, 0),
    ],
)
def test_what_is_disputed_stays_withheld_until_it_is_decided(
    kind: str, first: int, cut: int, second: int
) -> None:
    """The undisputed part is released and kept in time; the replacement ends the rest."""
    parts = terms_of(kind, "1000.00", payment={"dueDays": 30, "malus": "INVOICED"})
    told = Told(CURVE, **{name: parts[name] for name in ("kind", "funding", "split")})
    old = told.proposed(first)
    told.consented(old, "buyer")

    told.disputed(old, "p0", cut)

    [bound] = told.book.part_posted["s", JANUARY].values()
    assert bound.withholding is not None
    waiting = (
        bound.withholding.withheld.amount_minor
        - bound.withholding.released.amount_minor
        - bound.withholding.kept.amount_minor
    )
    assert 0 <= waiting <= cut
    assert _held(told) == {"buyer": -waiting, "p0": waiting}
    assert told.owed() == bound.withholding.owed.amount_minor
    assert told.booked() == {"buyer": told.owed(), "p0": told.owed()} or told.owed() == 0

    new = told.proposed(second, old)
    told.consented(new, "buyer", "p0")

    whole = second * 100 if kind == "INCENTIVE" else 10000 - second * 100
    assert told.owed() == whole
    assert _held(told) == {"buyer": 0, "p0": 0}
    found = told.booked()
    assert (found["buyer"], found["p0"]) == (whole, whole)


def _held(told: Told) -> dict[str, int]:
    return {
        account.owner: state.balance_minor
        for account, state in told.book.accounts.items()
        if account.kind is HELD
    }
