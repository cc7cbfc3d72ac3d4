"""`jpi push`: the command line brings a file in, and says what is wrong with one."""

import asyncio
import gzip
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.ops.test_command_line import jpi
from tests.uploads.steps import BUYER, SERIES, TRACK, TRAIN, answers, csv
from tests.world import World

Pushed = subprocess.CompletedProcess[str]


@pytest_asyncio.fixture
async def told(world: World) -> AsyncIterator[World]:
    """A founded ecosystem."""
    await world.found(BUYER, TRACK, TRAIN)
    yield world


async def push(world: World, folder: Path, name: str, body: bytes, *words: str) -> Pushed:
    """A run of `jpi push` by Track."""
    (folder / "token").write_text(world.token(TRACK))
    (folder / name).write_bytes(body)
    url = f"http://{world.settings.host}:{world.settings.port}"
    given = ("push", str(folder / name), "--url", url, "--token-file", str(folder / "token"))
    return await asyncio.to_thread(jpi, *given, "--series", SERIES, *words)


async def test_a_file_is_pushed_and_pushed_again(told: World, tmp_path: Path) -> None:
    """Zipped, in a stated zone, with bounds; the second time nothing is left to enter."""
    body = gzip.compress(csv(["a,2024-02-01T10:00:00,9", "b,2024-02-02T10:00:00,10"]))
    words = ("--time-zone", "Europe/London", "--unit", "points", "--maximum", "10")

    done = await push(told, tmp_path, "answers.csv.gz", body, *words)
    again = await push(told, tmp_path, "answers.csv.gz", body, *words)

    assert (done.returncode, done.stdout) == (0, "2 rows entered by entry 1\n"), done.stderr
    assert again.stdout == "nothing to enter: all 2 rows stood there already\n"
    assert await told.size() == 2


async def test_refused_lines_are_shown_as_a_table(told: World, tmp_path: Path) -> None:
    """With exit code 1, and nothing entered."""
    lines = [f"r{n},2024-02-01T10:00:00Z,x" for n in range(120)]

    done = await push(told, tmp_path, "answers.csv", csv(lines))

    assert done.returncode == 1
    assert "refused, nothing entered: 120 lines at fault" in done.stdout
    assert "is no plain decimal" in done.stdout
    assert "and 20 more" in done.stdout
    assert await told.size() == 1


async def test_what_cannot_be_pushed_is_one_message(told: World, tmp_path: Path) -> None:
    """A name of no format, a file that is none, a series that is declared otherwise."""
    done = await push(told, tmp_path, "answers.xlsx", b"")
    assert (done.returncode, done.stderr[:5]) == (1, "jpi: ")
    assert "rename it" in done.stderr
    await push(told, tmp_path, "answers.csv", answers(1), "--unit", "points")

    done = await push(told, tmp_path, "answers.csv", answers(1), "--unit", "stars")

    assert done.returncode == 1
    assert "is declared as 'points'" in done.stderr
    assert "Traceback" not in done.stderr
