"""Confidential schemes corrected: a stake a partner, audited as proposed, and by who sees less."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from ledger import correction
from ledger.amounts import Money
from ledger.audit_payout import check_own, check_settlement
from ledger.cap import Adjustment, Limit, PartnerCap, Side
from ledger.evolution import evolve, pass_over
from ledger.fact import Placed, Sealed
from ledger.ids import PartyId
from ledger.partner import PartnerTerms, SchemePartProposed, SealedAt
from ledger.party import MembershipTerms
from ledger.proposal import ProposalKind
from ledger.rule import RuleBroken
from ledger.scheme import SchemeProposed
from ledger.settlement import SettlementContent, SettlementKind, SettlementProposed
from ledger.settling import settle
from ledger.stake import SealedBook, StakeProposed
from ledger.terms import AtRiskRate
from tests.incentives.chronicle import MONTHS, NOW, Chronicle
from tests.incentives.declared import BARE, declared, engine_terms, item, line, shared
from tests.incentives.test_members import member

BASES = {"p0": 100_000, "p1": 40_000}


def part(key: str, cap: int) -> PartnerTerms:
    """A tenth of a base at risk, capped by the period."""
    limit = Limit(Money("EUR", cap), None)
    steps = (Adjustment(partner_cap=PartnerCap(key, Side.BOTH, limit)),)
    rates = (AtRiskRate(1, Fraction(1, 10)),)
    return PartnerTerms(key, rates, Money("EUR", BASES[key] * 100), steps, (), ())


class Confidential(Chronicle):
    """A confidential scheme of two partners."""

    def __init__(self) -> None:
        super().__init__("p0", "p1")
        self.indicator("i0")
        common = engine_terms(
            declared(
                [item(0, {"line": line([["0", "0"], ["100", "1"]])})],
                funding=BARE,
                split=shared("0", "0"),
                rounding={"mode": "HALF_UP", "step": "0.01", "stage": "EACH_PART"},
                confidentiality="PER_PARTNER",
            )
        )
        opening = self.opening(ProposalKind.SCHEME, "scheme/s")
        places = []
        for key, cap in (("p0", 10**9), ("p1", 300_000)):
            places.append(SealedAt(key, self.book.size))
            event = SchemePartProposed(opening.proposal_id, "s", 1, part(key, cap))
            self.seal(event, key)
        self.agree(SchemeProposed(opening, "s", 1, common, sealed=tuple(places)))

    def seal(self, event: object, key: str) -> None:
        """An entry between a partner and the buyer."""
        index = self.book.size
        audience = ("buyer", key)
        placed = Placed(index, NOW, PartyId("buyer"), "s", audience, f"c{index}", event)
        self.book = evolve(self.book, placed)

    def settle_sealed(self, kind: SettlementKind, period: str) -> dict[str, str]:
        """A settlement and its stakes, each audited before it stands; the stakes' amounts."""
        agreed = self.book.current_scheme("s")
        assert agreed is not None
        settlement_id = f"settlement-{self.book.size}"
        found = settle(self.book, agreed, kind, period, NOW, settlement_id)
        for key, content in found.stakes:
            event = StakeProposed(settlement_id, key, content)
            check_own(self.book, NOW, event)
            self.seal(event, key)
        opening = self.opening(ProposalKind.SETTLEMENT, f"settlement/s/{found.joint.place}")
        proposed = SettlementProposed(opening, settlement_id, found.joint)
        check_settlement(self.book, NOW, proposed)
        self.agree(proposed)
        self.joint = found.joint
        return {key: content.stakes[0].amount.render() for key, content in found.stakes}

    joint: SettlementContent


