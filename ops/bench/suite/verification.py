"""`jpi verify` beside hashing the same bytes, in a process of its own."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from ledger.checkpoint import render_verifier
from ops.bench.figure import at_most
from ops.bench.frame import Run, bench
from ops.bench.growth import Growing, write_export
from service.app import open_doors
from service.keys import log_signer

MILLION = 1_000_000
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """What a process that verified said, and what it took."""

    verdict: dict[str, Any]
    seconds: float
    peak_bytes: int


@bench("verify", size=MILLION, smoke_size=1000)
async def verification(run: Run) -> None:
    """`jpi verify` of an export, beside SHA-256 over the same file; memory beside a tenth of it.

    Of 500 entries 310 are rows, 160 payments and confirmations, 30 a period's agreement.
    """
    settings = run.settings()
    key = render_verifier(log_signer(settings).verifier)
    async with open_doors(settings) as doors:
        growing = await Growing.begun(doors)
        files = [run.folder / name for name in ("tenth.ndjson", "whole.ndjson")]
        for path, size in zip(files, (run.size // 10, run.size), strict=True):
            run.say(f"making an export of {size:,} entries")
            again = Growing(growing.payable, growing.log, growing.folded)
            database, signer = doors.ledger.database, log_signer(settings)
            await write_export(path, again, database, signer, size)
    run.say("verifying")
    tenth, whole = [await asyncio.to_thread(_verify, path, key) for path in files]
    started = perf_counter()
    _hash(files[1])
    bare = perf_counter() - started
    count = whole.verdict["entries"]
    hashes, replay = (whole.verdict["seconds"][name] for name in ("hashes", "replay"))
    run.figure(
        "hashes, proofs and signatures, for a million entries",
        hashes * MILLION / count,
        "s",
        aim=at_most(30),
    )
    before = tenth.verdict["seconds"]["replay"] / tenth.verdict["entries"]
    run.figure(
        "business rules, for a million entries",
        replay * MILLION / count,
        "s",
        beside=before * MILLION,
        than="as a tenth of the entries goes",
        aim=at_most(1.3),
    )
    run.figure("entries/s, all of it", count / whole.seconds, "/s")
    run.figure(
        "seconds, hashes and proofs", hashes, "s", beside=bare, than="SHA-256 of the same file"
    )
    run.figure(
        "peak memory",
        whole.peak_bytes / BLOCK,
        "MiB",
        beside=tenth.peak_bytes / BLOCK,
        than="with a tenth of the entries",
    )
    run.figure("size of the file", files[1].stat().st_size / BLOCK, "MiB")


def _verify(path: Path, key: str) -> Verified:
    words = [
        sys.executable,
        "-m",
        "ops.bench.peak",
        "verify",
        str(path),
        "--log-key",
        key,
        "--json",
    ]
    started = perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        said, told = process.communicate()
    seconds = perf_counter() - started
    verdict = json.loads(said)
    assert process.returncode == 0, verdict
    return Verified(verdict, seconds, int(told.splitlines()[-1]))


def _hash(path: Path) -> bytes:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.digest()
