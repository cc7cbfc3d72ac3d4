"""Joint initiatives, stewards and working sessions: in event language."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actor import NotFound, PseudonymMalformed
from ledger.agreement import SubjectBusy
from ledger.audit import check
from ledger.indicator import ProposeIndicator
from ledger.initiative import (
    NEXT,
    Aim,
    Initiative,
    InitiativeMalformed,
    InitiativeStage,
    InitiativeTerms,
    NotInInitiative,
    ProposeInitiative,
    ProposeStage,
    StageProposed,
    StageUnreachable,
)
from ledger.membership import ProposeDeparture
from ledger.people import (
    NameStewards,
    Participant,
    RecordSession,
    SessionMalformed,
    StewardsMalformed,
)
from ledger.rule import RuleBroken
from tests.parties.chain import Chain
from tests.parties.terms import delay_minutes

BUYER, NET, RUN, SMALL = "Buyer", "Network", "Operator", "Small"
TRIAL, ADOPTED, STOPPED = (
    InitiativeStage.TRIAL,
    InitiativeStage.ADOPTED,
    InitiativeStage.STOPPED,
)


def chain() -> Chain:
    """A buyer, three partners, and an indicator that two of them own."""
    made = Chain.of(BUYER, NET, RUN, SMALL)
    made.agreed(NET, ProposeIndicator(delay_minutes(made, NET, SMALL)))
    return made


def terms_of(made: Chain) -> InitiativeTerms:
    """The smallest will try something with one other."""
    [key] = made.book.current_indicators
    aims = (Aim(key, Fraction(-5)),)
    return InitiativeTerms(
        "Later doors", "Doors close later.", (made.ids[NET],), aims, date(2026, 9, 1)
    )


def idea(made: Chain) -> Initiative:
    """An initiative that those concerned agreed."""
    made.agreed(SMALL, ProposeInitiative(terms_of(made)))
    return next(iter(made.book.governance.initiatives.values()))


def test_the_smallest_partner_proposes_and_those_whom_it_names_agree() -> None:
    """Nobody else is asked, nobody's contract is touched, and it is an IDEA."""
    made = chain()
    proposal_id = made.do(SMALL, ProposeInitiative(terms_of(made)))
    asked = made.book.agreements.get(proposal_id).signatories
    assert set(asked) == {made.ids[NET], made.ids[SMALL]}
    assert made.book.governance.initiatives[proposal_id].stage is None

    made.agree(proposal_id)

    found = made.book.governance.initiatives[proposal_id]
    assert found.stage is InitiativeStage.IDEA
    assert found.stages[0].index == made.book.size - 1
    assert made.replayed() == made.book


def test_it_moves_through_its_stages_by_consent_and_with_reasons() -> None:
    """IDEA, TRIAL, ADOPTED: each at the entry by which it was agreed."""
    made = chain()
    key = idea(made).initiative_id
    made.refused(SMALL, ProposeStage(key, ADOPTED, "At once."), StageUnreachable)
    made.refused(RUN, ProposeStage(key, TRIAL, "Why not?"), NotInInitiative)
    made.refused(SMALL, ProposeStage(key, TRIAL, " "), InitiativeMalformed)
    proposal_id = made.do(SMALL, ProposeStage(key, TRIAL, "We have a train for it."))
    assert made.placed[-1].has_annex
    made.refused(NET, ProposeStage(key, STOPPED, "No train."), SubjectBusy)
    made.agree(proposal_id)
    made.now = datetime(2026, 4, 1, tzinfo=UTC)
    made.agreed(NET, ProposeStage(key, ADOPTED, "It works."))

    found = made.book.governance.initiative(key)
    assert found is not None
    assert [each.stage for each in found.stages] == [InitiativeStage.IDEA, TRIAL, ADOPTED]
    assert found.stages[-1].at == made.now
    assert made.replayed() == made.book


