"""Booking: what settlements and payments do to the Book. Pure.

The one rule: what is owed, what was paid and every balance follow from postings alone, each at
its place in its account. Source: `domain.md` section 8.
"""

from collections.abc import Callable
from dataclasses import dataclass

from immutables import Map, MapMutation

from ledger import closing
from ledger.amounts import Money
from ledger.bankstatement import StatementImported
from ledger.book import Book, replace
from ledger.closing import BooksClosed
from ledger.due import Due, dues_of, grown, rest_reference
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.journal import (
    Account,
    AccountState,
    Posting,
    SettlementPartPosted,
    SettlementPosted,
    StakePosted,
    post,
)
from ledger.lane import Lane
from ledger.netting import DuesNetted
from ledger.payment import (
    Payment,
    PaymentConfirmed,
    PaymentReported,
    PaymentReversed,
    Side,
    begun,
    reversal_postings,
    side_lines,
    tallied,
)
from ledger.reconciliation import (
    Candidates,
    LineEffect,
    LinesMatched,
    MatchedLine,
    MatchLine,
    effect_of,
)
from ledger.settlement import Settlement, SettlementKind
from ledger.terms import PaymentTerms
from ledger.undisputed import bound_so_far, unposted_elsewhere, with_part_posted

SettlementEvent = SettlementPosted | SettlementPartPosted | StakePosted


@dataclass(frozen=True, slots=True)
class Desk:
    """The maps of a Book that payments change, open for many of them at once.

    Thousands of lines of a bank statement change them one after another; the Book is made once.
    """

    dues: MapMutation[str, Due]
    unstated: MapMutation[tuple[str, bool], Map[str, None]]
    payments: MapMutation[str, Payment]
    lanes: MapMutation[tuple[str, int, bool], Lane]
    accounts: MapMutation[Account, AccountState]
    bank_lines: MapMutation[str, str]

    @classmethod
    def of(cls, book: Book) -> "Desk":
        """Opened; the Book itself stays as it is."""
        return cls(
            book.dues.mutate(),
            book.unstated.mutate(),
            book.payments.mutate(),
            book.lanes.mutate(),
            book.accounts.mutate(),
            book.bank_lines.mutate(),
        )

    def keep(self, due: Due) -> None:
        """A due as it stands now."""
        before = self.dues.get(due.reference)
        self.dues[due.reference] = due
        if (before is not None and before.unstated > 0) == (due.unstated > 0):
            return
        side = (due.party_id, due.is_loss)
        listed = self.unstated.get(side, Map())
        if due.unstated:
            self.unstated[side] = listed.set(due.reference, None)
        elif len(listed) > 1:
            self.unstated[side] = listed.delete(due.reference)
        else:
            del self.unstated[side]

    def closed(self, book: Book) -> Book:
        """The Book with all that was changed; the desk is of no more use."""
        return replace(
            book,
            dues=self.dues.finish(),
            unstated=self.unstated.finish(),
            payments=self.payments.finish(),
            lanes=self.lanes.finish(),
            accounts=self.accounts.finish(),
            bank_lines=self.bank_lines.finish(),
        )


def book_entry(book: Book, placed: Placed) -> Book:
    """The Book after an entry of finance. Raises Fault when a posting is out of its place."""
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
        case LinesMatched(lines=lines):
            desk = Desk.of(book)
            for line in lines:
                book_line(desk, placed.party, placed.index, line)
            return desk.closed(book)
        case DuesNetted() as event:
            book = _netted(book, event)
        case StatementImported() as imported:
            key = (placed.party, imported.account, imported.statement_id)
            seen = book.bank_statements.set(key, (imported.digest, placed.index))
            return replace(book, bank_statements=seen)
        case BooksClosed() as closed:
            return replace(book, closings=closing.closed(book.closings, placed, closed))
        case _:
            raise Fault(f"entry {placed.index} posts nothing that we know")
    return with_postings(book, event.postings)


