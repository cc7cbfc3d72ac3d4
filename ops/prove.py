"""One entry's proof as a `tlog-proof@v1` text: for a file, a mail, a contract's annex.

The envelope travels as the proof's extra data: nothing vouches for it there, so its leaf hash is
computed and held against the path. Source: C2SP tlog-proof.
"""

from base64 import b64decode
from dataclasses import dataclass

from ledger.checkpoint import NoteInvalid, open_checkpoint, parse_checkpoint, parse_verifier
from ledger.errors import Fault
from ledger.history import Envelope, open_envelope
from ledger.proof import TlogProof, parse_proof, render_proof, verify_proof
from ledger.tree import ProofInvalid, leaf_hash
from ops.remote import Denied, Remote

ASK = """query($index: Index!) { entry(index: $index) { envelope
  inclusionProof { hashes checkpoint { cosignedNote } } } }"""


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry that a log signed for, and how many of the given witnesses cosigned."""

    envelope: Envelope
    tree_size: int
    cosigned: tuple[str, ...]


def prove(remote: Remote, index: int) -> str:
    """The proof of an entry under the newest checkpoint that covers it. Raises Denied."""
    entry = remote.ask(ASK, {"index": index})["entry"]
    if entry is None:
        raise Denied(f"there is no entry {index}")
    proof = entry["inclusionProof"]
    hashes = tuple(b64decode(each) for each in proof["hashes"])
    note = str(proof["checkpoint"]["cosignedNote"])
    return render_proof(TlogProof(index, hashes, note, str(entry["envelope"]).encode()))


def check_proof(text: str, log_key: str, witness_keys: list[str]) -> Proved:
    """What a proof proves. Raises ProofInvalid: whatever is wrong, it proves nothing."""
    proof = parse_proof(text)
    if proof.extra is None:
        raise ProofInvalid("the proof carries no envelope: there is nothing to hold against it")
    try:
        envelope = open_envelope(proof.extra)
        origin = parse_checkpoint(proof.checkpoint.rpartition("\n\n")[0] + "\n").origin
        witnesses = [parse_verifier(each) for each in witness_keys]
        opened = open_checkpoint(proof.checkpoint, origin, parse_verifier(log_key), witnesses)
    except (NoteInvalid, Fault) as error:
        raise ProofInvalid(str(error)) from error
    if not origin.endswith(f"/{envelope.ecosystem}") or envelope.index != proof.index:
        raise ProofInvalid("the envelope is of another ledger or another place")
    checkpoint = opened.checkpoint
    verify_proof(proof, leaf_hash(proof.extra), checkpoint.size, checkpoint.root)
    return Proved(envelope, checkpoint.size, tuple(name for name, _ in opened.cosigned))
