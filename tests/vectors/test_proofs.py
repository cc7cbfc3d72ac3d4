"""`tlog-proof@v1` texts of another implementation, and ours over a whole log."""

import json
from base64 import b64decode
from typing import Any

import pytest

from ledger import tree
from ledger.checkpoint import (
    Checkpoint,
    generate_signer,
    open_checkpoint,
    sign_checkpoint,
)
from ledger.proof import (
    HEADER,
    MAX_PROOF_SIZE,
    TlogProof,
    parse_proof,
    render_proof,
    verify_proof,
)
from tests.shared import VECTORS, needs_shared

pytestmark = needs_shared

PATH = VECTORS / "transparency-dev-formats/formats_vectors.json"
FORMATS: dict[str, Any] = json.loads(PATH.read_bytes()) if PATH.exists() else {}
HASH = "rzFuy5Go7nrpkhBwKy1HWPMM3eO/YePY54fXRoH5Cm4="
LOG = generate_signer("example.com/ours", b"l" * 32)


def _proof_of(index: int, leaves: list[bytes]) -> TlogProof:
    frontier, nodes = tree.Frontier(), dict[tuple[int, int], bytes]()
    for leaf in leaves:
        nodes |= {(level, at): digest for level, at, digest in frontier.append(leaf)}
    path = tree.inclusion_proof(lambda level, at: nodes[level, at], index, len(leaves))
    checkpoint = Checkpoint("example.com/ours", len(leaves), frontier.root())
    return TlogProof(index, tuple(path), sign_checkpoint(checkpoint, LOG))


@pytest.mark.parametrize(
    "case", FORMATS.get("tlog_proof_valid", []), ids=lambda case: f"index {case['index']}"
)
def test_a_valid_proof_reads_and_writes_itself(case: dict[str, Any]) -> None:
    """Index, path, extra and checkpoint are upstream's, and nothing is lost."""
    extra = case["extra"].encode() if "extra" in case else None
    hashes = tuple(b64decode(item) for item in case["hashes"])
    expected = TlogProof(case["index"], hashes, case["checkpoint"], extra)

    assert expected == parse_proof(case["text"])
    assert case["text"] == render_proof(expected)


@pytest.mark.parametrize(
    "case", FORMATS.get("tlog_proof_invalid", []), ids=lambda case: str(case["desc"])
)
def test_an_invalid_proof_is_refused(case: dict[str, Any]) -> None:
    """Each case that upstream refuses."""
    with pytest.raises(tree.ProofInvalid):
        parse_proof(case["text"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEADER,
        f"{HEADER}\n\ncheckpoint\n",
        f"{HEADER}\nindex 0\n\n",
        f"{HEADER}\nindex 0\n\ncheckpoint",
        f"{HEADER}\nindex 00\n\ncheckpoint\n",
        f"{HEADER}\nindex +1\n\ncheckpoint\n",
        f"{HEADER}\nindex  1\n\ncheckpoint\n",
        f"{HEADER}\nindex 18446744073709551616\n\ncheckpoint\n",
        f"{HEADER}\nindex 1\nindex 1\n\ncheckpoint\n",
        f"{HEADER}\nextra \nindex 1\n\ncheckpoint\n",
        f"{HEADER}\nextra YR==\nindex 1\n\ncheckpoint\n",
        f"{HEADER}\nindex 1\nextra YQ==\n\ncheckpoint\n",
        f"{HEADER}\nextra YQ==\nextra YQ==\nindex 1\n\ncheckpoint\n",
        f"{HEADER}\nindex 1\n{HASH[:-1]}\n\ncheckpoint\n",
        f"{HEADER}\nindex 1\n{HASH[:-2]}5=\n\ncheckpoint\n",
        f"{HEADER}\r\nindex 1\n\ncheckpoint\n",
        f"{HEADER}\nindex 1\n" + f"{HASH}\n" * 65 + "\ncheckpoint\n",
        f"{HEADER}\nindex 1\n\n" + "c" * MAX_PROOF_SIZE + "\n",
    ],
)
def test_a_loose_spelling_of_a_proof_is_refused(text: str) -> None:
    """One proof, one text; limits on number, path and size."""
    with pytest.raises(tree.ProofInvalid):
        parse_proof(text)


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, (), "checkpoint\n"),
        TlogProof(2**64, (), "checkpoint\n"),
        TlogProof(0, (b"short",), "checkpoint\n"),
        TlogProof(0, (), "checkpoint"),
        TlogProof(0, (), "\ncheckpoint"),
        TlogProof(0, (), "checkpoint\n", b""),
    ],
)
def test_a_proof_that_would_not_read_back_is_not_written(proof: TlogProof) -> None:
    """Rendering is the inverse of parsing, or refuses."""
    with pytest.raises(tree.ProofInvalid):
        render_proof(proof)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_a_proof_text_shows_its_entry_under_its_own_signed_checkpoint(size: int) -> None:
    """Parse, open with the pinned key, compare with the root: what an outsider does."""
    leaves = [tree.leaf_hash(bytes([n])) for n in range(size)]

    for index, leaf in enumerate(leaves):
        proof = parse_proof(render_proof(_proof_of(index, leaves)))
        opened = open_checkpoint(proof.checkpoint, "example.com/ours", LOG.verifier)
        verify_proof(proof, leaf, opened.checkpoint.size, opened.checkpoint.root)

        with pytest.raises(tree.ProofInvalid):
            verify_proof(proof, tree.leaf_hash(b"other"), size, opened.checkpoint.root)
        with pytest.raises(tree.ProofInvalid):
            verify_proof(proof, leaf, index, opened.checkpoint.root)
