"""Signed notes, checkpoints and cosignatures: what the log and its witnesses put their name to.

The one rule: a text is nothing until a key that the *caller* pinned has signed it.

::

    example.com/log/ecosystem          origin, fixed at founding
    42                                 size, decimal, no leading zeros
    <base64>                           root, 32 bytes in ours
                                       (extension lines, never ours; a blank line)
    — <key name> <base64(key hash || signature)>

A key is "name+hash+base64(algorithm || public key)"; its hash is the first 4 bytes of SHA-256(name
|| 0x0A || algorithm || public key). A private key is "PRIVATE+KEY+" and the same with the seed.

Sources: C2SP signed-note, tlog-checkpoint, tlog-cosignature; golang.org/x/mod/sumdb/note
(duplicates, errors); RFC 8032 (Ed25519); RFC 4648 section 4 (base64). Not here: consistency.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.ed25519 import is_signed
from ledger.tree import HASH_SIZE

ED25519 = 0x01  # algorithm byte of a signature over the note's text; C2SP signed-note
COSIGNATURE_V1 = 0x04  # algorithm byte of a witness's timed signature; C2SP tlog-cosignature
KEY_SIZE = 32  # bytes of an Ed25519 seed and of a public key; RFC 8032 section 5.1.5
KEY_HASH_SIZE = 4
TIMESTAMP_SIZE = 8
MAX_SIGNATURES = 100  # golang.org/x/mod/sumdb/note; C2SP signed-note asks for at least 16
MAX_NOTE_SIZE = 1_000_000  # bytes; 100 of the largest post-quantum signatures stay well within it
MIN_LINES = 3  # origin, size, root
MAX_SIZE = 2**64 - 1  # leaves
MAX_TIMESTAMP = 2**63 - 1  # seconds; C2SP tlog-cosignature

_PRIVATE = "PRIVATE+KEY+"
_SIGNATURE_PREFIX = "\N{EM DASH} "
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # controls; halves of characters
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")


class NoteInvalid(ValueError):  # noqa: N818 -- named by the format, like tree.ProofInvalid
    """A malformed key, note or checkpoint, or one without the signature that it needs."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key by name: 32 bytes, `algorithm` ED25519 or COSIGNATURE_V1. Raises NoteInvalid."""

    name: str
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        _require_key(self.name, self.algorithm, self.public_key)

    @property
    def key_hash(self) -> bytes:
        """First 4 bytes of SHA-256(name || 0x0A || algorithm || public key)."""
        named = self.name.encode() + bytes([0x0A, self.algorithm]) + self.public_key
        return sha256(named).digest()[:KEY_HASH_SIZE]

    @property
    def key_id(self) -> str:
        """What ties a signature line to this key: "name+hash"."""
        return f"{self.name}+{self.key_hash.hex()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature`, without its key hash, is by this key. Raises NoteInvalid."""
        message = text.encode()
        if self.algorithm == COSIGNATURE_V1:
            message = _cosigned_message(text, _timestamp(signature))
            signature = signature[TIMESTAMP_SIZE:]
        return is_signed(self.public_key, message, signature)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key by name; `seed` is the 32 byte private key of RFC 8032. Raises NoteInvalid."""

    name: str
    algorithm: int
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _require_key(self.name, self.algorithm, self.seed)

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        public_key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.name, self.algorithm, public_key.public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `key_id`: "name+hash" of the key it claims; `value`: at least a byte."""

    name: str
    key_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note that at least one known key signed; `unverified` are signatures of unknown keys."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size in leaves and root at that size. `extension`: opaque lines, empty in ours."""

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint that its log signed, its whole note, and (name, Unix seconds) a witness."""

    checkpoint: Checkpoint
    note: str
    cosigned: tuple[tuple[str, int], ...]


def generate_signer(name: str, seed: bytes, algorithm: int = ED25519) -> Signer:
    """A signer from 32 bytes of randomness, which the caller brings. Raises NoteInvalid."""
    return Signer(name, algorithm, seed)


def parse_signer(skey: str) -> Signer:
    """Read "PRIVATE+KEY+name+hash+base64(algorithm || seed)", one text a key. Or NoteInvalid."""
    signer = Signer(*_parse_key(skey.removeprefix(_PRIVATE)))
    _require(render_signer(signer) == skey, "malformed private key")
    return signer


def render_signer(signer: Signer) -> str:
    """The secret text of a signer. Law: parse_signer(render_signer(s)) == s."""
    encoded = _encode_base64(bytes([signer.algorithm]) + signer.seed)
    return f"{_PRIVATE}{signer.verifier.key_id}+{encoded}"


def parse_verifier(vkey: str) -> Verifier:
    """Read "name+hash+base64(algorithm || public key)", one text a key. Or NoteInvalid."""
    verifier = Verifier(*_parse_key(vkey))
    _require(render_verifier(verifier) == vkey, "malformed key, or its hash is of another key")
    return verifier


def render_verifier(verifier: Verifier) -> str:
    """The text of a public key. Law: parse_verifier(render_verifier(v)) == v."""
    encoded = _encode_base64(bytes([verifier.algorithm]) + verifier.public_key)
    return f"{verifier.key_id}+{encoded}"


def sign_note(text: str, *signers: Signer) -> str:
    """The note of a text, a line a signer in their order. Requires ED25519. Raises NoteInvalid."""
    _require_text(text)
    _require(all(s.algorithm == ED25519 for s in signers), "a witness key cosigns checkpoints only")
    return text + "\n" + "".join(_signature_line(signer, text.encode()) for signer in signers)


def open_note(note: str, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Check every signature whose key is among `verifiers`; repeated signatures count once.

    Raises NoteInvalid: malformed, over MAX_NOTE_SIZE or MAX_SIGNATURES, two verifiers of one name
    and hash where a signature needs one, a wrong signature by a known key, none by a known key.
    Source: golang.org/x/mod/sumdb/note, Open.
    """
    text, signatures = _split_note(note)
    known = [(verifier.key_id, verifier) for verifier in verifiers]
    verified: dict[str, Signature] = {}
    unverified: dict[Signature, None] = {}
    for signature in signatures:
        key_id = signature.key_id
        candidates = [verifier for known_id, verifier in known if known_id == key_id]
        _require(len(candidates) <= 1, f"ambiguous key {key_id}")
        if not candidates:
            unverified[signature] = None
        elif key_id not in verified:
            valid = candidates[0].verifies(text, signature.value)
            _require(valid, f"invalid signature for key {key_id}")
            verified[key_id] = signature
    _require(bool(verified), "note has no verifiable signatures")
    return OpenedNote(text, tuple(verified.values()), tuple(unverified))


