"""An attempt: one file on its way from its first byte to the entry, or to what is wrong with it.

The one rule: whichever way it ends, the upload says so, and nothing of an attempt that was not
entered stays. Source: `api.md`, "bulk in".
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from ledger import tree
from ledger.actor import Actor
from ledger.batch import Request
from ledger.commit import Ledger
from ledger.errors import Fault, Refusal, Trouble
from ledger.ids import SEED_SIZE
from ledger.intake import Intake
from ledger.observation import EnterUpload, SeriesMoved, UploadLapsed
from ledger.read import Reader
from ledger.series import (
    Declaration,
    SeriesDeclared,
    check_declaration,
    declared_now,
    series_key,
)
from ledger.store import uploads
from ledger.store.pool import Database, DoubleRow, finished
from ledger.store.staging import CHUNK_ROWS, PATIENCE_SECONDS, AttemptLost, Faults, Place, Staging
from ledger.store.uploads import Progress
from ledger.upload import (
    MAX_PROBLEMS,
    LineProblem,
    Upload,
    UploadState,
    bounds_of,
)

log = logging.getLogger("jpi.upload")

BEAT_SECONDS = 1.0
"""How often an attempt says how far it is."""
MAX_ENTERINGS = 3
"""Tries to enter while other batches of the series keep arriving."""


class BodyBroken(Exception):  # noqa: N818 -- named for what it tells
    """The body is not what it says it is; the reason, for whoever made the file."""


class _Refused(Exception):  # noqa: N818 -- it only leaves the attempt
    """Lines are refused."""

    def __init__(self, *faults: Faults) -> None:
        super().__init__()
        found = sorted((each for fault in faults for each in fault.problems), key=_by_line)
        self.problems = tuple(found[:MAX_PROBLEMS])
        self.count = sum(fault.count for fault in faults)


def _by_line(problem: LineProblem) -> int:
    return problem.line


def draw_number() -> int:
    """A number for the rows of an attempt: negative, so that it is no entry's index."""
    return -1 - (int.from_bytes(secrets.token_bytes(8), "big") >> 2)


