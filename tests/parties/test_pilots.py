"""Pilots, what they teach, and promotions that change nothing but the stage: event language."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from ledger.agreement import Consent
from ledger.audit import check
from ledger.errors import Fault
from ledger.figures import Figures
from ledger.indicator import ProposeIndicator, Stage
from ledger.measurement import ProposeMeasurement
from ledger.part import IndicatorNotAgreed, SubmitPart
from ledger.periods import PeriodUnknown
from ledger.pilot import (
    AlreadyLive,
    NotInPilot,
    PilotMalformed,
    PilotNotAgreed,
    PilotProposed,
    PilotTerms,
    PromotionProposed,
    PromotionStale,
    ProposePilot,
    ProposePromotion,
    RecordLesson,
    ResultsKnown,
)
from ledger.policy import PolicyTerms, ProposePolicy
from ledger.priority import ThemeFull
from ledger.theme import Theme, ThemeCap
from tests.parties.chain import Chain
from tests.parties.terms import delay_minutes

BUYER, NET, RUN, SMALL = "Buyer", "Network", "Operator", "Small"


def chain() -> Chain:
    """A buyer and three partners."""
    return Chain.of(BUYER, NET, RUN, SMALL)


def shadow(made: Chain, name: str = "Delay minutes") -> str:
    """An indicator of two partners that was agreed in SHADOW; its id."""
    terms = delay_minutes(made, NET, SMALL, name=name)
    proposal_id = made.agreed(NET, ProposeIndicator(terms))
    return made.book.indicator_versions[proposal_id].version.indicator_id


def terms_of(made: Chain, *indicators: str) -> PilotTerms:
    """A pilot of the two partners with 400 users."""
    parties = (made.ids[NET], made.ids[SMALL])
    starts, ends = date(2026, 1, 1), date(2026, 6, 30)
    return PilotTerms("One line", "The north line.", 400, parties, indicators, starts, ends)


def piloted(made: Chain, *indicators: str) -> str:
    """A pilot that all whom it asks agreed; its id."""
    proposal_id = made.agreed(SMALL, ProposePilot(terms_of(made, *indicators)))
    return made.book.governance.pilots[proposal_id].pilot_id


def result(made: Chain, indicator: str, period: str) -> None:
    """A result that both owners agreed."""
    for name in (NET, SMALL):
        figures = Figures(made.ids[name], Fraction(30), None, None)
        part = SubmitPart(indicator, period, declared=figures, evidence_sha256="0" * 64)
        made.do(name, part)
    made.agreed(NET, ProposeMeasurement(indicator, period))


def test_a_pilot_asks_those_who_take_part_and_the_outsourcer() -> None:
    """The cohort are the outsourcer's users; who does not take part is not asked."""
    made = chain()
    key = shadow(made)
    proposal_id = made.do(SMALL, ProposePilot(terms_of(made, key)))

    asked = made.book.agreements.get(proposal_id).signatories
    assert set(asked) == {made.ids[BUYER], made.ids[NET], made.ids[SMALL]}
    made.agree(proposal_id)
    [pilot] = made.book.governance.pilots.values()
    assert made.book.governance.pilot(pilot.pilot_id) == pilot
    assert made.replayed() == made.book


def test_a_promotion_makes_the_same_version_live_and_keeps_its_history() -> None:
    """Id, version, terms and results stay; only stage and first live period are new."""
    made = chain()
    key = shadow(made)
    pilot_id = piloted(made, key)
    result(made, key, "2026-01")
    before = made.book.current_indicator(key)
    assert before is not None

    proposal_id = made.do(NET, ProposePromotion(pilot_id, key, "2026-04"))
    asked = made.book.agreements.get(proposal_id).signatories
    assert set(asked) == {made.ids[NET], made.ids[SMALL]}
    made.agree(proposal_id, NET)
    assert made.book.current_indicator(key) == before
    made.agree(proposal_id, SMALL)

    after = made.book.current_indicator(key)
    assert after is not None
    live = replace(before.terms, stage=Stage.LIVE, live_from="2026-04")
    assert after == replace(before, terms=live)
    assert [after.terms.is_live_in(month) for month in ("2026-03", "2026-04")] == [False, True]
    assert made.book.agreed_measurement(key, "2026-01") is not None
    pilot = made.book.governance.pilot(pilot_id)
    assert pilot is not None
    assert pilot.promoted == (key,)
    made.refused(NET, ProposePromotion(pilot_id, key, "2026-05"), AlreadyLive)
    assert made.replayed() == made.book


def test_an_indicator_that_was_never_agreed_is_not_promoted() -> None:
    """The pilot may begin while it is proposed, but only what is agreed goes live."""
    made = chain()
    proposal_id = made.do(NET, ProposeIndicator(delay_minutes(made, NET, SMALL)))
    key = made.book.indicator_versions[proposal_id].version.indicator_id
    pilot_id = piloted(made, key)
    command = ProposePromotion(pilot_id, key, "2026-04")

    made.refused(NET, command, IndicatorNotAgreed)

    made.agree(proposal_id)
    made.do(NET, command)


