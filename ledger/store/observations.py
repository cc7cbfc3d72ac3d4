"""Observations as stored: rows beside the ledger, committed to by the entry of their batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ledger.amounts import render_number
from ledger.ids import EcosystemId
from ledger.observation import Aggregate, Batch, ReferenceTaken
from ledger.periods import Period
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class SeriesTotal:
    """What one party's rows of a series add up to."""

    party: str
    value: Fraction
    denominator: Fraction | None
    sample_size: int | None
    row_count: int


async def check_references(
    connection: Connection, ecosystem_id: EcosystemId, party: str, batch: Batch
) -> None:
    """Return if every (reference, revision) of the batch is new; raise ReferenceTaken otherwise."""
    rows = await connection.fetch(
        SQL["taken_references"],
        ecosystem_id,
        party,
        batch.event.series,
        [row.reference for row in batch.rows],
        [row.revision for row in batch.rows],
    )
    taken = {(row["reference"], row["revision"]) for row in rows}
    for number, row in enumerate(batch.rows):
        if (row.reference, row.revision) in taken:
            raise ReferenceTaken(
                f"rows[{number}].reference",
                row=number,
                reference=row.reference,
                revision=row.revision,
            )


async def add_batch(
    connection: Connection, ecosystem_id: EcosystemId, index: int, party: str, batch: Batch
) -> None:
    """The rows of a batch, beside the entry at `index` that commits to them."""
    rows, series = batch.rows, batch.event.series
    await connection.execute(
        SQL["add_batches"], ecosystem_id, [index], [party], [series], [len(rows)], [batch.salt]
    )
    await connection.execute(
        SQL["add_observations"],
        ecosystem_id,
        party,
        series,
        index,
        [row.reference for row in rows],
        [row.revision for row in rows],
        list(range(len(rows))),
        [row.period for row in rows],
        [row.at for row in rows],
        [row.segment for row in rows],
        [_decimal(row.value) for row in rows],
        [_decimal(row.denominator) for row in rows],
        [row.sample_size for row in rows],
        list(batch.leaf_hashes),
    )


async def aggregate(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    series: str,
    segment: str,
    period: Period,
) -> Aggregate:
    """What a party's rows of a period add up to, each reference by its newest revision."""
    row = await connection.fetchrow(
        SQL["aggregate"],
        ecosystem_id,
        party,
        series,
        segment,
        period.key,
        period.starts_at,
        period.ends_at,
    )
    assert row is not None  # an aggregate without GROUP BY always gives one row
    return Aggregate(
        Fraction(row["value"]),
        _fraction(row["denominator"]),
        row["sample_size"],
        row["row_count"],
        tuple(sorted(row["batches"])),
        row["seen_batch"],
    )


async def totals(
    connection: Connection,
    ecosystem_id: EcosystemId,
    series: str,
    segment: str,
    periods: Sequence[str],
) -> list[SeriesTotal]:
    """What each party's rows of a series add up to, over the named periods or all."""
    rows = await connection.fetch(SQL["totals"], ecosystem_id, series, segment, list(periods))
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
