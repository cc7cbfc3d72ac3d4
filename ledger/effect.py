"""Effect: what the Book is once something of governance was entered or became binding. Pure.

The one rule: an agreed proposal changes what it proposed and nothing beside.
Source: `domain.md` sections 2 and 3.
"""

from dataclasses import replace

from ledger import governance, life, membership
from ledger.book import Book
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.membership import LeftAtGate, MembershipProposed
from ledger.proposal import Proposal, ProposalStatus


def entered(book: Book, placed: Placed, event: object) -> Book:
    """The Book after an event of governance. What no decision needs is not kept in it."""
    match event:
        case LeftAtGate(left_on=left_on):
            around = _ecosystem(book)
            party = replace(around.party(placed.party), left_on=left_on, left_index=placed.index)
            return replace(book, ecosystem=around.with_party(party))
        case MembershipProposed():
            under = book.policy().version
            agreements = life.opened(book.agreements, placed, event.opening, under)
            kept = governance.opened(book.governance, event, placed.index)
            return replace(book, agreements=agreements, governance=kept)
        case _:
            return book


def answered(book: Book, proposal: Proposal, index: int) -> Book:
    """The Book once a proposal of governance stands otherwise, by entry `index`."""
    key = proposal.proposal_id
    kept = governance.answered(book.governance, key, proposal.status)
    book = replace(book, governance=kept)
    if proposal.status is not ProposalStatus.AGREED:
        return book
    agreed = kept.memberships[key]
    return replace(book, ecosystem=membership.bound(_ecosystem(book), agreed, index))


def _ecosystem(book: Book) -> Ecosystem:
    if book.ecosystem is None:
        raise Fault(f"entry {book.size - 1} comes before the founding")
    return book.ecosystem
