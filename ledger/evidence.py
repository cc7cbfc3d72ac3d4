"""Decisions about evidence: indicators, observations, parts, exclusions, measurements. Pure.

The one rule: what is measured is computed by the engine from what parties vouch for, and binds
when its co-owners agreed. Source: `domain.md` sections 4 and 5.
"""

from datetime import datetime

from immutables import Map

from ledger import drafting, dropping, exclusion, measuring, observation, part
from ledger.actor import Actor, NotFound
from ledger.agreement import named_by
from ledger.book import Book
from ledger.commands import Decision
from ledger.dropping import DropObservations
from ledger.exclusion import ProposeExclusion, indices
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.indicator import IndicatorTerms, IndicatorVersion, ProposeIndicator, TermsMalformed
from ledger.measurement import ProposeMeasurement, ProposeRestatement
from ledger.observation import EnterUpload, RecordObservations
from ledger.part import SubmitPart
from ledger.priority import require_room
from ledger.proposal import ProposalKind
from ledger.result import Around
from ledger.surroundings import around, derived
from ledger.trust import member, proposed

EvidenceCommand = (
    ProposeIndicator
    | RecordObservations
    | EnterUpload
    | DropObservations
    | SubmitPart
    | ProposeMeasurement
    | ProposeRestatement
    | ProposeExclusion
)


def decide_evidence(
    book: Book, command: EvidenceCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about evidence. Raises a Refusal."""
    match command:
        case ProposeIndicator():
            return proposed(_propose_indicator(book, command, actor, now, seed), actor)
        case ProposeMeasurement() | ProposeRestatement():
            member(book, actor)
            return proposed(_propose_measurement(book, command, actor, now, seed), actor)
        case ProposeExclusion():
            member(book, actor)
            return proposed(_propose_exclusion(book, command, actor, seed), actor)
        case RecordObservations():
            return _record(book, command, actor, seed)
        case EnterUpload():
            return _enter(book, command, actor)
        case DropObservations():
            member(book, actor)
            facts = dropping.drop(command)
            return Decision(facts, command.series, actor.party_id, dropped=command.places)
        case SubmitPart():
            return _submit(book, command, actor, now)


def _propose_indicator(
    book: Book, command: ProposeIndicator, actor: Actor, now: datetime, seed: Seed
) -> tuple[Fact, ...]:
    ecosystem = member(book, actor)
    replaced = named_by(book.agreements, command.replaces, ProposalKind.INDICATOR)
    indicator_id = command.indicator_id or replaced
    current = book.current_indicator(indicator_id)
    if command.indicator_id and current is None:
        raise NotFound("indicatorId", what="agreed indicator", id=command.indicator_id)
    require_room(book, command.terms, indicator_id, book.policy())
    signing = ecosystem.signing_ids(now)
    facts = drafting.propose(command, current, book.agreements, signing, seed)
    check_inputs(book, command.terms, indicator_id)
    return facts


def check_inputs(book: Book, terms: IndicatorTerms, indicator_id: str) -> None:
    """Return if a composite reads agreed indicators of its own calendar, and never itself."""
    for number, each in enumerate(terms.method.inputs):
        place = f"method.inputs[{number}].indicatorId"
        found = book.current_indicator(each.indicator_id)
        if found is None:
            raise TermsMalformed(place, reason="the indicator is not agreed")
        if found.terms.calendar != terms.calendar:
            raise TermsMalformed(place, reason=f"{found.terms.name} has another calendar")
        if indicator_id and indicator_id in _read_by(book, each.indicator_id, frozenset()):
            raise TermsMalformed(place, reason=f"{found.terms.name} reads this indicator itself")


def _read_by(book: Book, indicator_id: str, seen: frozenset[str]) -> frozenset[str]:
    """An indicator, and all that it reads through any number of composites."""
    seen |= {indicator_id}
    current = book.current_indicator(indicator_id)
    for each in current.terms.method.inputs if current else ():
        if each.indicator_id not in seen:
            seen |= _read_by(book, each.indicator_id, seen)
    return seen


def _owned(book: Book, indicator_id: str, actor: Actor) -> IndicatorVersion | None:
    """The version in force, if there is one; its co-owners alone may go on."""
    version = book.current_indicator(indicator_id)
    if version is not None and actor.party_id not in version.terms.owner_ids():
        raise part.NotACoOwner("indicatorId")
    return version


def _propose_measurement(
    book: Book,
    command: ProposeMeasurement | ProposeRestatement,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    version = _owned(book, command.indicator_id, actor)
    reason = command.reason if isinstance(command, ProposeRestatement) else None
    nearby = around(book, version, command.period, reason) if version else Around()
    parts = book.parts.get((command.indicator_id, command.period), Map())
    return measuring.propose(command, version, parts, nearby, book.agreements, now, seed)


def _propose_exclusion(
    book: Book, command: ProposeExclusion, actor: Actor, seed: Seed
) -> tuple[Fact, ...]:
    version = _owned(book, command.indicator_id, actor)
    series = version.terms.method.series if version else ""
    newest = {each.party_id: book.batches.get((each.party_id, series), 0) for each in command.sums}
    standing = indices(book.exclusions.agreed(command.indicator_id, command.period))
    return exclusion.propose(command, version, newest, standing, book.agreements, seed)


def _record(book: Book, command: RecordObservations, actor: Actor, seed: Seed) -> Decision:
    ecosystem = member(book, actor)
    standing = book.declarations.get((actor.party_id, command.series.strip()))
    batch = observation.record(command, standing, ecosystem.party_ids(), seed)
    return Decision((Fact(batch.event),), batch.event.batch_id, actor.party_id, batch)


def _enter(book: Book, command: EnterUpload, actor: Actor) -> Decision:
    member(book, actor)
    key = (actor.party_id, command.series)
    loaded = observation.enter(command, book.declarations.get(key), book.batches.get(key, 0))
    return Decision((Fact(loaded.event),), loaded.event.batch_id, actor.party_id, loaded)


def _submit(book: Book, command: SubmitPart, actor: Actor, now: datetime) -> Decision:
    member(book, actor)
    version = book.current_indicator(command.indicator_id)
    series = version.terms.method.series if version else ""
    facts = part.submit(
        command,
        version,
        actor,
        now,
        newest_batch=book.batches.get((actor.party_id, series), 0),
        exclusions=indices(book.exclusions.agreed(command.indicator_id, command.period)),
        is_measured=(command.indicator_id, command.period) in book.results,
        derived=None if version is None else derived(book, version, command.period, actor.party_id),
    )
    object_id = f"{command.indicator_id}/{command.period}/{actor.party_id}"
    return Decision(facts, object_id, actor.party_id)
