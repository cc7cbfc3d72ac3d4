"""Programs of npm's that tests run in Node: installed by name, from wherever this machine looks.

No lock file and no address is kept here: the version in the name is the whole choice. Where Node,
npm or the registry is missing a test is skipped with the reason, and fails where `CI=true`.
"""

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

INSTALL_SECONDS = 180


def installed(*names: str) -> Path:
    """A folder whose `node_modules` holds these packages, such as "graphql@16.9.0".

    Kept while the process runs; skips, or fails where `CI=true`, when they cannot be had.
    """
    folder, reason = _install(names)
    if reason and os.environ.get("CI") == "true":  # noqa: TID251 -- CI says so of itself
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    return folder


@functools.cache
def _install(names: tuple[str, ...]) -> tuple[Path, str]:
    """The folder, and why it is not usable; empty when it is."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return Path(), "Node and npm are not on this machine"
    folder = Path(tempfile.mkdtemp(prefix="jpi-npm"))
    flags = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    command = ["npm", "install", *flags, "--prefix", str(folder), *names]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    return folder, done.stderr.strip()[-500:] if done.returncode else ""


def run_module(folder: Path, script: str, *arguments: str) -> str:
    """What an ECMAScript module prints that stands beside `node_modules`. Raises on failure."""
    path = folder / "script.mjs"
    path.write_text(script)
    done = subprocess.run(
        ["node", path.name, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
