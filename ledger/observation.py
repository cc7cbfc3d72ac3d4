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
from ledger.series import Declaration, check_declaration, declared_now, require_within

MAX_BATCH = 1000
"""Rows in one mutation; more come by upload."""
MAX_TEXT = 120
MAX_REVISION = 2**31 - 1
YEARS = range(1000, 9999)
"""Four digits, in every time zone."""


class BatchMalformed(Refusal):
    """This batch cannot be recorded: {reason}. -> Correct the row and push the batch again."""


class SeriesMoved(Refusal):
    """Observations of series {series!r} arrived meanwhile. -> Send the same upload again."""


class UploadLapsed(Refusal):
    """This attempt at the upload was given up, and its rows are gone. -> Send the upload again."""


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
    attribution: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordObservations:
    """Command: record a batch of one series.

    `declared` is what its values are in; it holds for the party's later batches of the series too.
    """

    series: str
    rows: tuple[Observation, ...]
    declared: Declaration | None = None


@dataclass(frozen=True, slots=True)
class EnterUpload:
    """Command: enter an uploaded batch, checked and loaded outside the lock against `seen_batch`.

    `seen_batch` is the newest batch of the party's series when it was prepared, 0 for none;
    `number` is what its rows are stored under.
    """

    upload_id: str
    series: str
    count: int
    root: bytes
    number: int
    seen_batch: int
    declared: Declaration | None = None


@dataclass(frozen=True, slots=True)
class ObservationsRecorded:
    """A batch entered the ledger. `root` is the Merkle root of its rows' leaf hashes, base64.

    `declared` is what its values are in, where it says so.
    """

    batch_id: str
    series: str
    count: int
    root: bytes
    declared: Declaration | None


@dataclass(frozen=True, slots=True)
class ObservationsRecordedV1:
    """Version 1, before a batch could say what its values are in."""

    batch_id: str
    series: str
    count: int
    root: bytes

    def upgraded(self) -> ObservationsRecorded:
        """What it means in the newest version."""
        return ObservationsRecorded(self.batch_id, self.series, self.count, self.root, None)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows with what the ledger commits to. `salts` keep dropped rows from being guessed."""

    event: ObservationsRecorded
    salts: tuple[bytes, ...]
    leaf_hashes: tuple[bytes, ...]
    rows: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A batch whose rows are stored already, under `number`; its entry makes them visible."""

    event: ObservationsRecorded
    number: int


def row_bytes(series: str, row: Observation) -> bytes:
    """Canonical bytes of a row, the same for whoever holds it; `load_rows` makes them in SQL."""
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
    if row.attribution:
        fields["attribution"] = " ".join(row.attribution)
    return encode(fields)


def row_salt(salt: bytes, number: int) -> bytes:
    """The salt of row `number` (from 0) of a batch, from a salt of the batch that is not kept.

    HMAC-SHA-256(salt, number as 8 bytes, the highest first). Source: RFC 2104.
    """
    return hmac.digest(salt, number.to_bytes(8, "big"), sha256)


def row_leaf(salt: bytes, data: bytes) -> bytes:
    """Leaf hash of a row: RFC 6962 over its salt and its bytes."""
    return tree.leaf_hash(salt + data)


def record(
    command: RecordObservations, standing: Declaration | None, members: frozenset[str], seed: Seed
) -> Batch:
    """The batch of checked rows. `standing` is what the party's series was declared to be before.

    Raises BatchMalformed with the row's place, and what `check_declaration` raises.
    """
    check_series(command.series)
    check_declaration(command.series, command.declared, standing)
    _check(command, declared_now(command.declared, standing), members)
    salt = seed.new_salt()
    series = command.series.strip()
    salts = tuple(row_salt(salt, number) for number in range(len(command.rows)))
    leaves = tuple(
        row_leaf(own, row_bytes(series, row)) for own, row in zip(salts, command.rows, strict=True)
    )
    event = ObservationsRecorded(
        seed.new_id(), series, len(command.rows), tree.root(leaves), command.declared
    )
    return Batch(event, salts, leaves, command.rows)


def enter(command: EnterUpload, standing: Declaration | None, newest_batch: int) -> Loaded:
    """The batch of an upload. Raises SeriesMoved, and what `check_declaration` raises."""
    if command.seen_batch != newest_batch:
        raise SeriesMoved(series=command.series)
    check_declaration(command.series, command.declared, standing)
    event = ObservationsRecorded(
        command.upload_id, command.series, command.count, command.root, command.declared
    )
    return Loaded(event, command.number)


def check_series(series: str) -> None:
    """Return if a series can have this name. Raises TextMalformed, BatchMalformed."""
    require_text(series, "series")
    if not 1 <= len(series.strip()) <= MAX_TEXT:
        raise BatchMalformed("series", reason="a series has a name of 1 to 120 characters")


def _check(
    command: RecordObservations, declared: Declaration | None, members: frozenset[str]
) -> None:
    if not 1 <= len(command.rows) <= MAX_BATCH:
        raise BatchMalformed("rows", reason=f"a batch has 1 to {MAX_BATCH} rows")
    seen: set[tuple[str, int]] = set()
    for number, row in enumerate(command.rows):
        place = f"rows[{number}]"
        _check_row(row, place)
        try:
            require_within(declared, row.value)
        except ValueError as error:
            raise BatchMalformed(f"{place}.value", reason=str(error)) from None
        unknown = [each for each in row.attribution if each not in members]
        if unknown or list(row.attribution) != sorted(set(row.attribution)):
            reason = "name each responsible party once, by its id, in the order of ids"
            raise BatchMalformed(f"{place}.attribution", reason=reason)
        key = (row.reference, row.revision)
        if key in seen:
            raise BatchMalformed(f"{place}.reference", reason="the reference stands twice")
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
class AttributedSum:
    """What the rows add up to that name these parties; those that name nobody are the reporter's.

    Of several parties a row is in equal parts.
    """

    parties: tuple[str, ...]
    value: Fraction


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a party's rows of one series, segment and period add up to, prepared outside the lock.

    `batches` are the ledger indices of the batches the rows came with; `seen_batch` is the newest
    batch of the party's series when it was prepared, 0 when there was none. For methods over single
    answers `value` is their sum, and `answers` or `squares` say the rest. `exclusions` are the
    entries of the exclusions that left rows out; `lowest` and `highest` are the extreme values.
    `attributed` adds up to `value`, by whom the rows name; None where that is not read.
    `undivided` is how many rows state no denominator.
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
    attributed: tuple[AttributedSum, ...] | None = None
    undivided: int = 0
