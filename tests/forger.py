"""A host with the log's key that goes on from a true ledger as it likes: sealed, hashed, signed.

It keeps a true export's lines up to an entry and writes its own after them, so that hashes, the
root, the log's signature and the file's digest are all in order. Only the rules can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from ledger.actor import Actor, Role
from ledger.book import Book
from ledger.canonical import decode_object, encode
from ledger.checkpoint import Checkpoint, Signer, parse_verifier, render_verifier, sign_checkpoint
from ledger.commands import Command, LogIdentity
from ledger.decision import decide
from ledger.evolution import evolve
from ledger.fact import EVERYBODY, Fact, Placed
from ledger.history import decode_base64, open_entry, open_envelope, render_base64, seal
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.tree import Frontier, leaf_hash
from ops.export import checkpoint_line, digest_line
from ops.verdict import Verdict
from ops.verify import verify

EVERY_ROLE = frozenset(Role) - {Role.FOUNDER}


@dataclass
class Forger:
    """The entries so far, and the Book that they make."""

    header: dict[str, object]
    signer: Signer
    lines: list[bytes] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    book: Book = field(default_factory=lambda: Book(EcosystemId("")))
    frontier: Frontier = field(default_factory=Frontier)
    count: int = 0

    @classmethod
    def of(cls, path: Path, signer: Signer) -> "Forger":
        """It holds a true export, of a party that may open all."""
        lines = path.read_bytes().splitlines()
        header = decode_object(lines[0])
        forger = cls(header, signer, book=Book(EcosystemId(str(header["ecosystem"]))))
        for line in lines[1:-1]:
            if "checkpoint" not in decode_object(line):
                forger.keep(line)
        return forger

    def upto(self, count: int) -> "Forger":
        """The same ledger as it stood before an entry."""
        book = Book(EcosystemId(str(self.header["ecosystem"])))
        forger = Forger(self.header, self.signer, book=book)
        for line in self.lines[:count]:
            forger.keep(line)
        return forger

    def before(self, kind: type) -> "Forger":
        """The same ledger as it stood before its last entry of a kind."""
        found = [each.index for each in self.placed if isinstance(each.event, kind)]
        return self.upto(found[-1])

    def keep(self, line: bytes) -> None:
        """A line as it is."""
        fields = decode_object(line)
        envelope = str(fields["envelope"]).encode()
        salt, body = decode_base64(str(fields["salt"])), str(fields["body"]).encode()
        placed = open_entry(open_envelope(envelope), salt, body)
        self.lines.append(line)
        self.placed.append(placed)
        self.frontier.append(leaf_hash(envelope))
        self.book = evolve(self.book, placed)

    def write(
        self, facts: Sequence[Fact], party: str, subject: str = "s", **later: float
    ) -> "Forger":
        """Entries of its own, in some party's name."""
        at = self.book.last_at + timedelta(**later)
        for fact in facts:
            self.count += 1
            entry, _ = seal(
                fact,
                ecosystem_id=self.book.ecosystem_id,
                index=self.book.size,
                at=at,
                party=PartyId(party),
                subject=subject,
                seed=self._seed(),
            )
            assert entry.salt
            assert entry.body
            fields: dict[str, object] = {
                "body": entry.body.decode(),
                "envelope": entry.envelope.decode(),
                "leafHash": render_base64(entry.leaf_hash),
                "salt": render_base64(entry.salt),
            }
            if entry.annex is not None and entry.annex_salt is not None:
                fields["annex"] = entry.annex.decode()
                fields["annexSalt"] = render_base64(entry.annex_salt)
            self.keep(encode(fields))
        return self

    def act(self, party: str, command: Command, *, omit: Sequence[type] = ()) -> "Forger":
        """What would follow if a party did this, but for what the host leaves out."""
        facts = self.facts(party, command)
        return self.write([each for each in facts if type(each.event) not in omit], party)

    def facts(self, party: str, command: Command, later: float = 0) -> tuple[Fact, ...]:
        """What would follow if a party did this."""
        actor = Actor(self.book.ecosystem_id, PartyId(party), f"f-{party}", EVERY_ROLE)
        now: datetime = self.book.last_at + timedelta(seconds=later)
        log = LogIdentity("forged", "key")
        return decide(self.book, command, actor, now, self._seed(), log).facts

    def _seed(self) -> Seed:
        self.count += 1
        return Seed(sha256(f"forged {self.count}".encode()).digest())

    def shown_to(self, party_id: str) -> list[bytes]:
        """The lines as a party's own export has them: without what it may not open."""
        shown = []
        for line, placed in zip(self.lines, self.placed, strict=True):
            fields = decode_object(line)
            if placed.audience != EVERYBODY and party_id not in placed.audience:
                fields = {name: fields[name] for name in ("envelope", "leafHash")}
            shown.append(encode(fields))
        return shown

    def verdict(self, path: Path, party_id: str = "") -> Verdict:
        """What `jpi verify` says of the file, the log's true key being pinned.

        With a party, of the file as that party would get it.
        """
        key = render_verifier(self.signer.verifier)
        parse_verifier(key)
        note = sign_checkpoint(
            Checkpoint(str(self.header["origin"]), self.frontier.size, self.frontier.root()),
            self.signer,
        )
        party = {"party": party_id} if party_id else {}
        header = encode(self.header | {"size": self.frontier.size} | party)
        lines = self.shown_to(party_id) if party_id else self.lines
        body = b"\n".join([header, *lines]) + b"\n" + checkpoint_line(note)
        path.write_bytes(body + digest_line(sha256(body).hexdigest()))
        return verify(path, key)


def altered(fact: Fact, **fields: object) -> Fact:
    """A fact that says something else."""
    return replace(fact, event=replace(fact.event, **fields))  # type: ignore[type-var]  # every event is a dataclass
