"""The wire itself: floods of headers, bodies that drip or blow up, sockets that say nothing."""

import asyncio
import gzip
import json
from datetime import timedelta

import pytest

from service import graphql, middleware
from service.settings import Settings
from tests.subscriptions.follower import opened
from tests.world import World, serving

BUYER, PARTNER = "Buyer", "Partner"
LINE = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
SECONDS = 30
"""Whatever is waited for comes much sooner; without it a failure would hang."""


async def answer_to(world: World, *pieces: bytes) -> bytes:
    """What the service says to bytes, until it closes; nothing where it only closes."""
    reader, writer = await asyncio.open_connection(world.settings.host, world.settings.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), SECONDS)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def is_alive(world: World) -> bool:
    """Whether the next caller is served."""
    return (await world.client.get("/live")).status_code == 200


@pytest.mark.parametrize(
    "flood",
    [
        LINE + b"x-a: " + b"a" * 2_000_000 + b"\r\n",
        LINE + b"".join(b"x-%d: a\r\n" % n for n in range(100_000)),
        b"POST /" + b"a" * 2_000_000 + b" HTTP/1.1\r\n",
        LINE + b"content-length: " + b"9" * 5_000 + b"\r\n",
        LINE + b"content-length: -1\r\n",
        LINE + b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
        LINE + b"authorization: Bearer " + b"a" * 60_000 + b"\r\n",
        LINE + b"x-jpi-ecosystem: " + b"a" * 60_000 + b"\r\n",
        LINE + b"x-request-id: a\x00b\r\n",
        b"\x16\x03\x01" + b"\x00" * 1_000,
    ],
    ids=["header", "headers", "path", "digits", "minus", "both", "token", "name", "nul", "tls"],
)
async def test_a_flood_of_headers_is_turned_away(world: World, flood: bytes) -> None:
    """Refused or cut off, with no error of ours; and the next caller is served."""
    said = await answer_to(world, flood, b"connection: close\r\n\r\n")
    status = said.split(b" ")[1] if said else b"closed"
    assert status in (b"closed", b"400", b"401", b"404", b"413", b"414", b"415", b"431"), said[:200]
    assert await is_alive(world)


async def test_a_body_that_drips_is_not_waited_for_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408, though a byte comes now and then."""
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.3)
    said = await answer_to(world, LINE + b"content-length: 1000\r\n\r\n{")
    assert said.startswith(b"HTTP/1.1 408")
    assert b"BODY_TOO_SLOW" in said

    reader, writer = await asyncio.open_connection(world.settings.host, world.settings.port)
    writer.write(LINE + b"content-length: 1000\r\n\r\n")
    said_now = asyncio.create_task(reader.read())
    while not said_now.done():
        writer.write(b" ")
        await asyncio.wait({said_now}, timeout=0.05)
    writer.close()
    assert (await said_now).startswith(b"HTTP/1.1 408")
    assert await is_alive(world)


async def test_a_compressed_bomb_stays_closed(world: World) -> None:
    """A coded body of a request is not undone; only an upload's is, within bounds."""
    await world.found(BUYER, PARTNER)
    body = gzip.compress(b'{"query": "{ viewer { subject } }"' + b" " * 500_000_000 + b"}")
    for coding in ("gzip", "deflate", "br", "gzip, gzip"):
        headers = {
            "authorization": f"Bearer {world.token(BUYER)}",
            "content-type": "application/json",
            "content-encoding": coding,
        }
        response = await world.client.post("/graphql", content=body, headers=headers)
        assert response.status_code in (400, 415), coding
        assert "data" not in response.json()
    assert await is_alive(world)


async def test_a_socket_that_never_says_who_it_is_is_closed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while, with the protocol's code; pings are no greeting."""
    monkeypatch.setattr(graphql, "INIT_WAIT", timedelta(seconds=0.3))
    async with serving(settings) as world:
        await world.found(BUYER, PARTNER)
        async with opened(world) as silent:
            assert await silent.closing_code() == 4408
        async with opened(world) as pinging:
            await pinging.say(type="ping")
            assert await pinging.closing_code() == 4408
        async with opened(world) as twice:
            greeting = {"authorization": f"Bearer {world.token(BUYER)}"}
            await twice.say(type="connection_init", payload=greeting)
            await twice.say(type="connection_init", payload=greeting)
            assert await twice.closing_code() == 4429


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "https://127.0.0.1:1"],
)
async def test_a_foreign_page_opens_no_socket(world: World, origin: str) -> None:
    """Though its browser would show a token."""
    await world.found(BUYER, PARTNER)
    shown = {"authorization": f"Bearer {world.token(BUYER)}"}
    with pytest.raises(Exception, match="403"):
        async with opened(world, origin=origin, additional_headers=shown):
            pass


async def test_a_socket_that_sends_bombs_is_closed_or_refused(world: World) -> None:
    """Documents meet the same limits there; a message that is too large ends the connection."""
    await world.found(BUYER, PARTNER)
    async with opened(world) as follower:
        greeting = {"authorization": f"Bearer {world.token(BUYER)}"}
        await follower.say(type="connection_init", payload=greeting)
        assert (await follower.hear())["type"] == "connection_ack"
        many = "{ " + " ".join(f"a{n}: viewer {{ subject }}" for n in range(5_000)) + " }"
        await follower.subscribe(many)
        message = await follower.hear()
        assert message["type"] == "error"
        assert "data" not in json.dumps(message)
    assert await is_alive(world)
