"""The undisputed part of a settlement: posted once, whatever replaces the settlement afterwards."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from ledger.actor import Actor, Role
from ledger.agreement import Consent, Objection
from ledger.amounts import Money
from ledger.audit import check
from ledger.audit_sequel import Sequel
from ledger.book import replace
from ledger.commands import Command, LogIdentity
from ledger.decision import decide
from ledger.evolution import evolve
from ledger.fact import Placed
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.journal import AccountKind
from ledger.payment import ReportPayment, ReversePayment
from ledger.reply import Disputed
from ledger.settlement import ProposeSettlement
from tests.incentives.chronicle import MONTHS, NOW, Chronicle
from tests.incentives.declared import declared, engine_terms, item, line, shared

LINE = {"line": line([["0", "0"], ["100", "1"]])}
JANUARY = MONTHS[0]
EVERY_ROLE = frozenset(Role) - {Role.FOUNDER}


class Told(Chronicle):
    """A chronicle in which parties act by commands, each entry audited."""

    def __init__(self, form: Mapping[str, Any] = LINE, **other: Any) -> None:
        """A pool of a hundred for one partner, but for what is said otherwise."""
        super().__init__("p0")
        self.count = 0
        self.sequel = Sequel()
        self.indicator("i0")
        funding = {"pool": {"amount": "100.00", "currency": "EUR"}}
        stated: dict[str, Any] = {"funding": funding, "split": shared("1"), **other}
        self.scheme(engine_terms(declared([item(0, form)], **stated)))
        self.beginning = self.book
        self.entered: list[Placed] = []

    def do(self, party: str, command: Command) -> str:
        """A party acts: the id of what it was about."""
        self.count += 1
        actor = Actor(EcosystemId("e"), PartyId(party), f"s-{party}", EVERY_ROLE)
        now = max(NOW, self.book.last_at) + timedelta(minutes=1)
        seed = Seed(self.count.to_bytes(32))
        decision = decide(self.book, command, actor, now, seed, LogIdentity("log", "key"))
        for fact in decision.facts:
            index, subject = self.book.size, actor.subject
            annex = bool(fact.annex)
            said = (decision.party, subject, fact.audience, f"c{index}", fact.event)
            placed = Placed(index, now, *said, has_annex=annex)
            check(self.book, placed)
            self.sequel.check(placed)
            self.book = evolve(self.book, placed)
            self.sequel.note(self.book, placed)
            self.entered.append(placed)
        return decision.object_id

    def untold(self) -> Sequel:
        """What an audit holds owed where the last entry is left out."""
        known = {
            name: getattr(self.book, name) for name in ("measurements", "results", "timelines")
        }
        book, sequel = replace(self.beginning, **known), Sequel()  # a result here is no entry
        for placed in self.entered[:-1]:
            book = evolve(book, placed)
            sequel.note(book, placed)
        return sequel

    def proposed(self, value: int, replaces: str = "") -> str:
        """January measured, or measured anew, and its settlement proposed."""
        self.measured("i0", JANUARY, Fraction(value))
        return self.do("buyer", ProposeSettlement("s", JANUARY, replaces))

    def consented(self, proposal_id: str, *parties: str) -> None:
        """They consent."""
        for party in parties:
            self.do(party, Consent(proposal_id))

    def disputed(self, proposal_id: str, party: str, minor: int) -> None:
        """A party disputes a part of the partner's stake."""
        part = Disputed("p0", Money("EUR", minor))
        self.do(party, Objection(proposal_id, "Too much.", disputed=part))

    def owed(self) -> int:
        """What the buyer owes the partner, by the dues; the partner's debts are below zero."""
        return sum(
            due.amount.amount_minor * (1 if due.payer == "buyer" else -1)
            for due in self.book.dues.values()
        )

    def booked(self) -> Counter[str]:
        """The same by the accounts, in the books of each side."""
        found: Counter[str] = Counter()
        for account, state in self.book.accounts.items():
            if account.kind in (AccountKind.PAYABLE, AccountKind.RECEIVABLE):
                sign = -1 if account.owner == "buyer" else 1
                found[account.owner] += sign * state.balance_minor
        return found


@pytest.mark.parametrize(
    ("first", "cut", "second", "again"),
    [
        (100, 4000, 80, 3000),  # undisputed of the second is less than was posted of the first
        (100, 4000, 60, 1000),  # and in the end exactly what was posted
        (100, 4000, 50, 2000),  # and in the end less
        (100, 4000, 100, 1000),
        (50, 4000, 100, 1000),
    ],
)
def test_what_is_owed_in_the_end_is_the_stake_that_was_agreed(
    first: int, cut: int, second: int, again: int
) -> None:
    """Whatever was posted as undisputed on the way, by dues and by the books of both sides."""
    told = Told()
    old = told.proposed(first)
    told.consented(old, "buyer")
    told.disputed(old, "p0", cut)
    assert told.owed() == first * 100 - cut
    new = told.proposed(second, old)
    told.consented(new, "buyer")
    told.disputed(new, "p0", again)
    assert told.owed() == second * 100 - again
    assert told.booked() == Counter({"buyer": told.owed(), "p0": told.owed()})

    told.consented(new, "p0")

    assert told.owed() == second * 100
    assert told.booked() == Counter({"buyer": second * 100, "p0": second * 100})


def test_what_was_paid_on_the_undisputed_part_stays_paid() -> None:
    """The partner paid back 10.00 that its agreed stake gives it again: the buyer owes it anew."""
    told = Told()
    old = told.proposed(100)
    told.consented(old, "buyer")
    told.disputed(old, "p0", 4000)
    new = told.proposed(80, old)
    told.consented(new, "buyer")
    told.disputed(new, "p0", 3000)
    settlement = told.book.settlements[new].settlement_id
    ten, on = Money("EUR", 1000), date(2026, 3, 2)
    told.do("p0", ReportPayment(settlement, "buyer", ten, on))

    told.consented(new, "p0")

    assert told.owed() == 8000
    open_now = sorted(
        (due.payer, due.amount.amount_minor, due.reported_minor)
        for due in told.book.dues.values()
        if due.settlement_id == settlement
    )
    assert open_now == [("buyer", 3000, 0), ("p0", 1000, 1000)]
    assert told.booked() == Counter({"buyer": 8000, "p0": 9000})  # the payment is not confirmed
    payment = told.do("buyer", ReportPayment(settlement, "p0", Money("EUR", 3000), on))
    told.do("buyer", ReversePayment(payment, "It was returned."))
