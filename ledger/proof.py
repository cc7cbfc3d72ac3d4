"""A `tlog-proof@v1` text: one entry's place under one checkpoint, for a file or a mail.

The one rule: the text is only a carrier. The checkpoint inside is opened with a pinned key
(`checkpoint.open_checkpoint`), and what it says of size and root is what the path is held against.

::

    c2sp.org/tlog-proof@v1
    extra <base64>                 optional; not authenticated by anything
    index 42
    <base64>                       sibling hashes from leaf to root, 32 bytes each

    <the signed checkpoint, verbatim>

Sources: C2SP tlog-proof; RFC 6962 section 2.1.1. Not here: signatures (`checkpoint`).
"""

import base64
import re
from dataclasses import dataclass

from ledger.tree import HASH_SIZE, ProofInvalid, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_INDEX = 2**64 - 1
MAX_HASHES = 64  # levels of a tree of 2**64 leaves
MAX_PROOF_SIZE = 2_000_000  # characters; a note has at most 1,000,000 bytes

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A leaf's zero-based index, its path and the signed checkpoint's note.

    `hashes`: leaf to root, 32 bytes each. `extra`: opaque bytes nobody vouches for, or None.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def render_proof(proof: TlogProof) -> str:
    """The text of a proof. Law: parse_proof(render_proof(p)) == p, or ProofInvalid."""
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {base64.b64encode(proof.extra).decode()}")
    lines.append(f"index {proof.index}")
    lines.extend(base64.b64encode(digest).decode() for digest in proof.hashes)
    text = "\n".join(lines) + "\n\n" + proof.checkpoint
    if parse_proof(text) != proof:
        raise ProofInvalid("the proof cannot be written as a text")
    return text


def parse_proof(text: str) -> TlogProof:
    """Read a `tlog-proof@v1` text; base64 and numbers only in their canonical form.

    Does not look into the checkpoint, only for its final newline.
    Law: render_proof(parse_proof(t)) == t. Raises ProofInvalid.
    """
    if len(text) > MAX_PROOF_SIZE:
        raise ProofInvalid(f"the proof has more than {MAX_PROOF_SIZE} characters")
    head, blank, checkpoint = text.partition("\n\n")
    if not blank or not checkpoint.endswith("\n"):
        raise ProofInvalid("the proof has no checkpoint after a blank line")
    header, *lines = head.split("\n")
    if header != HEADER:
        raise ProofInvalid(f"a proof starts with {HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _decode_base64(lines.pop(0).removeprefix("extra "))
    index = lines.pop(0).removeprefix("index ") if lines and lines[0].startswith("index ") else ""
    if not _DECIMAL.fullmatch(index) or int(index) > MAX_INDEX:
        raise ProofInvalid("a proof's index is a plain decimal number below 2**64")
    if len(lines) > MAX_HASHES:
        raise ProofInvalid(f"a proof has at most {MAX_HASHES} hashes")
    return TlogProof(int(index), tuple(_decode_hash(line) for line in lines), checkpoint, extra)


def verify_proof(proof: TlogProof, leaf_hash: bytes, tree_size: int, root: bytes) -> None:
    """Return if the path leads from the leaf to the root; raise ProofInvalid otherwise.

    Requires size and root from the proof's own checkpoint, opened with the log's pinned key, and
    a leaf hash that the caller computed from the entry itself.
    """
    verify_inclusion(proof.index, tree_size, leaf_hash, proof.hashes, root)


def _decode_hash(line: str) -> bytes:
    digest = _decode_base64(line)
    if len(digest) != HASH_SIZE:
        raise ProofInvalid(f"a hash has {HASH_SIZE} bytes, this one {len(digest)}")
    return digest


def _decode_base64(text: str) -> bytes:
    """Bytes of canonical base64 only, at least one. Source: RFC 4648 sections 3.5 and 4."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ProofInvalid("not base64") from error
    if not data or base64.b64encode(data).decode() != text:
        raise ProofInvalid("not base64 in its canonical form")
    return data
