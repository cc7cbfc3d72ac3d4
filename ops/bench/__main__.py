"""`python -m ops.bench`: run benches on an embedded server of their own, and show the figures."""

import json
import os
import platform
import sys
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from ledger.commit import system_clock
from ops.bench.figure import table
from ops.bench.frame import Bench, NoSuchBench, Run, benches
from ops.migrate import migrate
from service import embedded
from service.cluster import VERSION
from service.collector import calm_collector
from service.embedded import Embedded


def say(text: str) -> None:
    """A step that may take longer than a second."""
    print(f"... {text}", file=sys.stderr, flush=True)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "at": system_clock().astimezone(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "loadBefore": round(os.getloadavg()[0], 2),
        "platform": platform.platform(),
        "postgresql": VERSION,
        "python": platform.python_version(),
    }


def run(chosen: list[Bench], size: int | None, server: Embedded, folder: Path) -> list[Run]:
    """Each bench in turn, its table shown as soon as it is done."""
    done = []
    calm_collector()  # as the service does before it serves
    for each in chosen:
        say(f"{each.name}: {each.compares}")
        home = folder / each.name
        home.mkdir()
        made = Run(size or each.size, server, home, say)
        uvloop.run(each.measure(made))  # what the service runs on
        title = f"{each.name} (size {made.size:,}): {each.compares}"
        Console(width=150).print(table(title, made.figures))
        done.append(made)
    return done


def main(
    *,
    only: Annotated[list[str] | None, typer.Option(help="A bench's name; several times.")] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Instead of each one's own.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where JSON goes too.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the benches, run none.")] = False,
) -> None:
    """Measure, side by side, on an embedded PostgreSQL with fsync and synchronous_commit on."""
    try:
        chosen = benches(only or ())
    except NoSuchBench as error:
        raise typer.BadParameter(str(error)) from error
    if listed:
        for each in chosen:
            print(f"{each.name} (size {each.size:,}): {each.compares}")
        return
    on = machine()
    with tempfile.TemporaryDirectory(prefix="jpi-bench") as text:
        folder = Path(text)
        folder.chmod(0o755)
        server = embedded.start(folder / "pg", say)
        try:
            migrate(server.owner_url, say)
            runs = run(chosen, size, server, folder)
        finally:
            embedded.stop(server, "immediate")
    results = [
        {"bench": each.name, "size": made.size, "figures": [f.as_json() for f in made.figures]}
        for each, made in zip(chosen, runs, strict=True)
    ]
    if json_file is not None:
        json_file.write_text(json.dumps({"machine": on, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
