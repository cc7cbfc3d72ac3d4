"""A follower: a client of graphql-transport-ws, or of SSE, as a partner would write one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.world import World

ENTRIES = """subscription($after: Index, $all: Boolean = false) {
  entries(after: $after, fromStart: $all) { index leafHash kind } }"""
SECONDS = 30
"""Whatever is waited for comes much sooner; without it a failure would hang."""
PROTOCOL = "graphql-transport-ws"


class Follower:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        """Send a message of the protocol."""
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message; pings apart."""
        text = await asyncio.wait_for(self.socket.recv(), SECONDS)
        found: dict[str, Any] = json.loads(text)
        return found

    async def subscribe(self, query: str, operation: str = "1", **variables: Any) -> None:
        """Begin an operation."""
        payload = {"query": query, "variables": variables}
        await self.say(id=operation, type="subscribe", payload=payload)

    async def event(self) -> dict[str, Any]:
        """The data of the next event."""
        message = await self.hear()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        data: dict[str, Any] = message["payload"]["data"]
        return data

    async def refusal(self) -> str:
        """The code of the error that answers an operation."""
        message = await self.hear()
        code: str = message["payload"]["errors"][0]["extensions"]["code"]
        return code

    async def entries(self, count: int) -> list[dict[str, Any]]:
        """So many entries."""
        return [(await self.event())["entries"] for _ in range(count)]

    async def closing_code(self) -> int:
        """Why the server ended it; messages before that are passed over."""
        return (await self.ended())[0]

    async def ended(self) -> tuple[int, list[dict[str, Any]]]:
        """Why the server ended it, and the events that came before that."""
        events = []

        async def drained() -> None:
            while True:
                message = json.loads(await self.socket.recv())
                if message["type"] == "next":
                    events.append(message["payload"])

        with pytest.raises(ConnectionClosed) as ended:
            await asyncio.wait_for(drained(), SECONDS)
        assert ended.value.rcvd is not None, "the connection broke instead of being closed"
        return int(ended.value.rcvd.code), events


@asynccontextmanager
async def opened(world: World, **how: Any) -> AsyncIterator[Follower]:
    """A socket that has said nothing yet."""
    url = f"ws://{world.settings.host}:{world.settings.port}/graphql"
    async with connect(url, subprotocols=[PROTOCOL], **how) as socket:  # type: ignore[list-item]  # a name is enough
        yield Follower(socket)


@asynccontextmanager
async def following(world: World, token: str, **how: Any) -> AsyncIterator[Follower]:
    """A socket that was let in."""
    async with opened(world, **how) as follower:
        await follower.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert await follower.hear() == {"type": "connection_ack"}
        yield follower


@asynccontextmanager
async def streaming(world: World, token: str, query: str, **variables: Any) -> AsyncIterator[Any]:
    """Events over SSE, as (event, data)."""
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    async with world.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    name = ""
    async for line in lines:
        if line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:") and name:
            text = line.removeprefix("data:").strip()
            yield name, json.loads(text) if text else {}
