"""The command line: what cannot be done is one message, never a traceback."""

import os
import socketserver
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from service.embedded import Embedded
from service.settings import Settings


def jpi(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A run of the command line with nothing but the given environment."""
    return subprocess.run(
        [sys.executable, "-m", "ops", *words],
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_an_unreachable_database_at_start_is_told(tmp_path: Path, command: str) -> None:
    """Within seconds, with what to check."""
    settings = {
        "JPI_HOME": str(tmp_path),
        "JPI_DEV_ISSUER": "true",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    assert jpi("keys", **settings).returncode == 0

    done = jpi(command, **settings)

    assert done.returncode == 1
    assert done.stderr.startswith("jpi: ")
    assert "Traceback" not in done.stderr
    assert "Connect" in done.stderr or "connect" in done.stderr


class OldServer(socketserver.StreamRequestHandler):
    """Speaks just enough of PostgreSQL's protocol to say that it is version 14."""

    def say(self, kind: bytes, body: bytes) -> None:
        self.wfile.write(kind + struct.pack("!I", len(body) + 4) + body)

    def handle(self) -> None:
        while True:
            [length] = struct.unpack("!I", self.rfile.read(4))
            if int.from_bytes(self.rfile.read(length - 4)[:4], "big") == 196608:
                break
            self.wfile.write(b"N")  # no TLS here
        self.say(b"R", bytes(4))
        self.say(b"S", b"server_version\x0014.5\x00")
        self.say(b"K", bytes(8))
        self.say(b"Z", b"I")
        while kind := self.rfile.read(1):
            [length] = struct.unpack("!I", self.rfile.read(4))
            self.rfile.read(length - 4)
            if kind == b"Q":
                self.say(b"C", b"SELECT 1\x00")
                self.say(b"Z", b"I")


def test_a_server_that_is_too_old_is_told_by_its_version(settings: Settings) -> None:
    """Before anything is served."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), OldServer) as old:
        threading.Thread(target=old.serve_forever, daemon=True).start()
        done = jpi(
            "serve",
            JPI_HOME=str(settings.home),
            JPI_DEV_ISSUER="true",
            DATABASE_URL=f"postgresql://jpi:x@127.0.0.1:{old.server_address[1]}/jpi",
        )
        old.shutdown()

    assert done.returncode == 1
    assert "PostgreSQL 14; 15 or newer is needed" in done.stderr


def test_a_database_without_our_schema_is_told_to_migrate(
    server: Embedded, settings: Settings
) -> None:
    """The service never migrates behind an operator's back."""
    done = jpi(
        "serve",
        JPI_HOME=str(settings.home),
        JPI_DEV_ISSUER="true",
        DATABASE_URL=server.url("jpi_service", "postgres"),
    )

    assert done.returncode == 1
    assert "run `jpi migrate`" in done.stderr


def test_a_wrong_setting_is_told_by_its_variable() -> None:
    """Before anything starts."""
    done = jpi("serve", JPI_PORT="x")

    assert done.returncode == 1
    assert "JPI_PORT='x'" in done.stderr


def test_a_service_without_an_issuer_does_not_start(settings: Settings) -> None:
    """Nobody could get in: it says so."""
    done = jpi("serve", JPI_HOME=str(settings.home), DATABASE_URL=settings.database_url or "")

    assert done.returncode == 1
    assert "JPI_DEV_ISSUER" in done.stderr


def test_migrating_twice_changes_nothing(database: Embedded) -> None:
    """The second time says so."""
    done = jpi("migrate", DATABASE_URL=database.owner_url)

    assert done.returncode == 0
    assert "already" in done.stderr


def test_settings_are_listed_and_a_token_needs_ids(settings: Settings) -> None:
    """A person's table; a token for nobody is refused."""
    assert "JPI_SHUTDOWN_SECONDS" in jpi("settings").stdout
    done = jpi("token", "--role", "VIEWER", JPI_HOME=str(settings.home))
    assert done.returncode == 1
    assert "--ecosystem" in done.stderr
    done = jpi("token", "--role", "FOUNDER", JPI_HOME=str(settings.home))
    assert done.stdout.count(".") == 2


def test_what_is_not_there_is_no_bad_ledger(tmp_path: Path) -> None:
    """A slip in a path is no verdict; ids that are none never reach the database."""
    done = jpi("verify", str(tmp_path / "none.ndjson"))
    assert (done.returncode, "VERDICT" in done.stdout) == (2, False)
    done = jpi("export", "--ecosystem", "x", "--as", "y", JPI_HOME=str(tmp_path))
    assert (done.returncode, "--ecosystem 'x' is no id" in done.stderr) == (1, True)


def test_the_nightly_check_finds_the_embedded_database_where_it_runs(
    server: Embedded, tmp_path: Path
) -> None:
    """Without its address; where none runs, it says what to set."""
    done = jpi("rebuild", "--check", JPI_HOME=str(tmp_path))
    assert (done.returncode, "JPI_OWNER_DATABASE_URL" in done.stderr) == (1, True)

    (tmp_path / "postgres").symlink_to(server.data)
    done = jpi("rebuild", "--check", JPI_HOME=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "reusing the embedded PostgreSQL" in done.stderr
