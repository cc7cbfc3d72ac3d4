"""Booking: what settlements and payments do to the Book, and what a journal says of it. Pure.

The one rule: what is owed, what was paid and every balance follow from postings alone, each at
its place in its account. Source: `domain.md` section 8.
"""

from collections.abc import Iterator

from ledger.book import Book, replace
from ledger.due import Due, dues_of
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.journal import (
    AccountState,
    Booked,
    Posting,
    SettlementPartPosted,
    SettlementPosted,
    StakePosted,
)
from ledger.payment import (
    Payment,
    PaymentConfirmed,
    PaymentReported,
    PaymentReversed,
    Side,
    begun,
    tallied,
)
from ledger.settlement import Settlement
from ledger.undisputed import bound_so_far, unposted_elsewhere, with_part_posted

SettlementEvent = SettlementPosted | SettlementPartPosted | StakePosted


def book_entry(book: Book, placed: Placed) -> Book:
    """The Book after an entry that posts. Raises Fault when a posting is out of its place."""
    match placed.event:
        case SettlementPosted() | SettlementPartPosted() | StakePosted() as event:
            return _settled(book, placed, event)
        case PaymentReported() as event:
            due = book.dues[event.reference]
            known = book.payments.get(event.payment_id)
            payment = known or begun(
                due, event.payment_id, event.amount, event.paid_on, placed.index
            )
            book = _stated(book, payment, event.payer, Side(placed.index))
        case PaymentConfirmed() as event:
            payment = book.payments[event.payment_id]
            book = _stated(book, payment, payment.payee, Side(placed.index))
        case PaymentReversed() as event:
            payment = book.payments[event.payment_id]
            side = replace(payment.side(placed.party), reversed_index=placed.index)
            book = _stated(book, payment, placed.party, side)
        case _:
            raise Fault(f"entry {placed.index} posts nothing that we know")
    return with_postings(book, event.postings)


def bookings(book: Book, placed: Placed) -> tuple[Booked, ...]:
    """What a journal says of an entry, `book` being the one after it. Empty when it posts nothing.

    In the order of the entry's own postings.
    """
    return tuple(_bookings(book, placed))


def _bookings(book: Book, placed: Placed) -> Iterator[Booked]:
    match placed.event:
        case (
            SettlementPosted(postings=postings)
            | SettlementPartPosted(postings=postings)
            | StakePosted(postings=postings)
        ) as event:
            references = {due.party_id: due.reference for due in settled_dues(book, event)}
            for posting in postings:
                account = posting.account
                found = references.get(account.owner) or references.get(account.counterparty, "")
                yield Booked(posting, found)
        case PaymentReported(postings=postings, reference=reference):
            for posting in postings:
                yield Booked(posting, reference)
        case PaymentConfirmed(payment_id=payment_id, postings=postings):
            for posting in postings:
                yield Booked(posting, book.payments[payment_id].reference)
        case PaymentReversed(payment_id=payment_id, reverses=reverses, postings=postings):
            for posting in postings:
                yield Booked(posting, book.payments[payment_id].reference, reverses)
        case _:
            pass


def settled_dues(book: Book, event: SettlementEvent) -> tuple[Due, ...]:
    """What a posted settlement or stake made owed, as it stands."""
    settled = _posted_content(book, event)
    found = (book.dues.get(stake.reference) for stake in settled.content.stakes)
    return tuple(due for due in found if due is not None)


def payments_on(book: Book, due: Due) -> list[Payment]:
    """The payments of a due, earliest first."""
    return [book.payments[each] for each in due.payment_ids]


def _posted_content(book: Book, event: SettlementEvent) -> Settlement:
    """The settlement that is posted; of a confidential one with the stake that is."""
    settled = book.settlement(event.settlement_id)
    if settled is None:
        raise Fault(f"settlement {event.settlement_id} was never proposed")
    if isinstance(event, StakePosted):
        stake = book.sealed.stakes_of(event.settlement_id)[event.party_id]
        return replace(settled, content=stake.content)
    return settled


def _settled(book: Book, placed: Placed, event: SettlementEvent) -> Book:
    """What is owed once a settlement is posted: all of it, or its undisputed part so far.

    A stake whose undisputed part was owed before owes all of it now, under the same reference.
    """
    settled = _posted_content(book, event)
    if book.ecosystem is None:
        raise Fault(f"entry {placed.index} comes before the founding")
    dues = book.dues
    outsourcer = book.ecosystem.outsourcer.party_id
    posted = book.posted
    if isinstance(event, SettlementPartPosted):
        book = with_part_posted(book, settled, event)
        settled = bound_so_far(book, settled)
    else:
        settled = unposted_elsewhere(book, settled)
        posted = posted.set(event.settlement_id, placed.index)
    for due in dues_of(settled, outsourcer, placed.index, placed.audience):
        known = dues.get(due.reference)
        dues = dues.set(due.reference, replace(known, amount=due.amount) if known else due)
    if isinstance(event, StakePosted):
        at = (event.settlement_id, event.party_id)
        sealed = replace(book.sealed, posted=book.sealed.posted.set(at, placed.index))
        book = replace(book, sealed=sealed)
    return with_postings(replace(book, dues=dues, posted=posted), event.postings)


def _stated(book: Book, payment: Payment, party_id: str, side: Side) -> Book:
    """The Book once a side states something else about a payment."""
    due = book.dues[payment.reference]
    payments = book.payments.set(payment.payment_id, payment.with_side(party_id, side))
    ids = dict.fromkeys((*due.payment_ids, payment.payment_id))
    due = tallied(due, (payments[each] for each in ids))
    return replace(book, payments=payments, dues=book.dues.set(due.reference, due))


def with_postings(book: Book, postings: tuple[Posting, ...]) -> Book:
    """The Book once its accounts moved. Raises Fault when a posting does not follow its account."""
    accounts = book.accounts
    for posting in postings:
        before = accounts.get(posting.account, AccountState(0, 0))
        after = AccountState(before.sequence + 1, before.balance_minor + posting.amount_minor)
        if (posting.sequence, posting.balance_minor) != (after.sequence, after.balance_minor):
            raise Fault(f"a posting of {posting.account} does not follow its account")
        accounts = accounts.set(posting.account, after)
    return replace(book, accounts=accounts)
