"""Offline verification of an export: no database, no network, nothing believed.

The one rule: the log key is pinned by the caller; everything else is derived from the file's own
bytes. Source: `ledger-format.md`, "Offline".
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ledger.audit import check
from ledger.book import Book, evolve
from ledger.canonical import NotCanonical, decode_object
from ledger.checkpoint import NoteInvalid, Verifier, open_checkpoint, parse_verifier
from ledger.errors import Fault
from ledger.history import commit, decode_base64, open_entry, open_envelope
from ledger.ids import EcosystemId
from ledger.tree import Frontier, leaf_hash
from ops.export import FORMAT

MAX_FINDINGS = 20


@dataclass(slots=True)
class Verdict:
    """What was checked, what was not and why, and what is wrong."""

    entries: int = 0
    checkpoints: int = 0
    last_good_size: int = 0
    sealed: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    not_checked: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def find(self, text: str) -> None:
        """Note what is wrong, up to MAX_FINDINGS."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(text)

    def as_json(self) -> dict[str, object]:
        """For a machine."""
        return {
            "verdict": "good" if self.is_good else "BAD",
            "entries": self.entries,
            "checkpoints": self.checkpoints,
            "lastGoodSize": self.last_good_size,
            "sealedBodies": self.sealed,
            "kinds": dict(sorted(self.kinds.items())),
            "notChecked": self.not_checked,
            "findings": self.findings,
        }


def verify(path: Path, log_key: str | None) -> Verdict:
    """The verdict on a file. `log_key` is a verifier key that the caller trusts, or None."""
    verdict = Verdict()
    try:
        with path.open("rb") as file:
            _Reading(verdict, log_key).read(file)
    except (NotCanonical, NoteInvalid, ValueError, KeyError, TypeError, OSError) as error:
        verdict.find(f"the file cannot be read on: {type(error).__name__}: {error}")
    if verdict.sealed:
        verdict.not_checked.append(f"{verdict.sealed} bodies not in your audience")
    consents = verdict.kinds["proposal.consented"]
    if consents:
        verdict.not_checked.append(f"{consents} consents rest on the host's word, unsigned")
    return verdict


class _Reading:
    """One pass over a file."""

    def __init__(self, verdict: Verdict, log_key: str | None) -> None:
        self.verdict = verdict
        self.log_key = log_key
        self.frontier = Frontier()
        self.book: Book | None = None
        self.origin = ""
        self.ecosystem = ""
        self.verifier: Verifier | None = None
        self.size = 0

    def read(self, file: BinaryIO) -> None:
        lines = self._lines(file)
        header = decode_object(next(lines, b"{}"))
        self._header(header)
        for number, line in enumerate(lines, start=2):
            fields = decode_object(line)
            if "checkpoint" in fields:
                self._checkpoint(_text(fields, "checkpoint"))
            else:
                self._entry(fields, number)
        if self.frontier.size != self.size:
            self.verdict.find(f"{self.frontier.size} entries, the header says {self.size}")
        if self.verdict.last_good_size != self.frontier.size and self.verdict.is_good:
            self.verdict.find(
                f"entries from {self.verdict.last_good_size} on are under no checkpoint"
            )

    def _lines(self, file: BinaryIO) -> Iterator[bytes]:
        """Lines but the last, whose digest is of all bytes before it."""
        digest = sha256()
        before: bytes | None = None
        for line in file:
            if before is not None:
                digest.update(before)
                yield before.removesuffix(b"\n")
            before = line
        last = before or b""
        try:
            claimed = decode_object(last.removesuffix(b"\n"))
        except NotCanonical:
            claimed = {}
        if claimed != {"sha256": digest.hexdigest()} or not last.endswith(b"\n"):
            self.verdict.find("the file's digest is not that of its bytes: it was changed or cut")

    def _header(self, header: dict[str, object]) -> None:
        if header.get("format") != FORMAT:
            raise ValueError(f"this is no {FORMAT}")
        self.ecosystem, self.origin = _text(header, "ecosystem"), _text(header, "origin")
        self.book = Book(EcosystemId(self.ecosystem))
        size = header["size"]
        self.size = size if isinstance(size, int) else 0
        if self.log_key is None:
            self.verdict.not_checked.append("log key NOT pinned: consistent in itself only")
        elif header["logKey"] != self.log_key:
            self.verdict.find("the header names another log key than the one pinned")
        self.verifier = parse_verifier(self.log_key or _text(header, "logKey"))

    def _entry(self, fields: dict[str, object], line: int) -> None:
        index = self.frontier.size
        envelope = _text(fields, "envelope").encode()
        leaf = leaf_hash(envelope)
        self.verdict.entries += 1
        if decode_base64(_text(fields, "leafHash")) != leaf:
            self.verdict.find(f"entry {index} (line {line}): its envelope is not what was hashed")
        self.frontier.append(leaf)
        try:
            self._open(index, envelope, fields)
        except Fault as fault:
            self.verdict.find(f"entry {index} (line {line}): {fault}")
            self.book = None

    def _open(self, index: int, data: bytes, fields: dict[str, object]) -> None:
        envelope = open_envelope(data)
        self.verdict.kinds[envelope.kind] += 1
        if (envelope.index, envelope.ecosystem) != (index, self.ecosystem):
            raise Fault(f"it says that it is entry {envelope.index} of {envelope.ecosystem}")
        if "annex" in fields:
            salt, annex = decode_base64(_text(fields, "annexSalt")), _text(fields, "annex")
            if commit(salt, annex.encode()) != envelope.annex:
                raise Fault("its annex is not the one committed to")
        if "body" not in fields:
            self.verdict.sealed += 1
            self._stop_replay("bodies outside your audience")
            return
        salt, body = decode_base64(_text(fields, "salt")), _text(fields, "body").encode()
        placed = open_entry(envelope, salt, body)
        if self.book is not None:
            check(self.book, placed)
            self.book = evolve(self.book, placed)
            known = self.book.ecosystem
            if known is not None and index == 0 and known.origin != self.origin:
                raise Fault("the header names another origin than the founding")
            if known is not None and index == 0 and self.log_key not in (None, known.log_key):
                raise Fault("the founding names another log key than the one pinned")

    def _stop_replay(self, why: str) -> None:
        if self.book is not None:
            self.book = None
            self.verdict.not_checked.append(f"the business rules from here on: {why}")

    def _checkpoint(self, note: str) -> None:
        size = self.frontier.size
        if self.verifier is None:
            return
        between = f"between entries {self.verdict.last_good_size} and {size - 1}"
        try:
            opened = open_checkpoint(note, self.origin, self.verifier).checkpoint
        except NoteInvalid as error:
            self.verdict.find(f"the checkpoint after entry {size - 1}: {error}")
            return
        self.verdict.checkpoints += 1
        if opened.size != size:
            self.verdict.find(f"a checkpoint of {opened.size} entries stands after {size}")
        elif opened.root != self.frontier.root():
            self.verdict.find(f"the signed root is not that of the entries: altered {between}")
        else:
            self.verdict.last_good_size = size


def _text(fields: dict[str, object], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value
