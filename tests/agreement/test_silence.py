"""Deadlines, notices, silence: counted by each party's own days, never before it was told."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.accord import NotYourNotice
from ledger.agreement import (
    AlreadyTold,
    AnswerTooLate,
    Consent,
    ConsentTwice,
    NotASignatory,
    NotifyParty,
    ProposalClosed,
)
from ledger.answer import SilenceCounted
from ledger.fact import CLOCK
from ledger.periods import TimeZoneUnknown
from ledger.policy import (
    NothingToEscalateTo,
    PolicyTerms,
    ProposePolicy,
    RuleMalformed,
    SilenceCannotSign,
)
from ledger.proposal import ProposalKind
from ledger.reply import Channel, Silence
from ledger.workdays import (
    WEEK,
    AdoptBusinessCalendar,
    BusinessCalendar,
    BusinessCalendarMalformed,
    Weekday,
)
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, ladder, rule


def instant(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def speaking(silence: Silence, days: int = 3) -> Told:
    """Three parties whose silence means something, on Monday 2 March 2026."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(rule(silence, days), ladder=ladder(told, 2, 3))
    return told


def test_a_deadline_is_the_end_of_the_kth_business_day_in_the_partys_own_zone() -> None:
    """Each by its own weekend, holidays and clock changes; the day of opening does not count."""
    told = Told.founded(TRACK, TRAIN)
    british = BusinessCalendar("Europe/London", holidays=(date(2026, 4, 3), date(2026, 4, 6)))
    emirati = BusinessCalendar("Asia/Dubai", (*WEEK[:4], Weekday.SUNDAY))
    told.when(TRACK, AdoptBusinessCalendar(british))
    told.when(TRAIN, AdoptBusinessCalendar(emirati))
    told.policy(rule(Silence.ACCEPT, 10))

    told.at("2026-03-24T23:30")  # a Tuesday; in Dubai it is Wednesday already
    proposal = told.proposal(told.asked())

    deadlines = {each.party_id: each.at for each in proposal.deadlines}
    assert deadlines == {
        told.parties[BUYER]: instant("2026-04-08T00:00"),
        told.parties[TRACK]: instant("2026-04-09T23:00"),  # two holidays, and summer time
        told.parties[TRAIN]: instant("2026-04-08T20:00"),
    }


def test_a_calendar_changed_later_binds_later_proposals_only() -> None:
    """A deadline is never computed again, and a late notice counts by the old calendar."""
    told = speaking(Silence.ACCEPT)
    first = told.asked()
    before = told.proposal(first).deadlines

    told.when(TRACK, AdoptBusinessCalendar(BusinessCalendar(working_days=(Weekday.FRIDAY,))))

    assert told.proposal(first).deadlines == before
    told.later(days=1).notify(first, TRACK)
    assert told.proposal(first).runs_until(told.parties[TRACK]) == instant("2026-03-07T00:00")
    told.consent(first, BUYER, TRACK, TRAIN)
    second = told.proposal(told.asked()).deadline_of(told.parties[TRACK])
    assert second is not None
    assert second.at == instant("2026-03-21T00:00")


def test_no_calendar_holds_up_the_others_for_decades() -> None:
    """Who works on Mondays, but for the next thousand, would stall disputes for nineteen years."""
    told = Told.founded(TRACK)
    mondays = tuple(date(2026, 3, 9) + timedelta(weeks=n) for n in range(1000))
    summer = tuple(date(2026, 7, 1) + timedelta(days=n) for n in range(62))

    for calendar in (
        BusinessCalendar(working_days=(Weekday.MONDAY,), holidays=mondays),
        BusinessCalendar(working_days=WEEK, holidays=(*summer, date(2026, 9, 1))),
    ):
        with pytest.raises(BusinessCalendarMalformed, match="no business day in 62 days from 2026"):
            told.when(TRACK, AdoptBusinessCalendar(calendar))
    told.when(TRACK, AdoptBusinessCalendar(BusinessCalendar(working_days=WEEK, holidays=summer)))


