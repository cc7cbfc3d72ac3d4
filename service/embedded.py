"""The embedded PostgreSQL of development, demo and tests: made once, started, reused, stopped.

The one rule: what was written survives, so nothing here deletes a finished cluster, and a lock
file is only set aside when its process is provably not this folder's server. `initdb` works in
`cluster.making`; the rename to `cluster` is the mark that it ended.

::

    data/ cluster/            PGDATA            server.log   what the server says
          .s.PGSQL.5432       its only door     lock         one start or stop at a time

No TCP: whoever may enter `data` (0700) may connect, hence `trust`. As root the programs run as a
system user (`service/system_user.py`). Only the wheel's programs are used, never its Python.
"""

import fcntl
import os
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from service.cluster import (
    PORT,
    VERSION,
    EmbeddedFailed,
    Place,
    answering,
    answers,
    call,
    failed,
    postmaster,
    programs,
    recorded,
    recorded_socket_folder,
    run,
    silent,
)
from service.system_user import WayBlocked, clear_way, open_tree, server_account

Say = Callable[[str], None]
Mode = Literal["smart", "fast", "immediate"]

_SOCKET_MAX = 107  # bytes of a Unix socket's path; Linux, sun_path less its closing NUL
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # a socket folder that PostgreSQL and URLs take as it is
_NO_PID = 2**31 - 1  # above every kernel's largest pid, so surely nobody's
_START_SECONDS = 180  # crash recovery of a large database takes its time
_ANSWER_SECONDS = 60
_LEFTOVER_SECONDS = 30  # until the children of a killed server have noticed
_PAUSE_SECONDS = 0.1
_LOG_BYTES_MAX = 10_000_000
_TAIL_LINES = 12
_SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] %q%u@%d ",
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running server and one database of it. Both addresses work for asyncpg and libpq."""

    data: Path
    socket_folder: Path
    database: str = "jpi"

    @property
    def owner_url(self) -> str:
        """Address for migrations: the role that owns the database."""
        return self.url("jpi_owner")

    @property
    def service_url(self) -> str:
        """Address for the service: the role without rights of its own."""
        return self.url("jpi_service")

    @property
    def cluster(self) -> Path:
        """The server's own folder (PGDATA)."""
        return self.data / "cluster"

    def url(self, role: str, database: str | None = None) -> str:
        """Address for any role (`postgres` is the superuser) and database."""
        named, folder = quote(database or self.database, safe=""), quote(str(self.socket_folder))
        return f"postgresql://{role}@/{named}?host={folder}&port={PORT}"

    def program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs, for example `psql` or `pg_dump`."""
        return programs() / name


def start(data: Path, say: Say) -> Embedded:
    """The server of `data`: made, started or found running. Safe to call from several processes.

    Raises EmbeddedFailed. `say` hears one sentence before each step that may take over a second.
    """
    place = _place(data, say)
    with _one_at_a_time(place, say):
        pid = answering(place)
        if pid is not None:
            say(f"reusing the embedded PostgreSQL in {place.data} (pid {pid})")
            embedded = Embedded(place.data, recorded_socket_folder(place))
        else:
            _make_cluster(place, say)
            _set_stale_lock_aside(place, say)
            embedded = Embedded(place.data, _socket_folder(place))
            say("starting the embedded PostgreSQL")
            _launch(place, embedded.socket_folder)
        script = Path(__file__).with_suffix(".sql")
        quiet = ("-X", "-q", "-v", "ON_ERROR_STOP=1")
        _client(embedded, "psql", *quiet, "-d", embedded.url("postgres", "postgres"), "-f", script)
    return embedded


def stop(server: Embedded | Path, mode: Mode = "fast") -> bool:
    """Stop the server of a folder; whether one ran. Raises EmbeddedFailed."""
    data = server.data if isinstance(server, Embedded) else server
    if not data.is_dir():
        return False
    place = _place(data, silent)
    with _one_at_a_time(place, silent):
        if postmaster(place) is None:
            return False
        patience = str(_ANSWER_SECONDS)
        run(place, "pg_ctl", "stop", "-w", "-t", patience, "-m", mode, "-D", place.cluster)
    return True


def is_running(data: Path) -> bool:
    """Whether the folder's server runs and answers."""
    place = Place(data.resolve(), None)
    return postmaster(place) is not None and answers(place)


def create_database(embedded: Embedded, name: str, template: str | None = None) -> Embedded:
    """A new database of the owner's, empty or copied from `template`, which nobody may be using."""
    copied = ("-T", template) if template else ()
    _client(embedded, "createdb", *_as_superuser(embedded), "-O", "jpi_owner", *copied, "--", name)
    return replace(embedded, database=name)


def drop_database(embedded: Embedded, name: str) -> None:
    """Remove a database and end its connections; nothing happens where there is none."""
    _client(embedded, "dropdb", *_as_superuser(embedded), "--if-exists", "--force", "--", name)