def render_checkpoint(checkpoint: Checkpoint) -> str:
    """The text that is signed. Law: parse_checkpoint(render_checkpoint(c)) == c, or NoteInvalid."""
    lines = (checkpoint.origin, str(checkpoint.size), _encode_base64(checkpoint.root))
    text = "".join(f"{line}\n" for line in (*lines, *checkpoint.extension))
    _require(parse_checkpoint(text) == checkpoint, "malformed checkpoint")
    return text


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note's text as a checkpoint; a root of any length, which `open_checkpoint` narrows.

    Lines: origin, size below 2**64, base64 root, extensions; none empty, each ended by a newline.
    Raises NoteInvalid. Source: C2SP tlog-checkpoint.
    """
    _require_text(text)
    lines = text.removesuffix("\n").split("\n")
    _require(len(lines) >= MIN_LINES and all(lines), "a checkpoint has three full lines or more")
    origin, size, root, *extension = lines
    decimal = bool(_DECIMAL.fullmatch(size)) and int(size) <= MAX_SIZE
    _require(decimal, "a checkpoint's size is a plain decimal number below 2**64")
    return Checkpoint(origin, int(size), _decode_base64(root), tuple(extension))


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note of a checkpoint. Requires a 32 byte root. Raises NoteInvalid."""
    _require_root(checkpoint)
    return sign_note(render_checkpoint(checkpoint), signer)


def open_checkpoint(
    note: str, origin: str, log_verifier: Verifier, witnesses: Sequence[Verifier] = ()
) -> OpenedCheckpoint:
    """A checkpoint of the log `origin`, signed by the log's key, with its witnesses' cosignatures.

    Requires an ED25519 log key and COSIGNATURE_V1 witness keys, each key once. Raises NoteInvalid,
    also for another origin, a root that has not 32 bytes, or a wrong cosignature by a witness.
    """
    _require(log_verifier.algorithm == ED25519, "a log signs with an Ed25519 key")
    _require(all(w.algorithm == COSIGNATURE_V1 for w in witnesses), "a witness cosigns")
    opened = open_note(note, (log_verifier, *witnesses))
    by_log = [s for s in opened.verified if s.key_id == log_verifier.key_id]
    _require(bool(by_log), "the checkpoint is not signed by its log")
    cosigned = {s.name: _timestamp(s.value) for s in opened.verified if s not in by_log}
    checkpoint = parse_checkpoint(opened.text)
    _require(checkpoint.origin == origin, f"a checkpoint of {checkpoint.origin!r}, not {origin!r}")
    _require_root(checkpoint)
    return OpenedCheckpoint(checkpoint, note, tuple(cosigned.items()))


