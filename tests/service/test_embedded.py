"""The embedded PostgreSQL: what was written survives whatever happens to the server."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import embedded
from service.cluster import EmbeddedFailed
from service.embedded import Embedded

NOTHING: list[str] = []


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of this test's own, its server stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="jpi") as made:
        Path(made).chmod(0o755)
        data = Path(made) / "a folder" / "pg"
        yield data
        embedded.stop(data, "immediate")


def sql(server: Embedded, statement: str) -> str:
    """What psql answers as the owner."""
    program = [str(server.program("psql")), "-X", "-A", "-t", "-c", statement, server.owner_url]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def pid(data: Path) -> int:
    """The running server's."""
    return int((data / "cluster" / "postmaster.pid").read_text().split()[0])


def test_a_second_start_reuses_the_server_and_a_restart_keeps_the_data(folder: Path) -> None:
    """Under a path with a space, as any user."""
    said: list[str] = []
    first = embedded.start(folder, said.append)
    sql(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    before = pid(folder)

    again = embedded.start(folder, said.append)

    assert pid(folder) == before
    assert again == first
    assert embedded.is_running(folder)
    assert embedded.stop(again)
    assert not embedded.is_running(folder)
    assert not embedded.stop(again)
    assert sql(embedded.start(folder, said.append), "SELECT answer FROM kept") == "42"
    assert any("creating" in each for each in said)
    assert any("reusing" in each for each in said)


@pytest.mark.parametrize("taken", [False, True])
def test_a_killed_server_leaves_a_lock_that_is_set_aside(folder: Path, taken: bool) -> None:
    """Also when another process has its pid by now; nothing committed is lost."""
    said: list[str] = []
    server = embedded.start(folder, said.append)
    sql(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(pid(folder), signal.SIGKILL)
    lock = folder / "cluster" / "postmaster.pid"
    if taken:
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))

    server = embedded.start(folder, said.append)

    assert sql(server, "SELECT answer FROM kept") == "42"
    assert any("recovering" in each for each in said)


def test_an_interrupted_making_begins_anew(folder: Path) -> None:
    """A half-made cluster is never taken for one."""
    said: list[str] = []
    making = folder / "cluster.making"
    making.mkdir(parents=True)
    (making / "PG_VERSION").write_text("18\n")

    server = embedded.start(folder, said.append)

    assert sql(server, "SELECT 1") == "1"
    assert not making.exists()
    assert any("interrupted" in each for each in said)


def test_a_cluster_of_another_version_is_left_alone(folder: Path) -> None:
    """The error says what to do; the folder is as it was."""
    version = folder / "cluster" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("12\n")

    with pytest.raises(EmbeddedFailed, match="move that folder away"):
        embedded.start(folder, NOTHING.append)

    assert version.read_text() == "12\n"
