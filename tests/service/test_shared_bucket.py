"""One bucket a party, whichever process it asks: two processes of their own, two addresses."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest_asyncio

from ledger.allowance import LOT
from service.settings import Settings
from tests.ports import free_port
from tests.test_crash import ready, start
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.world import World

BURST, A_SECOND = 20_000, 1
DEAR = (
    "{ settlements(first: 100) { nodes { correctedBy { correctedBy { correctedBy { id } } } } } }"
)
PLAIN = "{ settlements(first: 100) { nodes { id } } }"
AT_ONCE = 8
PATIENCE = 120 * A_SECOND
"""What a bucket gains while a test runs, at the most."""


@pytest_asyncio.fixture
async def processes(settings: Settings) -> AsyncIterator[tuple[World, World]]:
    """Two services on one database, as users of each see them."""
    chosen = {"JPI_RATE_POINTS": str(A_SECOND), "JPI_BURST_POINTS": str(BURST)}
    places = [settings, settings.model_copy(update={"port": free_port()})]
    running = [start(each, 1, None, **chosen) for each in places]
    try:
        async with AsyncExitStack() as stack:
            first, second = [await stack.enter_async_context(World.of(each)) for each in places]
            await ready(first)
            await ready(second)
            await first.found(BUYER, *PARTNERS)
            second.ecosystem_id, second.parties = first.ecosystem_id, first.parties
            yield first, second
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(timeout=30)


async def asked(world: World, query: str, party: str) -> httpx.Response:
    """The whole answer of one process."""
    headers = {"authorization": f"Bearer {world.token(party)}"}
    return await world.client.post("/graphql", json={"query": query}, headers=headers)


async def test_what_was_spent_at_one_process_is_gone_at_the_other(
    processes: tuple[World, World],
) -> None:
    """Refused there with what is left; another party spends its own."""
    first, second = processes

    spent = await asked(first, DEAR, TRACK)
    refused = await asked(second, DEAR, TRACK)

    assert spent.status_code == 200
    cost = spent.json()["extensions"]["cost"]["points"]
    assert BURST / 2 < cost <= BURST
    assert refused.status_code == 429
    told = refused.json()["errors"][0]["extensions"]
    assert told["left"] <= BURST - cost + PATIENCE
    assert (await asked(second, DEAR, TRAIN)).status_code == 200
    assert (await asked(first, DEAR, TRAIN)).status_code == 429


async def test_both_together_give_out_no_more_than_the_bucket_holds(
    processes: tuple[World, World],
) -> None:
    """Asked at once until both refuse: all of it, but for a lot that each may still hold."""
    cost = (await asked(processes[0], PLAIN, TRAIN)).json()["extensions"]["cost"]["points"]
    served = [0, 0]

    async def flood(number: int) -> None:
        while (await asked(processes[number], PLAIN, TRACK)).status_code == 200:
            served[number] += 1

    await asyncio.gather(*(flood(number) for number in (0, 1) for _ in range(AT_ONCE)))

    assert all(served)
    given = cost * sum(served)
    assert BURST - 2 * LOT - 2 * AT_ONCE * cost <= given <= BURST + PATIENCE