def cosign(note: str, signer: Signer, timestamp_unix_s: int) -> str:
    """A witness's signature line for a checkpoint's note; `note + line` is the cosigned note.

    Signed are "cosignature/v1", "time <seconds>" and the checkpoint's lines. Verifies nothing: the
    witness opened the note and checked consistency before. Requires a COSIGNATURE_V1 signer and
    0 <= timestamp < 2**63. Raises NoteInvalid. Source: C2SP tlog-cosignature.
    """
    text, _ = _split_note(note)
    _require_root(parse_checkpoint(text))
    _require(signer.algorithm == COSIGNATURE_V1, "only a witness key cosigns")
    _require(0 <= timestamp_unix_s <= MAX_TIMESTAMP, "a cosignature's time is below 2**63")
    message = _cosigned_message(text, timestamp_unix_s)
    return _signature_line(signer, message, timestamp_unix_s.to_bytes(TIMESTAMP_SIZE))


def _cosigned_message(text: str, timestamp_s: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp_s}\n{text}".encode()


def _timestamp(signature: bytes) -> int:
    timestamp_s = int.from_bytes(signature[:TIMESTAMP_SIZE])
    _require(timestamp_s <= MAX_TIMESTAMP, "a cosignature's time is below 2**63")
    return timestamp_s


def _signature_line(signer: Signer, message: bytes, timestamp: bytes = b"") -> str:
    signature = timestamp + Ed25519PrivateKey.from_private_bytes(signer.seed).sign(message)
    blob = signer.verifier.key_hash + signature
    return f"{_SIGNATURE_PREFIX}{signer.name} {_encode_base64(blob)}\n"


def _parse_key(key: str) -> tuple[str, int, bytes]:
    """Name, algorithm and material of "name+hash+base64"; the caller checks the hash."""
    name, _, rest = key.partition("+")
    material = _decode_base64(rest.partition("+")[2])  # base64 has plus signs of its own
    return name, int.from_bytes(material[:1]), material[1:]


def _split_note(note: str) -> tuple[str, list[Signature]]:
    """The text, final newline included, and the parsed signature lines after the last blank one."""
    _require_text(note)
    text, blank, block = note.rpartition("\n\n")
    _require(bool(blank), "malformed note: no blank line before the signatures")
    lines = block.removesuffix("\n").split("\n")
    _require(len(lines) <= MAX_SIGNATURES, f"malformed note: over {MAX_SIGNATURES} signatures")
    return text + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> Signature:
    _require(line.startswith(_SIGNATURE_PREFIX), "malformed note: no signature line")
    name, _, encoded = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
    _require_name(name)
    blob = _decode_base64(encoded)
    _require(len(blob) > KEY_HASH_SIZE, "malformed note: a signature is too short")
    return Signature(name, f"{name}+{blob[:KEY_HASH_SIZE].hex()}", blob[KEY_HASH_SIZE:])


def _encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode_base64(text: str) -> bytes:
    """Bytes of canonical base64 only. Source: RFC 4648 sections 3.5 and 4."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteInvalid("malformed note: not base64") from error
    _require(_encode_base64(data) == text, "malformed note: not base64 in its canonical form")
    return data


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise NoteInvalid(otherwise)


def _require_text(text: str) -> None:
    """Valid UTF-8, no control but newline, newline at the end. Source: C2SP signed-note."""
    _require(not _FORBIDDEN.search(text), "malformed note: a control character, or not UTF-8")
    _require(len(text.encode()) <= MAX_NOTE_SIZE, f"malformed note: over {MAX_NOTE_SIZE} bytes")
    _require(text.endswith("\n"), "malformed note: no newline at the end")


def _require_name(name: str) -> None:
    _require_text(f"{name}\n")
    valid = bool(name) and "+" not in name and not any(map(str.isspace, name))
    _require(valid, "a key's name is not empty and has no spaces and no plus signs")


def _require_key(name: str, algorithm: int, key: bytes) -> None:
    _require_name(name)
    _require(algorithm in {ED25519, COSIGNATURE_V1}, "unknown algorithm of a key")
    _require(len(key) == KEY_SIZE, f"a key has {KEY_SIZE} bytes, this one {len(key)}")


def _require_root(checkpoint: Checkpoint) -> None:
    _require(len(checkpoint.root) == HASH_SIZE, f"a root has {HASH_SIZE} bytes")
