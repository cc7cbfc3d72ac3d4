"""Something that listens between two programs, and lets go of every connection whatever happens."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Serve = Callable[[StreamReader, StreamWriter], Coroutine[Any, Any, None]]
"""What is done with one connection; it is broken when that returns."""


class Listener:
    """Where it listens, and what has come."""

    def __init__(self, serve: Serve) -> None:
        self.port = 0
        self.connections = 0
        self._serve = serve
        self._running: set[asyncio.Task[None]] = set()
        self._is_open = True

    def accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection; one that was on its way when we closed is broken at once."""
        if not self._is_open:
            writer.transport.abort()
            return
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._running.add(task)

        # A task that is cancelled before its first step never reaches a `finally` of its own.
        def ended(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            writer.transport.abort()

        task.add_done_callback(ended)

    async def cut(self) -> None:
        """Break every connection, without a word to either side."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def close(self) -> None:
        """Break every connection, and those to come."""
        self._is_open = False
        await self.cut()


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[Listener]:
    """Listens on a port of this machine while the block runs."""
    made = Listener(serve)
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await made.close()


async def passing(back: StreamWriter, *ways: Awaitable[None]) -> None:
    """Both ways of a connection, until either ends; the far side is broken then."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        back.transport.abort()  # before anything is waited for: who cuts twice would pass it by
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
