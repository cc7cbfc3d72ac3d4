"""A partner's witness: it follows the ledger, and puts its name to what was only added to.

The one rule: it cosigns only what continues the last checkpoint that it saw, and it remembers that
one on disk before it cosigns. On a fork or a rollback it refuses, keeps both checkpoints as
evidence and raises the alarm. What is true if it is killed: it knows at least what it cosigned.

Sources: C2SP tlog-cosignature, tlog-witness ("a witness MUST persist ... before returning");
`ledger-format.md`, "Witnesses".
"""

import json
import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.checkpoint import (
    COSIGNATURE_V1,
    Checkpoint,
    NoteInvalid,
    Signer,
    cosign,
    generate_signer,
    open_checkpoint,
    open_note,
    parse_signer,
    parse_verifier,
    render_signer,
    render_verifier,
)
from ledger.commit import system_clock
from ledger.rotation import rotation_text
from ledger.tree import ProofInvalid, verify_consistency
from ops.counting import entries
from ops.remote import Remote

NEWEST = """{ checkpoint { size note } ecosystem { origin logKey rotationNotes } }"""
GROWTH = """query($old: Index!, $new: Index!) {
  consistencyProof(oldSize: $old, newSize: $new) { hashes } }"""
UPLOAD = """mutation($input: UploadCosignatureInput!) {
  uploadCosignature(input: $input) { problems { message remedy } } }"""
REPORT = """mutation($input: ReportCheckpointInput!) {
  reportCheckpoint(input: $input) { problems { message remedy } alarm } }"""
STATEMENT = """query($key: String!) { keyStatement(key: $key) { bytes } }"""
REGISTER = """mutation($input: RegisterWitnessInput!) {
  registerWitness(input: $input) { problems { message remedy } } }"""


class Alarm(Exception):  # noqa: N818 -- it is what it says
    """The ledger was forked or rolled back; the evidence is on disk."""


class WitnessUnready(Exception):  # noqa: N818 -- named for what it tells
    """What the witness lacks, and how to give it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the witness remembers: the log's key in force, and the last checkpoint it accepted."""

    origin: str
    log_key: str
    size: int
    root: str
    note: str
    cosigned_size: int = 0


def new_key(path: Path, name: str) -> Signer:
    """Make a witness's key file, readable by its owner alone; an existing one is kept."""
    if not path.exists():
        signer = generate_signer(name, secrets.token_bytes(32), COSIGNATURE_V1)
        _write(path, render_signer(signer) + "\n")
    return read_key(path)


def read_key(path: Path) -> Signer:
    """The witness's key. Raises WitnessUnready."""
    try:
        signer = parse_signer(path.read_text().strip())
    except (OSError, NoteInvalid) as error:
        raise WitnessUnready(f"{path} holds no witness key: run `jpi witness-key`.") from error
    if signer.algorithm != COSIGNATURE_V1:
        raise WitnessUnready(f"{path} holds a log's key, not a witness's.")
    return signer


class Follower:
    """One witness of one ecosystem's ledger."""

    def __init__(self, remote: Remote, signer: Signer, state: Path, log_key: str) -> None:
        """`log_key` is pinned at the first run; later the state on disk knows it."""
        self._remote = remote
        self._signer = signer
        self._state = state
        self._log_key = log_key

    def register(self, idempotency_key: str) -> None:
        """Register this witness for the token's party, which needs the role ADMIN."""
        key = render_verifier(self._signer.verifier)
        statement = self._remote.ask(STATEMENT, {"key": key})["keyStatement"]["bytes"]
        private = Ed25519PrivateKey.from_private_bytes(self._signer.seed)
        proof = b64encode(private.sign(b64decode(statement))).decode()
        given = {"idempotencyKey": idempotency_key, "verifierKey": key, "proof": proof}
        self._remote.change(REGISTER, {"input": given})

    def step(self) -> Seen:
        """Look once: accept, remember, cosign, upload. Raises Alarm, Unreachable, Denied."""
        old = self._recall()
        answer = self._remote.ask(NEWEST)
        note, ecosystem = answer["checkpoint"]["note"], answer["ecosystem"]
        origin = old.origin if old else str(ecosystem["origin"])
        log_key = self._newest_key(old, origin, ecosystem["rotationNotes"])
        try:
            checkpoint = open_checkpoint(note, origin, parse_verifier(log_key)).checkpoint
        except NoteInvalid as error:
            raise self._alarm(old, note, f"the checkpoint is not the log's: {error}") from error
        self._continue(old, checkpoint, note)
        seen = Seen(
            origin,
            log_key,
            checkpoint.size,
            b64encode(checkpoint.root).decode(),
            note,
            old.cosigned_size if old else 0,
        )
        _write(self._state, json.dumps(asdict(seen), indent=1) + "\n")
        return self._cosign(seen)

    def _continue(self, old: Seen | None, new: Checkpoint, note: str) -> None:
        """Return if the new checkpoint continues the old one; raise Alarm otherwise."""
        if old is None:
            return
        if new.size < old.size:
            raise self._alarm(old, note, f"ROLLED BACK from {old.size:,} to {entries(new.size)}")
        hashes: list[bytes] = []
        if new.size > old.size:
            asked = {"old": old.size, "new": new.size}
            proof = self._remote.ask(GROWTH, asked)["consistencyProof"]
            hashes = [b64decode(each) for each in proof["hashes"]]
        try:
            verify_consistency(old.size, new.size, b64decode(old.root), new.root, hashes)
        except ProofInvalid as error:
            raise self._alarm(old, note, f"FORK: {error}") from error

    def _cosign(self, seen: Seen) -> Seen:
        if seen.cosigned_size == seen.size:
            return seen
        line = cosign(seen.note, self._signer, int(system_clock().timestamp()))
        given = {"idempotencyKey": f"cosigned/{seen.size}", "size": seen.size, "line": line}
        self._remote.change(UPLOAD, {"input": given})
        seen = replace(seen, cosigned_size=seen.size)
        _write(self._state, json.dumps(asdict(seen), indent=1) + "\n")
        return seen

    def _newest_key(self, old: Seen | None, origin: str, rotations: list[str]) -> str:
        """The log's key now: from the pinned one by notes that each key signed for the next."""
        key = old.log_key if old else self._log_key
        if not key:
            raise WitnessUnready("Pin the log's key at the first run: --log-key (ask the host).")
        for note in rotations:
            following = note.partition("\nkey: ")[2].partition("\n")[0]
            try:
                text = open_note(note, [parse_verifier(key)]).text
            except NoteInvalid:
                continue  # an older hand-over, by a key before the one that we know
            if text == rotation_text(origin, following):
                key = following
        return key

    def _recall(self) -> Seen | None:
        try:
            return Seen(**json.loads(self._state.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise WitnessUnready(f"{self._state} is not a witness's memory: {error}") from error

    def _alarm(self, old: Seen | None, note: str, reason: str) -> Alarm:
        """Keep both checkpoints, tell the service what we hold, and say so."""
        evidence = self._state.with_name(f"{self._state.name}.evidence")
        held = {"reason": reason, "remembered": old.note if old else "", "shown": note}
        if not evidence.exists():
            _write(evidence, json.dumps(held, indent=1) + "\n")
        if old is not None:
            given = {"idempotencyKey": f"seen/{old.size}", "note": old.note}
            self._remote.ask(REPORT, {"input": given})
        return Alarm(f"{reason}. Nothing was cosigned; both checkpoints are in {evidence}")


def _write(path: Path, text: str) -> None:
    """A whole file or none, on the disk before this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
