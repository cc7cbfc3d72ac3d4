"""The clients where nothing but registered documents runs: they send hashes, never a text."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ledger.actor import Role
from tests.examples.steps import printed, python_client, remark, url_of
from tests.examples.toolchain import given_to, needs_node, run, started, tried
from tests.examples.wire import socket_messages, wire
from tests.finance.steps import posted
from tests.ports import free_port
from tests.test_story import BUYER, TRACK
from tests.world import World, serving


@asynccontextmanager
async def closed(world: World, folder: Path) -> AsyncIterator[World]:
    """Another process's service on the same ledger: registered documents only."""
    how = {"documents": folder, "registered_only": True, "port": free_port()}
    async with serving(world.settings.model_copy(update=how)) as made:
        refused = await made.ask("{ ecosystem { size } }", {}, world.token(TRACK))
        assert refused["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_REGISTERED"
        yield made


def registering(folder: Path, text: str) -> Path:
    """A folder with the file that a client's build wrote."""
    made = folder / "registered"
    made.mkdir()
    (made / "client.json").write_text(text)
    return made


@needs_node
async def test_the_typescript_client_needs_its_registered_documents_alone(
    world: World, typescript: Path, tmp_path: Path
) -> None:
    """A screen and a follower; every operation goes by its hash, over HTTP and over a socket."""
    await posted(world)
    text = (typescript / "src/gql/persisted-documents.json").read_text()
    heard: list[bytearray] = []
    async with (
        closed(world, registering(tmp_path, text)) as service,
        wire(service.settings.port, heard) as between,
    ):
        env = given_to(f"http://127.0.0.1:{between.port}", world.token(TRACK, Role.VIEWER))
        shown = await run("node", "dist/screen.js", folder=typescript, **env)
        follow = ("node", "dist/follow.js", str(tmp_path / "cursor"))
        async with started(*follow, folder=typescript, **env) as follower:
            size = await world.size()
            assert await printed(follower, size) == list(range(size))
            await remark(world, "while it follows")
            assert await printed(follower, 1) == [size]

    assert shown.splitlines()[0] == f"{TRACK} as VIEWER"
    asked = [body_of(said) for said in heard if said.startswith(b"POST")]
    messages = [each for said in heard for each in socket_messages(said)]
    asked += [each["payload"] for each in messages if each["type"] == "subscribe"]
    assert len(asked) == 2
    assert {each["documentId"] for each in asked} < set(json.loads(text))
    assert not any(each.get("query") for each in asked)


def body_of(said: bytearray) -> dict[str, object]:
    """The one request of a connection."""
    _, _, body = bytes(said).partition(b"\r\n\r\n")
    found: dict[str, object] = json.loads(body)
    return found


@needs_node
async def test_a_typescript_client_that_is_not_registered_is_told_so(
    world: World, typescript: Path, tmp_path: Path
) -> None:
    """Its text does not help: who runs the service has to register it."""
    await world.found(BUYER, TRACK)
    async with closed(world, registering(tmp_path, "{}")) as service:
        env = given_to(url_of(service), world.token(TRACK, Role.VIEWER))
        code, _, told = await tried("node", "dist/screen.js", folder=typescript, **env)

    assert code == 1
    assert "DOCUMENT_NOT_REGISTERED" in told


async def test_the_python_client_needs_its_registered_documents_alone(
    world: World, tmp_path: Path
) -> None:
    """It writes the file that is registered, and asks by hash."""
    await posted(world)
    made = tmp_path / "client"
    made.mkdir()
    programs = await python_client(world, made)
    text = await run(programs / "python", "documents.py", folder=made)
    heard: list[bytearray] = []
    async with (
        closed(world, registering(tmp_path, text)) as service,
        wire(service.settings.port, heard) as between,
    ):
        env = given_to(f"http://127.0.0.1:{between.port}", world.token(TRACK, Role.FINANCE))
        program = (programs / "python", "reconcile.py", "2024-06-30")
        shown = await run(*program, folder=made, **env)

    assert f"{BUYER} -> {TRACK}" in shown
    assert len(json.loads(text)) == 2
    said = b"".join(map(bytes, heard))
    assert said.count(b'"documentId":') == said.count(b"POST /graphql") == 3
    assert b'"query"' not in said
