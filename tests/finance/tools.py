"""Outside programs that read our journals: bean-check and hledger. Run, never imported."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

BEAN_CHECK = Path(sys.executable).parent / "bean-check"
HLEDGER = shutil.which("hledger")
IS_CI = os.environ.get("CI", "").lower() == "true"  # noqa: TID251 -- the test's own surroundings

needs_hledger = pytest.mark.skipif(
    HLEDGER is None and not IS_CI,
    reason="hledger is not installed (Debian: apt-get install hledger); in CI this fails",
)


def bean_check(text: bytes, folder: Path) -> str:
    """What bean-check says of a journal; empty when it is content."""
    file = folder / "books.beancount"
    file.write_bytes(text)
    done = subprocess.run(
        [BEAN_CHECK, "--no-cache", file], check=False, capture_output=True, text=True
    )
    return (done.stdout + done.stderr) if done.returncode else ""


def hledger(text: bytes, folder: Path, *command: str) -> str:
    """What hledger prints for a journal. Raises AssertionError with its complaint."""
    assert HLEDGER is not None, "hledger must be installed where CI=true"
    file = folder / "books.journal"
    file.write_bytes(text)
    done = subprocess.run(
        [HLEDGER, "-f", file, *command],
        check=False,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr[:2000]
    return done.stdout


def strictly_checked(text: bytes, folder: Path) -> Mapping[str, str]:
    """The balances by account that hledger finds, after its strict checks and in date order."""
    hledger(text, folder, "check", "--strict", "ordereddates")
    listed = hledger(text, folder, "balance", "--flat", "-N", "-E", "-O", "csv")
    rows = [line.strip('"').split('","') for line in listed.splitlines()[1:]]
    return dict(rows)
