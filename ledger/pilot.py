"""Pilots: a named scope in which indicators run in SHADOW, what was learnt, and their promotion.

The one rule: a promotion makes an agreed version live from a stated period and changes nothing else
of it: same indicator, same version, same history. A result that was agreed as notional stays so.
Source: `domain.md` sections 1, 4 (stage) and 9.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from ledger.actor import Actor
from ledger.agreement import named_by, opening
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.indicator import IndicatorTerms, IndicatorVersion, Stage
from ledger.part import IndicatorNotAgreed
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus

MAX_NAME = 120
MAX_TEXT = 4000
MAX_COHORT = 100_000_000
MAX_INDICATORS = 50


class PilotMalformed(Refusal):
    """This pilot cannot stand: {reason}. -> Correct it and propose it again."""


class PilotNotAgreed(Refusal):
    """Pilot {id} is not agreed. -> Let those whom it names consent to it first."""


class NotInPilot(Refusal):
    """{what} is not part of this pilot. -> Name what its agreed terms name."""


class AlreadyLive(Refusal):
    """{name} is live from {live_from} on already. -> Propose a new version to change that."""


class ResultsKnown(Refusal):
    """The result of {period} was agreed as notional. -> Promote from a later period on."""


class PromotionStale(Refusal):
    """Version {version} is not in force any more. -> Withdraw this, and promote the newest."""


@dataclass(frozen=True, slots=True)
class PilotTerms:
    """What is piloted with whom. `cohort_size`: real users in the scope; dates are calendar days.

    `parties` take part, `indicators` are those that run in SHADOW; `evaluated_on` ends it.
    """

    name: str
    scope: str
    cohort_size: int
    parties: tuple[str, ...]
    indicators: tuple[str, ...]
    starts_on: date
    evaluated_on: date


@dataclass(frozen=True, slots=True)
class ProposePilot:
    """Command: a pilot, to those who take part and the outsourcer, whose users the cohort are."""

    terms: PilotTerms
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class RecordLesson:
    """Command: what a pilot taught. `indicator_id` is empty where it is about no single one."""

    pilot_id: str
    text: str
    indicator_id: str = ""


@dataclass(frozen=True, slots=True)
class ProposePromotion:
    """Command: an indicator of a pilot is to be live from a period on."""

    pilot_id: str
    indicator_id: str
    live_from: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class PilotProposed:
    """A pilot is proposed."""

    opening: Opening
    pilot_id: str
    terms: PilotTerms


@dataclass(frozen=True, slots=True)
class LessonRecorded:
    """What a pilot taught; the text is in the annex."""

    lesson_id: str
    pilot_id: str
    indicator_id: str


@dataclass(frozen=True, slots=True)
class PromotionProposed:
    """A version that runs in SHADOW is proposed to be live from a period on."""

    opening: Opening
    pilot_id: str
    indicator_id: str
    version: int
    live_from: str


@dataclass(frozen=True, slots=True)
class Pilot:
    """A pilot as it stands; it runs when its status is AGREED. `promoted`: indicators gone live."""

    proposal_id: str
    pilot_id: str
    terms: PilotTerms
    index: int
    status: ProposalStatus
    promoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as it stands; its text is the annex of its entry."""

    lesson_id: str
    pilot_id: str
    indicator_id: str
    party_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion as it stands; it binds when its status is AGREED."""

    proposal_id: str
    pilot_id: str
    indicator_id: str
    version: int
    live_from: str
    index: int
    status: ProposalStatus


def subject_of_pilot(pilot_id: str) -> str:
    """What a proposal of a pilot is about."""
    return f"pilot/{pilot_id}"


def subject_of_promotion(indicator_id: str) -> str:
    """What a promotion is about: one is pending an indicator."""
    return f"promotion/{indicator_id}"


def check(terms: PilotTerms, signing: Collection[str], shadows: Collection[str]) -> None:
    """Return if a pilot can stand. `shadows`: indicators proposed or agreed in SHADOW.

    Raises PilotMalformed.
    """
    if not 1 <= len(terms.name.strip()) <= MAX_NAME:
        raise PilotMalformed("terms.name", reason=f"a name has 1 to {MAX_NAME} characters")
    if not 1 <= len(terms.scope.strip()) <= MAX_TEXT:
        raise PilotMalformed("terms.scope", reason=f"a scope has 1 to {MAX_TEXT} characters")
    if not 1 <= terms.cohort_size <= MAX_COHORT:
        raise PilotMalformed("terms.cohortSize", reason="a cohort has one user or more")
    if terms.starts_on >= terms.evaluated_on:
        raise PilotMalformed("terms.evaluatedOn", reason="it is evaluated after it starts")
    if not 1 <= len(terms.indicators) <= MAX_INDICATORS:
        reason = f"1 to {MAX_INDICATORS} indicators are piloted"
        raise PilotMalformed("terms.indicatorIds", reason=reason)
    if not terms.parties:
        raise PilotMalformed("terms.partyIds", reason="nobody takes part")
    _check_listed(terms.parties, signing, "terms.partyIds", "signs nothing here")
    _check_listed(terms.indicators, shadows, "terms.indicatorIds", "is no indicator in SHADOW")


def _check_listed(
    named: tuple[str, ...], known: Collection[str], path: str, otherwise: str
) -> None:
    for number, each in enumerate(named):
        if each not in known:
            raise PilotMalformed(f"{path}[{number}]", reason=f"{each} {otherwise}")
        if each in named[:number]:
            raise PilotMalformed(f"{path}[{number}]", reason=f"{each} stands twice")


def propose(
    command: ProposePilot,
    outsourcer: str,
    signing: Collection[str],
    shadows: Collection[str],
    agreements: Agreements,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a pilot. Raises what `check` and `opening` raise."""
    check(command.terms, signing, shadows)
    replaced = named_by(agreements, command.replaces, ProposalKind.PILOT)
    pilot_id = replaced or seed.new_id()
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.PILOT,
        subject=subject_of_pilot(pilot_id),
        signatories={*command.terms.parties, outsourcer},
        replaces=command.replaces,
    )
    return (*superseded, Fact(PilotProposed(terms, pilot_id, command.terms)))


