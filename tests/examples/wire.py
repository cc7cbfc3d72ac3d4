"""A wire between a client and the service that a test may cut, as a network does."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import AbstractAsyncContextManager

from tests.between import Listener, listening, passing

_BLOCK = 65536


def wire(port: int) -> AbstractAsyncContextManager[Listener]:
    """A wire to a port of this machine; it may be cut, and whoever connects again gets through."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await passing(back, _pump(reader, back), _pump(there, writer))

    return listening(serve)


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    while block := await reader.read(_BLOCK):
        writer.write(block)
        await writer.drain()
