"""Decisions about governance: who takes part, what is tried, who does the work. Pure.

The one rule: what binds more than one party is agreed through the one door.
Source: `domain.md` sections 2 and 7.
"""

from datetime import datetime

from ledger import initiative, membership, people, pilot, sponsor
from ledger.actor import Actor
from ledger.book import Book
from ledger.commands import Decision
from ledger.ecosystem import Ecosystem
from ledger.ids import Seed
from ledger.initiative import ProposeInitiative, ProposeStage
from ledger.membership import (
    LeaveAtGate,
    ProposeAdmission,
    ProposeDeparture,
    ProposeMembership,
)
from ledger.people import NameStewards, RecordSession, SessionHeld
from ledger.pilot import LessonRecorded, ProposePilot, ProposePromotion, RecordLesson
from ledger.priority import require_room, shadow_ids
from ledger.sponsor import NameSponsor
from ledger.trust import member, proposed

MembershipCommand = ProposeAdmission | ProposeMembership | ProposeDeparture | LeaveAtGate
PilotCommand = ProposePilot | RecordLesson | ProposePromotion
InitiativeCommand = ProposeInitiative | ProposeStage | NameStewards | RecordSession | NameSponsor
GovernanceCommand = MembershipCommand | PilotCommand | InitiativeCommand


def decide_governance(
    book: Book, command: GovernanceCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about governance. Raises a Refusal."""
    around = member(book, actor)
    if isinstance(command, MembershipCommand):
        return _decide_membership(book, around, command, actor, now, seed)
    if isinstance(command, PilotCommand):
        return _decide_pilot(book, around, command, actor, now, seed)
    return _decide_initiative(book, around, command, actor, now, seed)


def _decide_membership(
    book: Book,
    around: Ecosystem,
    command: MembershipCommand,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> Decision:
    agreements = book.agreements
    match command:
        case ProposeAdmission():
            facts = membership.propose_admission(command, around, agreements, now, seed)
        case ProposeMembership():
            facts = membership.propose_membership(command, around, agreements, now, seed)
        case ProposeDeparture():
            facts = membership.propose_departure(command, around, agreements, now, seed)
        case LeaveAtGate():
            facts = membership.leave(command, around, actor, now)
            return Decision(facts, actor.party_id, actor.party_id)
    return proposed(facts, actor)


def _decide_pilot(
    book: Book,
    around: Ecosystem,
    command: PilotCommand,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> Decision:
    outsourcer, signing = around.outsourcer.party_id, around.signing_ids(now)
    match command:
        case ProposePilot():
            facts = pilot.propose(
                command, outsourcer, signing, shadow_ids(book), book.agreements, seed
            )
            return proposed(facts, actor)
        case RecordLesson(pilot_id=pilot_id):
            found = book.governance.pilot(pilot_id)
            facts = pilot.record_lesson(command, found, outsourcer, actor, seed)
            recorded = facts[-1].event
            if not isinstance(recorded, LessonRecorded):
                raise TypeError("the fact of a lesson is the lesson")
            return Decision(facts, recorded.lesson_id, actor.party_id)
        case ProposePromotion(indicator_id=key):
            version = book.current_indicator(key)
            measured = book.measured_periods(key)
            facts = pilot.propose_promotion(
                command,
                book.governance.pilot(command.pilot_id),
                version,
                measured,
                signing,
                book.agreements,
                seed,
            )
            if version is not None:
                live = pilot.promoted(version.terms, command.live_from)
                require_room(book, live, key, book.policy())
            return proposed(facts, actor)


def _decide_initiative(
    book: Book,
    around: Ecosystem,
    command: InitiativeCommand,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> Decision:
    agreed, signing = book.current_indicators.keys(), around.signing_ids(now)
    match command:
        case ProposeInitiative():
            facts = initiative.propose(command, signing, agreed, book.agreements, actor, seed)
            return proposed(facts, actor)
        case ProposeStage(initiative_id=key):
            found = book.governance.initiative(key)
            facts = initiative.propose_stage(command, found, signing, book.agreements, actor, seed)
            return proposed(facts, actor)
        case NameStewards(indicator_id=key):
            named = people.name_stewards(command, agreed)
            return Decision(named, f"{key}/{actor.party_id}", actor.party_id)
        case NameSponsor(level=level):
            return Decision(sponsor.name(command), f"{actor.party_id}/{level}", actor.party_id)
        case RecordSession():
            facts = people.record_session(
                command, around.party_ids(), book.agreements, now.date(), seed
            )
            held = facts[-1].event
            if not isinstance(held, SessionHeld):
                raise TypeError("the fact of a session is the session")
            return Decision(facts, held.session_id, actor.party_id)
