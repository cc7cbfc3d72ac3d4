"""Steps that the stories about trust share: exports, witnesses, a host that forges."""

from pathlib import Path

import asyncpg

from ledger.actor import Actor, Role
from ledger.checkpoint import (
    Checkpoint,
    Signer,
    render_verifier,
    sign_checkpoint,
)
from ledger.ids import EcosystemId, PartyId
from ledger.tree import Frontier, leaf_hash
from ops.export import export
from ops.remote import Remote
from ops.witness import Follower, new_key
from service.app import open_doors
from service.embedded import Embedded
from service.keys import log_signer
from service.settings import Settings
from tests.world import World, bare


def log_key(settings: Settings) -> str:
    """What a partner pins."""
    return render_verifier(log_signer(settings).verifier)


async def exported(world: World, party: str, path: Path) -> str:
    """A party's export at `path`; returns the pinned log key."""
    ids = (bare(world.ecosystem_id), bare(world.parties[party]))
    actor = Actor(EcosystemId(ids[0]), PartyId(ids[1]), "audit", frozenset({Role.VIEWER}))
    async with open_doors(world.settings) as doors:
        await doors.publisher.publish(actor.ecosystem_id)
        with path.open("wb") as file:
            async for line in export(doors.reader, actor):
                file.write(line)
    return log_key(world.settings)


def follower(world: World, party: str, folder: Path, name: str = "") -> Follower:
    """A party's witness, with its memory in a folder of its own."""
    named = name or party.lower()
    signer = new_key(folder / f"{named}.key", f"witness.example/{named}")
    url = f"http://{world.settings.host}:{world.settings.port}"
    remote = Remote(url, world.token(party, Role.ADMIN))
    return Follower(remote, signer, folder / f"{named}.json", log_key(world.settings))


def carry(world: World, host: World) -> None:
    """The same ecosystem and users before another service."""
    host.ecosystem_id, host.parties = world.ecosystem_id, world.parties
    host.count = world.count


async def record(world: World, party: str, count: int, prefix: str = "r") -> None:
    """A few entries."""
    for number in range(count):
        row = {"reference": f"{prefix}{number}", "period": "2024-04", "value": str(number)}
        await world.done(party, "recordObservations", {"series": "s", "rows": [row]})


GUARDED = ("entry", "node", "checkpoint", "cosignature")


async def rewritten(
    settings: Settings,
    database: Embedded,
    ecosystem_id: str,
    index: int,
    *,
    resigns: bool = True,
    role: str = "postgres",
) -> None:
    """An entry is rewritten, and the whole tree with it, by an owner who went round the triggers.

    With the stolen log key (`resigns`) every checkpoint is signed anew, too.
    """
    key = bare(ecosystem_id)
    forger = await asyncpg.connect(database.url(role))
    try:
        for table in GUARDED:
            await forger.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await forger.execute(
            """UPDATE entry SET envelope = convert_to(
                replace(convert_from(envelope, 'UTF8'), 's-', 'x-'), 'UTF8')
            WHERE ecosystem_id = $1 AND index = $2""",
            key,
            index,
        )
        await forger.execute("DELETE FROM node WHERE ecosystem_id = $1", key)
        await _planted(forger, key, log_signer(settings) if resigns else None)
        for table in GUARDED:
            await forger.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    finally:
        await forger.close()


async def _planted(forger: asyncpg.Connection, key: str, signer: Signer | None) -> None:
    """Leaf hashes, nodes and head anew; checkpoints too, where the log's key is at hand."""
    rows = await forger.fetch(
        "SELECT index, envelope FROM entry WHERE ecosystem_id = $1 ORDER BY index", key
    )
    notes = await forger.fetch("SELECT size, note FROM checkpoint WHERE ecosystem_id = $1", key)
    due = {row["size"]: row["note"].split("\n")[0] for row in notes}
    frontier = Frontier()
    if signer is not None:
        await forger.execute("DELETE FROM cosignature WHERE ecosystem_id = $1", key)
    for row in rows:
        leaf = leaf_hash(row["envelope"])
        here = "WHERE ecosystem_id = $1 AND index = $2"
        await forger.execute(f"UPDATE entry SET leaf_hash = $3 {here}", key, row["index"], leaf)
        for level, place, digest in frontier.append(leaf)[1:]:
            await forger.execute(
                "INSERT INTO node VALUES ($1, $2, $3, $4)", key, level, place, digest
            )
        if signer is not None and frontier.size in due:
            signed = Checkpoint(due[frontier.size], frontier.size, frontier.root())
            await forger.execute(
                "UPDATE checkpoint SET note = $3 WHERE ecosystem_id = $1 AND size = $2",
                key,
                frontier.size,
                sign_checkpoint(signed, signer),
            )
    hashes = b"".join(frontier.hashes)
    await forger.execute(
        "UPDATE ledger_head SET frontier = $2 WHERE ecosystem_id = $1", key, hashes
    )
