"""PostgreSQL's own programs: the right one for a server, and a run of it without a secret in sight.

The one rule: a program copies no server newer than itself; one of the server's own version comes
first. A password travels in the environment, never in the arguments, which every user can list.
"""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from service.cluster import EmbeddedFailed, programs

_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class ToolFailed(Exception):  # noqa: N818 -- named for what it tells
    """One of PostgreSQL's programs failed or is missing: what it said, and what to check."""


def choose(name: str, server: int) -> Path:
    """The program for a server of a major version: of the PATH, or of the wheel.

    Raises ToolFailed when none is new enough.
    """
    found = sorted(_candidates(name), key=lambda each: each[0])
    fit = [each for each in found if each[0] >= server]
    if not fit:
        raise ToolFailed(
            f"The server is PostgreSQL {server}, and no {name} that new was found. Install "
            f"PostgreSQL {server}'s client programs, and put {name} on the PATH."
        )
    return fit[0][1]


def _candidates(name: str) -> list[tuple[int, Path]]:
    paths = [Path(found)] if (found := shutil.which(name)) else []
    with suppress(EmbeddedFailed):  # a host without the wheel has programs of its own
        paths.append(programs() / name)
    return [(version, path) for path in paths if (version := _version(path))]


def _version(path: Path) -> int:
    """The major version of a program; 0 when it does not run."""
    try:
        done = subprocess.run(
            [path, "--version"], env=_environment(), capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    said = _VERSION.search(done.stdout)
    return int(said[1]) if said else 0


def run(path: Path, url: str, *words: str | Path) -> None:
    """Run a program on the database of an address. Raises ToolFailed with its last words."""
    parts = urlsplit(url)
    secret = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    account, _, place = parts.netloc.rpartition("@")
    user = account.partition(":")[0]
    plain = urlunsplit(parts._replace(netloc=f"{user}@{place}" if account else place))
    done = subprocess.run(
        [path, "--no-password", f"--dbname={plain}", *words],
        env=_environment() | secret,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        umask=0o077,
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise ToolFailed(
            f"{path.name} failed ({done.returncode}):\n{last}\nCheck JPI_OWNER_DATABASE_URL, that "
            "its role owns the database, and that the disk has room."
        )


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C"}
