"""The sequencer when the world fails it: real processes, real cuts, rows the database refuses."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import asyncpg
import pytest

from ledger.actor import Role
from ledger.agreement import Objection
from ledger.batch import Receipt, Request
from ledger.canonical import TextMalformed
from ledger.commit import KeyMalformed, Ledger, ShuttingDown
from ledger.ecosystem import FoundEcosystem, NewParty
from ledger.errors import Fault
from ledger.ids import EcosystemId
from ledger.observation import BatchMalformed, Observation, RecordObservations
from ledger.party import PartyRole
from ledger.sequencer import QueueFull
from ledger.store.pool import open_database
from service.embedded import Embedded
from tests.auditor import audit
from tests.desk import FOUNDER, Clock, Desk, holding, until
from tests.proxy import Cut, Proxy, proxy
from tests.test_crash import RECORD
from tests.world import World

ROOT = Path(__file__).parent.parent
ROW = Observation("a", 1, "2024-04", None, "", Fraction(1))
AHEAD = timezone(timedelta(hours=14))


async def owner(database: Embedded, statement: str) -> None:
    """A statement as the role that owns the schema."""
    connection = await asyncpg.connect(database.owner_url)
    await connection.execute(statement)
    await connection.close()


@asynccontextmanager
async def behind(through: Proxy, database: Embedded, desk: Desk) -> AsyncIterator[Desk]:
    """The same desk in a process whose way to the database may be cut."""
    opened = await open_database(through.url("jpi_service", database.database), 2)
    other = Desk(opened, Clock())
    other.actor = desk.actor
    yield other
    await other.ledger.close()
    await opened.close()


async def test_several_processes_leave_no_gap_and_enter_a_shared_key_once(
    database: Embedded, desk: Desk
) -> None:
    """Three real processes, thirty keys of their own and thirty that all of them send."""
    words = ("-m", "tests.writer", database.service_url)
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *(*words, desk.actor.ecosystem_id, desk.actor.party_id),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={"PATH": os.defpath},
        )
        for _ in range(3)
    ]
    for each in started:
        assert each.stdout is not None
        assert await each.stdout.readline() == b"ready\n"

    async def writes(number: int, each: asyncio.subprocess.Process) -> dict[str, int]:
        keys = [f"own-{number}-{n}" for n in range(30)] + [f"shared-{n}" for n in range(30)]
        out, _ = await each.communicate((" ".join(keys) + "\n").encode())
        found: dict[str, int] = json.loads(out)
        return found

    told = await asyncio.gather(*(writes(n, each) for n, each in enumerate(started)))

    indices = {key: index for answer in told for key, index in answer.items()}
    assert sorted(indices.values()) == list(range(1, 1 + 30 * 4))
    assert all(answer[key] == indices[key] for answer in told for key in answer)


@pytest.mark.parametrize(
    "rule",
    [
        "ALTER TABLE observation_row ADD CONSTRAINT nothing_is_bad CHECK (reference !~ '^bad')",
        """CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE 'bad' USING ERRCODE = 'check_violation'; END $$;
           CREATE CONSTRAINT TRIGGER late AFTER INSERT ON observation_row
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
             WHEN (NEW.reference LIKE 'bad%') EXECUTE FUNCTION no()""",
    ],
    ids=["at INSERT", "at COMMIT"],
)
async def test_a_row_that_the_database_refuses_fails_alone(
    database: Embedded, desk: Desk, rule: str
) -> None:
    """Every other of its batch lands; the bad one uses up no key and takes no index."""
    await owner(database, rule)
    asked = [desk.record(f"bad{n}" if n in (5, 21) else f"r{n}") for n in range(40)]

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [n for n, each in enumerate(answers) if isinstance(each, Fault)] == [5, 21]
    landed = [each.index for each in answers if isinstance(each, Receipt)]
    assert sorted(landed) == list(range(1, 39))
    await owner(database, "DROP TRIGGER IF EXISTS late ON observation_row")
    await owner(database, "ALTER TABLE observation_row DROP CONSTRAINT IF EXISTS nothing_is_bad")
    again = await desk.record("bad5")
    assert (again.index, again.is_repeat) == (39, False)


async def test_a_request_that_breaks_the_engine_fails_alone_and_strands_nobody(desk: Desk) -> None:
    """Whatever it raises; those that wait behind it in the queue are served too."""
    nonsense = desk.request(ROW, "n")  # type: ignore[arg-type]  # on purpose
    asked = [desk.record("a"), asyncio.ensure_future(desk.ledger.submit(nonsense))]
    asked += [desk.record(f"r{n}") for n in range(600)]

    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [n for n, each in enumerate(answers) if isinstance(each, Fault)] == [1]
    assert await desk.size() == 602


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (replace(ROW, reference="a\0"), "rows[0].reference"),
        (replace(ROW, segment="\0"), "rows[0].segment"),
        (replace(ROW, period="", at=datetime(1, 1, 1, tzinfo=AHEAD)), "rows[0].at"),
        (replace(ROW, period="", at=datetime(2024, 4, 1)), "rows[0].at"),  # noqa: DTZ001
        (replace(ROW, revision=2**31), "rows[0].revision"),
        (replace(ROW, sample_size=2**53), "rows[0].sampleSize"),
    ],
)
async def test_what_the_database_could_not_hold_is_refused_with_its_place(
    desk: Desk, row: Observation, path: str
) -> None:
    """Before anything is written, so that it disturbs nobody."""
    request = Request(RecordObservations("s", (row,)), desk.actor, "k", b"")
    bad, good = asyncio.ensure_future(desk.ledger.submit(request)), desk.record("b", "k")

    with pytest.raises((TextMalformed, BatchMalformed)) as refused:
        await bad
    assert refused.value.path == path
    assert (await good).index == 1


async def test_nul_is_refused_in_every_text_and_key(desk: Desk) -> None:
    """PostgreSQL keeps it in no text and in no JSON."""
    parties = (NewParty("A", PartyRole.OUTSOURCER), NewParty("B\0", PartyRole.PARTNER))
    founding = FoundEcosystem(EcosystemId("00000000-0000-8000-8000-000000000000"), "E", parties)
    request = Request(founding, FOUNDER, "k", b"")
    with pytest.raises(TextMalformed) as refused:
        await desk.ledger.submit(request)
    assert refused.value.path == "parties[1].name"
    approver = replace(desk.actor, roles=frozenset({Role.APPROVER}))
    with pytest.raises(TextMalformed) as refused:
        await desk.ledger.submit(Request(Objection("p", "why\0"), approver, "k", b""))
    assert refused.value.path == "reason"
    with pytest.raises(KeyMalformed):
        await desk.record("a", "k\0")


@pytest.mark.parametrize(
    ("cut", "is_repeat"), [(Cut.ON_THE_WAY_THERE, False), (Cut.ON_THE_WAY_BACK, True)]
)
async def test_a_commit_whose_outcome_nobody_heard_is_entered_once(
    database: Embedded, desk: Desk, cut: Cut, is_repeat: bool
) -> None:
    """The retry looks the keys up under the head lock: it finds what landed, enters the rest."""
    async with proxy(database.socket_folder) as network, behind(network, database, desk) as other:
        assert (await other.record("before")).index == 1
        other.noticed.clear()
        network.lose(cut)

        receipts = await asyncio.gather(*(other.record(f"r{n}") for n in range(10)))

        assert network.left == 0
        assert {each.is_repeat for each in receipts} == {is_repeat}  # all in one batch
        assert [each.index for each in receipts] == list(range(2, 12))
        assert other.noticed, "a checkpoint is due"
        for n, receipt in enumerate(receipts):
            assert await desk.record(f"r{n}") == replace(receipt, is_repeat=True)
        assert await desk.size() == 12


@pytest.mark.parametrize("cut", [Cut.ON_THE_WAY_THERE, Cut.ON_THE_WAY_BACK])
async def test_a_network_that_stays_away_says_try_later_and_the_key_tells_what_happened(
    database: Embedded, desk: Desk, cut: Cut
) -> None:
    """More COMMITs are lost than one request retries; the caller's own retry gets the receipt."""
    async with proxy(database.socket_folder) as network, behind(network, database, desk) as other:
        network.lose(cut, times=4)
        answers = await asyncio.gather(
            *(other.record(f"r{n}") for n in range(5)), return_exceptions=True
        )
        assert not any(isinstance(each, Receipt) for each in answers)
        network.lose(Cut.NOWHERE, times=0)

        again = await asyncio.gather(*(other.record(f"r{n}") for n in range(5)))

        assert [each.index for each in again] == [1, 2, 3, 4, 5]
        assert again[0].is_repeat is (cut is Cut.ON_THE_WAY_BACK)


