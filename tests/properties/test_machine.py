"""A machine that writes, repeats, refuses, restarts and strikes, against a model in memory.

The model knows only what a caller knows: what was acknowledged under which key, and what was never
answered. Whatever the order of commands and faults, the ledger must agree with it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from graph.receipts import fingerprint
from ledger.actor import Role
from ledger.batch import IdempotencyConflict, Receipt, Request
from ledger.commands import Command
from ledger.commit import Ledger
from ledger.errors import Refusal, Trouble
from ledger.observation import BatchMalformed, Observation, RecordObservations
from ledger.remark import MakeRemark, RemarkMalformed
from ledger.sequencer import ClockDrifts
from ledger.store.pool import open_database
from service import embedded
from service.embedded import Embedded
from service.keys import make_keys
from service.settings import Settings, load
from tests.auditor import audit
from tests.desk import Clock, Desk
from tests.proxy import Cut, Proxy, proxy

KEYS = strategies.integers(0, 40)
ROLES = frozenset({Role.REPORTER, Role.APPROVER})
MANY = strategies.lists(KEYS, min_size=1, max_size=12)


class Stage:
    """Two processes of the service before one database, one of them behind a network that fails."""

    def __init__(self, shop: Settings, made: Embedded) -> None:
        self.shop, self.made = shop, made
        self.clock = Clock()
        self.desks: list[Desk] = []
        self.network: Proxy
        self.stack = AsyncExitStack()

    async def open(self) -> None:
        """Found an ecosystem; both processes act in it."""
        self.network = await self.stack.enter_async_context(proxy(self.made.socket_folder))
        urls = (self.shop.database_url or "", self.network.url("jpi_service", self.made.database))
        for url in urls:
            self.desks.append(await self._desk(url))
        await self.desks[0].found(self.shop)
        actor = replace(self.desks[0].actor, roles=ROLES)
        for desk in self.desks:
            desk.actor = actor

    async def _desk(self, url: str) -> Desk:
        database = await open_database(url, 3)
        self.stack.push_async_callback(database.close)
        return Desk(database, self.clock)

    async def restart(self, number: int) -> None:
        """The process stops and another takes its place: it knows nothing any more."""
        desk = self.desks[number]
        await desk.ledger.close()
        desk.ledger = Ledger(
            desk.database,
            desk.ledger.log_identity,
            clock=self.clock,
            snapshot_every=7,
        )

    async def close(self) -> None:
        """The whole ledger is derived again before the stage is left."""
        for desk in self.desks:
            await desk.ledger.close()
        await self.stack.aclose()
        await audit(self.shop, self.desks[0].actor.ecosystem_id)


class Machine(RuleBasedStateMachine):
    """Commands and faults in any order."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    stage_of: Callable[[], Stage]

    def __init__(self) -> None:
        super().__init__()
        self.stage = type(self).stage_of()
        self.acknowledged: dict[str, int] = {}
        self.unanswered: set[str] = set()
        self.size = 1

    @initialize()
    def begins(self) -> None:
        """An ecosystem is founded."""
        type(self).run(self.stage.open())

    def _command(self, key: str) -> Command:
        kind, number = key[0], key[1:]
        if kind == "o":
            row = Observation(number, 1, "2024-04", None, "", Fraction(int(number)))
            return RecordObservations("s", (row,))
        return MakeRemark("", f"remark {number}", (), ())

    def _request(self, desk: Desk, key: str, command: Command | None = None) -> Request:
        asked = command or self._command(key)
        return Request(asked, desk.actor, key, fingerprint("m", asked))

    def _learn(self, key: str, answer: object) -> None:
        """What a caller may conclude from an answer."""
        if isinstance(answer, Trouble):
            if key not in self.acknowledged:
                self.unanswered.add(key)
            return
        assert isinstance(answer, Receipt), answer
        known = self.acknowledged.setdefault(key, answer.index)
        assert known == answer.index, f"{key} has two answers"
        self.unanswered.discard(key)

    def _send(self, number: int, keys: list[str]) -> None:
        desk = self.stage.desks[number]

        async def all_at_once() -> list[object]:
            asked = [desk.ledger.submit(self._request(desk, key)) for key in keys]
            return list(await asyncio.gather(*asked, return_exceptions=True))

        for key, answer in zip(keys, type(self).run(all_at_once()), strict=True):
            self._learn(key, answer)

    @rule(process=strategies.integers(0, 1), kind=strategies.sampled_from("or"), keys=MANY)
    def writes(self, process: int, kind: str, keys: list[int]) -> None:
        """Several at once, keys new and old, the same one twice in a batch too."""
        self._send(process, [f"{kind}{key}" for key in keys])

    @rule(
        cut=strategies.sampled_from([Cut.ON_THE_WAY_THERE, Cut.ON_THE_WAY_BACK]),
        times=strategies.integers(1, 5),
        keys=MANY,
    )
    def commits_are_lost(self, cut: Cut, times: int, keys: list[int]) -> None:
        """The network eats COMMITs, or the answers to them; sometimes more than are retried."""
        self.stage.network.lose(cut, times)
        self._send(1, [f"o{key}" for key in keys])
        self.stage.network.lose(Cut.NOWHERE, 0)

    @rule(keys=MANY)
    def backends_die(self, keys: list[int]) -> None:
        """While writes are on their way every connection is terminated."""
        desk = self.stage.desks[0]

        async def strike() -> list[object]:
            asked = [
                asyncio.ensure_future(desk.ledger.submit(self._request(desk, f"o{key}")))
                for key in keys
            ]
            await asyncio.sleep(0)
            superuser = await asyncpg.connect(self.stage.made.url("postgres"))
            await superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'jpi'"
            )
            await superuser.close()
            return list(await asyncio.gather(*asked, return_exceptions=True))

        for key, answer in zip(keys, type(self).run(strike()), strict=True):
            self._learn(f"o{key}", answer)

    @rule(process=strategies.integers(0, 1))
    def a_process_restarts(self, process: int) -> None:
        """It folds again, from a snapshot where there is one."""
        type(self).run(self.stage.restart(process))

    @rule(seconds=strategies.integers(-4, 4))
    def the_clock_steps(self, seconds: int) -> None:
        """Within what is tolerated: entries never grow older."""
        self.stage.clock.off = timedelta(seconds=seconds)

    @rule(key=KEYS)
    def the_clock_is_far_off(self, key: int) -> None:
        """Nothing is written by a clock that cannot be right; what was written is still told."""
        before, self.stage.clock.off = self.stage.clock.off, timedelta(seconds=30)
        desk = self.stage.desks[0]

        async def refused() -> None:
            with pytest.raises(ClockDrifts):
                await desk.ledger.submit(self._request(desk, f"o{key}"))

        type(self).run(refused())
        self.stage.clock.off = before

    @rule(process=strategies.integers(0, 1), key=KEYS)
    def the_impossible_is_refused(self, process: int, key: int) -> None:
        """It uses up no key and takes no index."""
        desk = self.stage.desks[process]
        bad: tuple[tuple[Command, type[Refusal]], ...] = (
            (RecordObservations("", ()), BatchMalformed),
            (MakeRemark("", " ", (), ()), RemarkMalformed),
        )

        async def refused() -> None:
            for command, kind in bad:
                with pytest.raises((kind, IdempotencyConflict)):
                    await desk.ledger.submit(self._request(desk, f"o{key}", command))

        type(self).run(refused())

    @rule(key=KEYS)
    def one_key_means_one_input(self, key: int) -> None:
        """A used key with another input is a conflict, for ever."""
        desk = self.stage.desks[0]
        if f"o{key}" not in self.acknowledged:
            return

        async def refused() -> None:
            other = RecordObservations("another", self._command(f"o{key}").rows)  # type: ignore[union-attr]  # an observation's
            with pytest.raises(IdempotencyConflict):
                await desk.ledger.submit(self._request(desk, f"o{key}", other))

        type(self).run(refused())

    @invariant()
    def nothing_is_lost_doubled_or_left_out(self) -> None:
        """Each acknowledged key has its index; at most the unanswered ones are there besides."""
        if not self.stage.desks:
            return
        size = type(self).run(self.stage.desks[0].size())
        assert size >= self.size
        self.size = size
        told = set(self.acknowledged.values())
        assert len(told) == len(self.acknowledged)
        assert len(told) <= size - 1 <= len(told) + len(self.unanswered)

    def teardown(self) -> None:
        """Whatever was never answered is asked again; then everybody knows everything."""
        if self.stage.desks:
            self.stage.clock.off = timedelta(0)
            self._send(0, sorted(self.unanswered) or ["o0"])
            assert not self.unanswered
            assert type(self).run(self.stage.desks[0].size()) == 1 + len(self.acknowledged)
            type(self).run(self.stage.close())


def test_whatever_comes_in_whatever_order_the_ledger_agrees_with_its_callers(
    server: Embedded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each run on a database of its own; the auditor derives the whole ledger again at its end."""
    loop = asyncio.new_event_loop()
    made: list[str] = []

    def stage() -> Stage:
        name = f"machine{len(made)}"
        made.append(name)
        database = embedded.create_database(server, name, template="jpi")
        home = tmp_path_factory.mktemp("machine")
        values = {"DATABASE_URL": database.service_url, "JPI_HOME": str(home)}
        shop = load({**values, "JPI_DEV_ISSUER": "true"})
        make_keys(shop)
        return Stage(shop, database)

    Machine.run = staticmethod(loop.run_until_complete)
    Machine.stage_of = staticmethod(stage)
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    how = settings(
        max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=quiet
    )
    try:
        run_state_machine_as_test(Machine, settings=how)
    finally:
        loop.close()
        for name in made:
            embedded.drop_database(server, name)
