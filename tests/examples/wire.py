"""A wire between a client and the service that a test may cut, as a network does."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from contextlib import AbstractAsyncContextManager
from typing import Any

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

from tests.between import Listener, listening, passing

_BLOCK = 65536


def wire(port: int, heard: list[bytearray] | None = None) -> AbstractAsyncContextManager[Listener]:
    """A wire to a port of this machine; it may be cut, and whoever connects again gets through.

    `heard` takes what the client says, connection by connection.
    """

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        said = bytearray()
        if heard is not None:
            heard.append(said)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await passing(back, _pump(reader, back, said), _pump(there, writer, bytearray()))

    return listening(serve)


def socket_messages(said: bytearray) -> list[dict[str, Any]]:
    """What a client said on a WebSocket, its masks taken off; nothing of another connection."""
    end = said.find(b"\r\n\r\n")
    if b"upgrade: websocket" not in bytes(said[:end]).lower():
        return []
    reader = ServerProtocol()
    reader.extensions = [PerMessageDeflate(False, False, 15, 15)]
    reader.receive_data(bytes(said))
    frames = [each for each in reader.events_received() if isinstance(each, Frame)]
    return [json.loads(bytes(each.data)) for each in frames if each.opcode is Opcode.TEXT]


async def _pump(reader: StreamReader, writer: StreamWriter, said: bytearray) -> None:
    while block := await reader.read(_BLOCK):
        said += block
        writer.write(block)
        await writer.drain()
