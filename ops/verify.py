"""Offline verification of an export: no database, no network, nothing believed.

The one rule: the log key is pinned by the caller; everything else is derived from the file's own
bytes: witness keys, quorum and the log's later keys come from entries. The file is read as a
stream: memory grows with the Book, not with the history. Source: `ledger-format.md`, "Offline".
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

from ledger.canonical import NotCanonical, decode_object
from ledger.checkpoint import (
    NoteInvalid,
    OpenedCheckpoint,
    Verifier,
    open_checkpoint,
    parse_checkpoint,
    parse_verifier,
)
from ledger.ecosystem import EcosystemFounded
from ledger.errors import Fault
from ledger.fact import Placed
from ledger.history import (
    Envelope,
    commit,
    decode_base64,
    open_entry,
    open_envelope,
    render_base64,
    sealed_entry,
)
from ledger.rotation import LogKeyRotated, RotationInvalid, check_rotation
from ledger.tree import Frontier, leaf_hash
from ops import extent
from ops.counting import entries, verb
from ops.export import FORMAT
from ops.lines import Line, read_line, text_of, there
from ops.replay import Replay
from ops.rowcheck import Claims, check_rows
from ops.statement import StatementCheck
from ops.verdict import Verdict, placed_at

Progress = Callable[[int], None]
"""Told how many bytes were read since the last time."""

BLOCK_BYTES = 1 << 18
"""Read, hashed and told of at once."""


def verify(
    path: Path,
    log_key: str | None,
    since: str | None = None,
    progress: Progress = lambda _: None,
    party: str = "",
    statement: StatementCheck | None = None,
    *,
    observations: Path | None = None,
) -> Verdict:
    """The verdict on a file, and on a partner's statement if one is given.

    `log_key` is a verifier key of the log that the caller trusts, or None; `since` an older
    checkpoint's note that the caller holds: the file must continue it. `party` is the id of the
    party that the file must be of, empty where the caller does not say. `observations` is a file
    of a party's rows, which its batches and what was measured from them are held against.
    """
    verdict = Verdict()
    started = perf_counter()
    claims = None if observations is None else Claims()
    reading = _Reading(verdict, log_key, since, party, statement, claims)
    try:
        with path.open("rb") as file:
            reading.read(file, progress)
        if observations is not None and claims is not None:
            check_rows(observations, claims, verdict, progress)
    except (NotCanonical, NoteInvalid, ValueError, KeyError, TypeError, OSError) as error:
        where = reading.place()
        verdict.find(f"{where}: the file cannot be read on: {type(error).__name__}: {error}")
    verdict.seconds_hashes = perf_counter() - started - verdict.seconds_replay
    return verdict


class _Reading:
    """One pass over a file."""

    def __init__(
        self,
        verdict: Verdict,
        log_key: str | None,
        since: str | None,
        party: str,
        statement: StatementCheck | None,
        claims: Claims | None,
    ) -> None:
        self.party = party
        self.claims = claims
        self.verdict = verdict
        self.statement = statement
        self.log_key = log_key
        self.since = since
        self.frontier = Frontier()
        self.replay = Replay(verdict, "", "")
        self.origin = ""
        self.ecosystem = ""
        self.header_key = ""
        self.verifier: Verifier | None = None
        self.log_keys: list[str] = []
        self.size = 0
        self.line = 0

    def read(self, file: BinaryIO, progress: Progress) -> None:
        lines = self._lines(file, progress)
        self.line = 1
        self._header(decode_object(next(lines, b"{}")))
        for self.line, line in enumerate(lines, start=2):
            found = read_line(line)
            if found.checkpoint is not None:
                self._checkpoint(found.checkpoint)
            else:
                self._entry(found, self.line)
            if self.since is not None:
                self._compare_since()
        self._end()

    def place(self) -> str:
        """Where the reading stands, for whoever looks into the file."""
        if self.line < 2:  # noqa: PLR2004 -- the second line is the first after the header
            return "the header (line 1)"
        after = self.frontier.size
        return f"line {self.line}, after entry {after - 1}" if after else f"line {self.line}"

    def _lines(self, file: BinaryIO, progress: Progress) -> Iterator[bytes]:
        """Lines but the last, whose digest is of all bytes before it."""
        digest = sha256()
        last = b""
        while block := file.read(BLOCK_BYTES):
            last += block
            end = last.rfind(b"\n", 0, -1) + 1  # where what may be the last line begins
            if end:
                whole, last = last[:end], last[end:]
                digest.update(whole)
                yield from whole[:-1].split(b"\n")
            progress(len(block))
        try:
            claimed = decode_object(last.removesuffix(b"\n"))
        except NotCanonical:
            claimed = {}
        if claimed != {"sha256": digest.hexdigest()} or not last.endswith(b"\n"):
            self.verdict.find("the file's digest is not that of its bytes: it was changed or cut")

    def _header(self, header: dict[str, object]) -> None:
        if header.get("format") != FORMAT:
            raise ValueError(f"this is no {FORMAT}")
        self.ecosystem, self.origin = text_of(header, "ecosystem"), text_of(header, "origin")
        self.header_key = text_of(header, "logKey")
        self.verdict.party = text_of(header, "party")
        self.replay = Replay(
            self.verdict, self.ecosystem, self.verdict.party, self.statement, self.claims
        )
        if self.party and self.party != self.verdict.party:
            self.verdict.find(
                f"the file is the export of party {self.verdict.party}, not of {self.party}"
            )
        size = header["size"]
        self.size = size if isinstance(size, int) else 0
        if self.log_key is None:
            self.verdict.not_checked.append("log key NOT pinned: consistent in itself only")
        else:
            parse_verifier(self.log_key)

    def _entry(self, entry: Line, line: int) -> None:
        index = self.frontier.size
        data = there(entry.envelope, "envelope").encode()
        leaf = leaf_hash(data)
        self.verdict.entries += 1
        claimed = there(entry.leafHash, "leafHash")
        if claimed != render_base64(leaf):
            decode_base64(claimed)  # what is no hash at all is said otherwise
            self.verdict.find(f"entry {index} (line {line}): its envelope is not what was hashed")
        self.frontier.append(leaf)
        try:
            self._open(index, open_envelope(data), entry)
        except Fault as fault:
            self.verdict.find(placed_at(index, line, str(fault)))
            self.replay.broken()

    def _open(self, index: int, envelope: Envelope, entry: Line) -> None:
        self.verdict.kinds[envelope.kind] += 1
        if index == 0 and envelope.ecosystem != self.ecosystem:
            self.verdict.find(
                f"the header (line 1) names the ecosystem {self.ecosystem}, entry 0 is of "
                f"{envelope.ecosystem}"
            )
            self.ecosystem = envelope.ecosystem  # every other entry need not say it again
            self.replay = Replay(
                self.verdict, self.ecosystem, self.verdict.party, self.statement, self.claims
            )
        if (envelope.index, envelope.ecosystem) != (index, self.ecosystem):
            raise Fault(f"it says that it is entry {envelope.index} of {envelope.ecosystem}")
        if entry.annex is not None:
            salt = decode_base64(there(entry.annexSalt, "annexSalt"))
            if commit(salt, entry.annex.encode()) != envelope.annex:
                raise Fault("its annex is not the one committed to")
        if entry.body is None:
            self.replay.sealed(sealed_entry(envelope))
            return
        salt = decode_base64(there(entry.salt, "salt"))
        placed = open_entry(envelope, salt, entry.body.encode())
        self.replay.opened(placed, has_text=entry.annex is not None)
        self._learn_key(placed)

    def _learn_key(self, placed: Placed) -> None:
        """The log's key from the founding, and each later one once the audit let it pass."""
        match placed.event:
            case EcosystemFounded(origin=origin, log_key=log_key):
                if origin != self.origin:
                    raise Fault("the header names another origin than the founding")
            case LogKeyRotated(log_key=log_key) as rotated:
                if self.replay.book is None:  # then the audit has not looked at it
                    self._check_rotation(rotated)
                self.verdict.notes.append(f"the log's key was rotated by entry {placed.index}")
            case _:
                return
        self.log_keys.append(log_key)
        self.verifier = parse_verifier(log_key)

    def _check_rotation(self, rotated: LogKeyRotated) -> None:
        if not self.log_keys:
            raise Fault("it hands over a key before the founding named one")
        try:
            check_rotation(self.origin, self.log_keys[-1], rotated)
        except RotationInvalid as refusal:
            raise Fault(refusal.message) from refusal

    def _checkpoint(self, note: str) -> None:
        size = self.frontier.size
        if self.verifier is None:
            self.verdict.find("a checkpoint stands before the founding")
            return
        between = f"between entries {self.verdict.last_good_size} and {size - 1}"
        try:
            opened = open_checkpoint(note, self.origin, self.verifier, self._witnesses())
        except NoteInvalid as error:
            self.verdict.find(f"the checkpoint after entry {size - 1}: {error}")
            return
        self.verdict.checkpoints += 1
        if opened.checkpoint.size != size:
            self.verdict.find(f"a checkpoint of {entries(opened.checkpoint.size)} after {size}")
        elif opened.checkpoint.root != self.frontier.root():
            self.verdict.find(f"the signed root is not that of the entries: altered {between}")
        else:
            self.verdict.last_good_size = size
            self._certify(opened)

    def _witnesses(self) -> list[Verifier]:
        """Witness keys in force here, as the entries before say."""
        book = self.replay.book
        if book is None:
            self.verdict.unwitnessed += 1
            return []
        return [parse_verifier(each.verifier_key) for each in book.keyring.witnesses.values()]

    def _certify(self, opened: OpenedCheckpoint) -> None:
        """Count the cosignatures of the policy's witnesses."""
        book, policy = self.replay.book, self.replay.policy()
        if book is None or policy is None or policy.terms.quorum == 0:
            return
        names = {name for name, _ in opened.cosigned}
        counted = book.counted_witnesses(policy)
        keys = (book.keyring.witnesses[party].verifier_key for party in counted)
        if sum(parse_verifier(key).name in names for key in keys) >= policy.terms.quorum:
            self.verdict.certified_size = opened.checkpoint.size

    def _compare_since(self) -> None:
        """Hold the caller's older checkpoint against the tree of its size."""
        if self.since is None or not self.frontier.size:
            return
        text, _, _ = self.since.rpartition("\n\n")
        old = parse_checkpoint(text + "\n")
        if old.origin != self.origin:
            self.verdict.find(
                f"your older checkpoint is of {old.origin}, the file of {self.origin}"
            )
        elif self.frontier.size < old.size:
            return
        elif self.frontier.size > old.size or self.frontier.root() != old.root:
            self.verdict.find(
                f"the first {entries(old.size)} {verb(old.size, 'differ')} from your older "
                "checkpoint's: FORK"
            )
        else:
            self.verdict.notes.append(f"it continues your older checkpoint of {entries(old.size)}")
        self._check_signature(self.since)
        self.since = None

    def _check_signature(self, since: str) -> None:
        if self.verifier is None:
            return
        try:
            open_checkpoint(since, self.origin, self.verifier)
        except NoteInvalid as error:
            self.verdict.find(f"your older checkpoint is not one of this log: {error}")

    def _end(self) -> None:
        verdict = self.verdict
        if self.frontier.size != self.size:
            verdict.find(f"{entries(self.frontier.size)}, the header says {self.size}")
        if self.since is not None:
            verdict.find("your older checkpoint has more entries than the file: ROLLED BACK")
        if self.log_keys and self.header_key != self.log_keys[-1]:
            verdict.find("the header names another log key than the entries")
        if self.log_key is not None and self.log_key not in self.log_keys:
            verdict.find("the log never signed with the key that you pinned")
        if verdict.last_good_size != self.frontier.size and verdict.is_good:
            verdict.find(f"entries from {verdict.last_good_size} on are under no checkpoint")
        self.replay.end()
        verdict.checked += extent.checked(verdict)
        verdict.not_checked += extent.not_checked(
            verdict, verdict.party, is_pinned=bool(self.party)
        )
        verdict.not_checked += extent.unwitnessed(verdict)
        policy = self.replay.policy()
        if policy is not None and policy.terms.quorum:
            uncertified = verdict.entries - verdict.certified_size
            if uncertified:
                verdict.not_checked.append(
                    f"the last {entries(uncertified)} {verb(uncertified, 'rest')} on the log's "
                    f"word: the witnesses' quorum certified {verdict.certified_size}"
                )
            else:
                verdict.notes.append("the witnesses' quorum certified all entries")
