"""Entries of version 1: their bytes are read, and what was settled by them recomputes as it did."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ledger import first_terms
from ledger.amounts import Money, Rounding
from ledger.audit_payout import check_settlement
from ledger.basis import measured_for
from ledger.first_settlement import SettlementContentV1, SettlementProposedV1, compute_first
from ledger.history import decode_state, encode_state
from ledger.indicator import Boundary
from ledger.proposal import ProposalKind
from ledger.rule import RuleBroken
from ledger.scheme import SchemeProposedV1
from ledger.settlement import SettlementContent, SettlementKind, SettlementProposed
from tests.incentives.chronicle import MONTHS, NOW, Chronicle

POINTS = (
    first_terms.Point(Fraction(20), Fraction(1, 10)),
    first_terms.Point(Fraction(100), Fraction(1)),
)
FIRST = first_terms.SchemeTerms(
    name="first",
    pool=Money("EUR", 1_000_001),
    items=(
        first_terms.Item("i0", Fraction(1), POINTS, Boundary.INCLUSIVE, first_terms.Reading.EXACT),
    ),
    shares=(first_terms.Share("p0", Fraction(2, 3)), first_terms.Share("p1", Fraction(1, 3))),
    rounding=Rounding.HALF_UP,
    residual=first_terms.Residual.LARGEST_REMAINDER,
    unallocated=first_terms.Unallocated.RETURNS_TO_OUTSOURCER,
    valid_from_period=MONTHS[0],
    due_days=30,
    worked_examples=(
        first_terms.SchemeExample(
            (first_terms.ExampleValue("i0", Fraction(100)),), Money("EUR", 1_000_001)
        ),
    ),
)


def of_first(content: SettlementContent) -> SettlementContentV1:
    """A content as version 1 of the event held it."""
    names = SettlementContentV1.__dataclass_fields__
    return SettlementContentV1(**{name: getattr(content, name) for name in names})


def first_chronicle() -> Chronicle:
    """A scheme entered by the bytes of version 1, and a measured month."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    written = SchemeProposedV1(told.opening(ProposalKind.SCHEME, "scheme/s"), "s", 1, FIRST)
    told.agree(decode_state(encode_state(written), SchemeProposedV1).upgraded())
    told.measured("i0", MONTHS[0], Fraction(70))
    return told


def first_settlement(told: Chronicle) -> SettlementProposed:
    """The month's settlement by the first rules, through the bytes of version 1."""
    agreed = told.book.current_scheme("s")
    assert agreed is not None
    measured = measured_for(told.book, ("i0",), MONTHS[0])
    content = of_first(compute_first(agreed, measured, MONTHS[0], "settlement"))
    opening = told.opening(ProposalKind.SETTLEMENT, f"settlement/s/{MONTHS[0]}")
    written = SettlementProposedV1(opening, "settlement", content)
    return decode_state(encode_state(written), SettlementProposedV1).upgraded()


def test_an_old_scheme_reads_in_todays_forms_and_keeps_its_own() -> None:
    """Both stand in the Book: the first for old entries, today's for new ones."""
    told = first_chronicle()

    agreed = told.book.current_scheme("s")

    assert agreed is not None
    assert agreed.first == FIRST
    assert agreed.terms == first_terms.upgraded(FIRST)


def test_an_old_settlement_recomputes_by_the_rules_it_names() -> None:
    """To the cent and the trace; another cent is found."""
    told = first_chronicle()
    settling = first_settlement(told)

    check_settlement(told.book, NOW, settling)

    assert settling.content.rules_version == first_terms.RULES_VERSION
    payout = settling.content.payout
    forged = Money(payout.currency, payout.amount_minor + 1)
    other = replace(settling, content=replace(settling.content, payout=forged))
    with pytest.raises(RuleBroken, match="computes otherwise"):
        check_settlement(told.book, NOW, other)


def test_an_old_period_is_trued_up_by_todays_rules_to_the_same_cent() -> None:
    """Restated to what it was, nothing is due; restated otherwise, the difference is."""
    told = first_chronicle()
    told.agree(first_settlement(told))
    told.measured("i0", MONTHS[0], Fraction(80))

    content = told.settle(SettlementKind.TRUE_UP, MONTHS[1])

    before, after = content.corrected[0].before, content.corrected[0].after
    assert [each.render() for each in before] == ["4416.67", "2208.34"]
    assert [each.render() for each in after] == ["5166.67", "2583.34"]