def test_calendars_that_cannot_be_counted_by_are_refused() -> None:
    """No day, a day twice, an unknown zone."""
    told = Told.founded(TRACK)
    holiday = date(2026, 12, 25)

    for calendar, refusal in (
        (BusinessCalendar("Mars/Olympus"), TimeZoneUnknown),
        (BusinessCalendar(working_days=()), BusinessCalendarMalformed),
        (BusinessCalendar(working_days=(WEEK[0], WEEK[0])), BusinessCalendarMalformed),
        (BusinessCalendar(holidays=(holiday, holiday)), BusinessCalendarMalformed),
        (BusinessCalendar(holidays=(date(9999, 12, 31),)), BusinessCalendarMalformed),
    ):
        with pytest.raises(refusal):
            told.when(TRACK, AdoptBusinessCalendar(calendar))


def test_without_notice_silence_is_never_counted() -> None:
    """A deadline runs only once the party was told; the proposer knows of its own proposal."""
    told = speaking(Silence.ACCEPT)
    asked = told.asked()

    told.later(days=60)

    assert told.tick() == ["SilenceCounted"]
    assert [each.party_id for each in told.proposal(asked).answers] == [told.parties[BUYER]]
    told.consent(asked, TRACK, TRAIN)
    assert told.status(asked) == "AGREED"


def test_told_on_the_day_of_opening_the_deadline_is_the_one_fixed_then() -> None:
    """Told later, the party has its business days from the notice on, stored with the notice."""
    told = speaking(Silence.ACCEPT)
    asked = told.asked()
    told.later(hours=10).notify(asked, TRACK)
    told.later(days=1).notify(asked, TRAIN)
    proposal = told.proposal(asked)

    assert proposal.runs_until(told.parties[TRACK]) == instant("2026-03-06T00:00")
    assert proposal.runs_until(told.parties[TRAIN]) == instant("2026-03-07T00:00")
    assert {each.at for each in proposal.deadlines} == {instant("2026-03-06T00:00")}


def test_silence_that_accepts_counts_at_the_deadline_and_not_before() -> None:
    """The clock enters it, and the outcome that follows; nobody has to act."""
    told = speaking(Silence.ACCEPT)
    asked = told.asked()
    told.notify(asked, TRACK, TRAIN)
    told.consent(asked, BUYER, TRACK)

    assert told.at("2026-03-05T23:59:59.999999").tick() == []
    assert told.at("2026-03-06T00:00").tick() == ["SilenceCounted", "ProposalAgreed"]

    counted = told.entries[-2]
    assert (counted.party, counted.subject) == (CLOCK, CLOCK)
    assert counted.event == SilenceCounted(
        asked, told.parties[TRAIN], Silence.ACCEPT, instant("2026-03-06T00:00")
    )


def test_a_consent_after_the_deadline_is_late_though_nobody_had_looked() -> None:
    """What is due is entered before the command is decided, and stays though it is refused."""
    told = speaking(Silence.REJECT)
    asked = told.asked()
    told.notify(asked, TRACK)
    told.consent(asked, BUYER)
    told.at("2026-03-09T12:00")

    with pytest.raises(AnswerTooLate, match="2026-03-06T00:00"):
        told.consent(asked, TRACK)

    assert told.status(asked) == "LAPSED"


def test_silence_that_rejects_lapses_the_proposal() -> None:
    """Nobody said no: it lapsed. Where k of n are left who can say yes, it goes on."""
    told = speaking(Silence.REJECT)
    asked = told.asked()
    told.consent(asked, BUYER)
    told.notify(asked, TRACK)
    assert told.at("2026-03-06T00:00").tick() == ["SilenceCounted", "ProposalLapsed"]

    told = Told.founded(TRACK, TRAIN)
    told.policy(rule(Silence.REJECT, 3, needed=2))
    asked = told.asked()
    told.notify(asked, TRACK)
    told.consent(asked, BUYER)
    assert told.at("2026-03-06T00:00").tick() == ["SilenceCounted"]
    told.consent(asked, TRAIN)
    assert told.status(asked) == "AGREED"


def test_silence_that_escalates_opens_a_dispute() -> None:
    """The silent party may still consent, and so end it."""
    told = speaking(Silence.ESCALATE)
    asked = told.asked()
    told.notify(asked, TRACK)
    told.consent(asked, BUYER, TRAIN)

    assert told.at("2026-03-06T00:00").tick() == ["SilenceCounted", "DisputeOpened"]
    assert told.status(asked) == "DISPUTED"

    assert told.consent(asked, TRACK) == ["ProposalConsented", "ProposalAgreed"]


