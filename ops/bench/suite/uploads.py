"""Uploads: rows a second beside a bare COPY, what memory they cost, and a measurement over them."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx

from ledger.actor import Actor, Role
from ledger.commit import system_clock
from ledger.distribution import Interpolation
from ledger.formula import compute
from ledger.method import TOTALS, AnswerTerms, Denominator, Method, MethodTerms, PercentileTerms
from ledger.part import figures_of
from ledger.periods import Calendar, CalendarKind
from ops.bench.bare import refresh_statistics
from ops.bench.copying import copy_again
from ops.bench.figure import Laps, at_least, at_most
from ops.bench.frame import Run, bench
from ops.bench.workload import PARTNERS, found_payable
from service.app import open_doors
from service.keys import issuer_key
from service.sandbox import issue
from service.settings import Settings

HEADER = b"reference,at,segment,value\n"
SERIES = "answers"
METHODS = (Method.SUM, Method.MEAN, Method.NET_PROMOTER_SCORE, Method.MEDIAN)
PIECE_ROWS = 1000
PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
START_SECONDS = 60
BEGIN = """mutation($given: BeginObservationUploadInput!) { beginObservationUpload(input: $given) {
  problems { message } url } }"""


def terms(kind: Method) -> MethodTerms:
    """A method over the file's answers."""
    half = PercentileTerms(Fraction(1, 2), Interpolation.LINEAR)
    return MethodTerms(
        kind,
        Fraction(1),
        SERIES,
        "",
        answers=None if kind in TOTALS else AnswerTerms(Denominator.VALID_ANSWERS),
        percentile=half if kind is Method.MEDIAN else None,
    )


async def answers(count: int, prefix: str) -> AsyncIterator[bytes]:
    """A CSV file of so many answers on 0 to 10 in April 2024."""
    yield HEADER
    for start in range(0, count, PIECE_ROWS):
        lines = (
            f"{prefix}-{n:08d},2024-04-{n % 28 + 1:02}T10:{n % 60:02}:00Z,desk {n % 11},{n % 11}\n"
            for n in range(start, min(start + PIECE_ROWS, count))
        )
        yield "".join(lines).encode()


class Served:
    """The service as a process of its own, and a partner's system that pushes to it."""

    def __init__(
        self, process: asyncio.subprocess.Process, url: str, token: str, actor: Actor
    ) -> None:
        self.process = process
        self.actor = actor
        self.url = url
        self.headers = {"authorization": f"Bearer {token}"}
        self.count = 0

    async def push(self, rows: int) -> None:
        """Upload so many rows that are not there yet."""
        self.count += 1
        given = {"idempotencyKey": f"k{self.count}", "series": SERIES, "format": "CSV"}
        asked = {"query": BEGIN, "variables": {"given": given}}
        async with httpx.AsyncClient(base_url=self.url, timeout=None) as client:  # noqa: S113 -- as long as it takes
            begun = await client.post("/graphql", json=asked, headers=self.headers)
            payload: dict[str, Any] = begun.json()["data"]["beginObservationUpload"]
            file = answers(rows, f"file{self.count}")
            answer = await client.put(f"/{payload['url']}", content=file)
        if answer.json().get("rowsEntered") != rows:
            raise AssertionError(answer.text)

    def forget_peak(self) -> None:
        """From now on the peak is a new one. Source: Linux, proc(5), clear_refs."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        """The most memory that was resident since."""
        told = PEAK.search(Path(f"/proc/{self.process.pid}/status").read_text())
        assert told is not None  # Linux tells it of every process
        return int(told[1]) / 1024


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Served]:
    """A service with a founded chain while the block runs."""
    async with open_doors(settings) as doors:
        payable = await found_payable(doors)
    token = issue(
        issuer_key(settings),
        subject="bench",
        roles=[Role.REPORTER],
        now=system_clock(),
        lifetime=timedelta(hours=10),
        ecosystem=payable.ecosystem_id,
        party=payable.parties[PARTNERS[0]],
    )
    environment = {
        "PATH": os.defpath,
        "DATABASE_URL": settings.database_url or "",
        "JPI_HOME": str(settings.home),
        "JPI_DEV_ISSUER": "true",
        "JPI_PORT": str(settings.port),
        "JPI_LOG_LEVEL": "error",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops", "serve", env=environment, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://{settings.host}:{settings.port}"
        await _ready(url)
        yield Served(process, url, token, payable.actor(PARTNERS[0]))
    finally:
        process.terminate()
        await process.wait()


async def _ready(url: str) -> None:
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(base_url=url) as client:
        while True:
            try:
                if (await client.get("/ready")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


@bench("upload", size=200_000, smoke_size=200)
async def upload(run: Run) -> None:
    """A CSV file over HTTP to its entry, beside its owner's COPY of the same rows.

    The file is read, staged, judged, hashed, stored and entered; the COPY goes into a table of the
    same columns, keys and indexes from the server's own binary form.
    """
    settings = run.settings()
    timed = Laps()
    async with served(settings) as service:
        with timed:
            await service.push(run.size)
    assert settings.owner_url is not None
    copied = await copy_again(settings.owner_url, run.folder, 3)
    run.figure(
        "rows/s of an upload",
        run.size / timed.total,
        "/s",
        beside=run.size / copied.median,
        than="its owner's bare COPY",
        aim=at_least(1 / 3),
    )


@bench("upload-memory", size=2_000_000, smoke_size=2000)
async def upload_memory(run: Run) -> None:
    """The service's peak memory during a file, beside its peak at 200 times fewer rows."""
    async with served(run.settings()) as service:
        await service.push(max(run.size // 200, 10))  # what is loaded once is loaded
        service.forget_peak()
        await service.push(max(run.size // 200, 10))
        small = service.peak_mb()
        service.forget_peak()
        run.say(f"{run.size:,} rows")
        await service.push(run.size)
        large = service.peak_mb()
    run.figure(
        f"peak memory at {run.size:,} rows",
        large,
        "MB",
        beside=small,
        than=f"at {max(run.size // 200, 10):,}",
        aim=at_most(1.5),
    )


@bench("measure", size=1_000_000, smoke_size=200)
async def measure(run: Run) -> None:
    """What one party's part of a period says to each kind of method, over so many single answers.

    Each reference counts by its newest revision; nothing is summed up beforehand. A sum by whom the
    rows name, a mean, and what needs how often each value was given.
    """
    settings = run.settings()
    async with served(settings) as service:
        run.say(f"uploading {run.size:,} rows")
        await service.push(run.size)
        actor = service.actor
    assert settings.owner_url is not None
    await refresh_statistics(settings.owner_url)
    period = Calendar(CalendarKind.MONTH, "UTC").period("2024-04")
    laps = {kind: Laps() for kind in METHODS}
    async with open_doors(settings) as doors:
        for kind in METHODS * 3:
            with laps[kind]:
                [found] = await doors.gathering.sum_up(
                    actor, [actor.party_id], terms(kind), period, [], is_attributed=kind in TOTALS
                )
            version, outcome = terms(kind), figures_of(actor.party_id, kind, found)
            assert compute(version, [outcome]).value is not None
    assert found.row_count == run.size
    for kind, timed in laps.items():
        run.figure(f"{kind} over {run.size:,} rows", timed.median, "s", aim=at_most(10))
