"""Reconciliation: what a line of a bank statement says about what is due. Pure.

The one rule: a reference matches by itself; an amount and a name only suggest, and a person
confirms. A line that shows what its party already stated adds nothing to the books.
Source: `domain.md` section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ledger.amounts import Money
from ledger.due import Due
from ledger.journal import Posting
from ledger.payment import LinePlace, Payment


class LineEffect(StrEnum):
    """What a matched line did.

    SHOWN: it shows a payment that its party had stated. JOINED: it states the same payment that
    the other side states. BEGUN: it states a payment that nobody had. REVERSED: it takes its
    party's word back.
    """

    SHOWN = "SHOWN"
    JOINED = "JOINED"
    BEGUN = "BEGUN"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True)
class MatchLine:
    """Command: a person says which due a line of a statement pays; the line is looked up before.

    `amount` is the line's: positive when money came in.
    """

    place: LinePlace
    amount: Money
    booked_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class MatchedLine:
    """A line with the due that it is about, what it did, and what that posted.

    `amount` is above zero. `reverses` is the entry whose posting a reversal takes back.
    """

    place: LinePlace
    reference: str
    amount: Money
    on: date
    effect: LineEffect
    payment_id: str
    postings: tuple[Posting, ...]
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class LinesMatched:
    """Lines of a party's bank statement matched with dues that one audience may see."""

    lines: tuple[MatchedLine, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Payments of a line's amount on a due: the ones that it may be about.

    `unshown`: the party stated it, and no statement shows it; `unanswered`: the other side alone
    stated it; `standing`: the last that the party states.
    """

    unshown: Payment | None
    unanswered: Payment | None
    standing: Payment | None


def effect_of(
    amount: Money, due: Due, candidates: Candidates, party_id: str
) -> tuple[LineEffect, Payment | None] | None:
    """What a line does to a due, and to which of its payments; None when it cannot be about it.

    `amount` is positive when money came in. Law: it depends on the arguments alone.
    """
    if party_id not in (due.payer, due.payee) or amount.currency != due.amount.currency:
        return None
    if amount.amount_minor == 0:
        return None
    if (amount.amount_minor < 0) != (party_id == due.payer):
        standing = candidates.standing
        return None if standing is None else (LineEffect.REVERSED, standing)
    if candidates.unshown is not None:
        return LineEffect.SHOWN, candidates.unshown
    if candidates.unanswered is not None:
        return LineEffect.JOINED, candidates.unanswered
    return LineEffect.BEGUN, None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A due that an unmatched line may be about, and why."""

    due: Due
    reason: str


def suggestions(
    amount: Money, counterparty: str, reference: str, dues: Sequence[tuple[Due, str]], party_id: str
) -> tuple[Suggestion, ...]:
    """Dues that a line may be about, the likeliest first. `dues` come with the other side's name.

    By its reference, else by what is open for the party and the name that the bank shows.
    """
    found = []
    for due, name in dues:
        paid = amount.amount_minor < 0
        if (party_id == due.payer) != paid or amount.currency != due.amount.currency:
            continue
        is_open = abs(amount.amount_minor) in (due.open_for(party_id), due.amount.amount_minor)
        is_named = _alike(counterparty, name)
        if reference and reference == due.reference:
            found.append((0, Suggestion(due, "reference")))
        elif is_open and is_named:
            found.append((1, Suggestion(due, "amount and party")))
        elif is_open:
            found.append((2, Suggestion(due, "amount")))
    found.sort(key=lambda each: (each[0], each[1].due.due_on, each[1].due.reference))
    return tuple(each for _, each in found)


def _alike(shown: str, name: str) -> bool:
    """Whether a bank's name and ours have their first word in common, whatever the case."""
    ours, theirs = name.casefold().split(), shown.casefold().split()
    return bool(ours and theirs) and (ours[0] == theirs[0] or " ".join(ours) in " ".join(theirs))
