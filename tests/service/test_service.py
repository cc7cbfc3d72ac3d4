"""The street door: health, GraphiQL from our own files, the schema, headers, several workers."""

import asyncio
import re
import signal
from base64 import b64decode
from typing import Any

import pytest

from ledger.checkpoint import Checkpoint, open_checkpoint, parse_verifier
from ledger.tree import verify_consistency
from service.settings import Settings
from tests.auditor import audit
from tests.test_crash import ready, record, start
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.world import World

WORKERS = 2
WRITES = 60


async def test_live_and_ready_answer(world: World) -> None:
    """For a supervisor."""
    assert (await world.client.get("/live")).json() == {"status": "live"}
    assert (await world.client.get("/ready")).json() == {"status": "ready"}


async def test_graphiql_comes_whole_from_this_service(world: World) -> None:
    """Every file the page names is ours: it works without internet; the policy allows no more."""
    page = await world.client.get("/graphql", headers={"accept": "text/html"})
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assets = [each for each in named if not each.startswith("data:")]
    assert len(assets) == 5
    for each in [*assets, "/graphql/examples.graphql"]:
        assert each.startswith("/graphql/")
        assert (await world.client.get(each)).status_code == 200
    assert (await world.client.get("/graphql/assets/nothing.js")).status_code == 404


async def test_the_example_operations_are_valid(world: World) -> None:
    """Each runs as a member."""
    await world.found(BUYER, *PARTNERS)
    examples = (await world.client.get("/graphql/examples.graphql")).text
    operations = [each for each in re.split(r"^# ---.*$", examples, flags=re.MULTILINE) if each]

    assert len(operations) == 5
    for operation in operations:
        await world.read(BUYER, operation)


async def test_the_schema_is_downloadable_and_queries_by_get_are_off(world: World) -> None:
    """As documented."""
    assert "type Mutation" in (await world.client.get("/schema.graphql")).text
    answer = await world.client.get("/graphql", params={"query": "{ __typename }"})
    assert answer.status_code == 400


async def test_a_request_id_is_kept_or_made(world: World) -> None:
    """A caller's own id comes back; an unusable one is replaced."""
    given = await world.client.get("/live", headers={"x-request-id": "trace-1"})
    made = await world.client.get("/live", headers={"x-request-id": "a b"})

    assert given.headers["x-request-id"] == "trace-1"
    assert re.fullmatch(r"[0-9a-f]{16}", made.headers["x-request-id"])


async def test_the_newer_media_type_is_answered_in_kind(world: World) -> None:
    """GraphQL over HTTP: a request that fails as a whole is 400 there, 200 in the older one."""
    newer = "application/graphql-response+json"
    for accept, status in ((newer, 400), ("application/json", 200)):
        answer = await world.client.post(
            "/graphql", json={"query": "{ nothing }"}, headers={"accept": accept}
        )
        assert answer.headers["content-type"] == accept
        assert answer.status_code == status


async def test_several_processes_on_one_database_leave_no_gap(settings: Settings) -> None:
    """Two workers write to one ecosystem at once; the ledger audits clean."""
    process = start(settings, WORKERS)
    try:
        async with World.of(settings) as world:
            await ready(world)
            await world.found(BUYER, *PARTNERS)
            token = world.token(TRACK)
            receipts: list[dict[str, Any] | None] = await asyncio.gather(
                *(record(world, token, number) for number in range(WRITES))
            )
            indices = sorted(each["index"] for each in receipts if each is not None)
            assert indices == list(range(1, WRITES + 1))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    await audit(settings, world.ecosystem_id)


async def test_a_witness_sees_that_history_was_only_added_to(world: World) -> None:
    """The checkpoint as plain text for members; a consistency proof from any older one."""
    await world.found(BUYER, *PARTNERS)
    token = world.token(TRACK)
    data = await world.read(BUYER, "{ ecosystem { origin logKey } }")
    origin, key = data["ecosystem"]["origin"], parse_verifier(data["ecosystem"]["logKey"])

    async def seen() -> Checkpoint:
        headers = {"authorization": f"Bearer {token}"}
        answer = await world.client.get("/checkpoint", headers=headers)
        assert answer.headers["content-type"].startswith("text/plain")
        return open_checkpoint(answer.text, origin, key).checkpoint

    older = [await seen()]
    for number in range(9):
        await record(world, token, number)
        older.append(await seen())
    newest = older[-1]
    assert [each.size for each in older] == list(range(1, 11))
    for old in older:
        data = await world.read(
            TRACK,
            """query($a: Index!, $b: Index!) {
              consistencyProof(oldSize: $a, newSize: $b) { hashes } }""",
            a=old.size,
            b=newest.size,
        )
        hashes = [b64decode(each) for each in data["consistencyProof"]["hashes"]]
        verify_consistency(old.size, newest.size, old.root, newest.root, hashes)
    assert (await world.client.get("/checkpoint")).status_code == 401
    beyond = "{ consistencyProof(oldSize: 1, newSize: 99) { hashes } }"
    answer = await world.ask(beyond, token=token)
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_other_methods_are_refused(world: World, method: str) -> None:
    """With an error in GraphQL's shape."""
    assert (await world.client.request(method, "/graphql")).status_code == 405
