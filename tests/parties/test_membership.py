"""Who comes, on which terms, and who goes when: in event language."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actor import NotFound
from ledger.agreement import AnotherSubject, Consent, ProposalClosed, SubjectBusy
from ledger.amounts import Money
from ledger.audit import check
from ledger.ecosystem import NameMissing
from ledger.errors import Refusal
from ledger.membership import (
    DepartureStale,
    GateClosed,
    LeaveAtGate,
    LeftAtGate,
    MembershipEnded,
    MembershipMalformed,
    MembershipProposed,
    NoExitGate,
    OutsourcerStays,
    ProposeAdmission,
    ProposeDeparture,
    ProposeMembership,
)
from ledger.party import Grant, MembershipTerms, Party, PartyRole
from ledger.periods import TimeZoneUnknown
from ledger.policy import PolicyTerms, ProposePolicy
from ledger.proposal import ProposalKind, ProposalStatus
from ledger.remark import MakeRemark
from ledger.rule import RuleBroken
from ledger.trust import ObserversSignNothing
from tests.parties.chain import Chain

BUYER, NET, RUN, SMALL = "Buyer", "Network", "Operator", "Small"
GATE = date(2026, 7, 1)
PROTECTED = MembershipTerms(
    time_zone="Europe/Amsterdam",
    cap=Money("EUR", 500_000),
    is_gain_only=True,
    exit_gates=(GATE, date(2027, 1, 1)),
    notice_days=30,
)
ADMISSION = ProposeAdmission(SMALL, PartyRole.PARTNER, date(2026, 4, 1), PROTECTED)
REMARK = MakeRemark("", "A remark.")


def chain() -> Chain:
    """A buyer, two partners and an observer."""
    return Chain.of(BUYER, NET, RUN, observers=("Auditor",))


def joined() -> Chain:
    """The same, with a small partner that was admitted under protections."""
    made = chain()
    made.agreed(NET, ADMISSION)
    return made


def test_an_admission_needs_all_who_sign_and_no_observer() -> None:
    """The newcomer is a party once the last of them consents, and not before."""
    made = chain()
    proposal_id = made.do(NET, ADMISSION)
    asked = {made.ids[name] for name in (BUYER, NET, RUN)}
    assert set(made.book.agreements.get(proposal_id).signatories) == asked

    made.agree(proposal_id, BUYER, NET)
    assert SMALL not in made.ids
    made.agree(proposal_id, RUN)

    party = made.party(SMALL)
    assert (party.role, party.terms) == (PartyRole.PARTNER, PROTECTED)
    assert (party.joined_on, party.left_on) == (date(2026, 4, 1), None)
    assert party.joined_index == made.book.size - 1
    assert made.book.governance.memberships[proposal_id].status is ProposalStatus.AGREED


def test_a_newcomer_signs_from_its_admission_on() -> None:
    """What is proposed later asks it too; what was proposed before does not."""
    made = chain()
    before = made.do(NET, ProposePolicy(PolicyTerms()))
    made.agreed(NET, ADMISSION)
    after = made.do(NET, ProposePolicy(PolicyTerms(), replaces=before))

    assert made.ids[SMALL] not in made.book.agreements.get(before).signatories
    assert made.ids[SMALL] in made.book.agreements.get(after).signatories
    made.refused(SMALL, Consent(before), Refusal)
    made.agree(after)


def test_leaving_at_a_gate_is_the_partners_own_act() -> None:
    """Entered with the notice that was agreed, and nobody is asked."""
    made = joined()
    made.now = datetime(2026, 6, 1, 21, 59, tzinfo=UTC)  # a minute before midnight in Amsterdam
    made.do(SMALL, LeaveAtGate(GATE))

    party = made.party(SMALL)
    assert party.left_on == GATE
    assert party.leaves_at == datetime(2026, 6, 30, 22, tzinfo=UTC)
    made.now = datetime(2026, 6, 30, 21, 59, tzinfo=UTC)
    made.do(SMALL, REMARK)
    made.now += timedelta(minutes=1)
    refusal = made.refused(SMALL, REMARK, MembershipEnded)
    assert "left on 2026-07-01" in refusal.message


@pytest.mark.parametrize(
    ("left_on", "now", "kind"),
    [
        (date(2026, 7, 2), datetime(2026, 5, 1, tzinfo=UTC), NoExitGate),
        (GATE, datetime(2026, 6, 1, 22, tzinfo=UTC), GateClosed),
        (GATE, datetime(2026, 7, 1, tzinfo=UTC), GateClosed),
    ],
)
def test_elsewhen_nobody_leaves_by_its_own_act(
    left_on: date, now: datetime, kind: type[Refusal]
) -> None:
    """No gate, or too late for it."""
    made = joined()
    made.now = now

    made.refused(SMALL, LeaveAtGate(left_on), kind)


def test_who_has_no_gates_leaves_by_consent_alone() -> None:
    """The refusal says what to do instead; the departure asks the leaver too."""
    made = joined()
    assert "gates: none" in made.refused(NET, LeaveAtGate(GATE), NoExitGate).message

    left_on = date(2026, 5, 1)
    proposal_id = made.do(BUYER, ProposeDeparture(made.ids[NET], left_on))
    made.agree(proposal_id, BUYER, RUN, SMALL)
    assert made.party(NET).left_on is None
    made.agree(proposal_id, NET)

    assert made.party(NET).left_on == left_on
    made.now = datetime(2026, 5, 1, tzinfo=UTC)
    assert made.ids[NET] not in made.ecosystem.signing_ids(made.now)
    assert made.ids[NET] in made.ecosystem.signing_ids(made.now - timedelta(seconds=1))
    made.refused(NET, REMARK, MembershipEnded)
    made.do(RUN, ProposePolicy(PolicyTerms()))


def test_an_earlier_gate_may_still_be_taken_and_a_later_one_not() -> None:
    """Who leaves already leaves not later by its own act."""
    made = joined()
    made.do(SMALL, LeaveAtGate(date(2027, 1, 1)))
    made.do(SMALL, LeaveAtGate(GATE))
    assert made.party(SMALL).left_on == GATE

    for left_on in (GATE, date(2027, 1, 1)):
        made.refused(SMALL, LeaveAtGate(left_on), MembershipMalformed)


def test_protections_are_given_to_a_founding_partner_by_consent() -> None:
    """A cap, gain only and gates are data that all who sign agreed."""
    made = chain()
    made.agreed(RUN, ProposeMembership(made.ids[RUN], PROTECTED))

    party = made.party(RUN)
    assert (party.terms, party.joined_on) == (PROTECTED, None)
    made.do(RUN, LeaveAtGate(GATE))


def test_who_left_at_its_gate_is_not_made_a_member_again_by_an_older_departure() -> None:
    """The departure was proposed for another day, before the partner took its gate."""
    made = joined()
    later = made.do(BUYER, ProposeDeparture(made.ids[SMALL], date(2026, 12, 31)))
    made.agree(later, BUYER, NET, SMALL)
    made.do(SMALL, LeaveAtGate(GATE))

    refusal = made.refused(RUN, Consent(later), DepartureStale)

    assert "2026-07-01" in refusal.message
    assert made.party(SMALL).left_on == GATE
    again = made.do(BUYER, ProposeDeparture(made.ids[SMALL], date(2026, 6, 1), replaces=later))
    made.agree(again)
    assert made.party(SMALL).left_on == date(2026, 6, 1)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(999, 12, 31), date(9999, 12, 31)])
def test_nobody_comes_or_goes_on_a_day_that_begins_at_no_instant(day: date) -> None:
    """Midnight of such a day in Tokyo is before all time: no departure can be read with it."""
    made = joined()
    tokyo = MembershipTerms(time_zone="Asia/Tokyo", exit_gates=(day,), notice_days=366)

    gate = made.refused(NET, ProposeMembership(made.ids[NET], tokyo), MembershipMalformed)
    leaves = made.refused(NET, ProposeDeparture(made.ids[NET], day), MembershipMalformed)
    newcomer = replace(ADMISSION, name="Another", joined_on=day)
    comes = made.refused(NET, newcomer, MembershipMalformed)

    assert [each.path for each in (gate, leaves, comes)] == [
        "terms.exitGates[0]",
        "leftOn",
        "joinedOn",
    ]


def test_one_membership_is_pending_a_party_and_can_be_replaced() -> None:
    """A counter-proposal asks everybody again."""
    made = joined()
    first = made.do(NET, ProposeMembership(made.ids[SMALL], MembershipTerms()))
    other = ProposeDeparture(made.ids[SMALL], date(2026, 9, 1))
    made.refused(SMALL, other, SubjectBusy)

    second = made.do(SMALL, replace(other, replaces=first))

    assert made.book.agreements.get(first).status is ProposalStatus.SUPERSEDED
    made.refused(SMALL, replace(other, replaces=first), ProposalClosed)
    made.agree(second)
    assert made.party(SMALL).left_on == date(2026, 9, 1)


def test_an_admission_is_replaced_by_another_of_the_same_newcomer() -> None:
    """And by nothing else."""
    made = chain()
    first = made.do(NET, ADMISSION)
    second = made.do(RUN, replace(ADMISSION, name="Smaller", replaces=first))
    assert made.book.agreements.get(first).status is ProposalStatus.SUPERSEDED
    made.agree(second)
    pending = made.do(NET, ProposeMembership(made.ids["Smaller"], MembershipTerms()))

    made.refused(NET, replace(ADMISSION, replaces=pending), AnotherSubject)


@pytest.mark.parametrize(
    ("changed", "kind", "path"),
    [
        ({"name": "  "}, NameMissing, "name"),
        ({"name": "network"}, MembershipMalformed, "name"),
        ({"role": PartyRole.OUTSOURCER, "terms": MembershipTerms()}, MembershipMalformed, "role"),
        ({"role": PartyRole.OBSERVER}, MembershipMalformed, "terms"),
        ({"terms": MembershipTerms(time_zone="Mars/Base")}, TimeZoneUnknown, "terms.timeZone"),
        ({"terms": MembershipTerms(notice_days=-1)}, MembershipMalformed, "terms.noticeDays"),
        ({"terms": MembershipTerms(grants=())}, MembershipMalformed, "terms.grants"),
        ({"terms": MembershipTerms(cap=Money("EUR", -1))}, MembershipMalformed, "terms.cap"),
        (
            {"terms": MembershipTerms(exit_gates=(GATE, GATE))},
            MembershipMalformed,
            "terms.exitGates",
        ),
    ],
)
def test_a_membership_that_cannot_stand_is_refused(
    changed: dict[str, object], kind: type[Refusal], path: str
) -> None:
    """With its place."""
    refusal = chain().refused(NET, replace(ADMISSION, **changed), kind)  # type: ignore[arg-type]  # a table of fields

    assert refusal.path == path


def test_the_outsourcer_stays_and_strangers_are_not_found() -> None:
    """An ecosystem has its one outsourcer; nobody leaves before it came."""
    made = joined()
    made.refused(NET, ProposeDeparture(made.ids[BUYER], GATE), OutsourcerStays)
    made.refused(NET, ProposeDeparture("nobody", GATE), NotFound)
    early = ProposeDeparture(made.ids[SMALL], date(2026, 4, 1))
    made.refused(NET, early, MembershipMalformed)
    for command in (ADMISSION, LeaveAtGate(GATE), early):
        made.refused("Auditor", command, ObserversSignNothing)


def test_a_name_is_free_again_once_its_party_has_left() -> None:
    """And the party that comes back is another party, with a history of its own."""
    made = joined()
    made.agreed(BUYER, ProposeDeparture(made.ids[SMALL], date(2026, 5, 1)))
    made.refused(NET, ADMISSION, MembershipMalformed)
    made.now = datetime(2026, 6, 1, tzinfo=UTC)
    made.agreed(NET, ADMISSION)

    same_name = [p for p in made.ecosystem.parties if p.name == SMALL]
    assert len({party.party_id for party in same_name}) == 2


def test_an_observers_grants_are_agreed_and_it_may_go() -> None:
    """By consent of those who sign; it signs nothing itself."""
    made = chain()
    limited = MembershipTerms(grants=(Grant.MEASUREMENTS,))
    made.agreed(NET, ProposeAdmission("Chamber", PartyRole.OBSERVER, date(2026, 4, 1), limited))
    assert made.party("Chamber").terms.grants == (Grant.MEASUREMENTS,)

    made.agreed(NET, ProposeDeparture(made.ids["Chamber"], GATE))
    assert made.party("Chamber").left_on == GATE


def test_a_forged_membership_is_found() -> None:
    """Fewer asked, more changed than the kind says, a gate that never was: each a finding."""
    made = joined()
    made.agreed(RUN, ProposeMembership(made.ids[RUN], PROTECTED))
    before = made.replayed()
    proposal_id = made.do(NET, ProposeMembership(made.ids[SMALL], MembershipTerms()))
    honest = made.placed[-1]
    event = honest.event
    assert isinstance(event, MembershipProposed)
    opening = event.opening
    few = replace(opening, signatories=(made.ids[NET],), needed=1)
    departing = replace(opening, kind=ProposalKind.DEPARTURE)
    for forged in (
        replace(event, opening=few),
        replace(event, name="Renamed"),
        replace(event, role=PartyRole.OBSERVER),
        replace(event, left_on=GATE),
        replace(event, opening=departing),
        replace(event, opening=departing, left_on=GATE),
        replace(event, opening=replace(opening, kind=ProposalKind.ADMISSION)),
        LeftAtGate(date(2026, 8, 1)),
    ):
        with pytest.raises(RuleBroken):
            check(before, replace(honest, event=forged))
    check(before, honest)
    assert made.book.agreements.get(proposal_id).is_pending
    assert made.replayed() == made.book


DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@given(st.none() | DAYS, st.none() | DAYS, st.tuples(DAYS, DAYS, DAYS))
def test_days_of_membership_add_up(
    joined_on: date | None, left_on: date | None, days: tuple[date, date, date]
) -> None:
    """However a stretch is cut: days_in(a, b) + days_in(b, c) == days_in(a, c)."""
    party = Party("p", "P", PartyRole.PARTNER, joined_on=joined_on, left_on=left_on)
    first, middle, last = sorted(days)

    assert party.days_in(first, middle) + party.days_in(middle, last) == party.days_in(first, last)
    assert 0 <= party.days_in(first, last) <= (last - first).days


@given(st.permutations([BUYER, NET, RUN]), st.integers(0, 2))
def test_no_membership_binds_without_all_consents(order: list[str], count: int) -> None:
    """In whatever order: the party is there after the last consent and never before."""
    made = chain()
    proposal_id = made.do(RUN, ADMISSION)

    made.agree(proposal_id, *order[: count + 1])

    assert (SMALL in made.ids) == (count == 2)
    assert made.replayed() == made.book