async def test_a_caller_that_hangs_up_in_the_middle_finds_its_receipt(
    world: World, database: Embedded
) -> None:
    """Its connection is cut while the mutation waits for the head; the write lands all the same."""
    await world.found("Buyer", "Partner")
    row = {"reference": "a", "period": "2024-04", "value": "1"}
    variables = {"g": {"idempotencyKey": "k", "series": "s", "rows": [row]}}
    token = world.token("Buyer")
    body = json.dumps({"query": RECORD, "variables": variables}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    async with holding(database, world.ecosystem_id) as hold:
        _, writer = await asyncio.open_connection(world.settings.host, world.settings.port)
        writer.write(head.encode() + body)
        await until(hold.is_waited_for, "the mutation waits for the head")
        writer.transport.abort()
        await hold.let_go()

    async def landed() -> bool:
        return await world.size() == 2

    await until(landed, "the write landed")
    answer = await world.ask(RECORD, variables, token)
    receipt = answer["data"]["recordObservations"]["receipt"]
    assert (receipt["index"], receipt["isRepeat"]) == (1, True)
    await audit(world.settings, world.ecosystem_id)


async def test_what_waits_at_shutdown_is_committed_and_what_comes_later_is_told(
    database: Embedded, desk: Desk
) -> None:
    """More than one batch of it."""
    async with holding(database, desk.actor.ecosystem_id) as hold:
        waiting = [desk.record(f"r{n}") for n in range(700)]
        await until(hold.is_waited_for, "the first batch waits for the head")
        closing = asyncio.create_task(desk.ledger.close())
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown):
            await desk.record("late")
        await hold.let_go()
    await closing

    assert sorted(each.index for each in await asyncio.gather(*waiting)) == list(range(1, 701))