def book_line(desk: Desk, party_id: str, index: int, line: MatchedLine) -> None:
    """Enter a matched line of a party's bank statement at the desk."""
    due = desk.dues[line.reference]
    known = desk.payments.get(line.payment_id)
    payment = known or begun(due, line.payment_id, line.amount, line.on, index)
    side = payment.side(party_id)
    match line.effect:
        case LineEffect.SHOWN:
            side = replace(side, line=line.place)
        case LineEffect.REVERSED:
            side = replace(side, reversed_index=index)
        case LineEffect.JOINED | LineEffect.BEGUN:
            side = Side(index, line=line.place)
    _state(desk, payment, party_id, side)
    desk.bank_lines[line.place.mark] = line.payment_id
    _move(desk.accounts, line.postings)


def matched_line(
    book: Book | Desk, party_id: str, asked: MatchLine, new_id: Callable[[], str]
) -> MatchedLine | None:
    """What a line of a party's statement does to a due; None when it cannot be about it.

    `new_id` names a payment that nobody had stated. An audit gives the id that stands.
    """
    due = book.dues[asked.reference]
    moved = Money(asked.amount.currency, abs(asked.amount.amount_minor))
    found = effect_of(asked.amount, due, candidates(book, due, moved, party_id), party_id)
    if found is None:
        return None
    effect, payment = found
    postings: tuple[Posting, ...] = ()
    reverses = None
    if effect is LineEffect.REVERSED and payment is not None:
        reverses = payment.side(party_id).index
        postings = reversal_postings(payment, due, book.accounts, party_id)
    elif effect is not LineEffect.SHOWN:
        postings, _ = post(side_lines(party_id, due, moved), book.accounts)
    return MatchedLine(
        asked.place,
        due.reference,
        moved,
        asked.booked_on,
        effect,
        payment.payment_id if payment else new_id(),
        postings,
        reverses,
    )


def settled_dues(book: Book, event: SettlementEvent) -> tuple[Due, ...]:
    """What a posted settlement or stake made owed, as it stands."""
    settled = posted_content(book, event)
    found: list[Due | None] = []
    for stake in settled.content.stakes:
        rest = rest_reference(settled.settlement_id, stake.party_id)
        found += [book.dues.get(stake.reference), book.dues.get(rest)]
    return tuple(due for due in found if due is not None)


def candidates(book: Book | Desk, due: Due, amount: Money, party_id: str) -> Candidates:
    """The payments of an amount on a due that a side's bank line may be about."""
    is_payer = party_id == due.payer
    key = (due.reference, amount.amount_minor)
    mine = book.lanes.get((*key, is_payer), Lane())
    others = book.lanes.get((*key, not is_payer), Lane())
    return Candidates(
        mine.first_unshown(book.payments, is_payer=is_payer),
        others.first_unanswered(book.payments, is_payer=not is_payer),
        mine.last_standing(book.payments, is_payer=is_payer),
    )


def posted_content(book: Book, event: SettlementEvent) -> Settlement:
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
    settled = posted_content(book, event)
    if settled.content.kind is SettlementKind.REVERSAL:
        return _reversed(book, placed, settled, event)
    if book.ecosystem is None:
        raise Fault(f"entry {placed.index} comes before the founding")
    outsourcer = book.ecosystem.outsourcer.party_id
    posted = book.posted
    if isinstance(event, SettlementPartPosted):
        book = with_part_posted(book, settled, event)
        settled = bound_so_far(book, settled)
    else:
        settled = unposted_elsewhere(book, settled)
        posted = posted.set(event.settlement_id, placed.index)
    terms = _payment_terms(book, settled)
    desk = Desk.of(book)
    for due in dues_of(settled, outsourcer, placed.index, placed.audience, terms):
        if due.reference not in book.dues:
            desk.keep(due)
    for stake in settled.content.stakes:
        if (known := book.dues.get(stake.reference)) is not None:
            for due in grown(known, stake.owed.amount_minor, outsourcer, placed.index, terms):
                desk.keep(due)
    book = _with_stake_posted(desk.closed(book), placed, event)
    return with_postings(replace(book, posted=posted), event.postings)


