"""Following: how long after a write is acknowledged its entry has reached every subscriber."""

import asyncio
import json
import os
import resource
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from time import perf_counter

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ledger.actor import Role
from ledger.commit import system_clock
from ops.bench.figure import Laps, at_most
from ops.bench.frame import Run, bench
from ops.demo import bare
from service.keys import issuer_key
from service.sandbox import issue
from service.settings import Settings

WRITES = 20
SPARE_FILES = 200
MS = 1000.0
FOUND = """mutation($given: FoundEcosystemInput!) { foundEcosystem(input: $given) {
  ecosystem { id parties { id } } } }"""
REMARK = """mutation($given: MakeRemarkInput!) { makeRemark(input: $given) {
  problems { message } receipt { index } } }"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def _service(settings: Settings) -> AsyncIterator[Process]:
    """One process of the service, as `jpi serve` starts it, once it is ready."""
    environment = {
        "PATH": os.defpath,
        "DATABASE_URL": settings.database_url or "",
        "JPI_HOME": str(settings.home),
        "JPI_DEV_ISSUER": "true",
        "JPI_PORT": str(settings.port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops", "serve", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient() as client:
            while True:
                try:
                    ready = await client.get(f"http://127.0.0.1:{settings.port}/ready")
                    if ready.status_code == httpx.codes.OK:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield process
    finally:
        process.terminate()
        await process.wait()


def _token(settings: Settings, role: Role, ecosystem: str = "", party: str = "") -> str:
    return issue(
        issuer_key(settings),
        subject="bench",
        roles=[role],
        now=system_clock(),
        lifetime=timedelta(hours=1),
        ecosystem=ecosystem,
        party=party,
    )


class _Writer:
    """A party of a new ecosystem that enters one remark after the other."""

    def __init__(self, client: httpx.AsyncClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self.token = ""
        self._count = 0

    async def _ask(self, token: str, query: str, **given: object) -> dict[str, dict[str, object]]:
        self._count += 1
        full = {"idempotencyKey": f"bench-{self._count}", **given}
        answer = await self._client.post(
            "/graphql",
            json={"query": query, "variables": {"given": full}},
            headers={"authorization": f"Bearer {token}"},
        )
        data: dict[str, dict[str, object]] = answer.json()["data"]
        return data

    async def found(self) -> None:
        """An ecosystem of two."""
        parties = [{"name": "Buyer", "role": "OUTSOURCER"}, {"name": "Partner", "role": "PARTNER"}]
        founder = _token(self._settings, Role.FOUNDER)
        data = await self._ask(founder, FOUND, name="Followed", parties=parties)
        made: dict[str, object] = data["foundEcosystem"]["ecosystem"]  # type: ignore[assignment]  # JSON
        listed: list[dict[str, str]] = made["parties"]  # type: ignore[assignment]  # JSON
        ids = (bare(str(made["id"])), bare(listed[0]["id"]))
        self.token = _token(self._settings, Role.REPORTER, *ids)

    async def write(self) -> None:
        """One entry."""
        data = await self._ask(self.token, REMARK, text="followed")
        assert not data["makeRemark"]["problems"], data


async def _follower(stack: AsyncExitStack, settings: Settings, token: str) -> ClientConnection:
    """A subscriber that gets what comes from now on."""
    url = f"ws://127.0.0.1:{settings.port}/graphql"
    made = connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], compression=None)
    reader = await stack.enter_async_context(made)
    greeting = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
    await reader.send(json.dumps(greeting))
    await reader.recv()
    payload = {"query": "subscription { entries { index } }"}
    await reader.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    await reader.send(json.dumps({"type": "ping"}))
    await reader.recv()
    return reader


async def _delivered(
    writer: _Writer, readers: list[ClientConnection], acknowledged: Laps, delays: Laps, last: Laps
) -> None:
    """Add one write: until it was acknowledged, until each reader had it, and the last."""
    started = perf_counter()

    async def heard(reader: ClientConnection) -> float:
        await reader.recv()
        return perf_counter() - started

    async def wrote() -> None:
        with acknowledged:
            await writer.write()

    listening = asyncio.gather(*(heard(each) for each in readers))
    await wrote()
    heard_after = await listening
    delays.seconds += heard_after
    last.seconds.append(max(heard_after))


@bench("following", size=1000, smoke_size=5)
async def following(run: Run) -> None:
    """Subscribers on one process of the service: a write until each has it, beside its receipt.

    The readers share one process of their own, and its time to read a message counts too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(run.size + SPARE_FILES, hard)), hard))
    settings = run.settings().model_copy(update={"port": _free_port()})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_service(settings))
        base = f"http://127.0.0.1:{settings.port}"
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=base, timeout=60))
        writer = _Writer(client, settings)
        await writer.found()
        readers: list[ClientConnection] = []
        for count in (1, run.size):
            missing = range(count - len(readers))
            readers += [
                await _follower(stack, settings, writer.token)
                for _ in run.steps("subscribers", missing, count)
            ]
            acknowledged, delays, last = Laps(), Laps(), Laps()
            for _ in range(WRITES):
                await _delivered(writer, readers, acknowledged, delays, last)
            beside, than = acknowledged.median * MS, "its receipt"
            what = f"{count:,} subscriber{'s' * (count > 1)}"
            for name, value in (
                ("median", delays.median),
                ("99 of 100", delays.percentile(0.99)),
                ("the last one", last.median),
            ):
                run.figure(f"{what}: {name} has it", value * MS, "ms", beside=beside, than=than)
        each = last.median * MS / max(len(readers), 1)
        run.figure("per subscriber", each, "ms", aim=at_most(1))
