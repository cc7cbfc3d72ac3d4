"""Decisions about evidence: indicators, observations, parts and measurements. Pure.

The one rule: what is measured is computed by the engine from what parties vouch for, and binds
when its co-owners agreed. Source: `domain.md` sections 4 and 5.
"""

from datetime import datetime

from immutables import Map

from ledger import dropping, indicator, measurement, observation
from ledger.actor import Actor, NotFound
from ledger.book import Book
from ledger.commands import Decision
from ledger.dropping import DropObservations
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.indicator import ProposeIndicator
from ledger.measurement import ProposeMeasurement, SubmitPart
from ledger.observation import EnterUpload, RecordObservations
from ledger.priority import require_room
from ledger.trust import member, proposed

EvidenceCommand = (
    ProposeIndicator
    | RecordObservations
    | EnterUpload
    | DropObservations
    | SubmitPart
    | ProposeMeasurement
)


def decide_evidence(
    book: Book, command: EvidenceCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about evidence. Raises a Refusal."""
    match command:
        case ProposeIndicator():
            ecosystem = member(book, actor)
            current = _current_indicator(book, command.indicator_id)
            require_room(book, command.terms, command.indicator_id, book.policy())
            signing = ecosystem.signing_ids(now)
            return proposed(
                indicator.propose(command, current, book.agreements, signing, seed), actor
            )
        case ProposeMeasurement():
            member(book, actor)
            return proposed(_propose_measurement(book, command, actor, now, seed), actor)
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


def _current_indicator(book: Book, indicator_id: str) -> indicator.IndicatorVersion | None:
    if not indicator_id:
        return None
    current = book.current_indicator(indicator_id)
    if current is None:
        raise NotFound("indicatorId", what="agreed indicator", id=indicator_id)
    return current


def _propose_measurement(
    book: Book, command: ProposeMeasurement, actor: Actor, now: datetime, seed: Seed
) -> tuple[Fact, ...]:
    version = book.current_indicator(command.indicator_id)
    if version is not None and actor.party_id not in version.terms.owner_ids():
        raise measurement.NotACoOwner("indicatorId")
    return measurement.propose(
        command,
        version,
        book.parts.get((command.indicator_id, command.period), Map()),
        book.agreements,
        now,
        seed,
        is_measured=(command.indicator_id, command.period) in book.results,
    )


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
    facts = measurement.submit(
        command,
        version,
        actor,
        now,
        newest_batch=book.batches.get((actor.party_id, series), 0),
        is_measured=(command.indicator_id, command.period) in book.results,
    )
    object_id = f"{command.indicator_id}/{command.period}/{actor.party_id}"
    return Decision(facts, object_id, actor.party_id)
