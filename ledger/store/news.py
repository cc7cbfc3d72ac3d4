"""News: what other processes committed, by LISTEN and NOTIFY.

The one rule: a notification is a wake-up and never the truth: it may be lost, and whoever follows
the ledger reads on from the index it stands at. Source: `postgres.md`, "Statements".
"""

import asyncio
from collections.abc import Callable

import asyncpg

from ledger.ids import EcosystemId, is_id
from ledger.store.pool import CONNECT_SECONDS, DRIVER_ERRORS, Connection, translated
from ledger.store.queries import load

SQL = load(__file__)
CHANNEL = "jpi_ledger"


async def wake(connection: Connection, ecosystem_id: EcosystemId) -> None:
    """Tell the other processes, when this transaction commits, that an ecosystem has more."""
    await connection.execute(SQL["wake"], CHANNEL, ecosystem_id)


async def listen(url: str, woken: Callable[[EcosystemId], None]) -> None:
    """Call `woken` for each ecosystem that got more, until the connection ends. Raises Trouble."""
    ended = asyncio.get_running_loop().create_future()

    def heard(_: object, _pid: object, _channel: object, payload: object) -> None:
        if isinstance(payload, str) and is_id(payload):
            woken(EcosystemId(payload))

    def closed(_: object) -> None:
        if not ended.done():
            ended.set_result(None)

    try:
        connection = await asyncpg.connect(
            url, timeout=CONNECT_SECONDS, server_settings={"application_name": "jpi-feed"}
        )
        try:
            connection.add_termination_listener(closed)
            await connection.add_listener(CHANNEL, heard)
            await ended
        finally:
            connection.terminate()
    except DRIVER_ERRORS as error:
        raise translated(error) from error
