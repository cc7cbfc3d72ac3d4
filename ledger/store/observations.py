"""Observations as stored: rows beside the ledger, committed to by the entry of their batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import asyncpg

from ledger.amounts import render_number
from ledger.dropping import DroppedRows
from ledger.ids import EcosystemId
from ledger.observation import Batch, Loaded, Observation
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)

Reference = tuple[str, str, str, int]
"""What a row is known by: party, series, reference, revision."""
STANDING = 0
"""In place of an upload's number: the row is visible already."""


@dataclass(frozen=True, slots=True)
class SeriesTotal:
    """What one party's rows of a series add up to."""

    party: str
    value: Fraction
    denominator: Fraction | None
    sample_size: int | None
    row_count: int


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch: the entry that commits to it, and the number that its rows are stored under."""

    index: int
    number: int
    series: str
    count: int


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of a batch; one that was dropped has neither content nor salt."""

    number: int
    row: Observation | None
    salt: bytes
    leaf_hash: bytes


async def batches_after(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    series: str,
    size: int,
    after: int,
    limit: int,
) -> list[StoredBatch]:
    """A party's batches (of a series, or all) below a ledger size, after an entry's index."""
    rows = await connection.fetch(
        SQL["batches_after"], ecosystem_id, party, series, size, after, limit
    )
    return [
        StoredBatch(row["index"], row["number"], row["series"], row["row_count"]) for row in rows
    ]


async def rows_between(
    connection: Connection, ecosystem_id: EcosystemId, number: int, start: int, end: int
) -> list[StoredRow]:
    """The rows of a batch's number from `start` on, before `end`."""
    rows = await connection.fetch(SQL["rows_between"], ecosystem_id, number, start, end)
    return [
        StoredRow(row["number"], _row(row), row["salt"] or b"", row["leaf_hash"]) for row in rows
    ]


def _row(row: asyncpg.Record) -> Observation | None:
    if row["salt"] is None:
        return None
    return Observation(
        row["reference"],
        row["revision"],
        row["period"],
        row["at"],
        row["segment"],
        Fraction(row["value"]),
        _fraction(row["denominator"]),
        row["sample_size"],
        tuple(row["attribution"].split()),
    )


async def taken_references(
    connection: Connection,
    ecosystem_id: EcosystemId,
    asked: Sequence[Reference],
    arriving: Sequence[int],
) -> dict[int, set[Reference]]:
    """Which of the asked references stand already (STANDING), or come with uploads, by number.

    Read it under the head lock.
    """
    taken: dict[int, set[Reference]] = {}
    if not asked:
        return taken
    columns = [list(column) for column in zip(*asked, strict=True)]
    rows = await connection.fetch(SQL["taken_references"], ecosystem_id, *columns, list(arriving))
    for row in rows:
        reference = (row["party"], row["series"], row["reference"], row["revision"])
        taken.setdefault(row["number"], set()).add(reference)
    return taken


async def lock_loading(
    connection: Connection, ecosystem_id: EcosystemId, numbers: Sequence[int]
) -> set[int]:
    """Which of the uploads of such numbers are loaded and wait for their entry."""
    if not numbers:
        return set()
    rows = await connection.fetch(SQL["lock_loading"], ecosystem_id, list(numbers))
    return {row["batch_number"] for row in rows}


async def add_loaded(
    connection: Connection, ecosystem_id: EcosystemId, added: Sequence[tuple[int, str, Loaded]]
) -> None:
    """Make the rows of uploads (index, party, batch) visible, beside their entries."""
    if not added:
        return
    indices = [index for index, _, _ in added]
    numbers = [loaded.number for _, _, loaded in added]
    await connection.execute(
        SQL["add_batches"],
        ecosystem_id,
        indices,
        numbers,
        [party for _, party, _ in added],
        [loaded.event.series for _, _, loaded in added],
        [loaded.event.count for _, _, loaded in added],
    )
    await connection.execute(SQL["uploads_entered"], ecosystem_id, numbers, indices)


async def add_batches(
    connection: Connection, ecosystem_id: EcosystemId, added: Sequence[tuple[int, str, Batch]]
) -> None:
    """The rows of batches (index, party, batch), beside the entries that commit to them."""
    if not added:
        return
    await connection.execute(
        SQL["add_batches"],
        ecosystem_id,
        [index for index, _, _ in added],
        [index for index, _, _ in added],
        [party for _, party, _ in added],
        [batch.event.series for _, _, batch in added],
        [len(batch.rows) for _, _, batch in added],
    )
    rows = [
        (index, party, batch.event.series, number, row, salt, leaf)
        for index, party, batch in added
        for number, (row, salt, leaf) in enumerate(
            zip(batch.rows, batch.salts, batch.leaf_hashes, strict=True)
        )
    ]
    indices, parties, series, numbers, observed, salts, leaves = map(list, zip(*rows, strict=True))
    await connection.execute(
        SQL["add_observations"],
        ecosystem_id,
        parties,
        series,
        indices,
        [row.reference for row in observed],
        [row.revision for row in observed],
        numbers,
        [row.period for row in observed],
        [row.at for row in observed],
        [row.segment for row in observed],
        [_decimal(row.value) for row in observed],
        [_decimal(row.denominator) for row in observed],
        [row.sample_size for row in observed],
        [" ".join(row.attribution) for row in observed],
        salts,
        leaves,
    )


async def places(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    series: str,
    references: Sequence[str],
) -> tuple[DroppedRows, ...]:
    """Where references of a party's series stand, every revision."""
    rows = await connection.fetch(SQL["places"], ecosystem_id, party, series, list(references))
    return tuple(DroppedRows(row["batch_index"], tuple(row["numbers"])) for row in rows)


async def drop_rows(
    connection: Connection, ecosystem_id: EcosystemId, dropped: Sequence[tuple[str, DroppedRows]]
) -> None:
    """Delete rows (party, places) and keep their leaf hashes in their place."""
    if not dropped:
        return
    named = [(party, each.batch, number) for party, each in dropped for number in each.numbers]
    parties, batches, numbers = map(list, zip(*named, strict=True))
    await connection.execute(SQL["keep_leaves"], ecosystem_id, parties, batches, numbers)
    await connection.execute(SQL["drop_kept"], ecosystem_id, batches, numbers)


async def totals(
    connection: Connection,
    ecosystem_id: EcosystemId,
    series: str,
    segment: str,
    periods: Sequence[str],
    until: int | None = None,
) -> list[SeriesTotal]:
    """What each party's rows of a series add up to, over the named periods or all.

    `until`: of batches below that index alone; None: of all.
    """
    rows = await connection.fetch(
        SQL["totals"], ecosystem_id, series, segment, list(periods), until
    )
    return [
        SeriesTotal(
            row["party"],
            Fraction(row["value"]),
            _fraction(row["denominator"]),
            row["sample_size"],
            row["row_count"],
        )
        for row in rows
    ]


def _decimal(value: Fraction | None) -> Decimal | None:
    """An exact decimal; observations are finite decimals by the API's scalar."""
    if value is None:
        return None
    return Decimal(render_number(value))


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
