"""Frozen samples: one stored entry of every kind and version, kept as it was once written.

`pytest --freeze TEST` lets the auditor keep a sample of each kind that has none yet. The bytes of a
sample are never written again; what they mean today (`event`, `means`) is, for a person to review.
"""

import json
import os
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ledger.fact import Placed
from ledger.history import Entry, encode_state, open_entry, open_envelope, render_base64
from ledger.store.entries import StoredEntry

FOLDER = Path(__file__).parent / "frozen"


@dataclass(slots=True)
class Freezer:
    """Whether this run keeps samples."""

    is_on: bool = False

    def offer(self, stored: Iterable[StoredEntry | Entry]) -> None:
        """Keep an entry of each kind and version that has no sample yet."""
        for entry in stored if self.is_on else ():
            envelope = open_envelope(entry.envelope)
            path = path_of(envelope.kind, envelope.version)
            if entry.salt is not None and entry.body is not None and not path.exists():
                record = {
                    "envelope": entry.envelope.decode(),
                    "salt": render_base64(entry.salt),
                    "body": entry.body.decode(),
                }
                write(path, record, read(record))


freezer = Freezer()


def path_of(kind: str, version: int) -> Path:
    """Where the sample of a kind and version is kept."""
    return FOLDER / f"{kind}.v{version}.json"


def read(record: dict[str, str]) -> Placed:
    """The fact of a sample, by the reader of its kind and version."""
    envelope = open_envelope(record["envelope"].encode())
    return open_entry(envelope, b64decode(record["salt"]), record["body"].encode())


def meaning(placed: Placed) -> dict[str, object]:
    """What a sample means today: the event's name and its fields."""
    return {
        "event": type(placed.event).__name__,
        "means": json.loads(encode_state(placed.event)),
    }


def write(path: Path, record: dict[str, str], placed: Placed) -> None:
    """Keep a sample with its meaning."""
    kept = {name: record[name] for name in ("envelope", "salt", "body")}
    aside = path.with_name(f".{path.name}.{os.getpid()}")  # workers freeze side by side
    aside.write_text(json.dumps({**kept, **meaning(placed)}, indent=1) + "\n")
    aside.replace(path)
