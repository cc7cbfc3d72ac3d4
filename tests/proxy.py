"""A network between the service and PostgreSQL that a test may cut, exactly at COMMIT."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

from service.cluster import PORT
from tests.between import listening, passing

COMMIT = b"COMMIT\0"
_BLOCK = 65536


class Cut(StrEnum):
    """Where a COMMIT is lost."""

    NOWHERE = "nowhere"
    ON_THE_WAY_THERE = "on the way there"  # the server rolls back
    ON_THE_WAY_BACK = "on the way back"  # the server commits, and nobody hears of it


class Proxy:
    """Passes PostgreSQL's protocol on, and cuts the connections of the next COMMITs."""

    def __init__(self, socket_folder: Path) -> None:
        self.cut = Cut.NOWHERE
        self.left = 0
        self.port = 0
        self._socket = socket_folder / f".s.PGSQL.{PORT}"

    def lose(self, cut: Cut, times: int = 1) -> None:
        """Lose the next `times` COMMITs."""
        self.cut, self.left = cut, times

    def url(self, role: str, database: str) -> str:
        """Address of a database behind the proxy."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection, until either side ends it or we cut it."""
        there, back = await asyncio.open_unix_connection(str(self._socket))
        is_cut = asyncio.Event()
        await passing(back, self._requests(reader, back, is_cut), _answers(there, writer, is_cut))

    async def _requests(
        self, reader: StreamReader, back: StreamWriter, is_cut: asyncio.Event
    ) -> None:
        """What the service says, message by message: kind, length, content."""
        size = await reader.readexactly(4)
        back.write(size + await reader.readexactly(int.from_bytes(size, "big") - 4))
        while True:
            head = await reader.readexactly(5)
            content = await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            if head[:1] == b"Q" and content == COMMIT and self.left:
                self.left -= 1
                if self.cut is Cut.ON_THE_WAY_THERE:
                    return
                is_cut.set()
            back.write(head + content)
            await back.drain()


async def _answers(there: StreamReader, writer: StreamWriter, is_cut: asyncio.Event) -> None:
    """What the server says, up to its answer to a COMMIT that we lose."""
    while block := await there.read(_BLOCK):
        if is_cut.is_set():
            return
        writer.write(block)
        await writer.drain()


@asynccontextmanager
async def proxy(socket_folder: Path) -> AsyncIterator[Proxy]:
    """A proxy that listens while the block runs."""
    made = Proxy(socket_folder)
    async with listening(made.serve) as listener:
        made.port = listener.port
        yield made
