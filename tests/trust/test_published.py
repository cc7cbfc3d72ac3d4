"""Checkpoints are signed after the commit, few under load, in order, and every one is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from ledger.checkpoint import open_checkpoint, render_verifier
from ledger.commands import LogIdentity
from ledger.commit import Ledger
from ledger.ids import EcosystemId
from ledger.publish import PAUSE_SECONDS, Publisher
from ledger.rollback import root_at
from ledger.store import entries
from ledger.store.pool import open_database
from service.embedded import Embedded
from service.keys import log_signer, log_signers
from service.memory import FileMemory
from service.settings import Settings
from tests.desk import Clock, Desk, holding, until
from tests.world import World, serving

NOTED = """mutation($g: RecordObservationsInput!) { recordObservations(input: $g) {
  receipt { index checkpoint { size note } } } }"""
KEPT = "SELECT size, note, published_at FROM checkpoint ORDER BY published_at, size"


async def kept(database: Embedded) -> list[asyncpg.Record]:
    """Every checkpoint that stands, in the order in which they were published."""
    connection = await asyncpg.connect(database.url("postgres"))
    rows: list[asyncpg.Record] = await connection.fetch(KEPT)
    await connection.close()
    return rows


def given(key: str) -> dict[str, object]:
    """One observation under its reference as key."""
    row = {"reference": key, "period": "2024-04", "value": "1"}
    return {"g": {"idempotencyKey": key, "series": "s", "rows": [row]}}


@asynccontextmanager
async def publishing(settings: Settings, memory: Path) -> AsyncIterator[tuple[Desk, Publisher]]:
    """A process of its own: a desk with the log's key, and what publishes its commits."""
    database = await open_database(settings.database_url or "", 6)
    signer = log_signer(settings)
    publisher = Publisher(database, lambda: log_signers(settings), FileMemory(memory))
    desk = Desk(database, Clock())
    desk.ledger = Ledger(
        database,
        LogIdentity(signer.name, render_verifier(signer.verifier)),
        memory=FileMemory(memory),
        committed=publisher.notice,
    )
    yield desk, publisher
    await desk.ledger.close()
    await publisher.close()
    await database.close()


async def test_many_who_ask_for_a_proof_at_once_share_checkpoints(
    world: World, database: Embedded
) -> None:
    """Each gets one that covers its write; there are no more of them than batches."""
    await world.found("Buyer", "Partner")
    token = world.token("Buyer")

    answers = await asyncio.gather(*(world.ask(NOTED, given(f"r{n}"), token) for n in range(60)))

    receipts = [each["data"]["recordObservations"]["receipt"] for each in answers]
    assert all(each["checkpoint"]["size"] > each["index"] for each in receipts)
    published = {row["size"]: row["note"] for row in await kept(database)}
    assert all(published[r["checkpoint"]["size"]] == r["checkpoint"]["note"] for r in receipts)
    connection = await asyncpg.connect(database.url("postgres"))
    batches = await connection.fetchval("SELECT count(DISTINCT at) FROM entry")
    await connection.close()
    assert len(published) <= batches < 60


async def test_under_load_there_is_a_checkpoint_a_second_and_not_a_write(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """Writes that follow each other within a second are signed for once."""
    async with publishing(settings, tmp_path / "m") as (desk, _):
        await desk.found(settings)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for n in range(200):
            await desk.record(f"r{n}")
        seconds = loop.time() - began
    published = await kept(database)
    assert published[-1]["size"] == 201
    assert len(published) <= 2 + seconds / PAUSE_SECONDS


async def test_two_processes_never_publish_behind_each_other(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """Sizes grow with time, none is published twice, all are of one history."""
    async with (
        publishing(settings, tmp_path / "one") as (one, first),
        publishing(settings, tmp_path / "two") as (two, second),
    ):
        await one.found(settings)
        two.actor = one.actor
        key = one.actor.ecosystem_id

        async def writes(desk: Desk, publisher: Publisher, name: str) -> None:
            for n in range(40):
                receipt = await desk.record(f"{name}{n}")
                covering = await publisher.covering(key, receipt.index + 1)
                assert covering.size > receipt.index

        pairs = [(one, first), (two, second), (one, first), (two, second)]
        await asyncio.gather(*(writes(*pair, f"{n}-") for n, pair in enumerate(pairs)))
        async with one.database.reading(key) as connection:
            head = await entries.read_head(connection, key)
            assert head is not None
            for row in await kept(database):
                origin, log = row["note"].split("\n", 1)[0], log_signer(settings).verifier
                signed = open_checkpoint(row["note"], origin, log).checkpoint
                assert signed.size == row["size"]
                assert signed.root == await root_at(connection, key, head, signed.size)

    sizes = [row["size"] for row in await kept(database)]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == 161


async def test_a_checkpoint_that_could_not_be_kept_is_kept_once_it_can(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """Nobody has to write again for it."""
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute("""
        CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE 'full' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON checkpoint
          FOR EACH ROW EXECUTE FUNCTION full_disk()""")
    async with publishing(settings, tmp_path / "m") as (desk, _):
        await desk.found(settings)
        key = desk.actor.ecosystem_id

        async def failed() -> bool:
            return FileMemory(tmp_path / "m").recall(key) is not None

        async def published() -> bool:
            return bool(await kept(database))

        await until(failed, "it was signed and could not be kept")
        assert await kept(database) == []
        await owner.execute("DROP TRIGGER full_disk ON checkpoint")
        await until(published, "it is kept")
    await owner.close()


async def test_a_shutdown_waits_for_what_is_being_published(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """The pool closes after it: a checkpoint that was begun is kept."""
    async with publishing(settings, tmp_path / "m") as (desk, publisher):
        await desk.found(settings)
        async with holding(database, desk.actor.ecosystem_id) as hold:
            await until(hold.is_waited_for, "the checkpoint waits for the head")
            closing = asyncio.create_task(publisher.close())
            closed, _ = await asyncio.wait({closing}, timeout=0.1)
            await hold.let_go()
        await closing
        published = await kept(database)
    assert not closed
    assert [row["size"] for row in published] == [1]


async def test_what_a_crash_left_without_a_checkpoint_is_published_at_the_next_start(
    settings: Settings, database: Embedded
) -> None:
    """Committed, and the process died before it signed."""
    async with serving(settings) as world:
        await world.found("Buyer", "Partner")
    database_url = settings.database_url or ""
    silent = await open_database(database_url, 2)
    desk = Desk(silent, Clock())
    key = EcosystemId(world.ecosystem_id.rpartition(":")[2])
    desk.adopt(key, world.parties["Buyer"].rpartition(":")[2])
    await desk.record("unsigned")
    await desk.ledger.close()
    await silent.close()
    assert (await kept(database))[-1]["size"] == 1

    async with serving(settings):

        async def published() -> bool:
            return bool((await kept(database))[-1]["size"] == 2)

        await until(published, "the start published what was left")


async def test_the_newest_checkpoint_is_plain_text_for_members_alone(world: World) -> None:
    """The same note as by GraphQL; to others nothing."""
    await world.found("Buyer", "Partner")
    answer = await world.ask(NOTED, given("a"), world.token("Buyer"))
    note = answer["data"]["recordObservations"]["receipt"]["checkpoint"]["note"]
    headers = {"authorization": f"Bearer {world.token('Partner')}"}

    text = await world.client.get("/checkpoint", headers=headers)
    stranger = await world.client.get("/checkpoint")

    assert text.text == note
    assert text.headers["content-type"].startswith("text/plain")
    assert stranger.status_code == 401
