"""`jpi backup` and `jpi restore`: a ledger's copy with what it proves, and the way back.

The one rule: a restore ends in a verdict, never in silence: every ledger is refolded, its head is
held against the manifest, and against what was published since (the rollback check); a ledger that
is behind or beside is left read-only, with the reason.

A backup is a folder: `database.dump` (pg_dump's custom format) and `manifest.json`. Keys are in
none, nor what is remembered beside the key: that memory must outlive what it watches.
Source: `design.md` decision 6.
"""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from ledger.errors import Fault
from ledger.history import parse_instant, render_instant
from ledger.ids import EcosystemId
from ledger.memory import HeadMemory, NoMemory
from ledger.rollback import check_head
from ledger.store import backups
from ledger.store.backups import Moment
from ledger.store.pool import SCHEMA
from ledger.tree import Frontier
from ops import migrate, rebuild, tools
from ops.counting import counted, entries, verb

FORMAT = "jpi-backup/v1"
DUMP, MANIFEST = "database.dump", "manifest.json"
KEEP_DAYS = 35
"""After so many days a backup expires: erased texts may stand in it no longer than that."""

Say = Callable[[str], None]


class BackupRefused(Exception):  # noqa: N818 -- named for what it tells
    """What keeps a backup from being made or restored, and what to do."""


@dataclass(slots=True)
class Restored:
    """What a restore ended in."""

    rebuilt: rebuild.Rebuilt
    alarms: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """For a machine."""
        return {**self.rebuilt.as_json(), "rollbackCheck": self.verdicts, "alarms": self.alarms}

    def as_text(self) -> str:
        """For a person."""
        lines = [self.rebuilt.as_text()]
        lines += [f"rollback check of {key}: {each}" for key, each in self.verdicts.items()]
        if self.alarms:
            lines.append("READ-ONLY: nothing is written to those ledgers; see the runbook, 'alarm'")
        return "\n".join(lines)


