"""Sums: what rows of observations add up to for a method, computed exactly in the database.

The one rule: a reference counts by its newest revision, wherever that one lies; rows in an agreed
exclusion's window count nowhere. Sums of `numeric` are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import asyncpg

from ledger.distribution import MAX_BINS, Bin
from ledger.exclusion import Window
from ledger.figures import MAX_LINES
from ledger.ids import EcosystemId
from ledger.method import HISTOGRAMS, MOMENTS, MethodTerms
from ledger.observation import Aggregate, AttributedSum
from ledger.periods import Period
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class LateRows:
    """Rows of one party that came after its part and change it, and the newest batch of them."""

    party: str
    row_count: int
    newest_batch: int


async def sum_up(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    method: MethodTerms,
    period: Period,
    windows: Sequence[tuple[int, Window]],
    proposed: Window | None = None,
    *,
    is_attributed: bool = False,
) -> Aggregate:
    """What a party's rows of a period say to a method. `windows`: (entry, window) left out.

    `proposed` is left out too, though no entry says so yet. `is_attributed`: by whom the rows name.

    The newest batch is read before the answers: rows that arrive between are found out by it.
    """
    decimals = method.answers.decimals if method.answers else None
    left_out = [window for _, window in windows] + ([proposed] if proposed else [])
    asked = (
        ecosystem_id,
        party,
        method.series,
        method.segment,
        period.key,
        period.starts_at,
        period.ends_at,
        [window.from_at for window in left_out],
        [window.until_at for window in left_out],
        [window.segment for window in left_out],
        decimals,
    )
    row = await connection.fetchrow(SQL["summed_up"], *asked)
    assert row is not None  # an aggregate without GROUP BY always gives one row
    found = Aggregate(
        Fraction(row["value"]),
        _fraction(row["denominator"]),
        row["sample_size"],
        row["row_count"],
        tuple(sorted(row["batches"])),
        row["seen_batch"],
        exclusions=tuple(sorted(index for index, _ in windows)),
        lowest=_fraction(row["lowest"]),
        highest=_fraction(row["highest"]),
        undivided=row["undivided"],
    )
    if is_attributed:
        named = await connection.fetch(SQL["attributed"], *asked, MAX_LINES + 1)
        found = replace(found, attributed=tuple(_attributed(each) for each in named))
    if method.kind in MOMENTS and not (method.answers and method.answers.no_answers):
        return replace(found, squares=Fraction(row["squares"]))
    if method.kind not in HISTOGRAMS | MOMENTS:
        return found
    bins = await connection.fetch(SQL["answers"], *asked, MAX_BINS + 1)
    return replace(
        found, answers=tuple(Bin(Fraction(each["value"]), each["count"]) for each in bins)
    )


async def late_rows(
    connection: Connection,
    ecosystem_id: EcosystemId,
    parts: Mapping[str, int],
    method: MethodTerms,
    period: Period,
) -> list[LateRows]:
    """Rows that change a period and came after the parts (party -> entry) of a measurement."""
    rows = await connection.fetch(
        SQL["late_rows"],
        ecosystem_id,
        list(parts),
        list(parts.values()),
        method.series,
        method.segment,
        period.key,
        period.starts_at,
        period.ends_at,
    )
    return [LateRows(row["party"], row["row_count"], row["newest_batch"]) for row in rows]


def _attributed(row: asyncpg.Record) -> AttributedSum:
    return AttributedSum(tuple(row["attribution"].split()), Fraction(row["value"]))


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