def record_lesson(
    command: RecordLesson, pilot: Pilot | None, outsourcer: str, actor: Actor, seed: Seed
) -> tuple[Fact, ...]:
    """The fact of a lesson. Raises PilotNotAgreed, NotInPilot, PilotMalformed."""
    text = command.text.strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise PilotMalformed("text", reason=f"a lesson has 1 to {MAX_TEXT} characters")
    event = LessonRecorded(seed.new_id(), command.pilot_id, command.indicator_id)
    check_lesson(event, pilot, outsourcer, actor.party_id)
    return (Fact(event, annex={"text": text}),)


def check_lesson(
    event: LessonRecorded, pilot: Pilot | None, outsourcer: str, party_id: str
) -> None:
    """Return if a party may record a lesson of a pilot. Raises PilotNotAgreed, NotInPilot."""
    if pilot is None:
        raise PilotNotAgreed("pilotId", id=event.pilot_id)
    if party_id not in {*pilot.terms.parties, outsourcer}:
        raise NotInPilot("pilotId", what="Your party")
    if event.indicator_id and event.indicator_id not in pilot.terms.indicators:
        raise NotInPilot("indicatorId", what=event.indicator_id)


def check_promotion(
    live_from: str,
    indicator_id: str,
    pilot: Pilot,
    version: IndicatorVersion | None,
    measured: Iterable[str],
) -> IndicatorVersion:
    """The version that may go live. `measured`: periods with an agreed result.

    Raises NotInPilot, IndicatorNotAgreed, AlreadyLive, PeriodUnknown, ResultsKnown.
    """
    if indicator_id not in pilot.terms.indicators:
        raise NotInPilot("indicatorId", what=indicator_id)
    if version is None:
        raise IndicatorNotAgreed("indicatorId", id=indicator_id)
    terms = version.terms
    if terms.stage is not Stage.SHADOW:
        raise AlreadyLive("indicatorId", name=terms.name, live_from=terms.live_from)
    require_unknown(terms, live_from, measured)
    return version


def require_unknown(terms: IndicatorTerms, live_from: str, measured: Iterable[str]) -> None:
    """Return if no result from a period on is agreed yet. Raises PeriodUnknown, ResultsKnown."""
    first = terms.calendar.period(live_from, "liveFrom").start_on
    for period in sorted(measured):
        if terms.calendar.period(period).start_on >= first:
            raise ResultsKnown("liveFrom", period=period)


def propose_promotion(
    command: ProposePromotion,
    pilot: Pilot | None,
    version: IndicatorVersion | None,
    measured: Iterable[str],
    signing: Collection[str],
    agreements: Agreements,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a promotion to the co-owners that are members.

    Raises PilotNotAgreed, what `check_promotion` and `opening` raise.
    """
    if pilot is None:
        raise PilotNotAgreed("pilotId", id=command.pilot_id)
    key = command.indicator_id
    found = check_promotion(command.live_from, key, pilot, version, measured)
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.PROMOTION,
        subject=subject_of_promotion(key),
        signatories=found.terms.owner_ids().intersection(signing),
        replaces=command.replaces,
    )
    event = PromotionProposed(terms, pilot.pilot_id, key, found.version, command.live_from)
    return (*superseded, Fact(event))


def promoted(terms: IndicatorTerms, live_from: str) -> IndicatorTerms:
    """The terms of a version once it is live from a period on: nothing else changes."""
    return replace(terms, stage=Stage.LIVE, live_from=live_from)