def test_who_has_left_is_not_asked_for_the_next_stage() -> None:
    """Those that stay decide."""
    made = chain()
    key = idea(made).initiative_id
    made.agreed(BUYER, ProposeDeparture(made.ids[NET], date(2026, 4, 1)))
    made.now = datetime(2026, 4, 2, tzinfo=UTC)

    made.agreed(SMALL, ProposeStage(key, STOPPED, "We are alone."))

    found = made.book.governance.initiative(key)
    assert found is not None
    assert found.stage is STOPPED


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"name": " "}, "terms.name"),
        ({"trial": ""}, "terms.trial"),
        ({"parties": ("nobody",)}, "terms.partyIds[0]"),
        ({"aims": ()}, "terms.aims"),
        ({"aims": (Aim("nothing", Fraction(1)),)}, "terms.aims[0]"),
    ],
)
def test_an_initiative_that_cannot_stand_is_refused(changed: dict[str, object], path: str) -> None:
    """With its place."""
    made = chain()
    terms = replace(terms_of(made), **changed)  # type: ignore[arg-type]  # a table of fields

    refusal = made.refused(SMALL, ProposeInitiative(terms), InitiativeMalformed)

    assert refusal.path == path


def test_no_change_and_a_stranger_to_an_initiative_are_refused() -> None:
    """An aim says what is expected; what is not agreed has no stages."""
    made = chain()
    terms = terms_of(made)
    still = replace(terms, aims=(replace(terms.aims[0], expected_change=Fraction(0)),))
    made.refused(SMALL, ProposeInitiative(still), InitiativeMalformed)
    made.refused(SMALL, ProposeStage("none", TRIAL, "Now."), NotFound)


def test_a_forged_stage_is_found() -> None:
    """A stage that does not follow, fewer asked, no reason: each a finding."""
    made = chain()
    key = idea(made).initiative_id
    before = made.replayed()
    made.do(SMALL, ProposeStage(key, TRIAL, "We have a train for it."))
    honest = made.placed[-1]
    event = honest.event
    assert isinstance(event, StageProposed)
    alone = replace(event.opening, signatories=(made.ids[SMALL],), needed=1)
    for forged in (
        replace(honest, event=replace(event, stage=ADOPTED)),
        replace(honest, event=replace(event, opening=alone)),
        replace(honest, has_annex=False),
    ):
        with pytest.raises(RuleBroken):
            check(before, forged)
    check(before, honest)


@given(st.lists(st.sampled_from([TRIAL, ADOPTED, STOPPED]), max_size=5))
def test_stages_only_go_forward(wanted: list[InitiativeStage]) -> None:
    """Whatever is asked for: what was reached follows the table, and STOPPED ends it."""
    made = chain()
    key = idea(made).initiative_id
    for stage in wanted:
        found = made.book.governance.initiative(key)
        assert found is not None
        assert found.stage is not None
        command = ProposeStage(key, stage, "A reason.")
        if stage in NEXT[found.stage]:
            made.agreed(SMALL, command)
        else:
            made.refused(SMALL, command, StageUnreachable)
    assert made.replayed() == made.book


def test_stewards_are_named_by_pseudonym_for_an_agreed_indicator() -> None:
    """Each party names its own; a name or a mail address is no pseudonym."""
    made = chain()
    [key] = made.book.current_indicators
    made.do(NET, NameStewards(key, ("s-17", "s-18")))
    made.do(NET, NameStewards(key, ()))

    made.refused(NET, NameStewards("none", ("s-17",)), NotFound)
    made.refused(NET, NameStewards(key, ("s-17", "s-17")), StewardsMalformed)
    for subject in ("", "Ann Jones", "ann@example.com", "x" * 201):
        refusal = made.refused(NET, NameStewards(key, (subject,)), PseudonymMalformed)
        assert refusal.path == "stewards[0]"


def test_a_session_says_who_took_part_and_what_came_of_it() -> None:
    """Linked to proposals; its words in an annex; nothing from the future."""
    made = chain()
    proposal_id = made.do(SMALL, ProposeInitiative(terms_of(made)))
    people = (Participant(made.ids[NET], "s-17"), Participant(made.ids[SMALL], "s-3"))
    session = RecordSession(date(2026, 3, 2), people, "We will try it.", (proposal_id,))
    made.do(SMALL, session)
    assert made.placed[-1].has_annex

    for changed, kind in (
        ({"held_on": date(2026, 3, 4)}, SessionMalformed),
        ({"participants": ()}, SessionMalformed),
        ({"participants": (people[0], people[0])}, SessionMalformed),
        ({"participants": (Participant("nobody", "s-1"),)}, NotFound),
        ({"participants": (Participant(made.ids[NET], "Ann Jones"),)}, PseudonymMalformed),
        ({"decisions": ""}, SessionMalformed),
        ({"proposals": ("none",)}, NotFound),
    ):
        made.refused(SMALL, replace(session, **changed), kind)
    assert made.replayed() == made.book
