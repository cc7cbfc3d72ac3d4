"""A storm: two services on one database under load, and what strikes them."""

import asyncio
import os
import re
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from subprocess import Popen
from typing import Any

import asyncpg
import httpx
import psutil

from service import embedded
from service.cluster import Place, postmaster
from service.embedded import Embedded
from service.settings import Settings
from tests.auditor import audit
from tests.desk import until
from tests.test_crash import ready, start
from tests.world import World, bare

Strike = Callable[[Random], Awaitable[None]]

ALARM = re.compile(r".*(?:fault in |: fault: |: unexpected$|never retrieved).*", re.MULTILINE)
CLIENTS = 40
NEW_KEYS = 60
TRIES = 3
RECORD = """mutation($g: RecordObservationsInput!, $proved: Boolean!) {
  recordObservations(input: $g) { problems { code } receipt { index leafHash
    checkpoint @include(if: $proved) { size note } } } }"""


@dataclass
class Storm:
    """What was said to whom, across all rounds: the outside's memory of the ledger."""

    server: Embedded
    shops: list[Settings]
    worlds: list[World]
    token: str = ""
    processes: list[Popen[bytes]] = field(default_factory=list)
    acknowledged: dict[str, tuple[int, str]] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    notes: dict[int, str] = field(default_factory=dict)
    count: int = 0

    async def begin(self) -> None:
        """Start both services and found an ecosystem."""
        self.processes = [self._start(shop) for shop in self.shops]
        for world in self.worlds:
            await ready(world)
        await self.worlds[0].found("Buyer", "Partner")
        self.token = self.worlds[0].token("Buyer")

    @property
    def log(self) -> Path:
        """What the services complain about."""
        return self.shops[0].home / "services.log"

    def _start(self, shop: Settings) -> Popen[bytes]:
        with self.log.open("ab") as errors:
            return start(shop, errors=errors)

    def end(self) -> None:
        """Stop what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()

    def strikes(self) -> list[Strike]:
        """What happens to it, once each round."""
        strikes: list[Strike] = [self.kill_service, self.kill_backend, self.cut] * 7
        return strikes + [self.kill_server] * 5  # recovery takes its seconds

    async def round(self, strike: Strike, chance: Random) -> str:
        """Load, a strike at a random moment of it, recovery, and what stands after it."""
        self.count += NEW_KEYS
        keys = [f"storm-{n}" for n in range(self.count - NEW_KEYS, self.count)]
        keys = chance.sample([*self.unanswered, *keys], NEW_KEYS + len(self.unanswered))
        self.unanswered = set()
        await self._load(deque(keys), chance, strike)
        lost = len(self.unanswered)
        await self.recover()
        await self.check()
        return f"{strike.__name__}: {len(keys) - lost} acknowledged, {lost} to be sent again"

    async def _load(self, keys: deque[str], chance: Random, strike: Strike) -> None:
        """Many clients at once; the strike falls after some of them were answered."""
        enough = len(self.acknowledged) + chance.randrange(NEW_KEYS)
        pause, victim = chance.uniform(0, 0.03), Random(chance.random())  # drawn before the race
        due, struck = asyncio.Event(), asyncio.Event()

        async def client() -> None:
            while keys and not struck.is_set():
                await self._send(keys.popleft(), chance)
                if len(self.acknowledged) >= enough:
                    due.set()

        async def lightning() -> None:
            await due.wait()
            await asyncio.sleep(pause)  # any moment will do
            await strike(victim)
            struck.set()

        falling = asyncio.create_task(lightning())
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        due.set()
        await falling
        self.unanswered.update(keys)

    async def settle(self) -> None:
        """Send again what nobody acknowledged: now everybody is answered.

        As any client does, whose connection may have died with what was struck last.
        """
        for _ in range(TRIES):
            keys, self.unanswered = list(self.unanswered), set()
            await asyncio.gather(*(self._send(key, Random(0)) for key in keys))
        await self.check()
        assert len(self.acknowledged) == self.count, self.unanswered
        alarms = ALARM.findall(self.log.read_text())
        assert not alarms, alarms

    async def _send(self, key: str, chance: Random) -> None:
        """One write to either service; what nobody acknowledged is kept to be sent again."""
        row = {"reference": key, "period": "2024-04", "value": "1"}
        given = {"idempotencyKey": key, "series": "s", "rows": [row]}
        variables = {"g": given, "proved": chance.random() < 0.1}
        try:
            answer = await chance.choice(self.worlds).ask(RECORD, variables, self.token)
        except (httpx.TransportError, ValueError):
            answer = {}
        payload = (answer.get("data") or {}).get("recordObservations") or {}
        receipt: dict[str, Any] | None = payload.get("receipt")
        if receipt is None:
            assert not payload.get("problems"), payload
            self.unanswered.add(key)
            return
        said = (receipt["index"], receipt["leafHash"])
        assert self.acknowledged.setdefault(key, said) == said, f"{key} has two answers"
        if (note := receipt.get("checkpoint")) is not None:
            assert self.notes.setdefault(note["size"], note["note"]) == note["note"], "a fork"

    async def kill_service(self, chance: Random) -> None:
        """Kill -9 one service."""
        process = chance.choice(self.processes)
        process.kill()
        await asyncio.to_thread(process.wait)

    async def kill_server(self, chance: Random) -> None:
        """Kill -9 the postmaster."""
        del chance
        pid = postmaster(Place(self.server.data, None))
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], 5)

    async def kill_backend(self, chance: Random) -> None:
        """Kill -9 the backend of one of the services' connections; the server resets itself."""
        os.kill(chance.choice(await self._backends()), signal.SIGKILL)

    async def cut(self, chance: Random) -> None:
        """Terminate some of the services' connections."""
        pids = await self._backends()
        chosen = chance.sample(pids, chance.randint(1, len(pids)))
        await self._ask("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", chosen)

    async def _backends(self) -> list[int]:
        rows = await self._ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'jpi'")
        return [row["pid"] for row in rows]

    async def _ask(self, query: str, *given: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.server.url("postgres"))
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, *given)
        finally:
            await connection.close()
        return found

    async def recover(self) -> None:
        """Start again whatever was killed, and nothing else; everything must come back to work."""
        if postmaster(Place(self.server.data, None)) is None:
            await asyncio.to_thread(embedded.start, self.server.data, lambda _: None)
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                self.processes[number] = self._start(self.shops[number])
        await until(self._answers, "the database takes connections")
        for world in self.worlds:
            await ready(world)

    async def _answers(self) -> bool:
        try:
            await self._ask("SELECT 1")
        except (asyncpg.PostgresError, OSError):
            return False
        return True

    async def check(self) -> None:
        """Nothing lost, nothing doubled, no gap, and every note that anybody saw still holds."""
        key = bare(self.worlds[0].ecosystem_id)
        query = "SELECT index, encode(leaf_hash, 'base64') AS leaf FROM entry ORDER BY index"
        leaves = [row["leaf"] for row in await self._ask(query)]
        for index, leaf in self.acknowledged.values():
            assert leaves[index] == leaf
        used = await self._ask("SELECT key, first_index FROM idempotency_key WHERE key ~ '^storm'")
        indices = {row["key"]: row["first_index"] for row in used}
        assert len(set(indices.values())) == len(indices) == len(leaves) - 1
        assert {name: indices[name] for name in self.acknowledged} == {
            name: index for name, (index, _) in self.acknowledged.items()
        }
        published = await self._ask("SELECT size, note FROM checkpoint ORDER BY size")
        known = {row["size"]: row["note"] for row in published}
        assert self.notes.items() <= known.items()
        self.notes = known
        await audit(self.shops[0], key)
