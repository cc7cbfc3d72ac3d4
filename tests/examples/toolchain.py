"""Outside toolchains that the examples need: Node with npm, a Python environment, curl.

What a package manager brings is kept in `build/`, so that it is fetched once a machine.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "ops" / "examples"
SCHEMA = ROOT / "graph" / "schema.graphql"
KEPT = ROOT / "build" / "examples"
IS_CI = os.environ.get("CI", "").lower() == "true"  # noqa: TID251 -- the test's own surroundings
INHERITED = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "CI")}  # noqa: TID251 -- as above
NPM = shutil.which("npm")
OLDEST_NODE = 20
SECONDS = 120
"""Whatever is waited for comes much sooner; without it a failure would hang."""


def _without_node() -> str:
    """Why nothing of Node's can run here; empty where it can."""
    node = shutil.which("node")
    if node is None or NPM is None:
        return "Node.js with npm is not installed"
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(told.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        return f"Node.js {told.strip()} is older than {OLDEST_NODE}"
    return ""


WITHOUT_NODE = _without_node()
needs_node = pytest.mark.skipif(
    bool(WITHOUT_NODE) and not IS_CI, reason=f"{WITHOUT_NODE}; in CI this fails"
)


@contextmanager
def _kept(name: str, *files: Path) -> Iterator[Path]:
    """A folder for what these files ask for, ours alone while the block runs."""
    digest = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = KEPT / f"{name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _fetch(*command: str | Path, folder: Path) -> None:
    """Run a package manager; without its registry a test is skipped, and fails where CI=true."""
    done = subprocess.run(
        command, cwd=folder, env=INHERITED, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = f"{command[0]} could not fetch packages: {(done.stdout + done.stderr)[-1500:]}"
        pytest.fail(told) if IS_CI else pytest.skip(told)


def node_project(name: str, folder: Path) -> Path:
    """A copy of a Node example with its packages, by name and exact version."""
    assert NPM is not None, WITHOUT_NODE
    source = EXAMPLES / name
    with _kept(name, source / "package.json") as kept:
        if not (kept / "done").exists():
            shutil.copy(source / "package.json", kept)
            quiet = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
            _fetch(NPM, "install", *quiet, folder=kept)
            (kept / "done").touch()
    copy = folder / name
    shutil.copytree(source, copy)
    (copy / "node_modules").symlink_to(kept / "node_modules")
    return copy


def python_with(package: str) -> Path:
    """The programs of an environment of its own with a package."""
    with _kept(package, Path(__file__)) as kept:
        if not (kept / "done").exists():
            _fetch(sys.executable, "-m", "venv", "venv", folder=kept)
            _fetch(kept / "venv/bin/pip", "install", "-q", package, folder=kept)
            (kept / "done").touch()
        return kept / "venv" / "bin"


async def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a program printed. Raises AssertionError with all it said where it failed."""
    code, printed, errors = await tried(*command, folder=folder, **environment)
    assert code == 0, (command, printed, errors)
    return printed


async def tried(*command: str | Path, folder: Path, **environment: str) -> tuple[int, str, str]:
    """A program's exit code, output and errors."""
    async with started(*command, folder=folder, **environment) as program:
        printed, errors = await asyncio.wait_for(program.communicate(), SECONDS)
        return program.returncode or 0, printed.decode(), errors.decode()


@asynccontextmanager
async def started(
    *command: str | Path, folder: Path, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that runs while the block does; killed where it has not ended by then."""
    program = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**INHERITED, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # so that its children go with it
    )
    try:
        yield program
    finally:
        if program.returncode is None:
            os.killpg(program.pid, 9)
            await program.communicate()


def given_to(url: str, token: str) -> Mapping[str, str]:
    """What every example reads of its surroundings."""
    return {"JPI_URL": url, "JPI_TOKEN": token}
