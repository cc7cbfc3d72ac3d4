"""The command line `jpi`: the caretaker's door."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from graph.schema import build as build_schema
from ledger.checkpoint import render_verifier
from ledger.errors import Fault, Refusal, Trouble
from ops import caretaker, demo, exporting, gallery, migrate, push, stage, tokens, trust, welcome
from ops.backup import BackupRefused
from ops.consent import CannotSign
from ops.order import InOrder
from ops.place import here, plainly, require_port, say, with_embedded
from ops.rebuild import NothingSwapped
from ops.remote import Denied, TokenUnreadable, UrlWrong
from ops.statement import StatementUnreadable, read_statement
from ops.tools import ToolFailed
from ops.trusted import require_trusted
from ops.verify import verify
from ops.witness import WitnessUnready
from service import embedded
from service.app import CannotStart, open_doors, serve
from service.cluster import EmbeddedFailed
from service.collector import calm_collector
from service.keys import KeyMissing, log_signer, make_keys
from service.sandbox import base_url
from service.settings import Settings, SettingsInvalid, describe, load

app = typer.Typer(
    cls=InOrder, no_args_is_help=True, add_completion=False, help="The joint-KPI ledger."
)
tokens.add_to(app)
exporting.add_to(app)
trust.add_to(app)
caretaker.add_to(app)
push.add_to(app)
EXPECTED = (
    CannotStart,
    KeyMissing,
    SettingsInvalid,
    Refusal,
    Trouble,
    Fault,
    EmbeddedFailed,
    migrate.MigrationFailed,
    demo.SeedFailed,
    CannotSign,
    Denied,
    TokenUnreadable,
    UrlWrong,
    push.CannotPush,
    WitnessUnready,
    NothingSwapped,
    BackupRefused,
    ToolFailed,
    StatementUnreadable,
)


@app.command()
def settings(*, as_json: caretaker.AsJson = False) -> None:
    """List every setting, its default and its meaning."""
    rows = describe()
    if as_json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return
    table = Table("variable", "default", "meaning")
    for row in rows:
        table.add_row(row.variable, row.default, row.meaning + (" (secret)" * row.is_secret))
    Console(width=140).print(table)


@app.command()
def keys() -> None:
    """Make the key files that JPI_HOME (./.jpi) lacks, and print the log's verifier key."""
    chosen = load()
    for path in make_keys(chosen):
        say(f"made {path}")
    print(render_verifier(log_signer(chosen).verifier))


@app.command("migrate")
def migrate_command() -> None:
    """Make or upgrade the schema; JPI_OWNER_DATABASE_URL names the database and its owner."""
    chosen = load()
    if chosen.owner_url is None:
        raise CannotStart("Set JPI_OWNER_DATABASE_URL (or DATABASE_URL) to migrate a database.")
    migrate.migrate(chosen.owner_url, say)


@app.command("serve")
def serve_command() -> None:
    """Serve on the database of DATABASE_URL; needs `jpi keys`, `jpi migrate` and an issuer."""
    chosen = load()
    require_port(chosen)
    serve(chosen)


@app.command()
def run(
    *,
    seed: Annotated[
        bool, typer.Option(help="Enter the demo's ecosystems, unless they are there.")
    ] = True,
) -> None:
    """Everything on this machine: embedded database, keys, demo, server. For a first look."""
    chosen = load().model_copy(update={"dev_issuer": True, "workers": 1})
    require_port(chosen)
    make_keys(chosen)
    chosen = with_embedded(chosen)
    if seed:
        with plainly():
            asyncio.run(_seed(chosen))
    serve(chosen)


async def _seed(chosen: Settings) -> None:
    async with open_doors(chosen) as doors:
        chains = await demo.seed(doors, say)
    print(welcome.text(chosen, chains), flush=True)


class Size(StrEnum):
    """How much of it."""

    SMALL = "small"
    LARGE = "large"


