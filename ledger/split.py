"""Split: whose share of an item's money is how large, also of those who joined or left midway.

The one rule: the shares of an item and what of them falls free add up to 1; where it goes is a
stated term. Source: `domain.md` section 6, "split".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.reading import NothingToRead, Result


class SplitKind(StrEnum):
    """By what an item's money is split.

    FIXED: the stated shares. OWNERSHIP: the weights by which the item's indicator is owned.
    ATTRIBUTION: the parts of the item's own result. CONTRIBUTION: the parts of another
    indicator's result, such as a contribution score.
    """

    FIXED = "FIXED"
    OWNERSHIP = "OWNERSHIP"
    ATTRIBUTION = "ATTRIBUTION"
    CONTRIBUTION = "CONTRIBUTION"


class ProRata(StrEnum):
    """What a party counts for that was a member for a part of the period only.

    BY_CALENDAR_DAY: its share, for the days it was there. WHOLE_PERIODS_ONLY: nothing.
    """

    BY_CALENDAR_DAY = "BY_CALENDAR_DAY"
    WHOLE_PERIODS_ONLY = "WHOLE_PERIODS_ONLY"


class FallsFree(StrEnum):
    """Where the share goes that such a party does not count for.

    TO_THE_OTHERS: to those who count, in proportion to what they count for. TO_THE_OUTSOURCER,
    UNALLOCATED: to the rest of the pool, which the outsourcer keeps or which stays open.
    """

    TO_THE_OTHERS = "TO_THE_OTHERS"
    TO_THE_OUTSOURCER = "TO_THE_OUTSOURCER"
    UNALLOCATED = "UNALLOCATED"


@dataclass(frozen=True, slots=True)
class Share:
    """A party's fixed share of what is paid out; shares add up to 1."""

    party_id: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class Split:
    """Who shares and how. `shares` name the parties in order; their numbers count for FIXED.

    `contribution_id` is the indicator of CONTRIBUTION, empty otherwise.
    """

    kind: SplitKind
    shares: tuple[Share, ...]
    contribution_id: str
    pro_rata: ProRata
    falls_free: FallsFree


def shares_of(split: Split, item: Result, contribution: Result | None) -> tuple[Fraction, ...]:
    """Each sharer's share of an item's money, adding up to 1. Raises NothingToRead.

    Parties in the order of the terms. Parts below zero cannot be split by.
    """
    match split.kind:
        case SplitKind.FIXED:
            return tuple(share.share for share in split.shares)
        case SplitKind.OWNERSHIP:
            owned = {owner.party_id: owner.weight for owner in item.owners}
            return _proportion(split, owned, "the weights of ownership")
        case SplitKind.ATTRIBUTION:
            parts = {part.party_id: part.value for part in item.parts}
            return _proportion(split, parts, "the parts of the result")
        case SplitKind.CONTRIBUTION:
            given = contribution.parts if contribution else ()
            parts = {part.party_id: part.value for part in given}
            return _proportion(split, parts, "the contribution scores")


def _proportion(split: Split, numbers: Mapping[str, Fraction], what: str) -> tuple[Fraction, ...]:
    given = [numbers.get(share.party_id, Fraction(0)) for share in split.shares]
    whole = sum(given, Fraction(0))
    if whole <= 0 or any(number < 0 for number in given):
        raise NothingToRead(what=f"a split by {what}", reason="they are not above zero")
    return tuple(number / whole for number in given)


def counting(
    split: Split, shares: Sequence[Fraction], presence: Mapping[str, Fraction]
) -> tuple[Fraction, ...]:
    """The shares as they count in a period: `presence` is each party's share of its days.

    Law: with TO_THE_OTHERS they add up to 1 while anybody counts; otherwise what is lacking to 1
    fell free. Who is not named in `presence` was there throughout.
    """
    there = [_counts(split.pro_rata, presence.get(s.party_id, Fraction(1))) for s in split.shares]
    kept = [share * part for share, part in zip(shares, there, strict=True)]
    if split.falls_free is not FallsFree.TO_THE_OTHERS:
        return tuple(kept)
    whole = sum(kept, Fraction(0))
    return tuple(share / whole for share in kept) if whole > 0 else tuple(kept)


def _counts(rule: ProRata, presence: Fraction) -> Fraction:
    if rule is ProRata.BY_CALENDAR_DAY:
        return presence
    return Fraction(presence == 1)
