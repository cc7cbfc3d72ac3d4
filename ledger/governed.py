"""What an entry of governance changed in the Book, as the projections keep it. Pure."""

from collections.abc import Iterator

from ledger.book import Book
from ledger.change import Change
from ledger.ecosystem import EcosystemFounded
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.initiative import Initiative
from ledger.membership import LeftAtGate
from ledger.people import Session, SessionHeld, Stewards, StewardsNamed
from ledger.pilot import Lesson, LessonRecorded, Pilot
from ledger.proposal import Proposal, ProposalStatus
from ledger.sponsor import PartySponsor, SponsorNamed


def entered_changes(book: Book, placed: Placed) -> Iterator[Change]:
    """What a founding, another log key or an own act of governance changed."""
    party, index = placed.party, placed.index
    match placed.event:
        case EcosystemFounded(parties=parties):
            yield from _party_changes(book, *(each.party_id for each in parties))
        case LeftAtGate():
            yield from _party_changes(book, party)
        case LessonRecorded(lesson_id=key, pilot_id=pilot_id, indicator_id=indicator_id):
            lesson = Lesson(key, pilot_id, indicator_id, party, index)
            yield Change("lesson", key, lesson, pilot_id)
        case StewardsNamed(indicator_id=key, stewards=named):
            stewards = Stewards(key, party, named, index)
            yield Change("stewards", f"{key}/{party}", stewards, key)
        case SessionHeld(session_id=key, held_on=held_on) as held:
            session = Session(key, held_on, held.participants, held.proposals, party, index)
            yield Change("session", key, session)
        case SponsorNamed(level=level, subject=subject):
            sponsor = PartySponsor(party, level, subject, index)
            yield Change("sponsor", f"{party}/{level}", sponsor, party)
        case _:
            yield from _party_changes(book)


def _party_changes(book: Book, *party_ids: str) -> Iterator[Change]:
    """The ecosystem, and the parties named, each by itself."""
    around = book.ecosystem
    if around is None:
        raise Fault(f"entry {book.size - 1} comes before the founding")
    yield Change("ecosystem", book.ecosystem_id, around)
    for party in around.parties:
        if party.party_id in party_ids:
            yield Change("party", party.party_id, party, str(party.role))


def governed_changes(book: Book, proposal: Proposal) -> Iterator[Change]:
    """What a proposal of governance holds, and once it binds what it changed."""
    kept, key, status = book.governance, proposal.proposal_id, str(proposal.status)
    is_agreed = proposal.status is ProposalStatus.AGREED
    if (membership := kept.memberships.get(key)) is not None:
        party_id = membership.party.party_id
        yield Change("membership", key, membership, party_id, "", status)
        if is_agreed:
            yield from _party_changes(book, party_id)
    elif (pilot := kept.pilots.get(key)) is not None:
        yield _pilot(pilot)
    elif (promotion := kept.promotions.get(key)) is not None:
        yield Change("promotion", key, promotion, promotion.indicator_id, "", status)
        if is_agreed:
            yield _pilot(kept.pilots[kept.agreed_pilots[promotion.pilot_id]])
            yield from _indicator_changes(book, promotion.indicator_id)
    elif (initiative := kept.initiatives.get(key)) is not None:
        yield _initiative(initiative)
    else:
        move = kept.stage_moves[key]
        yield Change("stage_move", key, move, move.initiative_id, "", status)
        if is_agreed:
            yield _initiative(kept.initiatives[kept.agreed_initiatives[move.initiative_id]])


def _pilot(pilot: Pilot) -> Change:
    return Change("pilot", pilot.pilot_id, pilot, "", "", str(pilot.status))


def _initiative(initiative: Initiative) -> Change:
    stage = initiative.stage or initiative.status
    return Change("initiative", initiative.initiative_id, initiative, "", "", str(stage))


def _indicator_changes(book: Book, indicator_id: str) -> Iterator[Change]:
    """The version in force, where it is listed as a version and as the indicator."""
    key = book.current_indicators[indicator_id]
    state = book.indicator_versions[key]
    status = str(state.status)
    yield Change("indicator_version", key, state, indicator_id, "", status)
    yield Change("indicator", indicator_id, state, "", "", status)