def make(owner_url: str, folder: Path, now: datetime, keep_days: int, say: Say) -> None:
    """Write a backup to a folder that is not there yet. Raises BackupRefused, ToolFailed, Trouble.

    Interrupted anywhere, it leaves a folder `.partial` at most, which no restore takes.
    """
    making = folder.with_name(f"{folder.name}.partial")
    for path in (folder, making):
        if path.exists():
            raise BackupRefused(f"{path} is there already: name another, or move it away.")
    try:
        making.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise BackupRefused(f"{making} cannot be made: {error.strerror}.") from error
    dump = making / DUMP
    moment = asyncio.run(_copy(owner_url, dump, say))
    say("hashing the copy")
    manifest = _manifest(moment, dump, now, keep_days)
    (making / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    for path in (dump, making / MANIFEST, making):
        _sync(path)
    making.rename(folder)
    _sync(folder.parent)


async def _copy(owner_url: str, dump: Path, say: Say) -> Moment:
    """The database copied as it is in one moment, and that moment."""
    async with backups.reading_as_owner(owner_url) as connection:
        moment = await backups.moment(connection)
        program = tools.choose("pg_dump", moment.server)
        say(f"copying {counted(len(moment.heads), 'ledger')} with {program}")
        words = [f"--snapshot={moment.snapshot}", f"--file={dump}", "--format=custom"]
        words += ["--no-owner", "--exclude-schema=rebuilt", "--exclude-schema=replaced"]
        await asyncio.to_thread(tools.run, program, owner_url, *words)
    return moment


def _manifest(moment: Moment, dump: Path, now: datetime, keep_days: int) -> dict[str, object]:
    return {
        "format": FORMAT,
        "madeAt": render_instant(now),
        "expiresAt": render_instant(now + timedelta(days=keep_days)),
        "server": moment.server,
        "schema": moment.schema,
        "dump": {"file": DUMP, "bytes": dump.stat().st_size, "sha256": _digest(dump)},
        "ecosystems": [
            {
                "id": head.ecosystem_id,
                "size": head.frontier.size,
                "root": b64encode(head.frontier.root()).decode(),
                "checkpoint": head.note,
            }
            for head in moment.heads
        ],
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(folder: Path, now: datetime, *, although_expired: bool) -> dict[str, Any]:
    """The manifest of a whole, unexpired backup that this code can read. Raises BackupRefused."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if manifest["format"] != FORMAT:
            raise BackupRefused(f"{folder} holds no {FORMAT}.")
        expires = parse_instant(manifest["expiresAt"])
        is_whole = _digest(folder / DUMP) == manifest["dump"]["sha256"]
        schema = str(manifest["schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupRefused(
            f"{folder} is no backup: {error}. Name a folder of `jpi backup`."
        ) from error
    if not is_whole:
        raise BackupRefused(f"{folder / DUMP} is not what was written: restore another backup.")
    if schema > SCHEMA:
        raise BackupRefused(
            f"The backup is of schema {schema}, this code knows {SCHEMA}: restore it with the "
            "version that made it, or a newer one."
        )
    if now > expires and not although_expired:
        raise BackupRefused(
            f"The backup expired at {manifest['expiresAt']}: texts that were erased since may "
            "stand in it. Destroy it; or give --although-expired, and erase again what was erased."
        )
    return manifest


async def restore(
    owner_url: str,
    manifest: dict[str, Any],
    folder: Path,
    memory: HeadMemory,
    say: Say,
    progress: rebuild.Progress,
) -> Restored:
    """Fill an empty database from a backup, and judge what stands there.

    `memory` is what was published: a ledger behind or beside it gets its alarm. Raises
    BackupRefused, ToolFailed, MigrationFailed, Trouble, Fault.
    """
    relations, server = await backups.prepare_empty(owner_url)
    if relations:
        raise BackupRefused(
            f"The database has {relations} relations: a backup is restored into an empty one. "
            "Create one (createdb), and name it in JPI_OWNER_DATABASE_URL."
        )
    program = tools.choose("pg_restore", server)
    say(f"restoring with {program}")
    words = ("--single-transaction", "--exit-on-error", "--no-owner", folder / DUMP)
    await asyncio.to_thread(tools.run, program, owner_url, *words)
    await asyncio.to_thread(migrate.migrate, owner_url, say)
    say("refolding every ledger")
    restored = Restored(await rebuild.check_all(owner_url, NoMemory(), progress))
    async with backups.reading_as_owner(owner_url) as connection:
        heads = {each.ecosystem_id: each.frontier for each in await backups.all_heads(connection)}
        _hold_against(restored.rebuilt, manifest, heads)
        for key in sorted({*heads, *map(EcosystemId, memory.known())}):
            head, remembered = heads.get(key, Frontier()), memory.recall(key)
            if remembered is None:
                restored.verdicts[key] = f"{entries(head.size)}; nothing is remembered of it here"
                continue
            try:
                await check_head(connection, key, head, remembered)
            except Fault as fault:
                restored.alarms[key] = restored.verdicts[key] = str(fault)
                memory.raise_alarm(key, str(fault), None)
            else:
                restored.verdicts[key] = (
                    f"{entries(head.size)} {verb(head.size, 'continue')} the {remembered.size:,} "
                    "that were published"
                )
    return restored


def _hold_against(
    rebuilt: rebuild.Rebuilt, manifest: dict[str, Any], heads: dict[EcosystemId, Frontier]
) -> None:
    """Note a ledger that is not the one that was copied."""
    copied = {each["id"]: (each["size"], each["root"]) for each in manifest["ecosystems"]}
    there = {key: (f.size, b64encode(f.root()).decode()) for key, f in heads.items()}
    for key in sorted({*copied, *there}):
        if copied.get(key) != there.get(EcosystemId(key)):
            rebuilt.note(key, str(copied.get(key)), str(there.get(EcosystemId(key))))
