"""The ledger export: one NDJSON file that proves itself, for one party.

Source: `ledger-format.md`, "Offline". Every line is its own canonical JSON; envelopes and bodies
are strings that are hashed verbatim; openings are those that the exporting party may see.
"""

from collections.abc import AsyncIterator
from hashlib import sha256

from ledger.actor import Actor, NotFound
from ledger.canonical import encode
from ledger.ecosystem import Ecosystem
from ledger.history import render_base64
from ledger.read import EXPORT_PAGE, Reader
from ledger.store.entries import StoredEntry

FORMAT = "jpi-ledger-export/v1"


async def export(reader: Reader, actor: Actor) -> AsyncIterator[bytes]:
    """Lines of an export, newline included: header, entries with checkpoints between, digest.

    Raises NotFound when the party is no member.
    """
    digest = sha256()
    newest = await reader.newest_checkpoint(actor)
    if newest is None:
        raise NotFound(what="published checkpoint of ecosystem", id=actor.ecosystem_id)
    size = newest.size
    key = actor.ecosystem_id
    found = await reader.one(actor, "ecosystem", key, Ecosystem, size)
    if found is None:
        raise NotFound(what="ecosystem", id=key)
    line = header_line(found.value, actor.party_id, size)
    digest.update(line)
    yield line
    after = -1
    while after + 1 < size:
        count = min(EXPORT_PAGE, size - after - 1)
        page, _ = await reader.entries(actor, after=after, first=count)
        due = await reader.cosigned(actor, after + 2, after + 1 + count)
        for stored in page:
            after = stored.index
            lines = [entry_line(stored)]
            if stored.index + 1 in due:
                lines.append(checkpoint_line(due[stored.index + 1]))
            for line in lines:
                digest.update(line)
                yield line
    yield digest_line(digest.hexdigest())


def header_line(ecosystem: Ecosystem, party: str, size: int) -> bytes:
    """The first line: what the file is, of which ledger, for whom."""
    header: dict[str, object] = {
        "ecosystem": ecosystem.ecosystem_id,
        "format": FORMAT,
        "logKey": ecosystem.log_key,
        "origin": ecosystem.origin,
        "party": party,
        "size": size,
    }
    return encode(header) + b"\n"


def entry_line(stored: StoredEntry) -> bytes:
    """An entry, with the opening and the annex that the exporting party may see."""
    fields: dict[str, object] = {
        "envelope": stored.envelope.decode(),
        "leafHash": render_base64(stored.leaf_hash),
    }
    if stored.salt is not None and stored.body is not None:
        fields["salt"] = render_base64(stored.salt)
        fields["body"] = stored.body.decode()
    if stored.annex_salt is not None and stored.annex is not None:
        fields["annexSalt"] = render_base64(stored.annex_salt)
        fields["annex"] = stored.annex.decode()
    return encode(fields) + b"\n"


def checkpoint_line(note: str) -> bytes:
    """A published checkpoint with its cosignatures."""
    return encode({"checkpoint": note}) + b"\n"


def digest_line(digest: str) -> bytes:
    """The last line: SHA-256 in hex of all bytes before it."""
    return encode({"sha256": digest}) + b"\n"
