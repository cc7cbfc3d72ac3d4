"""kill -9 in the middle of 200 concurrent mutations: every acknowledged receipt verifies after."""

import asyncio
import os
import signal
import subprocess
import sys
from base64 import b64decode
from typing import IO, Any

import httpx
import pytest

from ledger.checkpoint import open_checkpoint, parse_verifier
from ledger.tree import verify_inclusion
from service.embedded import Embedded
from service.settings import Settings
from tests.auditor import audit
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.world import World

COUNT = 200
ENOUGH = 40
RECORD = """mutation($g: RecordObservationsInput!) { recordObservations(input: $g) {
  problems { code } receipt { index leafHash isRepeat } } }"""


def start(
    settings: Settings, workers: int = 1, errors: IO[bytes] | None = None, **chosen: str
) -> "subprocess.Popen[bytes]":
    """The service as a process of its own, from the environment; it complains to `errors`.

    `chosen` are more variables of it.
    """
    environment = {
        "PATH": os.defpath,
        "DATABASE_URL": settings.database_url or "",
        "JPI_HOME": str(settings.home),
        "JPI_DEV_ISSUER": "true",
        "JPI_PORT": str(settings.port),
        "JPI_WORKERS": str(workers),
        "JPI_LOG_LEVEL": "error",
        **chosen,
    }
    words = [sys.executable, "-m", "ops", "serve"]
    return subprocess.Popen(words, env=environment, stderr=errors)


async def ready(world: World) -> None:
    """Until the service answers."""
    for _ in range(600):
        try:
            if (await world.client.get("/ready")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("the service did not start")


async def record(world: World, token: str, number: int) -> dict[str, Any] | None:
    """The receipt of one batch; None when nobody acknowledged it."""
    row = {"reference": f"r{number}", "period": "2024-04", "value": str(number)}
    given = {"idempotencyKey": f"crash-{number}", "series": "s", "rows": [row]}
    try:
        answer = await world.ask(RECORD, {"g": given}, token)
    except httpx.TransportError:
        return None
    payload = (answer.get("data") or {}).get("recordObservations") or {}
    receipt: dict[str, Any] | None = payload.get("receipt")
    return receipt


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
async def test_every_acknowledged_receipt_survives_the_service(
    settings: Settings, database: Embedded, sent: signal.Signals
) -> None:
    """Killed or asked to stop; what was not acknowledged is entered once, by the same key."""
    del database
    process = start(settings)
    async with World.of(settings) as world:
        await ready(world)
        await world.found(BUYER, *PARTNERS)
        token = world.token(TRACK)
        acknowledged: dict[int, dict[str, Any]] = {}

        async def one(number: int) -> None:
            receipt = await record(world, token, number)
            if receipt is not None:
                acknowledged[number] = receipt
            if len(acknowledged) == ENOUGH:
                process.send_signal(sent)

        await asyncio.gather(*(one(number) for number in range(COUNT)))
        process.wait(timeout=30)
        assert process.returncode == -sent
        assert len(acknowledged) >= ENOUGH

        process = start(settings)
        try:
            await ready(world)
            for number, receipt in acknowledged.items():
                again = await record(world, token, number)
                assert again == {**receipt, "isRepeat": True}
            for number in range(COUNT):
                assert await record(world, token, number) is not None
            assert await world.size() == 1 + COUNT
            await proves(world, acknowledged)
        finally:
            process.terminate()
            assert process.wait(timeout=30) == -signal.SIGTERM
        await audit(settings, world.ecosystem_id)


async def proves(world: World, acknowledged: dict[int, dict[str, Any]]) -> None:
    """Each receipt's leaf is in the tree whose root the log signed."""
    asked = """query($i: Index!) { ecosystem { origin logKey } entry(index: $i) {
      leafHash inclusionProof { treeSize hashes checkpoint { note } } } }"""
    for receipt in acknowledged.values():
        data = await world.read(TRACK, asked, i=receipt["index"])
        ecosystem, proof = data["ecosystem"], data["entry"]["inclusionProof"]
        key = parse_verifier(ecosystem["logKey"])
        signed = open_checkpoint(proof["checkpoint"]["note"], ecosystem["origin"], key).checkpoint
        hashes = [b64decode(each) for each in proof["hashes"]]
        leaf = b64decode(receipt["leafHash"])
        assert data["entry"]["leafHash"] == receipt["leafHash"]
        verify_inclusion(receipt["index"], proof["treeSize"], leaf, hashes, signed.root)
