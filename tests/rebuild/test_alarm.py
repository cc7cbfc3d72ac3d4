"""A fault found at run time stops the writes of its ecosystem alone, and everybody hears of it."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from service.app import open_doors
from service.embedded import Embedded
from service.settings import Settings
from service.telemetry import Telemetry
from tests.auditor import audit, owner_url
from tests.ports import free_port
from tests.rebuild.steps import going_round
from tests.test_story import BUYER, TRACK
from tests.trust.steps import carry, record
from tests.trust.test_proofs_and_keys import jpi
from tests.world import World, bare, serving

PARTNERS = (TRACK,)
SIZE = "{ ecosystem { size writesStoppedBecause } }"
RECORD = """mutation($g: RecordObservationsInput!) { recordObservations(input: $g) {
  problems { code } receipt { index inclusionProof { hashes } } } }"""
DECAYED = r"UPDATE entry SET leaf_hash = set_byte(leaf_hash, 0, 255 - get_byte(leaf_hash, 0)) "


@asynccontextmanager
async def two_chains(settings: Settings) -> AsyncIterator[tuple[World, World]]:
    """A service with two ecosystems."""
    async with serving(settings) as one:
        other = World(one.settings, one.client)
        other.count = 1000
        yield one, other


async def metrics(settings: Settings) -> dict[str, float]:
    """What a monitor reads, by name and labels."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{settings.metrics_port}/metrics")).text
    found = re.findall(r"^(jpi_[^ ]+) ([^ ]+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


async def tried(world: World, key: str) -> dict[str, str]:
    """What a write is answered when it does not go through."""
    row = {"reference": key, "period": "2024-04", "value": "1"}
    given = {"idempotencyKey": key, "series": "s", "rows": [row]}
    answer = await world.ask(RECORD, {"g": given}, world.token(TRACK))
    found: dict[str, str] = answer["errors"][0]["extensions"]
    return found


@pytest.fixture
def watched(settings: Settings) -> Settings:
    """A service that a monitor looks at, on the first of two free ports."""
    return settings.model_copy(update={"metrics_port": two_free_ports()})


def two_free_ports() -> int:
    """The first of two free neighbours, below those that the kernel gives away."""
    start = 20_000 + os.getpid() % 5_000 * 2
    for first in range(start, start + 1_000, 2):
        try:
            with socket.socket() as one, socket.socket() as two:
                one.bind(("127.0.0.1", first))
                two.bind(("127.0.0.1", first + 1))
        except OSError:
            continue
        return first
    raise AssertionError("a thousand ports are taken")


async def test_what_is_written_is_counted(watched: Settings) -> None:
    """By how it ended; histograms of batches; no name of a tenant."""
    async with serving(watched) as world:
        await world.found(BUYER, *PARTNERS)
        await record(world, TRACK, 3)
        row = {"reference": "r0", "period": "2024-04", "value": "1"}
        await world.refused(TRACK, "recordObservations", {"series": "s", "rows": [row]})
        given = {"series": "s", "rows": [{**row, "reference": "twice"}]}
        for _ in range(2):
            await world.done(TRACK, "recordObservations", given, key="twice")
        found = await metrics(watched)

        assert found['jpi_commit_requests_total{outcome="entered"}'] == 5
        assert found['jpi_commit_requests_total{outcome="repeated"}'] == 1
        assert found['jpi_commit_requests_total{outcome="refused"}'] == 1
        assert found['jpi_commit_requests_total{outcome="fault"}'] == 0
        assert found["jpi_commit_entries_total"] == 5 == await world.size()
        assert found["jpi_commit_batch_requests_sum"] == 7
        assert found["jpi_commit_batch_seconds_count"] == found["jpi_commit_wait_seconds_count"]
        assert found["jpi_commit_queue_depth"] == 0
        assert found["jpi_books"] == 1
        assert found["jpi_checkpoints_total"] >= 1
        assert not any(bare(world.ecosystem_id) in name for name in found)
        again = await world.client.get("/metrics")
        assert again.status_code == 404  # the street door tells nobody


async def test_workers_take_the_ports_that_follow(watched: Settings) -> None:
    """And a service that finds none does not start."""
    wide = watched.model_copy(update={"workers": 2})
    async with serving(wide) as world:
        second = wide.model_copy(update={"port": free_port()})
        async with serving(second):
            await world.found(BUYER, *PARTNERS)
            beside = wide.model_copy(update={"metrics_port": (wide.metrics_port or 0) + 1})
            counts = [await metrics(each) for each in (wide, beside)]
            entered = [each["jpi_commit_entries_total"] for each in counts]
            assert entered == [1, 0]
            async with open_doors(wide) as doors:
                with (
                    pytest.raises(OSError, match="no port is free"),
                    Telemetry().told(wide, doors.ledger),
                ):
                    pass


async def test_a_corrupted_leaf_stops_its_ecosystem_only(
    watched: Settings, database: Embedded, caplog: pytest.LogCaptureFixture
) -> None:
    """Alarm in log and metrics; reads go on; a restart forgets nothing; resumed once whole."""
    async with two_chains(watched) as (one, other):
        await one.found(BUYER, *PARTNERS)
        await other.found(BUYER, *PARTNERS)
        assert one.ecosystem_id != other.ecosystem_id
        await record(one, TRACK, 3)
    ecosystem = bare(one.ecosystem_id)
    gauge = f'jpi_alarm{{ecosystem="{ecosystem}"}}'
    here = f"WHERE ecosystem_id = '{ecosystem}' AND index = 2"
    async with going_round(database) as decay:
        await decay.execute(DECAYED + here)

    async with two_chains(watched) as (first, second):
        carry(one, first)
        carry(other, second)
        assert gauge not in await metrics(watched)
        assert (await tried(first, "k1"))["code"] == "FAULT"
        assert (await tried(first, "k2"))["code"] == "WRITES_STOPPED"
        await record(second, TRACK, 2, "others go on")
        told = (await first.read(TRACK, SIZE))["ecosystem"]
        assert (
            "entry 2: the envelope is not the one that was hashed" in told["writesStoppedBecause"]
        )
        assert told["size"] == 4
        assert (await second.read(TRACK, SIZE))["ecosystem"]["writesStoppedBecause"] is None
        found = await metrics(watched)
        assert found[gauge] == 1
        assert found['jpi_commit_requests_total{outcome="fault"}'] == 1
        assert sum(name.startswith("jpi_alarm") for name in found) == 1
    alarms = [each for each in caplog.records if each.levelname == "CRITICAL"]
    assert any("ALARM" in each.getMessage() and ecosystem in each.getMessage() for each in alarms)

    owner = {"JPI_OWNER_DATABASE_URL": owner_url(watched)}
    words = ("resume", "--ecosystem", ecosystem)
    async with two_chains(watched) as (first, _):
        carry(one, first)
        assert (await metrics(watched))[gauge] == 1
        assert (await tried(first, "k3"))["code"] == "WRITES_STOPPED"
        still = await asyncio.to_thread(jpi, watched, *words, **owner)
        assert (still.returncode, "STILL STOPPED" in still.stdout) == (1, True)
    async with going_round(database) as decay:
        await decay.execute(DECAYED + here)  # the same bits turned back
    lifted = await asyncio.to_thread(jpi, watched, *words, **owner)
    assert (lifted.returncode, "LIFTED" in lifted.stdout) == (0, True), lifted.stderr
    assert "no alarm" in (await asyncio.to_thread(jpi, watched, *words, **owner)).stdout
    async with two_chains(watched) as (first, _):
        carry(one, first)
        await record(first, TRACK, 1, "goes on")
        assert gauge not in await metrics(watched)
    await audit(watched, one.ecosystem_id)
    await audit(watched, other.ecosystem_id)


async def test_a_nightly_check_stops_a_running_service(
    watched: Settings, database: Embedded
) -> None:
    """What the running process has folded already, only a check reads again."""
    owner = {"JPI_OWNER_DATABASE_URL": owner_url(watched)}
    async with two_chains(watched) as (one, other):
        await one.found(BUYER, *PARTNERS)
        await other.found(BUYER, *PARTNERS)
        await record(one, TRACK, 3)
        async with going_round(database) as decay:
            await decay.execute(
                f"{DECAYED} WHERE ecosystem_id = '{bare(one.ecosystem_id)}' AND index = 2"
            )
        await record(one, TRACK, 1, "nobody noticed")

        words = ("rebuild", "--check", "--stop-writes")
        done = await asyncio.to_thread(jpi, watched, *words, **owner)

        assert done.returncode == 1, done.stderr
        assert (await tried(one, "k"))["code"] == "FAULT"
        assert (await tried(one, "k"))["code"] == "WRITES_STOPPED"
        told = (await one.read(TRACK, SIZE))["ecosystem"]["writesStoppedBecause"]
        assert "jpi rebuild found: entry index=2, leaf_hash" in told
        await record(other, TRACK, 2, "others go on")
        alarms = [name for name in await metrics(watched) if name.startswith("jpi_alarm")]
        assert alarms == [f'jpi_alarm{{ecosystem="{bare(one.ecosystem_id)}"}}']


async def test_a_head_that_is_no_trees_stops_a_running_service(
    watched: Settings, database: Embedded
) -> None:
    """Its hashes are those of no size: nothing is written on top of it."""
    async with two_chains(watched) as (one, other):
        await one.found(BUYER, *PARTNERS)
        await other.found(BUYER, *PARTNERS)
        await record(one, TRACK, 2)
        async with going_round(database) as decay:
            await decay.execute(
                "UPDATE ledger_head SET frontier = frontier || frontier WHERE ecosystem_id = $1",
                bare(one.ecosystem_id),
            )

        assert (await tried(one, "k"))["code"] == "FAULT"
        assert (await tried(one, "k"))["code"] == "WRITES_STOPPED"
        await record(other, TRACK, 2, "others go on")


async def test_a_proof_that_proves_nothing_is_not_given(
    watched: Settings, database: Embedded
) -> None:
    """A decayed node is noticed by the proof that needs it: an alarm, not a wrong proof."""
    ask = "query { entry(index: 0) { inclusionProof { hashes } } }"
    async with two_chains(watched) as (one, other):
        await one.found(BUYER, *PARTNERS)
        await other.found(BUYER, *PARTNERS)
        await record(one, TRACK, 7)
        await one.read(BUYER, ask)
        async with going_round(database) as decay:
            await decay.execute(
                r"UPDATE node SET hash = decode(repeat('00', 32), 'hex') WHERE level = 2"
            )

        answer = await one.ask(ask, token=one.token(BUYER))

        assert answer["errors"][0]["extensions"]["code"] == "FAULT"
        assert (await tried(one, "k"))["code"] in ("FAULT", "WRITES_STOPPED")
        await record(other, TRACK, 2, "others go on")