async def test_a_queue_that_was_full_takes_writes_again_once_it_is_served(
    database: Embedded, desk: Desk
) -> None:
    """While the head is held elsewhere it fills; nothing that it took is lost."""
    small = Desk(desk.database, Clock(), queue_limit=20)
    small.actor = desk.actor
    async with holding(database, desk.actor.ecosystem_id) as hold:
        first = small.record("first")
        await until(hold.is_waited_for, "the first waits for the head")
        more = [small.record(f"r{n}") for n in range(30)]
        full = await asyncio.gather(*more[20:], return_exceptions=True)
        assert all(isinstance(each, QueueFull) for each in full)
        await hold.let_go()

    taken = await asyncio.gather(first, *more[:20])
    assert sorted(each.index for each in taken) == list(range(1, 22))
    assert (await small.record("r29")).index == 22
    await small.ledger.close()


async def test_a_clock_that_stands_back_after_a_restart_never_makes_an_entry_older(
    desk: Desk, clock: Clock
) -> None:
    """The new process knows the newest entry's instant from the head, not from its memory."""
    clock.off = timedelta(seconds=4)
    first = await desk.record("a")
    clock.off = timedelta(seconds=-4)
    again = Desk(desk.database, clock)
    again.ledger = Ledger(desk.database, desk.ledger.log_identity, clock=clock)
    again.actor = desk.actor

    second = await again.record("b")

    assert (first.index, second.index) == (1, 2)
    assert await again.instants() == sorted(await again.instants())
    await again.ledger.close()
