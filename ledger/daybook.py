"""The daybook: what a journal says of an entry that posts. Pure.

The one rule: every posting names the stake that it is about, and what it takes back, from the Book
alone. Source: `domain.md` section 8.
"""

from collections.abc import Iterator

from ledger.book import Book
from ledger.booking import SettlementEvent, posted_content, settled_dues
from ledger.fact import Placed
from ledger.journal import Booked, SettlementPartPosted, SettlementPosted, StakePosted
from ledger.netting import POSTINGS_EACH, DuesNetted
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.reconciliation import LinesMatched
from ledger.settlement import SettlementKind


def bookings(book: Book, placed: Placed) -> tuple[Booked, ...]:
    """What a journal says of an entry, `book` being the one after it. Empty when it posts nothing.

    In the order of the entry's own postings.
    """
    return tuple(_bookings(book, placed))


def _bookings(book: Book, placed: Placed) -> Iterator[Booked]:
    match placed.event:
        case SettlementPosted() | SettlementPartPosted() | StakePosted() as event:
            yield from _settled(book, event)
        case DuesNetted(set_offs=set_offs, postings=postings):
            for number, posting in enumerate(postings):
                yield Booked(posting, set_offs[number // POSTINGS_EACH].loss_reference)
        case PaymentReported(postings=postings, reference=reference):
            yield from (Booked(posting, reference) for posting in postings)
        case PaymentConfirmed(payment_id=key, postings=postings):
            reference = book.payments[key].reference
            yield from (Booked(posting, reference) for posting in postings)
        case PaymentReversed(payment_id=key, reverses=reverses, postings=postings):
            reference = book.payments[key].reference
            yield from (Booked(posting, reference, reverses) for posting in postings)
        case LinesMatched(lines=lines):
            for line in lines:
                for posting in line.postings:
                    yield Booked(posting, line.reference, line.reverses)
        case _:
            pass


def _settled(book: Book, event: SettlementEvent) -> Iterator[Booked]:
    """Each posting with the reference of the stake between its two parties."""
    stakes = posted_content(book, event).content.stakes
    references = {stake.party_id: stake.reference for stake in stakes}
    references |= {due.party_id: due.reference for due in settled_dues(book, event)}
    reverses = _reverses(book, event)
    for posting in event.postings:
        account = posting.account
        found = references.get(account.owner) or references.get(account.counterparty, "")
        yield Booked(posting, found, reverses)


def _reverses(book: Book, event: SettlementEvent) -> int | None:
    """The entry whose postings a reversal takes back; None of anything else."""
    content = posted_content(book, event).content
    if content.kind is not SettlementKind.REVERSAL:
        return None
    [corrected] = content.corrected
    if isinstance(event, StakePosted):
        return book.sealed.posted[corrected.settlement_id, event.party_id]
    return book.posted[corrected.settlement_id]
