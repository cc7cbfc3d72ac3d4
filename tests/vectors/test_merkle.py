"""RFC 6962 trees that others computed: every root, every proof, and every lie."""

import json
from base64 import b64decode
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ledger import tree
from tests.shared import VECTORS, needs_shared, vector_files

pytestmark = needs_shared

MERKLE = "transparency-dev-merkle"
TESSERA = VECTORS / "tessera-testlog/testdata/log"
LEAVES = (
    b"one two three four five six seven eit nain ten ileven twelf threeten fourten fivten"
).split()
SIZES = range(len(LEAVES) + 1)


def _name(path: Path) -> str:
    return "/".join(path.parts[-3:])


def _hashes(encoded: list[str] | None) -> list[bytes]:
    return [b64decode(item) for item in encoded or []]


def _tree8() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((VECTORS / MERKLE / "rfc6962_tree8.json").read_bytes())
    return data


def _nodes(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    """All complete nodes of the tree over these leaves' bytes."""
    frontier = tree.Frontier()
    completed = [node for leaf in leaves for node in frontier.append(tree.leaf_hash(leaf))]
    return {(level, index): digest for level, index, digest in completed}


def _reader(leaves: list[bytes]) -> tree.NodeReader:
    nodes = _nodes(leaves)
    return lambda level, index: nodes[level, index]


def _tessera_root(size: int) -> bytes:
    return b64decode((TESSERA / f"checkpoint.{size}").read_text().split("\n")[2])


def _partial_tile(folder: str, size: int) -> bytes:
    return (TESSERA / folder / "000.p" / str(size)).read_bytes()


@pytest.mark.parametrize("path", vector_files(f"{MERKLE}/testdata/inclusion/*/*.json"), ids=_name)
def test_inclusion_vectors_are_judged_as_upstream_judges_them(path: Path) -> None:
    """A true inclusion proof passes, each named lie is refused."""
    case = json.loads(path.read_bytes())
    args = (
        case["leafIdx"],
        case["treeSize"],
        b64decode(case["leafHash"]),
        _hashes(case["proof"]),
        b64decode(case["root"]),
    )

    if case["wantErr"]:
        with pytest.raises(tree.ProofInvalid):
            tree.verify_inclusion(*args)
    else:
        tree.verify_inclusion(*args)


@pytest.mark.parametrize("path", vector_files(f"{MERKLE}/testdata/consistency/*/*.json"), ids=_name)
def test_consistency_vectors_are_judged_as_upstream_judges_them(path: Path) -> None:
    """A true consistency proof passes, each named lie is refused."""
    case = json.loads(path.read_bytes())
    args = (
        case["size1"],
        case["size2"],
        b64decode(case["root1"]),
        b64decode(case["root2"]),
        _hashes(case["proof"]),
    )

    if case["wantErr"]:
        with pytest.raises(tree.ProofInvalid):
            tree.verify_consistency(*args)
    else:
        tree.verify_consistency(*args)


def test_hashes_of_leaves_and_nodes_are_domain_separated_as_in_the_vectors() -> None:
    """The four hasher vectors: nothing, the empty leaf, a leaf, an inner node."""
    expected = [bytes.fromhex(case["hex"]) for case in _tree8()["hasher"]]

    actual = [
        tree.EMPTY_ROOT,
        tree.leaf_hash(b""),
        tree.leaf_hash(b"L123456"),
        tree.node_hash(b"N123", b"N456"),
    ]

    assert expected == actual


def test_roots_of_the_eight_leaf_tree_are_the_published_ones() -> None:
    """Sizes 0 to 8 give the nine published roots."""
    leaves = [tree.leaf_hash(bytes.fromhex(leaf)) for leaf in _tree8()["leaf_inputs_hex"]]
    expected = [bytes.fromhex(root) for root in _tree8()["root_hashes_hex_by_size"]]

    assert expected == [tree.root(leaves[:size]) for size in range(len(leaves) + 1)]


def test_appending_completes_exactly_the_published_nodes() -> None:
    """Every inner node of the eight-leaf tree comes out of the frontier once, and no other."""
    levels = _tree8()["node_hashes_hex_by_level"]
    expected = {
        (level, index): bytes.fromhex(digest)
        for level, digests in enumerate(levels)
        for index, digest in enumerate(digests)
    }

    assert expected == _nodes([bytes.fromhex(leaf) for leaf in _tree8()["leaf_inputs_hex"]])


@pytest.mark.parametrize("size", SIZES)
def test_every_size_of_the_tessera_log_has_its_published_root(size: int) -> None:
    """Our root over the first leaves is the one in the log's own checkpoint."""
    assert _tessera_root(size) == tree.root(tree.leaf_hash(leaf) for leaf in LEAVES[:size])


@pytest.mark.parametrize("size", SIZES[1:])
def test_every_tile_of_the_tessera_log_holds_our_leaf_hashes(size: int) -> None:
    """The level 0 tile is the concatenation of the leaf hashes, the bundle that of the leaves."""
    hashes = b"".join(tree.leaf_hash(leaf) for leaf in LEAVES[:size])
    bundle = b"".join(len(leaf).to_bytes(2) + leaf for leaf in LEAVES[:size])

    assert _partial_tile("tile/0", size) == hashes
    assert _partial_tile("tile/entries", size) == bundle


@pytest.mark.parametrize("size", SIZES[1:])
def test_every_leaf_of_the_tessera_log_is_proved_under_every_root(size: int) -> None:
    """Our prover's paths lead to the roots that the log signed."""
    read = _reader(LEAVES[:size])

    for index in range(size):
        proof = tree.inclusion_proof(read, index, size)
        leaf = tree.leaf_hash(LEAVES[index])
        tree.verify_inclusion(index, size, leaf, proof, _tessera_root(size))


def test_every_root_of_the_tessera_log_extends_every_older_one() -> None:
    """Consistency holds between all pairs of sizes that the log signed."""
    read = _reader(LEAVES)

    for size2 in SIZES[1:]:
        for size1 in range(1, size2 + 1):
            proof = tree.consistency_proof(read, size1, size2)
            roots = _tessera_root(size1), _tessera_root(size2)
            tree.verify_consistency(size1, size2, *roots, proof)


def test_an_older_root_of_the_tessera_log_is_no_substitute_for_its_neighbour() -> None:
    """A proof between two sizes fails when either root is the next size's."""
    read = _reader(LEAVES)

    for size1, size2 in pairwise(SIZES[1:]):
        proof = tree.consistency_proof(read, size1, size2)
        with pytest.raises(tree.ProofInvalid):
            tree.verify_consistency(size1, size2, _tessera_root(size2), _tessera_root(size2), proof)
