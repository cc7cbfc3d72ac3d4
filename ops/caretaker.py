"""The commands by which an operator keeps a ledger whole: rebuild, resume, backup, restore."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from ledger.actor import Role
from ledger.commit import system_clock
from ledger.ids import is_id
from ops import backup as backing
from ops import rebuild as rebuilding
from ops.place import here, say
from ops.trust import ALARM
from service.app import CannotStart
from service.collector import calm_collector
from service.memory import FileMemory
from service.settings import Settings, load

WRONG = 1
"""Exit code of a check that found something."""

EcosystemId = Annotated[str, typer.Option(help="Id of the ecosystem.")]
Roles = Annotated[
    list[Role], typer.Option("--role", help="A role within the party; may be given several times.")
]
Where = Annotated[
    str,
    typer.Option(
        envvar="JPI_URL",
        help="The service, as https://kpi.example.com; without it at JPI_HOST and JPI_PORT.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text, for a machine.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("rebuild")(rebuild)
    app.command("resume")(resume)
    app.command("backup")(backup)
    app.command("restore")(restore)


def rebuild(
    ecosystem: Annotated[
        str, typer.Option(help="Id of the one ledger to check; all where none is named.")
    ] = "",
    *,
    swap: Annotated[
        bool,
        typer.Option(
            "--swap/--check",
            help="Replace the derived tables by the rebuilt ones; or compare, and change nothing.",
        ),
    ] = False,
    stop_writes: Annotated[
        bool, typer.Option(help="Stop the writes of each ledger that is itself at fault.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Refold every ledger and compare all that stands with it; exit 1 when anything differs."""
    calm_collector()
    chosen = here(load())
    if swap and ecosystem:
        raise CannotStart("A swap replaces whole tables: leave --ecosystem out.")
    memory = FileMemory(chosen.heads_folder)
    only = id_of(ecosystem, "--ecosystem") if ecosystem else ""
    with counting() as progress:
        found = rebuilding.run(owner_url(chosen), memory, progress, will_swap=swap, only=only)
    for report in found.at_fault() if stop_writes else ():
        reason = f"jpi rebuild found: {report.differences[0].sentence}"
        memory.raise_alarm(report.ecosystem_id, reason, None)
    print(json.dumps(found.as_json(), indent=1) if as_json else found.as_text())
    raise typer.Exit(0 if found.is_good else WRONG)


def resume(
    ecosystem: Annotated[str, typer.Option(help="Id of the ecosystem whose writes are stopped.")],
) -> None:
    """Let writes go on after an alarm, once the ledger is whole again; exit 1 when it is not."""
    chosen = here(load())
    memory, key = FileMemory(chosen.heads_folder), id_of(ecosystem, "--ecosystem")
    if not memory.alarm(key):
        print(f"no alarm stands for {key}")
        return
    with counting() as progress:
        found = rebuilding.run(owner_url(chosen), memory, progress, will_swap=False, only=key)
    print(found.as_text())
    if not found.is_good:
        print(f"STILL STOPPED: {memory.alarm(key)}")
        raise typer.Exit(WRONG)
    reason = memory.lift(key)
    print(f"LIFTED: {reason}\nIts file is kept. Restart the service: writes go on from there.")


def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    keep_days: Annotated[
        int, typer.Option(min=1, help="Days after which it expires, for texts are erased.")
    ] = backing.KEEP_DAYS,
) -> None:
    """Copy every ledger, in one moment, with a manifest of heads and checkpoints."""
    chosen = here(load())
    backing.make(owner_url(chosen), folder, system_clock(), keep_days, say)
    print(f"{folder} holds every ledger; its manifest says up to where")


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder of `jpi backup`.")],
    *,
    although_expired: Annotated[
        bool, typer.Option(help="Restore a backup whose days are over all the same.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty database, verify all of it, and say whether it is what was published last.

    Exit 0: whole, and nothing published is missing. 1: not whole. 3: behind or beside, read-only.
    """
    chosen = load()
    manifest = backing.read_manifest(folder, system_clock(), although_expired=although_expired)
    memory = FileMemory(chosen.heads_folder)
    with counting() as progress:
        restored = asyncio.run(
            backing.restore(owner_url(chosen), manifest, folder, memory, say, progress)
        )
    print(json.dumps(restored.as_json(), indent=1) if as_json else restored.as_text())
    if not restored.rebuilt.is_good:
        raise typer.Exit(WRONG)
    raise typer.Exit(ALARM if restored.alarms else 0)


def id_of(given: str, option: str) -> str:
    """The workroom's id in what was given, with its type in front or not. Raises CannotStart."""
    found = given.rpartition(":")[2]
    if not is_id(found):
        wrong = f"{option} {given!r} is no id" if given else f"{option} is missing"
        raise CannotStart(
            f"{wrong}: an id is such as "
            "3cffe945-fa53-8bf2-806f-8d9066185ac7, with `Ecosystem:` or `Party:` in front or not, "
            "as `jpi run`, `jpi demo` and the API show it."
        )
    return found


def owner_url(chosen: Settings) -> str:
    """Where the owner connects. Raises CannotStart."""
    if chosen.owner_url is None:
        raise CannotStart(
            "Set JPI_OWNER_DATABASE_URL to the database, as the role that owns its schema; the "
            "embedded one of `jpi run` is found without it while it runs."
        )
    return chosen.owner_url


@contextmanager
def counting() -> Iterator[Callable[[str, int], None]]:
    """A counter of entries for each ecosystem, for a person who waits at a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TextColumn("entries"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(key: str, count: int) -> None:
            if key not in tasks:
                tasks[key] = bar.add_task(key, total=None)
            bar.update(tasks[key], advance=count)

        yield advance
