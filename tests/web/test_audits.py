"""GraphQL over HTTP: the 61 audits of npm's graphql-http, in Node against a live server."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest_asyncio

from service.settings import Settings
from tests.npm import installed, run_module
from tests.world import World, serving

AUDITS = 61
SCRIPT = """
import { serverAudits } from 'graphql-http';
const results = [];
for (const audit of serverAudits({ url: process.argv[2], fetchFn: fetch })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
console.log(JSON.stringify(results));
"""


async def audited(world: World) -> dict[str, list[str]]:
    """Names of audits by how they ended: ok, notice, warn, error."""
    folder = await asyncio.to_thread(installed, "graphql-http@1.23.1", "graphql@16")
    url = f"{world.client.base_url}/graphql".replace("//graphql", "/graphql")
    printed = await asyncio.to_thread(run_module, folder, SCRIPT, url)
    ended: dict[str, list[str]] = {}
    for each in json.loads(printed):
        ended.setdefault(each["status"], []).append(f"{each['name']}: {each.get('reason', '')}")
    return ended


@pytest_asyncio.fixture
async def with_get(settings: Settings) -> AsyncIterator[World]:
    """A service that answers queries by GET."""
    async with serving(settings.model_copy(update={"allow_get": True})) as world:
        yield world


async def test_every_audit_passes_with_get_enabled(with_get: World) -> None:
    """MUST, SHOULD and MAY alike."""
    ended = await audited(with_get)

    assert {key: names for key, names in ended.items() if key != "ok"} == {}
    assert len(ended["ok"]) == AUDITS


async def test_no_audit_is_an_error_as_shipped(world: World) -> None:
    """GET is off: what a server MAY answer by GET is told as a notice, and nothing else."""
    ended = await audited(world)

    assert ended.keys() == {"ok", "notice"}
    assert all(name.startswith("MAY") and "GET" in name for name in ended["notice"])
    assert len(ended["ok"]) + len(ended["notice"]) == AUDITS