def _place(data: Path, say: Say) -> Place:
    """Make the folder, hand it to its account and clear the account's way to what it needs."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        place = Place(data.resolve(), server_account())
        owner = place.data.stat().st_uid
        if place.account is None and owner != os.geteuid():
            raise EmbeddedFailed(
                f"{place.data} belongs to user {owner}, you are {os.geteuid()}.",
                f"run as that user or as root, or choose a JPI_HOME beside {place.data.parent}.",
            )
        if place.account is not None:
            if owner != place.account.pw_uid:
                for path in (place.data, *place.data.rglob("*")):
                    os.chown(path, *place.account[2:4], follow_symlinks=False)
            clear_way((place.data, programs()), say)
            open_tree(programs().parent, say)
        place.data.chmod(0o700)
    except (OSError, WayBlocked) as error:
        mend = "choose a JPI_HOME on an ordinary local disk that you may write to."
        raise EmbeddedFailed(f"{data} cannot be prepared: {error}.", mend) from error
    return place


@contextmanager
def _one_at_a_time(place: Place, say: Say) -> Iterator[None]:
    """Hold the folder's lock; the kernel frees it when its holder dies."""
    descriptor = os.open(place.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if place.account is not None:
            os.fchown(descriptor, *place.account[2:4])
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another process that is starting or stopping the embedded PostgreSQL")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_cluster(place: Place, say: Say) -> None:
    """Make the cluster if there is none. Interrupted anywhere, the next start begins anew."""
    making = place.data / "cluster.making"
    if place.cluster.exists():
        version = place.cluster / "PG_VERSION"
        found = version.read_text().strip() if version.is_file() else "unknown"
        if found != VERSION:
            happened = f"{place.cluster} is of PostgreSQL {found}, this is {VERSION}."
            raise EmbeddedFailed(happened, "move that folder away, or choose another JPI_HOME.")
        return
    if making.exists():
        say("an earlier start was interrupted while it made the database: beginning anew")
        shutil.rmtree(making)
    say(f"creating the embedded PostgreSQL in {place.data} (a few seconds)")
    words = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--data-checksums"]
    words += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    words += [f"--set={setting}" for setting in _SETTINGS]
    run(place, "initdb", *words, "-D", making.name)
    making.rename(place.cluster)
    folder = os.open(place.data, os.O_RDONLY)
    os.fsync(folder)  # from here on the cluster is there, also after a power cut
    os.close(folder)


def _set_stale_lock_aside(place: Place, say: Say) -> None:
    """Free the lock of a server that is gone, whoever has its pid now.

    Only the pid is struck out. The line on shared memory stays, by which PostgreSQL itself refuses
    to start while a child of the killed server still writes.
    """
    lines = recorded(place)
    if not place.lock_file.exists():
        return
    pid = lines[0].strip() if lines else "unknown"
    say(f"the last server was killed (pid {pid}) and left its lock: recovering, nothing is lost")
    if lines and pid.isdecimal():
        place.lock_file.write_text("\n".join([str(_NO_PID), *lines[1:], ""]))
    else:
        place.lock_file.unlink()
    for left in recorded_socket_folder(place).glob(f".s.PGSQL.{PORT}*"):
        left.unlink(missing_ok=True)


def _socket_folder(place: Place) -> Path:
    """The data folder, or a private temporary one of the same name at each start if it is unfit."""
    if _fits(place.data):
        return place.data
    account = place.account
    uid, gid = (account.pw_uid, account.pw_gid) if account else (os.geteuid(), os.getegid())
    name = f"jpi-{sha256(os.fsencode(place.data)).hexdigest()[:16]}"
    bases = (Path(tempfile.gettempdir()), Path("/tmp"))  # noqa: S108 -- checked for its owner below
    folder = next((base / name for base in bases if _fits(base / name)), bases[1] / name)
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {uid, os.geteuid()}:
        mend = f"remove {folder}, or choose a JPI_HOME with a shorter, plain path."
        raise EmbeddedFailed(f"{folder} belongs to somebody else.", mend)
    os.chown(folder, uid, gid)
    folder.chmod(0o700)
    return folder


def _fits(folder: Path) -> bool:
    door = os.fsencode(folder / f".s.PGSQL.{PORT}")
    return len(door) <= _SOCKET_MAX and _PLAIN.fullmatch(str(folder)) is not None


def _launch(place: Place, socket_folder: Path) -> None:
    """Start the server and wait until it takes connections."""
    if place.log.exists() and place.log.stat().st_size > _LOG_BYTES_MAX:
        place.log.rename(place.log.with_suffix(".log.1"))
    options = shlex.join(["-c", place.title, "-k", str(socket_folder)])
    words = ("start", "-w", "-t", str(_START_SECONDS), "-D", "cluster", "-l", place.log.name)
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while True:
        before = place.log.stat().st_size if place.log.exists() else 0
        done = call(place, "pg_ctl", *words, "-o", options)
        if done.returncode == 0:
            return
        with place.log.open("rb") as log:
            log.seek(before)
            leftover = b"pre-existing shared memory block" in log.read()
        if not leftover or time.monotonic() > deadline:
            raise failed(place, "pg_ctl start", done)
        time.sleep(_PAUSE_SECONDS)


def _client(embedded: Embedded, name: str, *words: str | Path) -> None:
    """Run a client program as the caller, who may enter the folder."""
    done = subprocess.run(
        [embedded.program(name), *words],
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        mend = f"read {embedded.data / 'server.log'}."
        raise EmbeddedFailed(f"{name} failed ({done.returncode}).", mend, done.stderr.strip())


def _as_superuser(embedded: Embedded) -> tuple[str, ...]:
    return ("-h", str(embedded.socket_folder), "-p", str(PORT), "-U", "postgres")
