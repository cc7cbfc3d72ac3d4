"""Where the undisputed part alone binds: nothing stays withheld, and what is missing stays owed."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ledger.amounts import Money
from ledger.answer import ProposalAgreed, ProposalObjected, UndisputedBound
from ledger.correction import NothingRestated
from ledger.dispute import SignRuling
from ledger.evaluation import COUNTS_BOUND, RULES_VERSION
from ledger.journal import SettlementPartPosted
from ledger.ladder import Ladder, LastWord, Level, RulingOutcome, Rung, Sponsor
from ledger.policy import PolicyTerms, ProposePolicy
from ledger.proposal import ProposalKind
from ledger.reply import Disputed
from ledger.settlement import SettlementContent, SettlementKind, SettlementProposed
from ledger.settling import settled
from ledger.undisputed import part_posted
from tests.finance.test_undisputed import Told
from tests.finance.test_withholding import CURVE, HELD, VALUES, Books, terms_of
from tests.incentives.chronicle import MONTHS, NOW
from tests.incentives.declared import engine_terms

BASES = st.lists(st.integers(0, 10**6), min_size=2, max_size=2)


class Partly(Books):
    """A chronicle in which a settlement may bind in part."""

    def bind_part(
        self, kind: str, number: int, cut: int, *, early: bool, rules: int = RULES_VERSION
    ) -> SettlementContent:
        """A settlement of whose first stake `cut` is disputed, and only the rest ever binds.

        `early`: that rest was bound before the dispute ended.
        """
        agreed = self.book.current_scheme("s")
        assert agreed is not None
        key = f"settlement-{self.book.size}"
        how, month = SettlementKind(kind), MONTHS[number]
        content = settled(self.book, agreed, how, month, NOW, key, rules=rules)
        opening = self.opening(ProposalKind.SETTLEMENT, f"settlement/s/{content.place}")
        self.enter(SettlementProposed(opening, key, content))
        about, place = opening.proposal_id, self.book.size - 1
        part = Disputed("p0", Money("EUR", cut))
        self.enter(ProposalObjected(about, place, f"c{place}", disputed=part))
        if early:
            self.enter(UndisputedBound(about, ()))
            self.follow(about, is_final=False)
        self.enter(ProposalAgreed(about, (), is_partial=True))
        self.follow(about, is_final=True)
        return content

    def follow(self, about: str, *, is_final: bool) -> None:
        """What a part that binds posts."""
        proposal = self.book.agreements.get(about)
        for fact in part_posted(self.book, proposal, is_final=is_final):
            self.enter(fact.event)


def stakes(content: SettlementContent) -> list[int]:
    """In cents."""
    return [stake.amount.amount_minor for stake in content.stakes]


def toward_zero(amount: int, cut: int) -> int:
    """An amount without what is disputed of it."""
    return amount - cut if amount >= 0 else amount + cut


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from(["INCENTIVE", "CREDIT"]),
    value=VALUES,
    bases=BASES,
    share=st.fractions(0, 1),
    early=st.booleans(),
)
def test_nothing_stays_withheld_for_what_never_binds(
    kind: str, value: int, bases: list[int], share: object, early: bool
) -> None:
    """It is kept of an incentive and released of a credit, whenever the rest was bound."""
    texts = [Money("EUR", each).render() for each in bases]
    terms = engine_terms(terms_of(kind, *texts))
    told, plain = Partly(terms, "p0", "p1"), Books(terms, "p0", "p1")
    told.month(0, value)
    plain.month(0, value)
    [whole, other] = stakes(plain.post(kind, 0))
    cut = int(abs(whole) * share)  # type: ignore[operator]  # a Fraction
    assume(cut > 0)

    content = told.bind_part(kind, 0, cut, early=early)

    assert stakes(content) == [whole, other]
    assert told.balances(HELD) == {}
    bound = [toward_zero(whole, cut), other]
    held = [s.withholding.withheld.amount_minor for s in content.stakes if s.withholding]
    if kind == "CREDIT":
        bound = [one + two for one, two in zip(bound, held, strict=True)]
    owed = {f"p{i}": minor for i, minor in enumerate(bound) if minor}
    assert {key: minor for key, minor in told.due().items() if minor} == owed
    sides = {f"p{i}/buyer/owed": minor for i, minor in enumerate(bound) if minor}
    sides |= {f"buyer/p{i}/owed": -minor for i, minor in enumerate(bound) if minor}
    assert {key: minor for key, minor in told.net().items() if key.endswith("owed")} == sides


@settings(max_examples=80, deadline=None)
@given(
    how=st.sampled_from(["WITHHELD", "NOT_WITHHELD"]),
    wrong=st.lists(VALUES, min_size=2, max_size=2),
    right=st.lists(VALUES, min_size=2, max_size=2),
    share=st.fractions(0, 1),
    early=st.booleans(),
)
@example(how="WITHHELD", wrong=[0, 0], right=[0, 1], share=1, early=False)
def test_what_of_a_true_up_never_bound_is_owed_still(
    how: str, wrong: list[int], right: list[int], share: object, early: bool
) -> None:
    """The next true-up settles exactly that, and the end is the right figure from the start."""
    terms = engine_terms(terms_of("INCENTIVE", "1000.00", "777.77", how=how))
    told, known = Partly(terms, "p0", "p1"), Books(terms, "p0", "p1")
    for number in (0, 1):
        known.month(number, right[number])
        known.post("INCENTIVE", number)
        told.month(number, wrong[number])
        told.post("INCENTIVE", number)
        told.month(number, right[number])
    before = told.due().get("p0", 0)
    change = known.due().get("p0", 0) - before
    cut = int(abs(change) * share)  # type: ignore[operator]  # a Fraction
    assume(cut > 0)

    whole, _ = stakes(told.bind_part("TRUE_UP", 2, cut, early=early))
    assert whole == change
    assert told.due().get("p0", 0) == before + toward_zero(whole, cut)
    rest, other = stakes(told.post("TRUE_UP", 3))

    assert (rest, other) == (whole - toward_zero(whole, cut), 0)
    assert told.given() == known.given()
    assert told.net() == known.net()
    with pytest.raises(NothingRestated):
        told.settle(SettlementKind.TRUE_UP, MONTHS[4])


def test_what_older_rules_counted_as_given_stays_given() -> None:
    """A true-up of before, of which a part bound, is not corrected: its cents replay."""
    terms = engine_terms(terms_of("INCENTIVE", "1000.00"))
    told = Partly(terms, "p0")
    told.month(0, 50)
    told.post("INCENTIVE", 0)
    told.month(0, 80)

    told.bind_part("TRUE_UP", 1, 1000, early=False, rules=COUNTS_BOUND - 1)

    assert told.due() == {"p0": 5000 + 2000}
    with pytest.raises(NothingRestated):
        told.settle(SettlementKind.TRUE_UP, MONTHS[2])


@pytest.mark.parametrize(("kind", "owed"), [("INCENTIVE", 5000), ("CREDIT", 5000)])
def test_a_ruling_for_the_undisputed_part_ends_what_was_withheld(kind: str, owed: int) -> None:
    """By an entry right after the outcome, which an audit asks for."""
    stated = terms_of(kind, "1000.00")
    told = Told(CURVE, **{name: stated[name] for name in ("kind", "funding", "split")})
    both = (Sponsor("buyer"), Sponsor("p0"))
    ladder = Ladder((Rung(Level.OPERATIONAL, 5, both),), LastWord.STATUS_QUO)
    told.consented(told.do("buyer", ProposePolicy(PolicyTerms(ladder=ladder))), "buyer", "p0")
    asked = told.proposed(80)
    told.consented(asked, "buyer")
    told.disputed(asked, "p0", 3000)
    held = [state for a, state in told.book.accounts.items() if a.kind is HELD]
    assert [abs(state.balance_minor) for state in held] == [3000, 3000]
    assert told.owed() == (5000 if kind == "INCENTIVE" else 2000)

    told.do("buyer", SignRuling(asked, RulingOutcome.UNDISPUTED_PART))
    told.do("p0", SignRuling(asked, RulingOutcome.UNDISPUTED_PART))

    assert told.owed() == owed
    assert told.booked() == {"buyer": owed, "p0": owed}
    held = [state for a, state in told.book.accounts.items() if a.kind is HELD]
    assert [state.balance_minor for state in held] == [0, 0]
    assert isinstance(told.entered[-1].event, SettlementPartPosted)
    assert (told.sequel.is_owed, told.untold().is_owed) == (False, True)