def test_a_confidential_period_is_trued_up_a_stake_at_a_time() -> None:
    """p1's cap took all of its gain before and after: only p0's stake changes, and is settled."""
    told = Confidential()
    told.measured("i0", MONTHS[0], Fraction(80))
    first = told.settle_sealed(SettlementKind.INCENTIVE, MONTHS[0])
    told.measured("i0", MONTHS[0], Fraction(90))

    corrected = told.settle_sealed(SettlementKind.TRUE_UP, MONTHS[1])

    assert first == {"p0": "8000.00", "p1": "3000.00"}
    assert corrected == {"p0": "1000.00"}
    [period] = told.joint.corrected
    assert (period.period, period.before, period.after) == (MONTHS[0], (), ())
    assert told.joint.stakes == ()
    assert told.joint.trace == ()
    assert told.given() == {MONTHS[0]: {"p0": "9000.00", "p1": "3000.00"}}
    with pytest.raises(correction.NothingRestated):
        told.settle_sealed(SettlementKind.TRUE_UP, MONTHS[2])


def test_a_forged_stake_and_a_moved_place_are_found() -> None:
    """By whoever may open the stake: another amount, or another entry than the one named."""
    told = Confidential()
    told.measured("i0", MONTHS[0], Fraction(80))
    agreed = told.book.current_scheme("s")
    assert agreed is not None
    found = settle(told.book, agreed, SettlementKind.INCENTIVE, MONTHS[0], NOW, "x")
    _, other = found.stakes[1]

    with pytest.raises(RuleBroken, match="computes otherwise"):
        check_own(told.book, NOW, StakeProposed("x", "p0", other))
    for key, content in found.stakes:
        told.seal(StakeProposed("x", key, content), key)
    opening = told.opening(ProposalKind.SETTLEMENT, "settlement/s/2026-01")
    first, second = found.joint.sealed
    moved = (SealedAt(first.party_id, second.index), SealedAt(second.party_id, first.index))
    content = replace(found.joint, sealed=moved)
    with pytest.raises(RuleBroken, match="another entry"):
        check_settlement(told.book, NOW, SettlementProposed(opening, "x", content))


def test_who_sees_one_stake_alone_audits_that_one() -> None:
    """p1's reader passes p0's part and stake over, and recomputes the joint result and its own."""
    whole = Confidential()
    whole.measured("i0", MONTHS[0], Fraction(80))
    agreed = whole.book.current_scheme("s")
    assert agreed is not None
    found = settle(whole.book, agreed, SettlementKind.INCENTIVE, MONTHS[0], NOW, "x")
    parts = whole.book.sealed.parts_of(agreed.proposal_id)
    seen = whole.book.sealed.parts.set(agreed.proposal_id, parts.delete("p0"))
    reader = replace(whole.book, sealed=SealedBook(seen))

    hidden = Sealed(reader.size, NOW, PartyId("buyer"), "stake.proposed", ("buyer", "p0"), False)
    reader = pass_over(reader, hidden)
    own = StakeProposed("x", *found.stakes[1])
    check_own(reader, NOW, own)
    placed = Placed(reader.size, NOW, PartyId("buyer"), "s", ("buyer", "p1"), "c", own)
    reader = evolve(reader, placed)
    opening = whole.opening(ProposalKind.SETTLEMENT, "settlement/s/2026-01")
    check_settlement(reader, NOW, SettlementProposed(opening, "x", found.joint))


def test_who_has_left_is_asked_for_its_own_time_alone() -> None:
    """Fifteen of 31 days are a stake of its own; a period after them asks it nothing."""
    told = Confidential()
    member(told, "p1", MembershipTerms(), left_on=date(2026, 1, 16))
    for month in MONTHS[:2]:
        told.measured("i0", month, Fraction(80))

    january = told.settle_sealed(SettlementKind.INCENTIVE, MONTHS[0])
    asked = [told.joint.concerned("buyer", frozenset({"buyer", "p0"}))]
    february = told.settle_sealed(SettlementKind.INCENTIVE, MONTHS[1])
    asked.append(told.joint.concerned("buyer", frozenset({"buyer", "p0"})))

    # 80 % of a tenth of 40,000.00 for 15 of 31 days
    assert january == {"p0": "8000.00", "p1": "1548.39"}
    assert february == {"p0": "8000.00"}
    assert asked == [{"buyer", "p0", "p1"}, {"buyer", "p0"}]
