"""Effect: what the Book is once something of governance was entered or became binding. Pure.

The one rule: an agreed proposal changes what it proposed and nothing beside.
Source: `domain.md` sections 2, 3 and 4 (stage).
"""

from dataclasses import replace

from ledger import governance, inforce, membership, pilot
from ledger.book import Book
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.governance import OwnAct, Proposed
from ledger.membership import LeftAtGate
from ledger.pilot import Promotion
from ledger.proposal import Proposal, ProposalStatus
from ledger.remark import RemarkMade
from ledger.sponsor import SponsorNamed


def entered(book: Book, placed: Placed, event: Proposed | OwnAct | RemarkMade) -> Book:
    """The Book after an event of governance. What no decision needs is not kept in it."""
    if isinstance(event, LeftAtGate):
        around = _ecosystem(book)
        left_on, index = event.left_on, placed.index
        party = replace(around.party(placed.party), left_on=left_on, left_index=index)
        return replace(book, ecosystem=around.with_party(party))
    if isinstance(event, SponsorNamed):
        named = book.governance.sponsors.set((placed.party, event.level), event.subject)
        return replace(book, governance=replace(book.governance, sponsors=named))
    if isinstance(event, Proposed):
        kept = governance.opened(book.governance, placed, event)
        return inforce.opened(replace(book, governance=kept), placed, event.opening)
    return book


def answered(book: Book, proposal: Proposal, index: int) -> Book:
    """The Book once a proposal of governance stands otherwise, by entry `index`."""
    key = proposal.proposal_id
    kept = governance.answered(book.governance, proposal)
    if proposal.status is not ProposalStatus.AGREED:
        return replace(book, governance=kept)
    kept = governance.agreed(kept, key, index, book.last_at)
    book = replace(book, governance=kept)
    if (joined := kept.memberships.get(key)) is not None:
        return replace(book, ecosystem=membership.bound(_ecosystem(book), joined, index))
    if (promotion := kept.promotions.get(key)) is not None:
        return _promoted(book, promotion)
    return book


def _promoted(book: Book, promotion: Promotion) -> Book:
    """The version in force is live from a period on; everything else of it stays."""
    key = book.current_indicators[promotion.indicator_id]
    state = book.indicator_versions[key]
    if state.version.version != promotion.version:
        raise Fault(f"promotion {promotion.proposal_id} is of a version that is not in force")
    terms = pilot.promoted(state.version.terms, promotion.live_from)
    live = replace(state, version=replace(state.version, terms=terms))
    return replace(book, indicator_versions=book.indicator_versions.set(key, live))


def _ecosystem(book: Book) -> Ecosystem:
    if book.ecosystem is None:
        raise Fault(f"entry {book.size - 1} comes before the founding")
    return book.ecosystem
