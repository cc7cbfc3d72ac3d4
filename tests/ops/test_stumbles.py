"""Where somebody new stumbles: one message, which says what is wrong, where, and how to mend it."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ops import demo
from ops.order import ORDER
from ops.trust import _cosigned
from service.app import open_doors
from service.embedded import Embedded
from service.settings import Settings
from tests.ops.test_command_line import jpi
from tests.ops.test_help import COMMANDS
from tests.ports import free_port
from tests.rebuild.steps import going_round
from tests.world import World

REWRITE = """
UPDATE entry SET index = index,
    envelope = convert_to(replace(convert_from(envelope, 'UTF8'), '"demo"', '"omed"'), 'UTF8')
WHERE index = 59"""
ROOT = Path(__file__).parents[2]
PSQL = re.compile(r"^```sh\n([^\n]*/psql[^\n]*)\n```$", re.MULTILINE)
NOBODY = "3cffe945-fa53-8bf2-806f-8d9066185ac7"


def test_help_begins_with_what_a_newcomer_needs_first() -> None:
    """And no command is without a place in it."""
    listed = re.findall(r"^│ ([a-z][a-z-]*) ", jpi("--help", TERM="dumb").stdout, re.MULTILINE)

    assert tuple(listed) == ORDER
    assert {words[0] for words in COMMANDS} == set(ORDER)


async def test_a_run_on_a_ledger_that_somebody_rewrote_says_so(
    database: Embedded, settings: Settings
) -> None:
    """The entry, the check, the runbook, the way to begin anew; also when the alarm stands."""
    async with open_doors(settings) as doors:
        await demo.seed(doors, lambda _: None)
    async with going_round(database) as superuser:
        assert await superuser.execute(REWRITE) != "UPDATE 0"
    given = {
        "DATABASE_URL": database.service_url,
        "JPI_HOME": str(settings.home),
        "JPI_PORT": str(free_port()),
    }

    for _ in range(2):
        done = await asyncio.to_thread(jpi, "run", **given)

        assert done.returncode == 1
        [said] = [each for each in done.stderr.splitlines() if each.startswith("jpi: ")]
        assert "entry 59: the envelope is not the one that was hashed" in said
        for named in (
            "`jpi rebuild --check`",
            "ops/runbook.md",
            "an empty folder named in JPI_HOME",
        ):
            assert named in said
        assert "Traceback" not in done.stderr
        assert "GraphQLError" not in done.stderr


def test_the_readme_makes_a_superuser_of_who_tries_it(server: Embedded) -> None:
    """Its command as it stands, in a clone whose `make run` is up; no trigger fires then."""
    [command] = PSQL.findall((ROOT / "README.md").read_text())
    assert "`SET session_replication_role = replica;`" in (ROOT / "README.md").read_text()
    with tempfile.TemporaryDirectory(prefix="jpi") as clone:
        (Path(clone) / ".jpi").mkdir()
        (Path(clone) / ".jpi" / "postgres").symlink_to(server.socket_folder)
        (Path(clone) / ".venv").symlink_to(sys.prefix)
        done = subprocess.run(
            ["bash", "-c", f"{command} -X -A -t"],
            input="SET session_replication_role = replica;\n"
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user;\n"
            "SELECT count(*) FROM entry;\n",
            cwd=clone,
            env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["SET", "t", "0"]


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_port_that_is_taken_is_told_before_anything_is_done(
    command: str, settings: Settings
) -> None:
    """With the setting by which to choose another."""
    home = settings.home / "fresh"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = jpi(command, JPI_HOME=str(home), JPI_PORT=str(port))

    assert done.returncode == 1
    assert done.stderr.startswith(f"jpi: Nothing can listen on 127.0.0.1:{port} (")
    assert "another port with JPI_PORT" in done.stderr
    assert not home.exists()


async def test_an_export_names_the_option_at_fault(world: World) -> None:
    """The party where the ecosystem is there, with the parties that there are; else that one."""
    await world.found("Rail Funder", "Track")
    given = {
        "DATABASE_URL": world.settings.database_url or "",
        "JPI_HOME": str(world.settings.home),
    }
    ecosystem = demo.bare(world.ecosystem_id)

    done = await asyncio.to_thread(jpi, "export", "--ecosystem", ecosystem, "--as", NOBODY, **given)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"jpi: --as {NOBODY} is no party of " in done.stderr
    assert f"{demo.bare(world.parties['Track'])} Track" in done.stderr

    done = await asyncio.to_thread(jpi, "export", "--ecosystem", NOBODY, "--as", NOBODY, **given)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"jpi: --ecosystem {NOBODY}: this database has no such ecosystem" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--not-before", "31.3.2026"), "--not-before '31.3.2026' is no instant of RFC 3339"),
        (("--before", "2026-03-31T00:00:00"), "--before '2026-03-31T00:00:00' is no instant"),
        (("--minimum", "1"), "--unit is missing"),
        (
            ("--url", "127.0.0.1:8000"),
            "--url '127.0.0.1:8000' (or JPI_URL) is no address of a service",
        ),
        (("--url", "http://127.0.0.1:x"), "--url 'http://127.0.0.1:x' (or JPI_URL) is no address"),
        ((), "Connection refused; check --url"),
    ],
)
def test_a_push_names_the_option_at_fault(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """Nobody listens there: what is told of the others is told before anything is sent."""
    (tmp_path / "rows.csv").write_text("reference,at,value\n")
    (tmp_path / "token").write_text("t")
    url = f"http://127.0.0.1:{free_port()}"
    given = ("--url", url, "--token-file", str(tmp_path / "token"), "--series", "s")

    done = jpi("push", str(tmp_path / "rows.csv"), *given, *words)

    assert done.returncode == 1
    assert done.stderr.startswith("jpi: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


async def test_an_address_of_nothing_names_the_option(world: World, tmp_path: Path) -> None:
    """The service is there, below another path."""
    (tmp_path / "token").write_text("t")
    url = f"http://{world.settings.host}:{world.settings.port}/elsewhere"

    done = await asyncio.to_thread(
        jpi, "prove", "0", "--url", url, "--token-file", str(tmp_path / "token")
    )

    assert done.returncode == 1
    assert "nothing at this address; check --url" in done.stderr
    assert "token" not in done.stderr


def test_an_id_that_is_missing_is_told_as_missing(settings: Settings) -> None:
    """Not as an empty one that is none."""
    done = jpi("token", "--role", "VIEWER", JPI_HOME=str(settings.home))

    assert done.returncode == 1
    assert done.stderr.startswith("jpi: --ecosystem is missing: an id is such as ")


def test_a_proof_says_whose_cosignatures_it_looked_at() -> None:
    """None were asked for; none of those asked for; these."""
    assert "--witness-key names a witness that you trust" in _cosigned((), 0)
    assert _cosigned((), 1) == "cosigned by no witness of --witness-key"
    assert _cosigned(("a", "b"), 2) == "cosigned by a, b"
