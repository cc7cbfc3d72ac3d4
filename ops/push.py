"""`jpi push`: a file of observations into the ledger, with a bar for who waits.

The one rule: pushing the same file again is always right. What stands already is left out, and
nothing of a push that broke is kept.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from ledger.errors import Trouble
from ops.counting import counted
from ops.remote import Denied, Remote, read_token

PIECE_BYTES = 1 << 16
POLL_SECONDS = 0.5
BEGIN = """mutation($given: BeginObservationUploadInput!) { beginObservationUpload(input: $given) {
  problems { message remedy } upload { id } url } }"""
WATCH = """query($id: ID!) { observationUpload(id: $id) {
  state rowsReceived rowsLoaded rowsUnchanged } }"""
FORMATS = {".csv": "CSV", ".ndjson": "NDJSON", ".jsonl": "NDJSON"}


class CannotPush(Exception):  # noqa: N818 -- named for what it tells, like Refusal and Fault
    """The file cannot be pushed: what is wrong with it, and how to mend it."""


def add_to(app: typer.Typer) -> None:
    """Put this command on the command line."""
    app.command("push")(push)


def push(
    file: Annotated[Path, typer.Argument(help="What to push: .csv or .ndjson, also with .gz.")],
    url: Annotated[
        str, typer.Option(envvar="JPI_URL", help="The service, as https://kpi.example.com.")
    ],
    token_file: Annotated[Path, typer.Option(help="File that holds a bearer token.")],
    series: Annotated[str, typer.Option(help="The series that its rows are of.")],
    time_zone: Annotated[
        str, typer.Option(help="IANA name of the zone of instants without an offset.")
    ] = "",
    period: Annotated[
        str, typer.Option(help="Key of the period that all rows are of, as 2026-03.")
    ] = "",
    not_before: Annotated[
        str, typer.Option(help="Rows before it are refused; as 2026-03-31T00:00:00Z.")
    ] = "",
    before: Annotated[
        str, typer.Option(help="Rows from it on are refused; as 2026-04-30T00:00:00Z.")
    ] = "",
    unit: Annotated[str, typer.Option(help="What the values are in, as minutes.")] = "",
    minimum: Annotated[str, typer.Option(help="The smallest possible value; needs --unit.")] = "",
    maximum: Annotated[str, typer.Option(help="The largest possible value; needs --unit.")] = "",
) -> None:
    """Push a file of observations; exit 1 when its lines are refused. Needs the role REPORTER."""
    form, is_zipped = _format(file)
    given: dict[str, Any] = {"idempotencyKey": f"push/{token_hex(16)}", "series": series}
    given |= {"format": form}
    named = {
        "timeZone": time_zone,
        "period": period,
        "notBefore": _instant(not_before, "--not-before"),
        "before": _instant(before, "--before"),
    }
    given |= {name: value for name, value in named.items() if value}
    if (minimum or maximum) and not unit:
        raise CannotPush("--unit is missing: --minimum and --maximum say in it what is possible.")
    if unit:
        bounds = {"minimum": minimum or None, "maximum": maximum or None}
        given["declared"] = {"unit": unit, **bounds}
    remote = Remote(url, read_token(token_file))
    begun = remote.change(BEGIN, {"given": given})
    answer = _send(remote, begun, file, is_zipped=is_zipped)
    Console().print(_said(answer), end="")
    if answer["state"] not in {"ENTERED", "UNCHANGED"}:
        Console().print(_table(answer))
        raise typer.Exit(1)


def _instant(given: str, option: str) -> str:
    """An instant as it was given; what the API would not read is told before anything is sent.

    Raises CannotPush.
    """
    if not given:
        return ""
    try:
        is_read = datetime.fromisoformat(given).tzinfo is not None
    except ValueError:
        is_read = False
    if not is_read:
        raise CannotPush(
            f"{option} {given!r} is no instant of RFC 3339: write day, time and offset, as "
            "2026-03-31T00:00:00Z or 2026-03-31T00:00:00+02:00. Nothing was sent."
        )
    return given


def _format(file: Path) -> tuple[str, bool]:
    """The format that a file's name tells, and whether it is zipped. Raises CannotPush."""
    is_zipped = file.suffix == ".gz"
    kind = (file.with_suffix("") if is_zipped else file).suffix
    if kind not in FORMATS:
        raise CannotPush(
            f"{file} is named neither .csv nor .ndjson (with .gz or without): rename it."
        )
    if not file.is_file():
        raise CannotPush(f"{file} is no file: name one that is there, and that you may read.")
    return FORMATS[kind], is_zipped


def _send(remote: Remote, begun: dict[str, Any], file: Path, *, is_zipped: bool) -> dict[str, Any]:
    """The answer to the file, with a bar over its bytes and then over its rows."""
    headers = {"content-encoding": "gzip"} if is_zipped else {}
    console = Console(stderr=True)
    with (
        file.open("rb") as opened,
        Progress(*Progress.get_default_columns(), console=console, transient=True) as bar,
    ):
        task = bar.add_task("sending", total=file.stat().st_size)
        ended = threading.Event()
        watching = threading.Thread(
            target=_watch, args=(remote, str(begun["upload"]["id"]), bar, task, ended), daemon=True
        )
        watching.start()
        try:
            return remote.send(str(begun["url"]), _pieces(opened, bar, task), headers)
        finally:
            ended.set()
            watching.join()


def _pieces(opened: BinaryIO, bar: Progress, task: TaskID) -> Iterator[bytes]:
    while piece := opened.read(PIECE_BYTES):
        yield piece
        bar.advance(task, len(piece))


def _watch(
    remote: Remote, upload_id: str, bar: Progress, task: TaskID, ended: threading.Event
) -> None:
    """Show what the service does once it has the file."""
    while not ended.wait(POLL_SECONDS):
        with suppress(Trouble, Denied):  # the answer to the file itself tells what went wrong
            upload = remote.ask(WATCH, {"id": upload_id})["observationUpload"]
            rows = upload["rowsReceived"] - upload["rowsUnchanged"]
            if upload["state"] == "CHECKING":
                bar.update(task, description=f"checking {counted(rows, 'row')}", total=None)
            elif upload["state"] == "LOADING":
                done = upload["rowsLoaded"]
                bar.update(task, description="entering rows", total=rows, completed=done)


def _said(answer: dict[str, Any]) -> str:
    unchanged = answer["rowsUnchanged"]
    beside = f" ({unchanged:,} stood there already)" if unchanged else ""
    entered, refused = counted(answer["rowsEntered"] or 0, "row"), answer["rowsRefused"]
    match answer["state"]:
        case "ENTERED":
            return f"{entered} entered by entry {answer['index']}{beside}\n"
        case "UNCHANGED":
            all_of = "the only row" if unchanged == 1 else f"all {unchanged:,} rows"
            return f"nothing to enter: {all_of} stood there already\n"
        case _:
            return f"refused, nothing entered: {counted(refused, 'line')} at fault\n"


def _table(answer: dict[str, Any]) -> Table:
    table = Table("line", "column", "reason")
    for each in answer["problems"]:
        table.add_row(str(each["line"]), each["column"], each["reason"])
    if answer["moreProblems"]:
        table.caption = f"and {answer['moreProblems']:,} more"
    return table
