"""Connections and transactions: where the driver begins and where its errors end.

The one rule: every transaction names its ecosystem first (`SET LOCAL app.ecosystem`), so that
row-level security keeps the others out even when a query forgets its WHERE. Nothing above this
package sees asyncpg: its errors become Trouble (the world) or Fault (an invariant).

Source: `postgres.md`, "Keys and constraints" and "Durability when a node dies".
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from ledger.canonical import TextMalformed
from ledger.errors import Fault, Refusal, Trouble
from ledger.ids import EcosystemId, is_id
from ledger.store.queries import load

SQL = load(__file__)
T = TypeVar("T")

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

CONNECT_SECONDS = 5
ACQUIRE_SECONDS = 5
STATEMENT_SECONDS = 30
MIN_SERVER = 15
SCHEMA = "0011"
"""The migration that this code was written for; a test compares it with the newest."""
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED"  # not READ WRITE: an operator's hand counts
_OURS = ("23", "22", "42", "0A", "XX001", "XX002")
"""SQLSTATEs, or their classes, of what is wrong on our side: a Fault, never retried."""
_NO_TEXT = ("22021", "22P05")
"""SQLSTATEs of a character that no text can hold."""


class DatabaseUnreachable(Trouble):
    """The database does not answer."""


class DatabaseReadOnly(Trouble):
    """The database takes no writes: a standby, or an operator's hand."""


class DatabaseExhausted(Trouble):
    """The database has no disk, memory or connection left."""


class Contended(Trouble):
    """Another transaction stood in the way."""


class ServerTooOld(Trouble):
    """The server is older than what we need."""


class SchemaDiffers(Trouble):
    """The database is not migrated to what this code was written for."""


class NotTheOwner(Trouble):
    """The role does not own the schema."""


class OutcomeUnknown(Trouble):
    """The connection was lost at COMMIT: look the key up under the head lock before retrying."""


class DoubleRow(Fault):
    """A row that must be the only one of its key stands already."""


_TROUBLES: tuple[tuple[str | tuple[str, ...], type[Trouble]], ...] = (
    ("25006", DatabaseReadOnly),
    ("53", DatabaseExhausted),
    (("40", "55P03"), Contended),
)


def translated(error: Exception) -> Fault | Trouble | Refusal:
    """The error of ours that a driver's error means, by SQLSTATE."""
    state = getattr(error, "sqlstate", None) or ""
    if state in _NO_TEXT:
        return TextMalformed()  # what somebody looks for, or narrows a list to, is no text of ours
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return Contended(f"the schema was migrated meanwhile: {error}")  # 0A000, gone on retrying
    if state == "23505":
        return DoubleRow(str(error))
    if state.startswith(_OURS):
        return Fault(f"{state}: {error}")
    for states, kind in _TROUBLES:
        if state.startswith(states):
            return kind(f"{state}: {error}")
    return DatabaseUnreachable(f"{type(error).__name__} {state}: {error}".strip())


DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


async def name_ecosystem(connection: Connection, ecosystem_id: EcosystemId) -> None:
    """Say which ecosystem the running transaction is about. Raises Fault."""
    if not is_id(ecosystem_id):
        raise Fault("an ecosystem id that is none reached the store")
    # formatted in, because a setting's name takes no parameter; checked above
    await connection.execute(f"SET LOCAL app.ecosystem = '{ecosystem_id}'")


