"""What a write looks up costs the same at any size, also before the planner knows the tables."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from ledger.store import entries, observations, projections
from ledger.store.queries import array_literal
from service.embedded import Embedded

KEY = "00000000-0000-8000-8000-000000000001"
ROWS = 3000
LOOKUPS: dict[str, tuple[str, tuple[object, ...]]] = {
    "keys used": (entries.SQL["keys_used"], (["p"] * 3, ["k1", "k2999", "none"])),
    "nodes": (entries.SQL["nodes_at"], ([1] * 3, [5, 2999, 10**6])),
    "newest states": (projections.SQL["newest_states"], (["c"] * 3, ["o1", "o2999", "none"])),
    "a state that ends": (projections.SQL["end_state"], ("c", "o7", 7, 5000)),
    "references": (
        observations.SQL["taken_references"],
        (["p"] * 3, ["s"] * 3, ["r1", "r2999", "none"], [1] * 3, [0]),
    ),
}


@pytest_asyncio.fixture
async def filled(database: Embedded) -> AsyncIterator[asyncpg.Connection]:
    """The service's connection to an ecosystem of many rows of which no statistics are known."""
    owner = await asyncpg.connect(database.url("postgres"))
    await owner.execute("SET session_replication_role = replica")
    for table in ("idempotency_key", "node", "projection", "observation_row"):
        await owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    for rows in (
        "idempotency_key SELECT $1, 'p', 'k' || n, '', 0, 1, ''",
        "node SELECT $1, 1, n, sha256('')",
        "projection SELECT $1, 'c', 'o' || n, n, NULL, n, 'same', 'same', '', '{*}', '{}'",
        """observation_row (ecosystem_id, party, series, reference, revision, batch_number, number,
            period, segment, value, salt, leaf_hash)
            SELECT $1, 'p', 's', 'r' || n, 1, 0, n, 'same', '', 1, sha256(''), sha256('')""",
    ):
        await owner.execute(f"INSERT INTO {rows} FROM generate_series(1, {ROWS}) n", KEY)
    await owner.close()
    service = await asyncpg.connect(database.service_url)
    async with service.transaction():
        await service.execute(f"SET LOCAL app.ecosystem = '{KEY}'")
        yield service
    await service.close()


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", LOOKUPS)
async def test_a_lookup_reads_no_more_than_it_asks_for(
    filled: asyncpg.Connection, name: str, mode: str
) -> None:
    """By the whole key, however the plan is made; reading an ecosystem's rows grows for ever."""
    query, given = LOOKUPS[name]
    await filled.execute(f"SET LOCAL plan_cache_mode = {mode}")

    [[plan]] = await filled.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", KEY, *given)

    nodes = list(_nodes(json.loads(plan)[0]["Plan"]))
    assert any("Index" in node["Node Type"] for node in nodes)
    assert sum(node.get("Rows Removed by Filter", 0) for node in nodes) == 0
    assert max(node["Actual Rows"] for node in nodes) <= 3


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]


async def test_an_array_literal_is_read_as_it_was_written(database: Embedded) -> None:
    """Quotes, backslashes, commas and braces included."""
    texts = ["*", "", 'say "x"', "a\\b", "c,d", "{e}", "é NULL", "NULL"]
    connection = await asyncpg.connect(database.service_url)

    read = await connection.fetchval("SELECT $1::text::text[]", array_literal(tuple(texts)))

    await connection.close()
    assert texts == read
