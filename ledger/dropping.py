"""Dropping: a party deletes raw rows that it may no longer keep; their leaf hashes stay.

The one rule: the entry names places (batch and number), never content, so that it tells nothing
about who was dropped; the batch's root still follows from the rows that are left and the salted
hashes of those that are not. Source: `ledger-format.md`, "Entry".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.observation import check_series

MAX_REFERENCES = 1000


class ReferencesMalformed(Refusal):
    """These references cannot be dropped: {reason}. -> Name 1 to 1000 references."""


class NothingToDrop(Refusal):
    """None of these references stands in your series {series!r}. -> Check series and references."""


@dataclass(frozen=True, slots=True)
class DroppedRows:
    """Rows of the batch of an entry, by their numbers, rising."""

    batch: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DropObservations:
    """Command: drop every revision of references; where they stand was looked up before."""

    series: str
    reference_count: int
    places: tuple[DroppedRows, ...]


@dataclass(frozen=True, slots=True)
class ObservationsDropped:
    """The content and salts of rows are gone from every table; their leaf hashes stay."""

    series: str
    rows: tuple[DroppedRows, ...]


def drop(command: DropObservations) -> tuple[Fact, ...]:
    """The fact of dropped rows. Raises BatchMalformed, ReferencesMalformed, NothingToDrop."""
    check_series(command.series)
    if not 1 <= command.reference_count <= MAX_REFERENCES:
        reason = f"they are {command.reference_count}"
        raise ReferencesMalformed("references", reason=reason)
    if not command.places:
        raise NothingToDrop("references", series=command.series)
    return (Fact(ObservationsDropped(command.series, command.places)),)


def is_orderly(rows: Sequence[DroppedRows], size: int) -> bool:
    """Whether rows are named once each, in order, of entries before `size`."""
    batches = [each.batch for each in rows]
    rising = all(before < after for before, after in pairwise(batches))
    numbers = all(
        each.numbers
        and each.numbers[0] >= 0
        and all(before < after for before, after in pairwise(each.numbers))
        for each in rows
    )
    return bool(rows) and rising and numbers and batches[0] >= 0 and batches[-1] < size
