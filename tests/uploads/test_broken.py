"""Whatever dies or moves in the middle of an upload: nothing is half-loaded, nothing doubled."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from service.embedded import Embedded
from service.settings import Settings
from tests.auditor import audit
from tests.desk import holding, until
from tests.test_crash import ready, start
from tests.uploads.steps import (
    BUYER,
    PROGRESS,
    SERIES,
    TRACK,
    TRAIN,
    answers,
    begin,
    send,
)
from tests.world import World, bare

TOTAL = f'{{ observationTotals(series: "{SERIES}") {{ rowCount }} }}'


@pytest_asyncio.fixture
async def superuser(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may do everything."""
    connection = await asyncpg.connect(database.url("postgres"))
    yield connection
    await connection.close()


async def row_counts(superuser: asyncpg.Connection) -> tuple[int, int]:
    """Rows stored, and rows shown."""
    stored: int = await superuser.fetchval("SELECT count(*) FROM observation_row")
    shown: int = await superuser.fetchval("SELECT count(*) FROM observation")
    return stored, shown


async def test_a_service_killed_while_it_loads_leaves_nothing(
    settings: Settings, superuser: asyncpg.Connection
) -> None:
    """Kill -9 with rows stored: none is shown, and the same address takes the file again."""
    process = start(settings)
    async with World.of(settings) as world:
        await ready(world)
        await world.found(BUYER, TRACK, TRAIN)
        begun = await begin(world)
        sending = asyncio.create_task(send(world, begun, answers(120_000)))

        async def is_loading() -> bool:
            return (await row_counts(superuser))[0] > 0

        await until(is_loading, "rows are stored")
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        with pytest.raises(httpx.TransportError):
            await sending
        stored, shown = await row_counts(superuser)
        assert stored > shown == 0

        process = start(settings)
        try:
            await ready(world)
            assert await world.size() == 1
            assert (await send(world, begun, answers(10)))[0] == 409  # it may live for a minute
            aged = "UPDATE observation_upload SET seen_at = seen_at - interval '2 minutes'"
            await superuser.execute(aged)
            status, answer = await send(world, begun, answers(10))
            assert (status, answer["rowsEntered"]) == (200, 10)
            assert await row_counts(superuser) == (10, 10)
        finally:
            process.terminate()
            process.wait(timeout=30)
        await audit(settings, world.ecosystem_id)


@pytest_asyncio.fixture
async def told(world: World) -> AsyncIterator[World]:
    """A founded ecosystem, whose ledger must audit clean."""
    await world.found(BUYER, TRACK, TRAIN)
    yield world
    await audit(world.settings, world.ecosystem_id)


async def test_rows_of_the_dead_are_swept_when_the_next_upload_begins(
    told: World, superuser: asyncpg.Connection
) -> None:
    """In the same ecosystem; what an entry commits to is not touched."""
    begun = await begin(told)
    await send(told, begun, answers(5))
    stuck = await begin(told, TRAIN)
    upload_id = bare(stuck["upload"]["id"])
    await superuser.execute(
        """INSERT INTO observation_row
        SELECT ecosystem_id, party, series, 'lost', revision, (
            SELECT batch_number FROM observation_upload WHERE upload_id = $1
        ), number, period, at, segment, value, denominator, sample_size,
            leaf_hash, attribution, salt
        FROM observation_row LIMIT 1""",
        upload_id,
    )
    aged = "UPDATE observation_upload SET state = 'LOADING', seen_at = seen_at - interval '1 hour' "
    await superuser.execute(aged + "WHERE upload_id = $1", upload_id)
    assert await row_counts(superuser) == (6, 5)

    await begin(told)

    assert await row_counts(superuser) == (5, 5)
    shown = (await told.read(TRAIN, PROGRESS, id=stuck["upload"]["id"]))["observationUpload"]
    assert shown["state"] == "FAILED"