def _payment_terms(book: Book, settled: Settlement) -> PaymentTerms:
    """The payment terms of the scheme that settled, with its partners' own references."""
    content = settled.content
    scheme = book.scheme_version(content.scheme_id, content.scheme_version)
    payment = scheme.terms.payment
    found = payment.references
    own = book.sealed.parts_of(scheme.proposal_id)
    for stake in content.stakes:
        if (sealed := own.get(stake.party_id)) is not None:
            found += sealed.part.references
    return replace(payment, references=found)


def _reversed(book: Book, placed: Placed, settled: Settlement, event: SettlementEvent) -> Book:
    """The Book once a settlement is taken back: nothing is owed on its stakes any more."""
    desk = Desk.of(book)
    for stake in settled.content.stakes:
        if (due := book.dues.get(stake.reference)) is not None:
            desk.keep(replace(due, amount=Money(due.amount.currency, 0)))
    posted = book.posted.set(settled.settlement_id, placed.index)
    book = _with_stake_posted(desk.closed(book), placed, event)
    return with_postings(replace(book, posted=posted), event.postings)


def _with_stake_posted(book: Book, placed: Placed, event: SettlementEvent) -> Book:
    """The Book once a confidential stake is posted; of other entries as it was."""
    if not isinstance(event, StakePosted):
        return book
    at = (event.settlement_id, event.party_id)
    sealed = replace(book.sealed, posted=book.sealed.posted.set(at, placed.index))
    return replace(book, sealed=sealed)


def _netted(book: Book, event: DuesNetted) -> Book:
    """The Book once dues are set off against each other, but for its accounts."""
    desk = Desk.of(book)
    for each in event.set_offs:
        for reference in (each.loss_reference, each.gain_reference):
            due = desk.dues[reference]
            netted = due.netted_minor + each.amount.amount_minor
            desk.keep(replace(due, netted_minor=netted))
    return desk.closed(book)


def _stated(book: Book, payment: Payment, party_id: str, side: Side) -> Book:
    """The Book once a side states something else about a payment."""
    desk = Desk.of(book)
    _state(desk, payment, party_id, side)
    return desk.closed(book)


def _state(desk: Desk, payment: Payment, party_id: str, side: Side) -> None:
    """A side states something else about a payment."""
    before = desk.payments.get(payment.payment_id)
    is_new_word = payment.side(party_id).index is None
    after = payment.with_side(party_id, side)
    desk.payments[payment.payment_id] = after
    due = tallied(desk.dues[payment.reference], before, after)
    for is_payer in (True, False):
        key = (due.reference, payment.amount.amount_minor, is_payer)
        lane = desk.lanes.get(key)
        if is_new_word and is_payer == (party_id == due.payer):
            lane = (lane or Lane()).with_payment(payment.payment_id)
        if lane is not None:
            desk.lanes[key] = lane.trimmed(desk.payments, is_payer=is_payer)
    desk.keep(due)


def with_postings(book: Book, postings: tuple[Posting, ...]) -> Book:
    """The Book once its accounts moved. Raises Fault when a posting does not follow its account."""
    accounts = book.accounts.mutate()
    _move(accounts, postings)
    return replace(book, accounts=accounts.finish())


def _move(accounts: MapMutation[Account, AccountState], postings: tuple[Posting, ...]) -> None:
    for posting in postings:
        before = accounts.get(posting.account, AccountState(0, 0))
        after = AccountState(before.sequence + 1, before.balance_minor + posting.amount_minor)
        if (posting.sequence, posting.balance_minor) != (after.sequence, after.balance_minor):
            raise Fault(f"a posting of {posting.account} does not follow its account")
        accounts[posting.account] = after
