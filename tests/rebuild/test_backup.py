"""Backup and restore: a drill that ends in a verified ledger and a verdict on what is missing."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.verify import verify
from ops.witness import Alarm
from service.embedded import Embedded, create_database, drop_database
from service.settings import Settings
from tests.auditor import audit, owner_url, rebuild_check
from tests.rebuild.steps import full_ledger, going_round
from tests.test_story import BUYER, TRACK
from tests.trust.steps import carry, exported, follower, record
from tests.trust.test_proofs_and_keys import jpi
from tests.world import World, serving

SIZE = "{ ecosystem { size writesStoppedBecause } }"
RECORD = """mutation($g: RecordObservationsInput!) {
  recordObservations(input: $g) { receipt { index } } }"""


@pytest.fixture
def empty(server: Embedded, database: Embedded) -> Iterator[Embedded]:
    """A database with nothing in it."""
    name = f"{database.database}e"
    yield create_database(server, name)
    drop_database(server, name)


async def run(settings: Settings, *words: str) -> tuple[int, str]:
    """A command of the owner's: its exit code, and all that it said."""
    owner = {"JPI_OWNER_DATABASE_URL": owner_url(settings)}
    done = await asyncio.to_thread(jpi, settings, *words, **owner)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def moved(settings: Settings, database: Embedded) -> Settings:
    """The same host, keys and memory, on another database."""
    return settings.model_copy(update={"database_url": database.service_url})


async def test_a_backup_is_restored_verified_and_served(
    world: World, empty: Embedded, tmp_path: Path
) -> None:
    """Nothing was published since: the service goes on where the backup ends."""
    await full_ledger(world, tmp_path)
    folder = tmp_path / "backup"
    code, said = await run(world.settings, "backup", str(folder))
    assert code == 0, said
    manifest = json.loads((folder / "manifest.json").read_text())
    [copied] = manifest["ecosystems"]
    size = await world.size()
    assert copied["size"] == size
    assert f"\n{size}\n" in copied["checkpoint"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "database.dump").stat().st_mode & 0o777 == 0o600
    code, said = await run(world.settings, "backup", str(folder))
    assert (code, "is there already" in said) == (1, True)

    there = moved(world.settings, empty)
    code, said = await run(there, "restore", str(folder))

    assert code == 0, said
    assert "VERDICT: GOOD" in said
    assert f"{size} entries continue the {size} that were published" in said
    await audit(there, world.ecosystem_id)
    second = there.model_copy(update={"port": world.settings.port + 1})
    async with serving(second) as host:
        carry(world, host)
        await record(host, TRACK, 2, "goes on")
        path = tmp_path / "restored.ndjson"
        assert verify(path, await exported(host, BUYER, path)).is_good
    await audit(there, world.ecosystem_id)
    code, said = await run(there, "restore", str(folder))
    assert (code, "into an empty one" in said) == (1, True)


async def test_an_older_backup_is_read_only_with_the_reason(
    settings: Settings, empty: Embedded, tmp_path: Path
) -> None:
    """Entries were published after it: behind, told at once, by the service and by a witness."""
    folder = tmp_path / "backup"
    async with serving(settings) as world:
        await full_ledger(world, tmp_path)
        size = await world.size()
        code, said = await run(settings, "backup", str(folder))
        assert code == 0, said
        await record(world, TRACK, 4, "lost")
        await exported(world, BUYER, tmp_path / "newer.ndjson")
        one = follower(world, TRACK, tmp_path)
        await asyncio.to_thread(one.step)
    there = moved(settings, empty)

    code, said = await run(there, "restore", str(folder), "--json")

    assert code == 3, said
    told = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert told["verdict"] == "good"
    [verdict] = told["rollbackCheck"].values()
    assert f"the database holds {size} entries, a checkpoint of {size + 4} was published" in verdict
    assert told["alarms"] == told["rollbackCheck"]
    async with serving(there) as host:
        carry(world, host)
        data = (await host.read(TRACK, SIZE))["ecosystem"]
        assert data["size"] == size
        assert "BEHIND" in data["writesStoppedBecause"]
        row = {"reference": "x", "period": "2024-04", "value": "1"}
        given = {"idempotencyKey": "x", "series": "s", "rows": [row]}
        answer = await host.ask(RECORD, {"g": given}, host.token(TRACK))
        assert answer["errors"][0]["extensions"]["code"] == "WRITES_STOPPED"
        with pytest.raises(Alarm, match="ROLLED BACK"):
            await asyncio.to_thread(one.step)
    found = await rebuild_check(there, world.ecosystem_id)
    assert [each.place for each in found.reports[0].differences] == ["memory"]


async def test_what_is_no_whole_backup_is_refused_before_anything_is_written(
    world: World, empty: Embedded, tmp_path: Path
) -> None:
    """Damaged, expired, of a newer version, or none at all: told why, the database stays empty."""
    await world.found(BUYER, TRACK)
    folder, there = tmp_path / "backup", moved(world.settings, empty)
    code, said = await run(world.settings, "backup", str(folder), "--keep-days", "1")
    assert code == 0, said
    kept = (folder / "manifest.json").read_text()
    dump = (folder / "database.dump").read_bytes()
    manifest = json.loads(kept)

    async def refused(why: str, **changed: object) -> None:
        (folder / "manifest.json").write_text(json.dumps({**manifest, **changed}))
        code, said = await run(there, "restore", str(folder))
        assert (code, why in said) == (1, True), said

    await refused("holds no jpi-backup/v1", format="zip")
    await refused("is of schema 9999", schema="9999")
    await refused("expired at 2001", expiresAt="2001-01-01T00:00:00.000000Z")
    (folder / "database.dump").write_bytes(dump[:-1])
    await refused("is not what was written")
    (folder / "database.dump").write_bytes(dump)
    (folder / "manifest.json").unlink()
    code, said = await run(there, "restore", str(folder))
    assert (code, "is no backup" in said) == (1, True)
    async with going_round(empty) as owner:
        assert await owner.fetchval("SELECT to_regclass('public.entry')") is None

    expired = kept.replace(manifest["expiresAt"], "2001-01-01T00:00:00.000000Z")
    (folder / "manifest.json").write_text(expired)
    code, said = await run(there, "restore", str(folder), "--although-expired")
    assert code == 0, said


async def test_a_backup_that_is_not_what_its_manifest_says_is_found(
    world: World, empty: Embedded, tmp_path: Path
) -> None:
    """The manifest's head is held against the restored one."""
    await world.found(BUYER, TRACK)
    folder, there = tmp_path / "backup", moved(world.settings, empty)
    await run(world.settings, "backup", str(folder))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["ecosystems"][0]["size"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))

    code, said = await run(there, "restore", str(folder))

    assert (code, "ledger_head manifest" in said) == (1, True), said


async def test_a_disk_that_refuses_is_told(world: World, tmp_path: Path) -> None:
    """Nothing half-made passes for a backup."""
    await world.found(BUYER, TRACK)
    file = tmp_path / "file"
    file.write_text("x")

    code, said = await run(world.settings, "backup", str(file / "backup"))

    assert (code, "cannot be made" in said) == (1, True), said
