"""What every request passes: no foreign page gets in, answers are small, each has an id."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from service.middleware import COMPRESSED_BYTES
from service.settings import Settings
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.world import World, indicator_terms, serving

FRIEND, STRANGER = "https://kpi.example.com", "https://elsewhere.example"
MUTATION = """mutation { withdrawProposal(input: { idempotencyKey: "k", proposalId: "p" }) {
  problems { code } } }"""
ENTRIES = "{ entries(first: 100) { nodes { kind envelope opening { body } } } }"


@pytest_asyncio.fixture
async def open_world(settings: Settings) -> AsyncIterator[World]:
    """A service that answers by GET, and one foreign page."""
    chosen = {"allow_get": True, "allowed_origins": FRIEND}
    async with serving(settings.model_copy(update=chosen)) as world:
        yield world


@pytest.mark.parametrize(
    "form",
    [
        {"content": b'{"query":"{ __typename }"}', "headers": {"content-type": "text/plain"}},
        {"content": b'{"query":"{ __typename }"}'},
        {"data": {"query": "{ __typename }"}},
        {"files": {"operations": (None, '{"query":"{ __typename }"}')}},
    ],
)
async def test_what_a_form_of_a_foreign_page_can_send_is_not_read(
    world: World, form: dict[str, object]
) -> None:
    """A browser sends these without asking first (Fetch standard)."""
    answer = await world.client.post("/graphql", **form)  # type: ignore[arg-type]

    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_nothing_is_written_by_get(open_world: World) -> None:
    """An image's address in a foreign page could be one."""
    query = {"query": MUTATION}
    token = {"authorization": f"Bearer {open_world.token()}"}

    answer = await open_world.client.get("/graphql", params=query, headers=token)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "mutation" in answer.json()["errors"][0]["message"].lower()


async def test_only_a_page_that_the_operator_named_may_call(open_world: World) -> None:
    """A browser asks first, and reads an answer only where it is let."""
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x"}
    asked["access-control-request-headers"] = "authorization,content-type,x-jpi-ecosystem"
    for origin, status, let in ((FRIEND, 200, FRIEND), (STRANGER, 400, None)):
        origin_header = {"origin": origin}
        before = await open_world.client.options("/graphql", headers=asked | origin_header)
        answer = await open_world.client.post(
            "/graphql", json={"query": "{ __typename }"}, headers=origin_header
        )

        assert before.status_code == status
        assert before.headers.get("access-control-allow-origin") == let
        assert answer.headers.get("access-control-allow-origin") == let
        assert "access-control-allow-credentials" not in answer.headers


async def test_an_answer_is_compressed_for_who_accepts_it(world: World) -> None:
    """Smaller on the wire, the same to read; one that fits a packet stays as it is."""
    await world.found(BUYER, *PARTNERS)
    await world.done(TRACK, "proposeIndicator", indicator_terms(world, {TRACK: "1"}))
    headers = {"authorization": f"Bearer {world.token(TRACK)}"}
    wire = {}
    for encoding in ("gzip", "identity"):
        request = world.client.build_request(
            "POST",
            "/graphql",
            json={"query": ENTRIES},
            headers=headers | {"accept-encoding": encoding},
        )
        answer = await world.client.send(request, stream=True)
        wire[encoding] = b"".join([each async for each in answer.aiter_raw()])
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
    assert gzip.decompress(wire["gzip"]) == wire["identity"]
    assert len(wire["gzip"]) < len(wire["identity"]) / 2
    assert len(wire["identity"]) > COMPRESSED_BYTES

    small = await world.client.post("/graphql", json={"query": "{ __typename }"})
    assert "content-encoding" not in small.headers


async def test_downloads_are_compressed_as_they_stream(world: World) -> None:
    """The first lines come before the last are read."""
    await world.found(BUYER, *PARTNERS)
    headers = {"authorization": f"Bearer {world.token(TRACK)}"}

    answer = await world.client.get("/journal.beancount", headers=headers)

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.text.startswith('option "title"')


async def test_an_event_stream_is_never_compressed(world: World) -> None:
    """An event would wait in the compressor."""
    await world.found(BUYER, *PARTNERS)
    headers = {
        "authorization": f"Bearer {world.token(TRACK)}",
        "accept": "text/event-stream",
        "accept-encoding": "gzip",
    }
    query = {"query": "subscription { entries(fromStart: true) { kind } }"}
    async with world.client.stream("POST", "/graphql", json=query, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        async with asyncio.timeout(10):
            async for line in answer.aiter_lines():
                if "ecosystem.founded" in line:
                    break


async def test_an_answer_with_a_secret_is_never_compressed(world: World) -> None:
    """Its length would tell of the secret (BREACH)."""
    padded = {"grant_type": "x" * COMPRESSED_BYTES * 2}
    answer = await world.client.post("/sandbox/token", data=padded)

    assert "content-encoding" not in answer.headers


async def test_an_error_that_nobody_expected_is_found_by_its_request_id(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller's own id, in the answer and in the log."""
    await world.found(BUYER, *PARTNERS)
    token = world.token(TRACK)

    async def broken(*_: object) -> None:
        raise RuntimeError("a wire came loose")

    world.doors().reader.size = broken  # type: ignore[method-assign, assignment]  # breaks on purpose
    headers = {"authorization": f"Bearer {token}", "x-request-id": "trace-7"}
    with caplog.at_level(logging.ERROR):
        answer = await world.client.post(
            "/graphql", json={"query": "{ ecosystem { size } }"}, headers=headers
        )
    [error] = answer.json()["errors"]

    assert error["extensions"] == {"code": "INTERNAL", "requestId": "trace-7"}
    assert "wire" not in answer.text
    assert answer.headers["x-request-id"] == "trace-7"
    assert any("trace-7" in each.getMessage() for each in caplog.records)
