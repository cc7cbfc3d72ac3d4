"""Refold: a ledger told again from its stored entries, and what does not follow from them. Pure.

The one rule: nothing stored beside the envelopes is believed: columns, hashes, openings, annexes,
roots, signatures and snapshots are computed again and compared. What cannot be told on is said,
not guessed: after an entry that cannot be opened only the tree goes on.

Source: `design.md` decision 5; `ledger-format.md`, "Offline".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.audit import check
from ledger.audit_sequel import Sequel
from ledger.book import Book
from ledger.change import Change
from ledger.changes import changes
from ledger.checkpoint import NoteInvalid, open_checkpoint, open_note, parse_verifier
from ledger.daybook import bookings
from ledger.dropping import ObservationsDropped
from ledger.ecosystem import EcosystemFounded
from ledger.errors import Fault
from ledger.evolution import evolve
from ledger.fact import Placed
from ledger.history import Envelope, commit, open_entry, open_envelope
from ledger.ids import EcosystemId
from ledger.journal import Booked
from ledger.keyring import WitnessRegistered
from ledger.observation import ObservationsRecorded
from ledger.remark import AnnexErased
from ledger.rotation import LogKeyRotated
from ledger.snapshot import decode_book
from ledger.store.entries import StoredCheckpoint
from ledger.store.rebuilding import DERIVED, WholeEntry, WholeHead
from ledger.store.snapshots import StoredSnapshot
from ledger.store.witnesses import Cosignature
from ledger.tree import Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class Difference:
    """What is stored and what follows from the entries, at a place of a table."""

    ecosystem_id: str
    table: str
    place: str
    expected: str
    found: str

    @property
    def is_mended_by_a_swap(self) -> bool:
        """Whether the entries say all that is needed to write it anew."""
        return self.table in DERIVED

    @property
    def sentence(self) -> str:
        """For a person."""
        return f"{self.table} {self.place}: found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry writes beside itself: nodes, states and postings."""

    index: int
    audience: tuple[str, ...]
    nodes: tuple[tuple[int, int, bytes], ...]
    changes: tuple[Change, ...]
    postings: tuple[Booked, ...]


