"""Staging: a file's lines on one connection, judged and loaded set-wise.

The one rule: staged rows live in a temporary table, seen by their own connection alone: no
row-level security stands in COPY's way, nothing is written to the log, and a crash leaves nothing.
Source: `postgres.md`, "Keys and constraints".
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ledger.amounts import render_number
from ledger.ids import EcosystemId
from ledger.store import uploads
from ledger.store.pool import DRIVER_ERRORS, Connection, name_ecosystem, translated
from ledger.store.queries import load
from ledger.upload import Bounds, LineProblem, UploadTerms

SQL = load(__file__)

PATIENCE_SECONDS = 3600
"""For one statement over all rows of the largest file."""
HMAC_BLOCK = 64  # RFC 2104: the block size of SHA-256
CHUNK_ROWS = 1 << 15
"""Rows loaded in one transaction: a power of two, so that each run is a complete subtree."""


class AttemptLost(Exception):  # noqa: N818 -- it only leaves the transaction
    """The attempt was given up by another process, its rows are gone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of an attempt go."""

    ecosystem_id: EcosystemId
    party: str
    series: str
    number: int


@dataclass(frozen=True, slots=True)
class Faults:
    """The first refused lines, and how many there are in all."""

    problems: tuple[LineProblem, ...] = ()
    count: int = 0


class Staging:
    """The staged lines of one attempt, on a connection of its own."""

    def __init__(self, connection: Connection) -> None:
        """Stage on `connection`; `drop` leaves it as it was."""
        self._connection = connection

    async def make(self, terms: UploadTerms) -> None:
        """An empty table for the lines."""
        await self.drop()
        await self._connection.execute(SQL["make_rows"])
        await self._connection.fetch(SQL["set_zone"], terms.time_zone or "UTC", terms.period)
        await self._connection.execute(SQL["make_facts"])

    async def drop(self) -> None:
        """Leave nothing on the connection."""
        await self._connection.execute(SQL["drop_all"])

    async def copy(self, blocks: AsyncIterator[bytes]) -> None:
        """Stage lines as `Intake` writes them."""
        await self._connection.copy_to_table(
            "upload_row", source=blocks, format="text", timeout=24 * PATIENCE_SECONDS
        )
        await self._connection.execute(SQL["index_rows"], timeout=PATIENCE_SECONDS)

    async def judge(self, terms: UploadTerms, bounds: Bounds, members: frozenset[str]) -> Faults:
        """What is wrong with the lines, each by itself."""
        return await self._faults(
            "judge",
            terms.time_zone,
            terms.period,
            terms.not_before,
            terms.before,
            bounds.unit,
            _decimal(bounds.minimum),
            _decimal(bounds.maximum),
            sorted(members),
        )

    async def doubles(self) -> Faults:
        """Lines whose reference and revision stand twice in the file."""
        return await self._faults("doubles")

    async def differing(self, place: Place) -> Faults:
        """Lines whose reference and revision stand in the ledger with another content."""
        async with self._connection.transaction():
            await name_ecosystem(self._connection, place.ecosystem_id)
            return await self._faults("differing", place.ecosystem_id, place.party, place.series)

    async def drop_unchanged(self, place: Place) -> int:
        """Leave out what stands in the ledger already; how many lines that are."""
        async with self._connection.transaction():
            await name_ecosystem(self._connection, place.ecosystem_id)
            count: int = await self._connection.fetchval(
                SQL["drop_unchanged"],
                place.ecosystem_id,
                place.party,
                place.series,
                timeout=PATIENCE_SECONDS,
            )
            if count:
                await self._connection.execute(SQL["renumber"], timeout=PATIENCE_SECONDS)
        return count

    async def load(self, place: Place, salt: bytes, start: int) -> bytes:
        """Load the run of rows from number `start` on; their leaf hashes, one after the other.

        Raises AttemptLost; DoubleRow when a reference stands twice in the file.
        """
        inner, outer = _key_blocks(salt)
        try:
            return await self._load(place, inner, outer, start)
        except DRIVER_ERRORS as error:
            raise translated(error) from error

    async def _load(self, place: Place, inner: bytes, outer: bytes, start: int) -> bytes:
        async with self._connection.transaction():
            await name_ecosystem(self._connection, place.ecosystem_id)
            if not await uploads.is_attempt(self._connection, place.ecosystem_id, place.number):
                raise AttemptLost
            await self._connection.execute(SQL["prefer_index"])
            leaves: bytes = await self._connection.fetchval(
                SQL["load_rows"],
                place.ecosystem_id,
                place.party,
                place.series,
                inner,
                outer,
                start,
                start + CHUNK_ROWS,
                place.number,
                timeout=PATIENCE_SECONDS,
            )
        return leaves

    async def _faults(self, query: str, *arguments: object) -> Faults:
        rows = await self._connection.fetch(SQL[query], *arguments, timeout=PATIENCE_SECONDS)
        problems = tuple(LineProblem(row["line"], row["column"], row["reason"]) for row in rows)
        return Faults(problems, rows[0]["refused"] if rows else 0)


def _key_blocks(salt: bytes) -> tuple[bytes, bytes]:
    """HMAC's inner and outer key block of a salt. Source: RFC 2104, section 2."""
    key = salt.ljust(HMAC_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(render_number(value))
