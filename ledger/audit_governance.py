"""Audit of governance: who takes part, on which terms, until when, asked again. Pure."""

from dataclasses import replace

from ledger import initiative, membership, people, pilot, sponsor
from ledger.book import Book
from ledger.fact import Placed
from ledger.initiative import Initiative, InitiativeProposed, StageProposed
from ledger.membership import LeftAtGate, MembershipProposed
from ledger.party import Party
from ledger.people import SessionHeld, StewardsNamed
from ledger.pilot import LessonRecorded, PilotProposed, PromotionProposed
from ledger.priority import require_room, shadow_ids
from ledger.proposal import ProposalKind
from ledger.rule import RuleBroken, ecosystem, require
from ledger.sponsor import SponsorNamed


def asked_of_governance(book: Book, placed: Placed) -> tuple[str, frozenset[str]]:
    """The subject that a proposal must name, and those whose consent it must ask."""
    signing = ecosystem(book).signing_ids(placed.at)
    match placed.event:
        case MembershipProposed(party_id=party_id):
            return membership.subject_of(party_id), signing
        case PilotProposed(pilot_id=key, terms=terms):
            asked = {*terms.parties, ecosystem(book).outsourcer.party_id}
            return pilot.subject_of_pilot(key), frozenset(asked)
        case PromotionProposed(indicator_id=key, version=version):
            owners = book.indicator_version(key, version).terms.owner_ids()
            return pilot.subject_of_promotion(key), owners & signing
        case InitiativeProposed(initiative_id=key, terms=aimed):
            return initiative.subject_of_initiative(key), frozenset({*aimed.parties, placed.party})
        case StageProposed(initiative_id=key):
            return initiative.subject_of_stage(key), _initiative(book, key).concerned() & signing
        case _:
            raise RuleBroken("it proposes nothing that we know")


def check_governance(book: Book, placed: Placed) -> None:
    """What is proposed can hold, and an own act keeps to its rule. Raises RuleBroken, a Refusal."""
    match placed.event:
        case MembershipProposed() as proposed:
            _check_membership(book, placed, proposed)
        case LeftAtGate(left_on=left_on):
            membership.check_gate(ecosystem(book).party(placed.party), left_on, placed.at)
        case PilotProposed() | LessonRecorded() | PromotionProposed() as piloted:
            _check_pilot(book, placed, piloted)
        case InitiativeProposed(terms=terms):
            signing = ecosystem(book).signing_ids(placed.at)
            initiative.check(terms, signing, book.current_indicators.keys())
        case StageProposed(initiative_id=key, stage=stage):
            initiative.check_stage(_initiative(book, key), stage, placed.party)
            require(placed.has_annex, "it says not why")
        case SponsorNamed() as named_sponsor:
            sponsor.check(named_sponsor)
        case StewardsNamed() as named:
            people.check_stewards(named, book.current_indicators.keys())
        case SessionHeld() as held:
            today = placed.at.date()
            people.check_session(held, ecosystem(book).party_ids(), book.agreements, today)
        case _:
            raise RuleBroken("it proposes nothing that we know")


def _check_pilot(
    book: Book, placed: Placed, event: PilotProposed | LessonRecorded | PromotionProposed
) -> None:
    found = book.governance.pilot(event.pilot_id)
    match event:
        case PilotProposed(terms=terms):
            pilot.check(terms, ecosystem(book).signing_ids(placed.at), shadow_ids(book))
            require(found is None, "it proposes a pilot that is agreed")
        case LessonRecorded():
            outsourcer = ecosystem(book).outsourcer.party_id
            pilot.check_lesson(event, found, outsourcer, placed.party)
        case PromotionProposed(indicator_id=key, live_from=live_from):
            require(found is not None, "its pilot is not agreed")
            if found is not None:
                measured = book.measured_periods(key)
                current = book.current_indicator(key)
                version = pilot.check_promotion(live_from, key, found, current, measured)
                require(version.version == event.version, "its version is not in force")
                require_room(book, pilot.promoted(version.terms, live_from), key, book.policy())


def _initiative(book: Book, initiative_id: str) -> Initiative:
    found = book.governance.initiative(initiative_id)
    if found is None:
        raise RuleBroken("its initiative is not agreed")
    return found


def _check_membership(book: Book, placed: Placed, event: MembershipProposed) -> None:
    """A proposed membership changes what its kind says, and nothing beside."""
    around = ecosystem(book)
    membership.check_terms(event.terms, event.role)
    wanted = membership.state_of(event, placed.index).party
    if event.opening.kind is ProposalKind.ADMISSION:
        membership.check_admission(around, event.name, event.role, placed.at)
        require(event.party_id not in around.party_ids(), "it admits a party that was admitted")
        require(event.left_on is None, "it admits a party that leaves")
        return
    present = around.member(event.party_id, placed.at)
    if event.opening.kind is ProposalKind.MEMBERSHIP:
        expected = replace(_bare(present), terms=event.terms)
    elif event.left_on is not None:
        membership.check_departure(present, event.left_on, "")
        expected = replace(_bare(present), left_on=event.left_on)
    else:
        raise RuleBroken("it says not when the party leaves")
    require(wanted == expected, "it changes more of the membership than it says")


def _bare(party: Party) -> Party:
    """A party without the entries that made it what it is."""
    return replace(party, joined_index=0, left_index=None)