class Retelling:
    """One ecosystem's entries so far: the tree, and the Book as long as all could be opened."""

    def __init__(self, ecosystem_id: EcosystemId) -> None:
        """Begin before entry 0."""
        self.ecosystem_id = ecosystem_id
        self.frontier = Frontier()
        self.book: Book | None = Book(ecosystem_id)
        self._sequel = Sequel()
        self.differences: list[Difference] = []
        self.batches: dict[int, tuple[str, ObservationsRecorded]] = {}
        self.dropped: set[tuple[int, int]] = set()
        self.witness_keys: set[str] = set()
        self._log_keys: list[str] = []
        self._origin = ""
        self._missing_annexes: set[int] = set()

    def differ(self, table: str, place: str, expected: object, found: object) -> None:
        """Note a difference."""
        self.differences.append(
            Difference(self.ecosystem_id, table, place, str(expected), str(found))
        )

    def tell(self, entry: WholeEntry) -> Told:
        """The next entry. Requires that it stands at the index that comes next."""
        index, place = entry.index, f"index={entry.index}"
        leaf = leaf_hash(entry.envelope)
        if leaf != entry.leaf_hash:
            self.differ("entry", f"{place}, leaf_hash", leaf.hex(), entry.leaf_hash.hex())
        nodes = tuple(node for node in self.frontier.append(leaf) if node[0] > 0)
        try:
            placed = self._open(entry)
            told = self._fold(placed)
        except Fault as fault:
            self.differ("entry", place, "an entry that follows from those before it", fault)
            self._cannot_go_on(index)
            return Told(index, entry.audience, nodes, (), ())
        return Told(index, entry.audience, nodes, *told)

    def _cannot_go_on(self, index: int) -> None:
        if self.book is not None:
            self.differ(
                "projection", f"from entry {index} on", "states that follow", "NOT COMPARED: the "
                "entry cannot be folded, so nothing after it can"
            )  # fmt: skip
        self.book = None

    def _open(self, entry: WholeEntry) -> Placed:
        """The fact of an entry; columns that say otherwise are noted. Raises Fault."""
        envelope = open_envelope(entry.envelope)
        if (envelope.index, envelope.ecosystem) != (entry.index, self.ecosystem_id):
            raise Fault(f"it says that it is entry {envelope.index} of {envelope.ecosystem}")
        for name in ("at", "kind", "version", "party", "audience"):
            said, stored = getattr(envelope, name), getattr(entry, name)
            if said != stored:
                self.differ("entry", f"index={entry.index}, {name}", said, stored)
        self._check_annex(entry, envelope)
        if entry.salt is None or entry.body is None:
            raise Fault("it has no opening")
        return open_entry(envelope, entry.salt, entry.body)

    def _check_annex(self, entry: WholeEntry, envelope: Envelope) -> None:
        place = f"index={entry.index}"
        if entry.annex is None or entry.annex_salt is None:
            if envelope.annex:
                self._missing_annexes.add(entry.index)
        elif commit(entry.annex_salt, entry.annex) != envelope.annex:
            self.differ("annex", place, "the text that the envelope commits to", "another")

    def _fold(self, placed: Placed) -> tuple[tuple[Change, ...], tuple[Booked, ...]]:
        """What the entry changes in the Book. Raises Fault when it does not follow it."""
        book = self.book
        self._learn(placed)
        if book is None:
            return (), ()
        check(book, placed)
        self._sequel.check(placed)
        self.book = book = evolve(book, placed)
        self._sequel.note(book, placed)
        return tuple(changes(book, placed)), bookings(book, placed)

    def _learn(self, placed: Placed) -> None:
        """Keys, batches and erasures, which what is stored beside the entries is held against."""
        match placed.event:
            case EcosystemFounded(origin=origin, log_key=log_key):
                self._origin = origin
                self._log_keys.append(log_key)
            case LogKeyRotated(log_key=log_key):
                self._log_keys.append(log_key)
            case WitnessRegistered(verifier_key=verifier_key):
                self.witness_keys.add(verifier_key)
            case ObservationsRecorded() as recorded:
                self.batches[placed.index] = (placed.party, recorded)
            case ObservationsDropped(rows=rows):
                self.dropped.update(
                    (each.batch, number) for each in rows for number in each.numbers
                )
            case AnnexErased(index=index):
                if index not in self._missing_annexes:
                    self.differ(
                        "annex", f"index={index}", f"erased by entry {placed.index}", "its text"
                    )
                self._missing_annexes.discard(index)

    def checkpoint(self, stored: StoredCheckpoint, cosignatures: Sequence[Cosignature]) -> None:
        """Hold a published checkpoint, and what witnesses signed, against the tree of its size."""
        place, size = f"size={stored.size}", self.frontier.size
        if not self._log_keys:
            self.differ("checkpoint", place, "a founded ecosystem", "none")
            return
        try:
            verifier = parse_verifier(self._log_keys[-1])
            opened = open_checkpoint(stored.note, self._origin, verifier).checkpoint
        except NoteInvalid as error:
            self.differ("checkpoint", place, f"a note by {self._log_keys[-1]}", error)
            return
        if (opened.size, opened.root) != (size, self.frontier.root()):
            expected = f"{size} entries, root {self.frontier.root().hex()}"
            found = f"{opened.size} entries, root {opened.root.hex()}: the entries were altered"
            self.differ("checkpoint", place, expected, found)
        for each in cosignatures:
            self._cosignature(stored.note, each)

    def _cosignature(self, note: str, cosignature: Cosignature) -> None:
        place = f"size={cosignature.size}, party={cosignature.party}"
        if cosignature.verifier_key not in self.witness_keys:
            self.differ("cosignature", place, "a registered witness", cosignature.verifier_key)
            return
        try:
            open_note(note + cosignature.line, [parse_verifier(cosignature.verifier_key)])
        except NoteInvalid as error:
            self.differ("cosignature", place, "a signature of this checkpoint", error)

    def snapshot(self, stored: StoredSnapshot) -> None:
        """Hold a snapshot against the Book and the tree of its size."""
        place = f"size={stored.frontier.size}"
        if stored.frontier.hashes != self.frontier.hashes:
            self.differ("book_snapshot", place, "the tree of the entries", "another")
        if self.book is None:
            return
        try:
            is_same = decode_book(stored.state) == self.book
        except Fault as fault:
            self.differ("book_snapshot", place, "a Book", fault)
            return
        if not is_same:
            self.differ("book_snapshot", place, "the Book that the entries fold to", "another")

    def end(self, head: WholeHead | None) -> None:
        """Hold the head against the tree, and say which texts are missing."""
        size = self.frontier.size
        if head is None or head.size != size:
            found = head.size if head else "none"
            self.differ("ledger_head", "size", f"{size} entries, as are there", found)
        elif list(head.hashes) != self.frontier.hashes:
            self.differ("ledger_head", "frontier", "the tree of the entries", "another")
        elif self.book is not None and size and head.last_at != self.book.last_at:
            self.differ("ledger_head", "last_at", self.book.last_at, head.last_at)
        for index in sorted(self._missing_annexes):
            self.differ("annex", f"index={index}", "its text, for no entry erased it", "nothing")
