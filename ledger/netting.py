"""Netting: a loss is set off against what is due to the partner, where the scheme says so. Pure.

The one rule: what is set off is what neither side has stated as paid yet, oldest first, in one
currency and among the same eyes; it follows from the posting at once, and an audit repeats it. Both
dues keep their amounts and say what of them was set off. Source: `domain.md` section 6, "who pays a
malus and how (netted or invoiced)".
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from ledger.amounts import Money
from ledger.book import Book
from ledger.due import Due
from ledger.journal import Posting, post, set_off_lines
from ledger.settlement import SettlementContent


@dataclass(frozen=True, slots=True)
class SetOff:
    """So much of a loss is set off against so much of what is due to the partner."""

    loss_reference: str
    gain_reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class DuesNetted:
    """What a posted settlement sets off between the outsourcer and one partner, and its postings.

    Four a set-off, in its order: payable and receivable in each side's books.
    """

    settlement_id: str
    party_id: str
    set_offs: tuple[SetOff, ...]
    postings: tuple[Posting, ...]


POSTINGS_EACH = 4


def netted(
    book: Book, settlement_id: str, contents: Iterable[SettlementContent], outsourcer: str
) -> Iterator[DuesNetted]:
    """What follows from the dues of a settlement that the Book has posted: one event a partner.

    `contents` are the settlement's own, or its confidential stakes.
    """
    stakes = (stake for content in contents for stake in content.stakes)
    new = {stake.reference: stake.party_id for stake in stakes}
    for reference, party_id in new.items():
        due = book.dues.get(reference)
        if due is None or not due.unstated:
            continue
        set_offs = tuple(_set_off(due, _open_against(book, due, new)))
        if set_offs:
            sums = [(outsourcer, party_id, each.amount) for each in set_offs]
            lines = [line for each in sums for line in set_off_lines(*each)]
            postings, _ = post(lines, book.accounts)
            yield DuesNetted(settlement_id, party_id, set_offs, postings)


def _open_against(book: Book, due: Due, but: Container[str]) -> list[Due]:
    """The partner's dues the other way of which something is unstated, in the order of posting."""
    against = book.unstated.get((due.party_id, not due.is_loss), ())
    dues = [book.dues[key] for key in against if key not in but]
    return sorted(dues, key=lambda each: (each.index, each.reference))


def _set_off(due: Due, others: Iterable[Due]) -> Iterator[SetOff]:
    left = due.unstated
    for other in others:
        loss, gain = (due, other) if due.is_loss else (other, due)
        if not left or not loss.is_netted or other.audience != due.audience:
            continue
        if other.amount.currency != due.amount.currency:
            continue
        part = min(left, other.unstated)
        left -= part
        amount = Money(due.amount.currency, part)
        yield SetOff(loss.reference, gain.reference, amount)