def test_what_was_agreed_as_notional_stays_notional() -> None:
    """Not from a period whose result is known, nor when it becomes known meanwhile."""
    made = chain()
    key = shadow(made)
    pilot_id = piloted(made, key)
    result(made, key, "2026-01")
    refusal = made.refused(NET, ProposePromotion(pilot_id, key, "2026-01"), ResultsKnown)
    assert "2026-01" in refusal.message
    proposal_id = made.do(NET, ProposePromotion(pilot_id, key, "2026-02"))
    made.agree(proposal_id, NET)
    result(made, key, "2026-02")

    made.refused(SMALL, Consent(proposal_id), ResultsKnown)


def test_a_promotion_of_a_version_that_was_replaced_is_stale() -> None:
    """All sign what they saw: another version is another promotion."""
    made = chain()
    key = shadow(made)
    pilot_id = piloted(made, key)
    proposal_id = made.do(NET, ProposePromotion(pilot_id, key, "2026-04"))
    made.agree(proposal_id, NET)
    other = delay_minutes(made, NET, SMALL, why="A better reason.")
    made.agreed(NET, ProposeIndicator(other, indicator_id=key))

    made.refused(SMALL, Consent(proposal_id), PromotionStale)


def test_a_full_theme_takes_no_promotion() -> None:
    """At the proposal, and at the last consent when it filled meanwhile."""
    made = chain()
    caps = PolicyTerms(theme_caps=(ThemeCap(Theme.BUSINESS_CONTINUITY, 1),))
    made.agreed(BUYER, ProposePolicy(caps))
    first, second = shadow(made), shadow(made, "Cancellations")
    pilot_id = piloted(made, first, second)
    late = made.do(NET, ProposePromotion(pilot_id, second, "2026-04"))
    made.agree(late, NET)
    made.agreed(NET, ProposePromotion(pilot_id, first, "2026-04"))

    refusal = made.refused(SMALL, Consent(late), ThemeFull)

    assert "live now: Delay minutes" in refusal.message
    third = shadow(made, "Crowding")
    other = piloted(made, third)
    made.refused(NET, ProposePromotion(other, third, "2026-04"), ThemeFull)


def test_lessons_are_of_those_who_take_part_in_an_agreed_pilot() -> None:
    """Their words stand in an annex, which can be erased."""
    made = chain()
    key = shadow(made)
    proposal_id = made.do(SMALL, ProposePilot(terms_of(made, key)))
    pilot_id = made.book.governance.pilots[proposal_id].pilot_id
    lesson = RecordLesson(pilot_id, "Counting by line works.", key)
    made.refused(SMALL, lesson, PilotNotAgreed)
    made.agree(proposal_id)

    for name in (SMALL, BUYER):
        made.do(name, lesson)

    assert made.placed[-1].has_annex
    made.refused(RUN, lesson, NotInPilot)
    made.refused(SMALL, replace(lesson, indicator_id="other"), NotInPilot)
    made.refused(SMALL, replace(lesson, text=" "), PilotMalformed)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"name": ""}, "terms.name"),
        ({"scope": " "}, "terms.scope"),
        ({"cohort_size": 0}, "terms.cohortSize"),
        ({"parties": ()}, "terms.partyIds"),
        ({"parties": ("nobody",)}, "terms.partyIds[0]"),
        ({"indicators": ()}, "terms.indicatorIds"),
        ({"indicators": ("nothing",)}, "terms.indicatorIds[0]"),
        ({"evaluated_on": date(2026, 1, 1)}, "terms.evaluatedOn"),
    ],
)
def test_a_pilot_that_cannot_stand_is_refused(changed: dict[str, object], path: str) -> None:
    """With its place."""
    made = chain()
    terms = replace(terms_of(made, shadow(made)), **changed)  # type: ignore[arg-type]  # a table of fields

    refusal = made.refused(SMALL, ProposePilot(terms), PilotMalformed)

    assert refusal.path == path


def test_a_live_indicator_is_no_pilots_and_strange_promotions_are_refused() -> None:
    """No such pilot, not in it, no such period."""
    made = chain()
    key = shadow(made)
    live = delay_minutes(made, NET, SMALL, name="Live", stage=Stage.LIVE, live_from="2026-01")
    made.agreed(NET, ProposeIndicator(live))
    other = next(each for each in made.book.current_indicators if each != key)
    made.refused(SMALL, ProposePilot(terms_of(made, other)), PilotMalformed)
    pilot_id = piloted(made, key)
    made.refused(NET, ProposePromotion("none", key, "2026-04"), PilotNotAgreed)
    made.refused(NET, ProposePromotion(pilot_id, other, "2026-04"), NotInPilot)
    made.refused(NET, ProposePromotion(pilot_id, key, "April"), PeriodUnknown)


def test_a_forged_promotion_is_found() -> None:
    """Fewer asked, another version, a period that is known, a pilot that nobody agreed."""
    made = chain()
    key = shadow(made)
    pilot_id = piloted(made, key)
    result(made, key, "2026-01")
    before = made.replayed()
    made.do(NET, ProposePromotion(pilot_id, key, "2026-04"))
    honest = made.placed[-1]
    event = honest.event
    assert isinstance(event, PromotionProposed)
    alone = replace(event.opening, signatories=(made.ids[NET],), needed=1)
    pilot = PilotProposed(alone, pilot_id, terms_of(made, key))
    for forged in (
        replace(event, opening=alone),
        replace(event, version=2),
        replace(event, live_from="2026-01"),
        replace(event, pilot_id="none"),
        pilot,
    ):
        with pytest.raises(Fault):
            check(before, replace(honest, event=forged))
    check(before, honest)
