"""Uploads as stored: how far each is, who may go on with it, and what a broken attempt leaves."""

from dataclasses import dataclass

import asyncpg

from ledger.history import decode_state, encode_state
from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import load
from ledger.upload import KEPT, LIFETIME, STALE, LineProblem, Upload, UploadState, UploadTerms

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class Locked:
    """An upload at the moment an attempt is decided on; its rows are stored under `number`."""

    upload: Upload
    number: int
    is_expired: bool
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an attempt is."""

    state: UploadState
    bytes_received: int = 0
    rows_received: int = 0
    rows_refused: int = 0
    rows_unchanged: int = 0
    rows_loaded: int = 0


async def add_upload(
    connection: Connection,
    ecosystem_id: EcosystemId,
    *,
    upload_id: str,
    party: str,
    subject: str,
    key: str,
    fingerprint: bytes,
    secret_hash: bytes,
    terms: UploadTerms,
    number: int,
) -> tuple[str, bytes]:
    """A new upload, or the one of a key used before; its id, and the fingerprint that it has."""
    made = await connection.fetchval(
        SQL["add_upload"],
        ecosystem_id,
        upload_id,
        party,
        subject,
        key,
        fingerprint,
        secret_hash,
        encode_state(terms).decode(),
        number,
        LIFETIME,
    )
    if made is not None:
        return upload_id, fingerprint
    row = await connection.fetchrow(
        SQL["renew_secret"], ecosystem_id, party, key, secret_hash, LIFETIME
    )
    assert row is not None  # the conflict was with this row, and rows with a key live for days
    return str(row["upload_id"]), bytes(row["fingerprint"])


async def read_upload(
    connection: Connection, ecosystem_id: EcosystemId, upload_id: str, party: str
) -> Upload | None:
    """An upload of a party."""
    row = await connection.fetchrow(SQL["upload"], ecosystem_id, upload_id, party)
    return None if row is None else _upload(row)


async def page_of_uploads(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    cursor: tuple[int, str] | None,
    limit: int,
    *,
    backward: bool,
) -> list[tuple[int, Upload]]:
    """A party's uploads, with when each was begun, after a cursor; or before it, newest first."""
    query = "uploads_before" if backward else "uploads_after"
    place = cursor or ((2**62, "") if backward else (0, ""))
    rows = await connection.fetch(SQL[query], ecosystem_id, party, *place, limit)
    return [(row["begun_us"], _upload(row)) for row in rows]


async def lock_upload(
    connection: Connection, ecosystem_id: EcosystemId, upload_id: str, secret_hash: bytes
) -> Locked | None:
    """The upload of an address, locked until the transaction ends."""
    row = await connection.fetchrow(SQL["lock_upload"], ecosystem_id, upload_id, secret_hash, STALE)
    if row is None:
        return None
    return Locked(_upload(row), row["batch_number"], row["is_expired"], row["is_stale"])


async def start_attempt(
    connection: Connection, ecosystem_id: EcosystemId, upload_id: str, number: int
) -> None:
    """Begin an attempt under a number of its own."""
    await connection.execute(SQL["start_attempt"], ecosystem_id, upload_id, number)


async def tell_progress(
    connection: Connection,
    ecosystem_id: EcosystemId,
    number: int,
    progress: Progress,
    problems: tuple[LineProblem, ...] | None = None,
) -> bool:
    """Note how far an attempt is; False when it was given up meanwhile."""
    told = await connection.fetchval(
        SQL["tell_progress"],
        ecosystem_id,
        number,
        progress.state,
        progress.bytes_received,
        progress.rows_received,
        progress.rows_refused,
        progress.rows_unchanged,
        progress.rows_loaded,
        None if problems is None else encode_state(problems).decode(),
    )
    return told is not None


async def is_attempt(connection: Connection, ecosystem_id: EcosystemId, number: int) -> bool:
    """Whether an attempt still runs; nobody gives it up before the transaction ends."""
    return await connection.fetchval(SQL["is_attempt"], ecosystem_id, number) is not None


async def drop_rows(
    connection: Connection, ecosystem_id: EcosystemId, number: int, seconds: float
) -> None:
    """Delete the rows of an attempt that came to nothing."""
    await connection.execute(SQL["drop_rows"], ecosystem_id, number, timeout=seconds)


async def give_up_stale(connection: Connection, ecosystem_id: EcosystemId) -> list[int]:
    """Give up attempts whose process died, and forget old uploads; the numbers of their rows."""
    await connection.execute(SQL["forget_ended"], ecosystem_id, KEPT)
    rows = await connection.fetch(SQL["give_up_stale"], ecosystem_id, STALE)
    return [row["batch_number"] for row in rows]


async def newest_batch(
    connection: Connection, ecosystem_id: EcosystemId, party: str, series: str
) -> int:
    """The index of the newest batch of a party's series, 0 when there is none."""
    index: int = await connection.fetchval(SQL["newest_batch"], ecosystem_id, party, series)
    return index


def _upload(row: asyncpg.Record) -> Upload:
    return Upload(
        row["upload_id"],
        row["party"],
        row["subject"],
        decode_state(row["terms"], UploadTerms),
        UploadState(row["state"]),
        row["bytes_received"],
        row["rows_received"],
        row["rows_refused"],
        row["rows_unchanged"],
        row["rows_loaded"],
        decode_state(row["problems"], tuple[LineProblem, ...]),
        row["entry_index"],
        row["expires_at"],
    )
