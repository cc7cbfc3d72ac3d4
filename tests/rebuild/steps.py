"""Steps that the stories about rebuilding share: a full ledger, and an owner who goes round it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from ledger.actor import Role
from service.embedded import Embedded
from tests.test_story import (
    BUYER,
    PARTNERS,
    TRACK,
    agreed_indicator,
    agreed_scheme,
    measured,
    paid,
    settled,
)
from tests.trust.steps import exported, follower
from tests.world import World


async def full_ledger(world: World, folder: Path) -> None:
    """Founded, measured, settled, paid, remarked upon, dropped, cosigned: no table is empty."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    await paid(world, await settled(world, await agreed_scheme(world, indicator)))
    await world.done(TRACK, "makeRemark", {"text": "Snow on the line."})
    gone = {"series": "delay-minutes", "references": ["P01"]}
    admin = world.token(TRACK, Role.ADMIN)
    await world.done(TRACK, "dropObservations", gone, "rowCount", token=admin)
    one = follower(world, TRACK, folder)
    await asyncio.to_thread(one.register, "witness")
    await exported(world, BUYER, folder / "published.ndjson")
    await asyncio.to_thread(one.step)


@asynccontextmanager
async def going_round(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A superuser for whom no trigger fires."""
    connection = await asyncpg.connect(database.url("postgres"))
    try:
        await connection.execute("SET session_replication_role = replica")
        yield connection
    finally:
        await connection.close()