def test_silence_never_replaces_a_signature_and_needs_days_and_a_ladder() -> None:
    """Policies by which it would are refused."""
    told = Told.founded(TRACK, TRAIN)
    signed = (ProposalKind.POLICY,)

    for terms, refusal in (
        (PolicyTerms(signed, rules=(rule(Silence.ACCEPT, 3),)), SilenceCannotSign),
        (PolicyTerms(rules=(rule(Silence.ESCALATE, 3),)), NothingToEscalateTo),
        (PolicyTerms(rules=(rule(Silence.REJECT, 0),)), RuleMalformed),
        (PolicyTerms(rules=(rule(Silence.REJECT, 251),)), RuleMalformed),
        (PolicyTerms(rules=(rule(Silence.NOTHING, 3),)), RuleMalformed),
        (PolicyTerms(rules=(rule(), rule())), RuleMalformed),
    ):
        with pytest.raises(refusal):
            told.when(BUYER, ProposePolicy(terms))


def test_a_notice_is_the_services_or_a_partys_of_itself() -> None:
    """Once a channel; a second channel moves no deadline."""
    told = speaking(Silence.ACCEPT)
    asked = told.asked()
    track, train = told.parties[TRACK], told.parties[TRAIN]
    told.notify(asked, TRACK)
    until = told.proposal(asked).runs_until(track)
    told.later(days=1)

    for by, command, refusal in (
        (TRAIN, NotifyParty(asked, track, Channel.ACKNOWLEDGED), NotYourNotice),
        (TRAIN, NotifyParty(asked, train, Channel.MAIL), NotYourNotice),
        (CLOCK, NotifyParty(asked, train, Channel.ACKNOWLEDGED), NotYourNotice),
        (CLOCK, NotifyParty(asked, track, Channel.MAIL), AlreadyTold),
        (CLOCK, NotifyParty(asked, "nobody", Channel.MAIL), NotASignatory),
    ):
        with pytest.raises(refusal):
            told.when(by, command)
    told.when(TRACK, NotifyParty(asked, track, Channel.ACKNOWLEDGED))

    assert told.proposal(asked).runs_until(track) == until
    assert len(told.proposal(asked).notices) == 2


def test_a_proposal_lives_under_the_policy_it_was_opened_with() -> None:
    """A policy from a stated moment on comes by an entry of the clock; it binds what follows."""
    told = speaking(Silence.ACCEPT)
    old = told.asked()
    told.consent(old, BUYER, TRACK, TRAIN)
    version = told.book.policy().version
    later = PolicyTerms(rules=(rule(Silence.REJECT, 1),), applies_from=instant("2026-03-04T00:00"))
    proposed = told.open(BUYER, ProposePolicy(later))
    told.consent(proposed, BUYER, TRACK, TRAIN)
    assert told.book.policy().version == version

    before = told.asked()
    assert told.at("2026-03-04T00:00").tick() == ["PolicyApplied"]

    assert told.book.policy().version == version + 1
    assert told.proposal(before).silence is Silence.ACCEPT
    told.consent(before, BUYER, TRACK, TRAIN)
    # the one that was opened under the old policy is the newest version, and in force
    assert told.book.policy().version == version + 2


def test_a_newer_policy_overtakes_one_that_still_waits() -> None:
    """In force is the highest agreed version whose moment has come."""
    told = Told.founded(TRACK, TRAIN)
    waits = told.open(BUYER, ProposePolicy(PolicyTerms(applies_from=instant("2026-06-01T00:00"))))
    told.consent(waits, BUYER, TRACK, TRAIN)
    at_once = told.open(BUYER, ProposePolicy(PolicyTerms()))

    told.consent(at_once, BUYER, TRACK, TRAIN)

    assert told.book.policy().version == 3
    assert told.at("2026-06-02T00:00").tick() == []


def test_late_notices_of_closed_proposals_are_refused() -> None:
    """There is nothing left to answer."""
    told = speaking(Silence.ACCEPT)
    asked = told.asked()
    told.consent(asked, BUYER, TRACK, TRAIN)

    with pytest.raises(ProposalClosed):
        told.notify(asked, TRACK)
    with pytest.raises(ConsentTwice):
        told.when(TRACK, Consent(asked))