@app.command("demo")
def demo_command(
    size: Annotated[
        Size,
        typer.Option(help="small: each state once; large: many months of many indicators too."),
    ] = (Size.SMALL),
    url: caretaker.Where = "",
) -> None:
    """Enter an invented ecosystem with every state that a screen has to show."""
    chosen = here(load())
    more = {"months": 26, "indicators": 12} if size is Size.LARGE else {}
    clock = stage.StagedClock()

    async def enter() -> stage.Gallery:
        async with open_doors(chosen, clock, max_drift=stage.STAGED) as doors:
            return await gallery.seed(doors, clock, say, **more)

    with plainly():
        made = asyncio.run(enter())
    print(welcome.gallery_text(made, base_url(chosen, url)))


@app.command()
def stop() -> None:
    """Stop the embedded database of JPI_HOME (./.jpi); its data stays. Ctrl-C stops a server."""
    stopped = embedded.stop(load().embedded_data)
    print("stopped" if stopped else "it was not running")


@contextmanager
def progress_of(size: int) -> Iterator[Callable[[int], None]]:
    """A bar over so many bytes, for a person who waits at a terminal."""
    with Progress(
        *Progress.get_default_columns(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("verifying", total=size)
        yield lambda count: bar.update(task, advance=count)


@app.command("verify")
def verify_command(
    file: Annotated[
        Path, typer.Argument(help="What `jpi export` wrote.", exists=True, dir_okay=False)
    ],
    log_key: Annotated[str, typer.Option(help="The log's verifier key that you trust.")] = "",
    since: Annotated[
        Path | None,
        typer.Option(
            help="File of an older checkpoint that you hold.", exists=True, dir_okay=False
        ),
    ] = None,
    party: Annotated[
        str, typer.Option(help="Your party's id: what it may open must not be withheld.")
    ] = "",
    statement: Annotated[
        Path | None,
        typer.Option(
            help="A partner's statement (JSON) to hold against it.", exists=True, dir_okay=False
        ),
    ] = None,
    observations: Annotated[
        Path | None,
        typer.Option(
            help="File of a party's rows, from /observations.ndjson.", exists=True, dir_okay=False
        ),
    ] = None,
    *,
    as_json: caretaker.AsJson = False,
) -> None:
    """Verify an export offline; exit 1 when anything is wrong, 2 when there is no such file."""
    calm_collector()
    older = None if since is None else since.read_text()
    require_trusted(log_key, older)
    stated = None if statement is None else read_statement(statement)
    given = [each for each in (file, observations) if each is not None and each.exists()]
    with progress_of(sum(each.stat().st_size for each in given)) as advance:
        verdict = verify(
            file,
            log_key or None,
            older,
            advance,
            party.rpartition(":")[2],
            stated,
            observations=observations,
        )
    if as_json:
        print(json.dumps(verdict.as_json(), indent=1))
    else:
        print(welcome.verdict_text(verdict))
    raise typer.Exit(0 if verdict.is_good else 1)


@app.command()
def schema(
    *,
    database: Annotated[
        bool, typer.Option("--database", help="Write the database's schema instead.")
    ] = False,
) -> None:
    """Print the GraphQL schema, or with --database write migrations/schema.sql."""
    if not database:
        print(build_schema().as_str())
        return
    server = embedded.start(load().embedded_data, say)
    scratch = embedded.create_database(server, "schema_dump")
    try:
        migrate.migrate(scratch.owner_url, say)
        migrate.SCHEMA_FILE.write_text(migrate.dump_schema(scratch))
    finally:
        embedded.drop_database(server, "schema_dump")


def main(command: Callable[[], object] = app) -> None:
    """Run a command; an expected failure is one message and exit 1, never a traceback."""
    try:
        command()
    except EXPECTED as error:
        print(f"jpi: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        print(
            f"jpi: {error.filename}: {error.strerror}. Check the path, and that you may read and "
            "write there.",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