class Attempt:
    """One attempt at an upload. Its rows are stored under `number`."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        reader: Reader,
        actor: Actor,
        upload: Upload,
        number: int,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._reader = reader
        self._actor = actor
        self._upload = upload
        self._terms = upload.terms
        self._place = Place(actor.ecosystem_id, upload.party, self._terms.series, number)
        self._intake = Intake(self._terms.format, wants_period=not self._terms.period)
        self._progress = Progress(UploadState.RECEIVING)
        self._is_lost = False

    async def run(self, body: AsyncIterator[bytes]) -> None:
        """Take the file. Raises what ends it, except refused lines, which the upload tells."""
        beat = asyncio.create_task(self._beat())
        ended, problems = UploadState.FAILED, None
        try:
            async with self._database.session() as connection:
                staging = Staging(connection)
                await staging.make(self._terms)
                try:
                    ended = await self._enter(staging, body)
                finally:
                    await finished(self._drop(staging))
        except _Refused as refused:
            ended, problems = UploadState.REFUSED, refused.problems
            self._progress = replace(self._progress, rows_refused=refused.count)
        except AttemptLost:
            raise UploadLapsed from None
        except Refusal as refusal:
            ended, problems = UploadState.REFUSED, (LineProblem(0, refusal.path, refusal.message),)
            raise
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat
            if ended is not UploadState.ENTERED:
                await finished(self._end(ended, problems))

    async def _enter(self, staging: Staging, body: AsyncIterator[bytes]) -> UploadState:
        members = (await self._reader.ecosystem(self._actor)).value.party_ids()
        check_declaration(self._terms.series, self._terms.declared, await self._standing())
        await staging.copy(self._blocks(body))
        self._note(UploadState.CHECKING)
        for _ in range(MAX_ENTERINGS):
            seen_batch = await self._newest_batch()
            declared = declared_now(self._terms.declared, await self._standing())
            await self._judge(staging, declared, members)
            rows = await self._drop_unchanged(staging, seen_batch)
            if not rows:
                return UploadState.UNCHANGED
            self._note(UploadState.LOADING)
            try:
                await self._load(staging, rows, seen_batch)
            except SeriesMoved:
                await self._drop_rows()
            else:
                return UploadState.ENTERED
        raise SeriesMoved(series=self._terms.series)

    async def _blocks(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body as lines for staging, until something about it as a whole is wrong."""
        intake = self._intake
        try:
            async for data in body:
                if staged := intake.feed(data):
                    yield staged
                self._progress = replace(
                    self._progress,
                    bytes_received=self._progress.bytes_received + len(data),
                    rows_received=intake.rows,
                    rows_refused=intake.refused,
                )
                if self._is_lost:
                    raise AttemptLost
                if intake.is_stopped:
                    break
            yield intake.finish()
        except BodyBroken as broken:
            intake.line += 1
            intake.stop("", str(broken))
        self._progress = replace(self._progress, rows_received=intake.rows)

    async def _judge(
        self, staging: Staging, declared: Declaration | None, members: frozenset[str]
    ) -> None:
        """Return if every line is an observation. Raises _Refused."""
        unfit = Faults(tuple(self._intake.problems), self._intake.refused)
        if self._intake.is_stopped:
            raise _Refused(unfit)
        found = await staging.judge(self._terms, bounds_of(declared), members)
        if found.count or unfit.count:
            raise _Refused(unfit, found, await staging.doubles())

    async def _drop_unchanged(self, staging: Staging, seen_batch: int) -> int:
        """How many rows are new, when those that stand already are left out. Raises _Refused."""
        if not seen_batch:
            return self._intake.rows
        differing = await staging.differing(self._place)
        if differing.count:
            raise _Refused(differing, await staging.doubles())
        gone = self._progress.rows_unchanged + await staging.drop_unchanged(self._place)
        self._progress = replace(self._progress, rows_unchanged=gone)
        return self._intake.rows - gone

    async def _load(self, staging: Staging, rows: int, seen_batch: int) -> None:
        """Load all rows under a fresh salt, and enter them. Raises SeriesMoved, _Refused."""
        salt = secrets.token_bytes(SEED_SIZE)
        runs = tree.Frontier()
        rest = b""
        for start in range(0, rows, CHUNK_ROWS):
            try:
                leaves = await staging.load(self._place, salt, start)
            except DoubleRow:
                raise _Refused(await staging.doubles()) from None
            if len(leaves) == CHUNK_ROWS * tree.HASH_SIZE:
                runs.append(await asyncio.to_thread(tree.complete_root, leaves))
            else:
                rest = leaves
            loaded = min(start + CHUNK_ROWS, rows)
            self._progress = replace(self._progress, rows_loaded=loaded)
        whole = tree.Frontier(runs.size * CHUNK_ROWS, runs.hashes)
        for start in range(0, len(rest), tree.HASH_SIZE):
            whole.append(rest[start : start + tree.HASH_SIZE])
        if whole.size != rows:
            raise Fault(f"{whole.size} of {rows} rows were loaded")
        await self._tell()
        command = EnterUpload(
            self._upload.upload_id,
            self._terms.series,
            rows,
            whole.root(),
            self._place.number,
            seen_batch,
            self._terms.declared,
        )
        key = f"upload/{self._place.number}/{seen_batch}"
        fingerprint = sha256(f"upload/{whole.root().hex()}".encode()).digest()
        await self._ledger.submit(Request(command, self._actor, key, fingerprint))

    async def _standing(self) -> Declaration | None:
        key = series_key(self._place.party, self._place.series)
        found = await self._reader.one(self._actor, "series", key, SeriesDeclared)
        return None if found is None else found.value.declaration

    async def _newest_batch(self) -> int:
        async with self._database.reading(self._place.ecosystem_id) as connection:
            return await uploads.newest_batch(
                connection, self._place.ecosystem_id, self._place.party, self._place.series
            )

    def _note(self, state: UploadState) -> None:
        self._progress = replace(self._progress, state=state)

    async def _tell(self) -> None:
        """Tell how far it is. Raises AttemptLost."""
        async with self._database.writing(self._place.ecosystem_id) as connection:
            key, number = self._place.ecosystem_id, self._place.number
            self._is_lost = not await uploads.tell_progress(connection, key, number, self._progress)
        if self._is_lost:
            raise AttemptLost

    async def _beat(self) -> None:
        """Tell how far it is, as long as it runs; a missed beat matters little."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._tell()
            except AttemptLost:
                return
            except Trouble as trouble:
                log.warning("no word of upload %s: %s", self._upload.upload_id, trouble)

    async def _end(self, state: UploadState, problems: tuple[LineProblem, ...] | None) -> None:
        """Say how it ended, and delete its rows; what cannot be said now is swept later."""
        try:
            async with self._database.writing(self._place.ecosystem_id) as connection:
                ended = replace(self._progress, state=state)
                key, number = self._place.ecosystem_id, self._place.number
                if await uploads.tell_progress(connection, key, number, ended, problems):
                    await uploads.drop_rows(connection, key, number, PATIENCE_SECONDS)
        except Trouble as trouble:
            log.warning("upload %s ended %s: %s", self._upload.upload_id, state, trouble)

    async def _drop_rows(self) -> None:
        async with self._database.writing(self._place.ecosystem_id) as connection:
            await uploads.drop_rows(
                connection, self._place.ecosystem_id, self._place.number, PATIENCE_SECONDS
            )

    async def _drop(self, staging: Staging) -> None:
        with suppress(Trouble, Fault, OSError):
            await staging.drop()
