"""Observations: the raw facts that a party pushes, and the batch that enters the ledger.

The one rule: rows live beside the ledger, and the entry of their batch carries their count and
Merkle root, so that a measurement can be proved to be made of exactly those rows. A row's identity
is (party, series, reference, revision); its content is never a key: two equal answers are two
answers. Source: `domain.md` section 5.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256

from ledger import tree
from ledger.amounts import render_number
from ledger.canonical import MAX_INTEGER, encode, require_text
from ledger.distribution import Bin
from ledger.errors import Refusal
from ledger.ids import Seed

MAX_BATCH = 1000
"""Rows in one mutation; more come by upload."""
MAX_TEXT = 120
MAX_REVISION = 2**31 - 1
YEARS = range(1000, 9999)
"""Four digits, in every time zone."""


class BatchMalformed(Refusal):
    """This batch cannot be recorded: {reason}. -> Correct the row and push the batch again."""


class ReferenceTaken(Refusal):
    """Row {row}: {reference!r} revision {revision} stands already. -> Push a higher revision."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One raw fact. It names its period by key, or an instant from which the period follows.

    `denominator` is what a ratio divides by; `sample_size` how many single facts it sums up.
    """

    reference: str
    revision: int
    period: str
    at: datetime | None
    segment: str
    value: Fraction
    denominator: Fraction | None = None
    sample_size: int | None = None


@dataclass(frozen=True, slots=True)
class RecordObservations:
    """Command: record a batch of one series."""

    series: str
    rows: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class ObservationsRecorded:
    """A batch entered the ledger. `root` is the Merkle root of its rows' leaf hashes, base64."""

    batch_id: str
    series: str
    count: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows with what the ledger commits to. `salt` keeps dropped rows from being guessed."""

    event: ObservationsRecorded
    salt: bytes
    leaf_hashes: tuple[bytes, ...]
    rows: tuple[Observation, ...]


def row_bytes(series: str, row: Observation) -> bytes:
    """Canonical bytes of a row, the same for whoever holds it."""
    fields: dict[str, object] = {
        "at": row.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if row.at else None,
        "denominator": None if row.denominator is None else render_number(row.denominator),
        "period": row.period,
        "reference": row.reference,
        "revision": row.revision,
        "sampleSize": row.sample_size,
        "segment": row.segment,
        "series": series,
        "value": render_number(row.value),
    }
    return encode(fields)


def row_leaf(salt: bytes, number: int, data: bytes) -> bytes:
    """Leaf hash of row `number` (from 0): RFC 6962 over HMAC-SHA-256(salt, number) || row bytes."""
    row_salt = hmac.digest(salt, number.to_bytes(8, "big"), sha256)
    return tree.leaf_hash(row_salt + data)


def record(command: RecordObservations, seed: Seed) -> Batch:
    """The batch of checked rows. Raises BatchMalformed with the row's place."""
    _check(command)
    salt = seed.new_salt()
    leaves = tuple(
        row_leaf(salt, number, row_bytes(command.series, row))
        for number, row in enumerate(command.rows)
    )
    event = ObservationsRecorded(
        seed.new_id(), command.series.strip(), len(command.rows), tree.root(leaves)
    )
    return Batch(event, salt, leaves, command.rows)


def _check(command: RecordObservations) -> None:
    require_text(command.series, "series")
    if not 1 <= len(command.series.strip()) <= MAX_TEXT:
        raise BatchMalformed("series", reason="a series has a name of 1 to 120 characters")
    if not 1 <= len(command.rows) <= MAX_BATCH:
        raise BatchMalformed("rows", reason=f"a batch has 1 to {MAX_BATCH} rows")
    seen: set[tuple[str, int]] = set()
    for number, row in enumerate(command.rows):
        _check_row(row, f"rows[{number}]")
        key = (row.reference, row.revision)
        if key in seen:
            raise BatchMalformed(f"rows[{number}].reference", reason="the reference stands twice")
        seen.add(key)


def _check_row(row: Observation, place: str) -> None:
    _check_place(row, place)
    if not 1 <= row.revision <= MAX_REVISION:
        raise BatchMalformed(f"{place}.revision", reason="revisions count from 1, below 2^31")
    for name, number in (("value", row.value), ("denominator", row.denominator)):
        if number is not None and "/" in render_number(number):
            raise BatchMalformed(f"{place}.{name}", reason="a raw fact is a finite decimal")
    if row.denominator is not None and row.denominator < 0:
        raise BatchMalformed(f"{place}.denominator", reason="a denominator is not negative")
    if row.sample_size is not None and not 0 <= row.sample_size <= MAX_INTEGER:
        raise BatchMalformed(f"{place}.sampleSize", reason="a sample size is not negative")


def can_stand(series: str, row: Observation) -> bool:
    """Whether a row by this identity could stand in the ledger at all."""
    return 1 <= row.revision <= MAX_REVISION and "\0" not in series + row.reference


def _check_place(row: Observation, place: str) -> None:
    """What a row is known by, and what it is about."""
    if not 1 <= len(row.reference) <= MAX_TEXT:
        raise BatchMalformed(f"{place}.reference", reason="a reference has 1 to 120 characters")
    for name, text in (("period", row.period), ("segment", row.segment)):
        if len(text) > MAX_TEXT:
            raise BatchMalformed(f"{place}.{name}", reason=f"a {name} has at most 120 characters")
    if "\0" in row.reference + row.period + row.segment:
        require_text(row, place)
    if bool(row.period) == (row.at is not None):
        raise BatchMalformed(place, reason="give either the period's key or the instant")
    if row.at is not None and (row.at.tzinfo is None or row.at.year not in YEARS):
        raise BatchMalformed(f"{place}.at", reason="an instant has an offset and a usual year")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a party's rows of one series, segment and period add up to, prepared outside the lock.

    `batches` are the ledger indices of the batches the rows came with; `seen_batch` is the newest
    batch of the party's series when it was prepared, 0 when there was none. For methods over single
    answers `value` is their sum, and `answers` or `squares` say the rest. `exclusions` are the
    entries of the exclusions that left rows out; `lowest` and `highest` are the extreme values.
    """

    value: Fraction
    denominator: Fraction | None
    sample_size: int | None
    row_count: int
    batches: tuple[int, ...]
    seen_batch: int
    answers: tuple[Bin, ...] = ()
    squares: Fraction | None = None
    exclusions: tuple[int, ...] = ()
    lowest: Fraction | None = None
    highest: Fraction | None = None