async def test_a_connection_lost_in_the_middle_is_told_and_mended(
    told: World, superuser: asyncpg.Connection
) -> None:
    """The database cuts the staging connection off: 503, and the next try goes in."""
    begun = await begin(told)

    async def body() -> AsyncIterator[bytes]:
        yield answers(3000)
        cut = """SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity
            WHERE query ILIKE 'COPY%' AND state = 'active'"""

        async def is_cut() -> bool:
            return bool(await superuser.fetchval(cut))

        await until(is_cut, "its connection is cut")
        yield b"z,2024-02-01T10:00:00Z,1\n"

    status, answer = await send(told, begun, body())
    assert (status, answer["errors"][0]["extensions"]["code"]) == (503, "TRY_LATER")
    assert (await send(told, begun, answers(10)))[0] == 200
    assert await row_counts(superuser) == (10, 10)


async def recorded(world: World, party: str, reference: str, series: str) -> dict[str, Any]:
    """The payload of one row recorded by mutation."""
    row = {"reference": reference, "period": "2024-02", "value": "1"}
    return await world.do(party, "recordObservations", {"series": series, "rows": [row]})


async def loading(world: World, begun: dict[str, Any]) -> None:
    """Until an upload is loaded and waits for its entry."""

    async def is_loaded() -> bool:
        data = await world.read(TRACK, PROGRESS, id=begun["upload"]["id"])
        upload = data["observationUpload"]
        return bool(upload["state"] == "LOADING" and upload["rowsLoaded"] == 10)

    await until(is_loaded, "the upload is loaded")


async def test_a_batch_that_came_first_makes_an_upload_be_prepared_again(
    told: World, superuser: asyncpg.Connection, database: Embedded
) -> None:
    """It enters against the newest batch, and both are counted."""
    begun = await begin(told)
    async with holding(database, told.ecosystem_id) as hold:
        first = asyncio.create_task(recorded(told, TRACK, "first", SERIES))
        await until(hold.is_waited_for, "a writer waits")
        sending = asyncio.create_task(send(told, begun, answers(10)))
        await loading(told, begun)

    assert (await first)["problems"] == []
    status, answer = await sending
    assert (status, answer["state"], answer["rowsEntered"]) == (200, "ENTERED", 10)
    assert (await told.read(BUYER, TOTAL))["observationTotals"] == [{"rowCount": 11}]
    assert await row_counts(superuser) == (11, 11)


async def test_a_row_behind_an_upload_of_its_reference_is_refused(
    told: World, superuser: asyncpg.Connection, database: Embedded
) -> None:
    """Also when both are entered by one transaction."""
    begun = await begin(told)
    async with holding(database, told.ecosystem_id) as hold:
        other = asyncio.create_task(recorded(told, TRAIN, "other", "another"))
        await until(hold.is_waited_for, "a writer waits")
        sending = asyncio.create_task(send(told, begun, answers(10)))
        await loading(told, begun)
        behind = asyncio.create_task(recorded(told, TRACK, "r3", SERIES))
        await told.size()  # served after it, so it waits in line by now

    assert (await other)["problems"] == []
    assert (await sending)[0] == 200
    assert [each["code"] for each in (await behind)["problems"]] == ["REFERENCE_TAKEN"]
    assert await row_counts(superuser) == (11, 11)


async def test_an_attempt_that_was_given_up_cannot_enter(
    told: World, superuser: asyncpg.Connection, database: Embedded
) -> None:
    """Its process was believed dead: what it prepared is refused under the lock."""
    begun = await begin(told)
    async with holding(database, told.ecosystem_id) as hold:
        other = asyncio.create_task(recorded(told, TRAIN, "other", "another"))
        await until(hold.is_waited_for, "a writer waits")
        sending = asyncio.create_task(send(told, begun, answers(10)))
        await loading(told, begun)
        await superuser.execute("UPDATE observation_upload SET state = 'FAILED'")

    await other
    status, answer = await sending
    assert (status, answer["errors"][0]["extensions"]["code"]) == (422, "UPLOAD_LAPSED")
    assert await told.size() == 2
