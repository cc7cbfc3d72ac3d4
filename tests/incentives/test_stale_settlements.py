"""Nothing stale binds: a settlement whose results were restated since is proposed anew."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ledger.accord import following
from ledger.answer import ProposalAgreed, ProposalLapsed
from ledger.audit_payout import check_settlement
from ledger.freshness import SettlementStale, is_fresh, require_fresh
from ledger.proposal import ProposalKind, Step
from ledger.rule import RuleBroken
from ledger.settlement import SettlementKind, SettlementProposed
from ledger.settling import settled
from tests.incentives.chronicle import MONTHS, NOW, Chronicle
from tests.incentives.declared import declared, engine_terms, item, line

INCENTIVE = SettlementKind.INCENTIVE


def proposed(told: Chronicle, period: str, rules: int = 3) -> SettlementProposed:
    """A settlement of a period as it is proposed, by rules of a version."""
    agreed = told.book.current_scheme("s")
    assert agreed is not None
    key = f"settlement-{told.book.size}"
    content = settled(told.book, agreed, INCENTIVE, period, NOW, key, rules=rules)
    opening = told.opening(ProposalKind.SETTLEMENT, f"settlement/s/{content.place}")
    return SettlementProposed(opening, key, content)


def paid_by_line() -> Chronicle:
    """January and February measured, of a scheme that pays by a line."""
    told = Chronicle("p0")
    told.indicator("i0")
    told.scheme(engine_terms(declared([item(0, {"line": line([["0", "0"], ["100", "1"]])})])))
    for month in MONTHS[:2]:
        told.report("i0", month, "p0", NOW)
        told.measured("i0", month, Fraction(80))
    return told


def test_a_settlement_of_a_restated_result_is_stale() -> None:
    """Of its own month; another month's restatement leaves it as it is."""
    told = paid_by_line()
    settling = proposed(told, MONTHS[1])
    told.enter(settling)
    proposal = told.book.agreements.get(settling.opening.proposal_id)
    told.measured("i0", MONTHS[0], Fraction(70))
    require_fresh(told.book, proposal)
    told.measured("i0", MONTHS[1], Fraction(70))

    with pytest.raises(SettlementStale) as refused:
        require_fresh(told.book, proposal)

    assert refused.value.facts["period"] == MONTHS[1]
    assert is_fresh(told.book, replace(proposal, undisputed_index=1))  # in part it bound already
    [lapsed] = following(told.book, proposal, Step.AGREE)
    assert isinstance(lapsed.event, ProposalLapsed)


def test_a_stale_settlement_by_older_rules_binds_as_it_did() -> None:
    """What was agreed then replays."""
    told = paid_by_line()
    settling = proposed(told, MONTHS[1], rules=2)
    told.enter(settling)
    proposal = told.book.agreements.get(settling.opening.proposal_id)
    told.measured("i0", MONTHS[1], Fraction(70))

    outcome, *_ = following(told.book, proposal, Step.AGREE)

    assert isinstance(outcome.event, ProposalAgreed)


def test_no_settlement_goes_back_behind_newer_rules() -> None:
    """Or whoever enters them could dodge what the newer ones ask."""
    told = paid_by_line()
    told.agree(proposed(told, MONTHS[0]))
    older = proposed(told, MONTHS[1], rules=2)

    with pytest.raises(RuleBroken, match="older rules"):
        check_settlement(told.book, NOW, older)