class Database:
    """A pool of connections as the service role."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Wrap a pool; `open_database` makes one."""
        self._pool = pool

    @asynccontextmanager
    async def reading(self, ecosystem_id: EcosystemId) -> AsyncIterator[Connection]:
        """A read-only snapshot of one ecosystem. Raises Trouble or Fault, no driver's error."""
        async with self._transaction(ecosystem_id, readonly=True) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, ecosystem_id: EcosystemId) -> AsyncIterator[Connection]:
        """A transaction on one ecosystem, committed at the end unless an error leaves it.

        Raises OutcomeUnknown when the connection is lost at COMMIT itself.
        """
        async with self._transaction(ecosystem_id, readonly=False) as connection:
            yield connection

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """A connection for several transactions, reset after them. Raises Trouble or Fault."""
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                try:
                    yield connection
                finally:
                    with suppress(*DRIVER_ERRORS):  # a lost connection has nothing left to reset
                        await connection.reset()
        except DRIVER_ERRORS as error:
            raise translated(error) from error

    @asynccontextmanager
    async def _transaction(
        self, ecosystem_id: EcosystemId, *, readonly: bool
    ) -> AsyncIterator[Connection]:
        is_committing = False
        try:
            # one round trip; formatted in, because SET takes no parameter; checked above
            begin = _BEGIN_READING if readonly else _BEGIN_WRITING
            connection = await self._begin(f"{begin}; SET LOCAL app.ecosystem = '{ecosystem_id}'")
            try:
                try:
                    yield connection
                except BaseException:
                    with suppress(*DRIVER_ERRORS):  # a lost connection has rolled back by itself
                        await finished(connection.execute("ROLLBACK"))
                    raise
                is_committing = True
                # a COMMIT that was sent is never cancelled: postgres.md, durability 2
                done = await finished(connection.execute("COMMIT"))
                if done != "COMMIT":
                    raise Fault(f"an error was passed over in a transaction: it ended by {done}")
            finally:
                await self._pool.release(connection)
        except DRIVER_ERRORS as error:
            told = translated(error)
            if isinstance(told, DatabaseReadOnly):
                await self._pool.expire_connections()  # a session keeps what it was opened with
            if is_committing and not readonly and isinstance(told, Trouble):
                raise OutcomeUnknown(str(told)) from error
            raise told from error

    async def _begin(self, begin: str) -> asyncpg.pool.PoolConnectionProxy:
        """A connection on which a transaction began; one that died in the pool is passed over."""
        for _ in range(self._pool.get_max_size() + 1):
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
            try:
                await connection.execute(begin)
            except BaseException as error:
                is_dead = isinstance(error, DRIVER_ERRORS) and _is_closed(connection)
                await self._pool.release(connection)
                if not is_dead:
                    raise
            else:
                return connection
        raise DatabaseUnreachable("every connection that was held had died")

    async def check(self) -> None:
        """Return if the database answers with our schema. Raises Trouble: what to do about it."""
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                version = connection.get_server_version()
                if version.major < MIN_SERVER:
                    raise ServerTooOld(
                        f"the server is PostgreSQL {version.major}; {MIN_SERVER} or newer is needed"
                    )
                found = await connection.fetchval(SQL["schema_version"])
        except asyncpg.UndefinedTableError:
            found = None
        except DRIVER_ERRORS as error:
            raise translated(error) from error
        if found != SCHEMA:
            raise SchemaDiffers(
                f"the schema is at {found or 'nothing'}, we need {SCHEMA}: run `jpi migrate`"
            )

    @asynccontextmanager
    async def keeping_time(self, *, waits: bool = False) -> AsyncIterator[bool]:
        """Whether this process's timer is the one that enters what is due, while the block runs.

        There is one at a time on a database; `waits` until it is ours. Commands need no timer: they
        enter what is due before them. Raises Trouble or Fault, no driver's error.
        """
        async with self.session() as connection:
            if waits:
                await connection.execute(SQL["take_the_clock"])
            yield waits or bool(await connection.fetchval(SQL["try_the_clock"]))

    async def ecosystems_due(self, now: datetime, limit: int) -> list[EcosystemId]:
        """Ecosystems where the clock has something to enter by now, earliest first."""
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                rows = await connection.fetch(SQL["ecosystems_due"], now, limit)
        except DRIVER_ERRORS as error:
            raise translated(error) from error
        return [EcosystemId(str(row["ecosystem_id"])) for row in rows]

    async def close(self) -> None:
        """Give every connection back and close it; a connection that hangs is cut off."""
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_SECONDS)
        except TimeoutError:
            self._pool.terminate()


async def require_owner(connection: Connection) -> None:
    """Return if no ecosystem is hidden from this connection's role. Raises NotTheOwner."""
    if not await connection.fetchval(SQL["sees_everything"]):
        raise NotTheOwner(
            "this role does not see every ledger: JPI_OWNER_DATABASE_URL must name the role that "
            "owns the schema"
        )


async def finished(sent: Coroutine[Any, Any, T]) -> T:
    """What was sent, to its end, also where nobody waits any more: then CancelledError after it.

    A connection on which something still runs is not given back, and no error of it goes unheard.
    """
    running = asyncio.create_task(sent)
    is_cancelled = False
    while not running.done():
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:
            is_cancelled = True
    failed = running.exception()
    if is_cancelled:
        raise asyncio.CancelledError from failed
    if failed is not None:
        raise failed
    return running.result()


def _is_closed(connection: asyncpg.pool.PoolConnectionProxy) -> bool:
    """Whether a connection is gone; one whose end the pool noticed first answers nothing more."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def ecosystems_of(owner_url: str) -> list[str]:
    """The ids of all ecosystems, as the role that owns the schema sees them.

    Raises NotTheOwner where row-level security would hide some; Trouble.
    """
    try:
        connection = await asyncpg.connect(owner_url, timeout=CONNECT_SECONDS)
        try:
            await require_owner(connection)
            rows = await connection.fetch(SQL["all_ecosystems"])
        finally:
            await connection.close()
    except DRIVER_ERRORS as error:
        raise translated(error) from error
    return [str(row["ecosystem_id"]) for row in rows]


async def _nothing_to_reset(_: object) -> None:
    """Spare a round trip a transaction: what it sets ends with it; a `session` resets itself."""


async def open_database(url: str, size: int) -> Database:
    """A pool of up to `size` connections. Raises DatabaseUnreachable with what to check."""
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            reset=_nothing_to_reset,
            server_settings={"application_name": "jpi", "timezone": "UTC"},
        )
    except (*DRIVER_ERRORS, ValueError) as error:
        raise DatabaseUnreachable(str(error) or type(error).__name__) from error
    return Database(pool)
