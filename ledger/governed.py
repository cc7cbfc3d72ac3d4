"""What an entry of governance changed in the Book, as the projections keep it. Pure."""

from collections.abc import Iterator

from ledger.book import Book
from ledger.change import Change
from ledger.ecosystem import EcosystemFounded
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.membership import LeftAtGate
from ledger.proposal import Proposal, ProposalStatus


def entered_changes(book: Book, placed: Placed) -> Iterator[Change]:
    """What a founding, another log key or an own act of governance changed."""
    match placed.event:
        case EcosystemFounded(parties=parties):
            yield from _party_changes(book, *(party.party_id for party in parties))
        case LeftAtGate():
            yield from _party_changes(book, placed.party)
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
    key = proposal.proposal_id
    state = book.governance.memberships[key]
    party_id = state.party.party_id
    yield Change("membership", key, state, party_id, "", str(proposal.status))
    if proposal.status is ProposalStatus.AGREED:
        yield from _party_changes(book, party_id)
