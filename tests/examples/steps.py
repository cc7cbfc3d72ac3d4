"""Steps of the examples' tests: where a service is, what a program printed, a client made."""

import asyncio
import re
from asyncio.subprocess import Process
from pathlib import Path

from tests.examples.toolchain import EXAMPLES, SCHEMA, SECONDS, python_with, run
from tests.test_story import TRACK
from tests.world import World

CODEGEN = "ariadne-codegen==0.19.0"


def url_of(world: World) -> str:
    """Where the service listens."""
    return f"http://{world.settings.host}:{world.settings.port}"


async def remark(world: World, text: str) -> None:
    """An entry that anybody may make."""
    await world.done(TRACK, "makeRemark", {"text": text})


async def printed(follower: Process, count: int) -> list[int]:
    """The indices of so many entries that a follower printed."""
    assert follower.stdout is not None
    lines = [await asyncio.wait_for(follower.stdout.readline(), SECONDS) for _ in range(count)]
    found = [re.search(r'(?:"index":)?(\d+)', line.decode()) for line in lines]
    return [int(each[1]) for each in found if each]


async def kept(cursor: Path, index: int) -> None:
    """Until a follower has kept the index of what it printed: killed before, it would repeat it."""
    for _ in range(100 * SECONDS):
        if _held(cursor) == str(index):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{cursor} says {_held(cursor)}, not {index}")


def _held(cursor: Path) -> str:
    return cursor.read_text() if cursor.exists() else ""


async def python_client(world: World, folder: Path) -> Path:
    """The Python client, made in a folder from the schema that a service serves; its programs."""
    programs = python_with(CODEGEN)
    for file in (EXAMPLES / "python").glob("*.*[a-z]"):
        (folder / file.name).write_bytes(file.read_bytes())
    served = await world.client.get("/schema.graphql")
    assert served.text == SCHEMA.read_text()
    (folder / "schema.graphql").write_text(served.text)
    await run(programs / "ariadne-codegen", folder=folder)
    return programs
