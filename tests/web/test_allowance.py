"""Allowances: what a party may spend, whichever process it asks, and how it is told."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio

from graph import limits
from graph.prices import REFUSED
from ledger.actor import Actor, Role
from ledger.allowance import LOT, Allowances, Exhausted, Terms
from ledger.ids import EcosystemId, PartyId
from ledger.store.pool import open_database
from service.embedded import Embedded
from service.settings import Settings
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.world import World, serving

BURST, A_SECOND = 20_000, 1
DEAR = """{ settlements(first: 100) { nodes { correctedBy { correctedBy { correctedBy {
  periodKey } } } } } }"""
DEAR_POINTS = 1 + 100 * (1 + 5 * (1 + 5 * (1 + 5)))
ECOSYSTEM = EcosystemId("00000000-0000-8000-8000-000000000001")


@pytest_asyncio.fixture
async def tight(settings: Settings) -> AsyncIterator[World]:
    """A service whose parties have little to spend."""
    chosen = {"rate_points": A_SECOND, "burst_points": BURST}
    async with serving(settings.model_copy(update=chosen)) as world:
        yield world


async def ask(world: World, query: str, party: str = "") -> httpx.Response:
    """The whole answer of a party, or of a stranger."""
    headers = {"authorization": f"Bearer {world.token(party)}"} if party else {}
    return await world.client.post("/graphql", json={"query": query}, headers=headers)


async def test_an_answer_tells_what_is_left(tight: World) -> None:
    """In the header fields of the IETF's draft; what it cost, in `extensions.cost`."""
    await tight.found(BUYER, *PARTNERS)

    answer = await ask(tight, DEAR, TRACK)

    left = BURST - DEAR_POINTS
    cost = answer.json()["extensions"]["cost"]
    assert cost == {"points": DEAR_POINTS, "limit": limits.COST.allowed}
    assert answer.headers["ratelimit-policy"] == f'"party";q={BURST};w={BURST // A_SECOND}'
    assert answer.headers["ratelimit"] == f'"party";r={left};t={BURST - left}'


async def test_who_has_spent_its_points_is_told_when_to_come_back(tight: World) -> None:
    """429, nothing was run; other parties, and strangers, spend their own."""
    await tight.found(BUYER, *PARTNERS)
    await ask(tight, DEAR, TRACK)

    refused = await ask(tight, DEAR, TRACK)

    assert refused.status_code == 429
    [error] = refused.json()["errors"]
    told = error["extensions"]
    assert told["code"] == "RATE_LIMITED"
    assert told["cost"] == DEAR_POINTS
    wait = told["retryAfterSeconds"]
    assert refused.headers["retry-after"] == str(wait)
    assert DEAR_POINTS - told["left"] <= wait * A_SECOND
    assert str(BURST) in error["message"]
    assert "data" not in refused.json()
    assert (await ask(tight, DEAR, TRAIN)).status_code == 200
    assert (await ask(tight, "{ __typename }")).status_code == 200


@pytest.mark.parametrize("party", [TRACK, ""])
async def test_a_flood_of_documents_that_are_refused_ends(tight: World, party: str) -> None:
    """Each costs its reader, a stranger too, so that their number is bounded."""
    await tight.found(BUYER, *PARTNERS)

    for _ in range(BURST // REFUSED - 1):
        assert (await ask(tight, "{ nothing }", party)).status_code == 200
    statuses = [(await ask(tight, "{ nothing }", party)).status_code for _ in range(3)]

    assert statuses[-1] == 429
    assert (await ask(tight, "{ ecosystem { name } }", BUYER)).status_code == 200


def of(party: str) -> Actor:
    """A caller of a party."""
    return Actor(ECOSYSTEM, PartyId(party), f"s-{party}", frozenset({Role.VIEWER}))


@pytest_asyncio.fixture
async def processes(settings: Settings) -> AsyncIterator[list[Allowances]]:
    """Three processes with one database."""
    databases = [await open_database(settings.database_url or "", 2) for _ in range(3)]
    terms = Terms(BURST, A_SECOND)
    yield [Allowances(each, terms, lambda: 0.0) for each in databases]
    for each in databases:
        await each.close()


async def spend_all(processes: list[Allowances], actor: Actor, cost: int) -> int:
    """What an actor can spend at all, asking one process after the other."""
    spent = 0
    going = list(processes)
    while going:
        for each in list(going):
            try:
                await each.spend(actor, cost)
                spent += cost
            except Exhausted:
                going.remove(each)
    return spent


@pytest.mark.parametrize("cost", [1, 7, 300, 4_999, BURST])
async def test_all_processes_take_from_one_bucket(processes: list[Allowances], cost: int) -> None:
    """Together no more than it holds, and all of it but what is too little for one request."""
    if cost == 1:
        processes = processes[:1] + processes[1:2]

    spent = await spend_all(processes, of("a"), cost)

    slack = len(processes) * cost + 60 * A_SECOND
    assert BURST - slack <= spent <= BURST + 60 * A_SECOND
    assert await spend_all(processes, of("b"), cost) >= BURST - slack


async def test_a_bucket_fills_again_with_time(
    processes: list[Allowances], database: Embedded
) -> None:
    """By the database's clock: set back by an hour here, in place of waiting for it."""
    first, second, third = processes
    await spend_all([first], of("a"), BURST)
    with pytest.raises(Exhausted):
        await second.spend(of("a"), 3_000)

    superuser = await asyncpg.connect(database.url("postgres"))
    await superuser.execute("UPDATE allowance SET at = at - interval '1 hour'")
    await superuser.close()

    left = await third.spend(of("a"), 3_000)
    assert left is not None
    assert 600 <= left.points <= 700 + LOT


async def test_where_nobody_counts_nothing_is_told(settings: Settings) -> None:
    """JPI_RATE_POINTS=0."""
    async with serving(settings.model_copy(update={"rate_points": 0})) as world:
        await world.found(BUYER, *PARTNERS)
        answer = await ask(world, "{ ecosystem { name } }", TRACK)

    assert answer.json()["extensions"]["cost"]["points"] == 1
    assert "ratelimit" not in answer.headers
