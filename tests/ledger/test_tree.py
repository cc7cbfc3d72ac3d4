"""The Merkle tree against the recursive definition of RFC 6962, for every size up to 64."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import tree

SIZE_MAX = 64
LEAVES = [tree.leaf_hash(f"leaf {n}".encode()) for n in range(SIZE_MAX)]
SIZES = range(1, SIZE_MAX + 1)


def _naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word; leaves are hashed already."""
    if not leaves:
        return tree.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return tree.node_hash(_naive_root(leaves[:split]), _naive_root(leaves[split:]))


def _completed() -> dict[tuple[int, int], bytes]:
    frontier, nodes = tree.Frontier(), dict[tuple[int, int], bytes]()
    for leaf in LEAVES:
        for level, index, digest in frontier.append(leaf):
            assert (level, index) not in nodes
            nodes[level, index] = digest
    return nodes


NODES = _completed()
ROOTS = [_naive_root(LEAVES[:size]) for size in range(SIZE_MAX + 1)]


def _reader(size: int) -> tree.NodeReader:
    """Reads complete nodes of the first `size` leaves; any other is a fault of the prover."""

    def read(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size
        return NODES[level, index]

    return read


def _flipped(data: bytes) -> list[bytes]:
    """The data with each single bit changed."""
    number = int.from_bytes(data)
    return [(number ^ 1 << bit).to_bytes(len(data)) for bit in range(len(data) * 8)]


def _damaged(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """The list with each single bit of each hash changed."""
    return [
        [*hashes[:at], changed, *hashes[at + 1 :]]
        for at, digest in enumerate(hashes)
        for changed in _flipped(digest)
    ]


@pytest.mark.parametrize("size", [0, *SIZES])
def test_frontier_root_is_the_recursive_root(size: int) -> None:
    """Growing leaf by leaf gives what the definition gives at once."""
    assert ROOTS[size] == tree.root(LEAVES[:size])


def test_each_complete_node_is_completed_once_and_is_the_root_of_its_leaves() -> None:
    """Level and index name exactly the leaves that a node covers."""
    expected = {
        (level, index): _naive_root(LEAVES[index << level : (index + 1) << level])
        for level in range(7)
        for index in range(SIZE_MAX >> level)
    }

    assert expected == NODES


@pytest.mark.parametrize("size", [0, *SIZES])
def test_a_frontier_is_restored_from_stored_nodes(size: int) -> None:
    """The complete subtrees of a size, read back, grow on as if nothing had happened."""
    restored = tree.Frontier(size, [NODES[node] for node in tree.frontier_nodes(size)])
    grown = restored.copy()
    for leaf in LEAVES[size:]:
        grown.append(leaf)

    assert ROOTS[size] == restored.root()
    assert ROOTS[SIZE_MAX] == grown.root()
    assert size == restored.size


@pytest.mark.parametrize(("size", "hashes"), [(-1, 0), (0, 1), (1, 0), (3, 1), (4, 2)])
def test_a_frontier_of_the_wrong_number_of_parts_is_refused(size: int, hashes: int) -> None:
    """One hash a set bit of the size."""
    with pytest.raises(ValueError, match="complete parts"):
        tree.Frontier(size, [bytes(32)] * hashes)


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_included_under_its_root_and_nowhere_else(size: int) -> None:
    """All indices of the size; a neighbour's leaf, place or root is refused."""
    for index in range(size):
        proof = tree.inclusion_proof(_reader(size), index, size)
        tree.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])

        for other in range(-1, size + 1):
            if other != index:
                with pytest.raises(tree.ProofInvalid):
                    tree.verify_inclusion(other, size, LEAVES[index], proof, ROOTS[size])
        for lie in (proof[:-1] if proof else [bytes(32)], [*proof, ROOTS[size]]):
            with pytest.raises(tree.ProofInvalid):
                tree.verify_inclusion(index, size, LEAVES[index], lie, ROOTS[size])
        with pytest.raises(tree.ProofInvalid):
            tree.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size - 1])


@pytest.mark.parametrize("size2", SIZES)
def test_every_size_extends_every_smaller_one(size2: int) -> None:
    """All pairs; another size, a shortened or a lengthened proof is refused."""
    for size1 in range(1, size2 + 1):
        proof = tree.consistency_proof(_reader(size2), size1, size2)
        tree.verify_consistency(size1, size2, ROOTS[size1], ROOTS[size2], proof)

        lies = [[*proof, ROOTS[size1]], [ROOTS[size1], *proof]]
        for lie in [*lies, proof[:-1]] if proof else lies:
            with pytest.raises(tree.ProofInvalid):
                tree.verify_consistency(size1, size2, ROOTS[size1], ROOTS[size2], lie)
        with pytest.raises(tree.ProofInvalid):
            tree.verify_consistency(size1, size2, ROOTS[size1 - 1], ROOTS[size2], proof)
        with pytest.raises(tree.ProofInvalid):
            tree.verify_consistency(size1, size2, ROOTS[size1], ROOTS[size2 - 1], proof)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 11, 13])
def test_each_changed_bit_of_an_inclusion_is_found(size: int) -> None:
    """Leaf, path and root, bit by bit."""
    for index in range(size):
        proof, root = tree.inclusion_proof(_reader(size), index, size), ROOTS[size]
        lies = [(leaf, proof, root) for leaf in _flipped(LEAVES[index])]
        lies += [(LEAVES[index], proof, other) for other in _flipped(root)]
        lies += [(LEAVES[index], path, root) for path in _damaged(proof)]
        for leaf, path, other in lies:
            with pytest.raises(tree.ProofInvalid):
                tree.verify_inclusion(index, size, leaf, path, other)


@pytest.mark.parametrize("size2", [1, 2, 3, 6, 7, 8, 11, 13])
def test_each_changed_bit_of_a_consistency_is_found(size2: int) -> None:
    """Both roots and the proof, bit by bit."""
    for size1 in range(1, size2 + 1):
        proof = tree.consistency_proof(_reader(size2), size1, size2)
        old, new = ROOTS[size1], ROOTS[size2]
        lies = [(other, new, proof) for other in _flipped(old)]
        lies += [(old, other, proof) for other in _flipped(new)]
        lies += [(old, new, path) for path in _damaged(proof)]
        for root1, root2, path in lies:
            with pytest.raises(tree.ProofInvalid):
                tree.verify_consistency(size1, size2, root1, root2, path)


@given(st.data())
def test_any_changed_bit_at_any_size_is_found(data: st.DataObject) -> None:
    """A sample of the sizes whose bits are not all tried above."""
    size = data.draw(st.integers(2, SIZE_MAX))
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(_reader(size), index, size)
    at = data.draw(st.integers(0, len(proof) - 1))
    proof[at] = data.draw(st.sampled_from(_flipped(proof[at])))

    with pytest.raises(tree.ProofInvalid):
        tree.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_a_fork_at_one_size_is_refused(size: int) -> None:
    """Two roots for one size are never consistent."""
    tree.verify_consistency(size, size, ROOTS[size], ROOTS[size], [])

    with pytest.raises(tree.ProofInvalid, match="forked"):
        tree.verify_consistency(size, size, ROOTS[size], bytes(32), [])
    with pytest.raises(tree.ProofInvalid, match="empty proof"):
        tree.verify_consistency(size, size, ROOTS[size], ROOTS[size], [bytes(32)])


def test_an_empty_tree_proves_nothing() -> None:
    """From size 0 nothing is consistent but size 0, with the root of nothing."""
    with pytest.raises(tree.ProofInvalid, match="empty tree"):
        tree.verify_consistency(0, 1, tree.EMPTY_ROOT, ROOTS[1], [])
    with pytest.raises(tree.ProofInvalid, match="nothing"):
        tree.verify_consistency(0, 0, bytes(32), bytes(32), [])


@pytest.mark.parametrize(("size1", "size2"), [(2, 1), (-1, 1), (-1, -1)])
def test_a_tree_does_not_shrink(size1: int, size2: int) -> None:
    """Neither is proved nor verified; nor is a negative size."""
    with pytest.raises(tree.ProofInvalid, match="cannot extend"):
        tree.verify_consistency(size1, size2, ROOTS[1], ROOTS[1], [])
    with pytest.raises(ValueError, match="no consistency proof"):
        tree.consistency_proof(_reader(SIZE_MAX), size1, size2)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    """The prover refuses what no verifier would take."""
    with pytest.raises(ValueError, match="is not in a tree"):
        tree.inclusion_proof(_reader(SIZE_MAX), index, size)


@pytest.mark.parametrize("short", [b"", bytes(31), bytes(33)])
def test_a_hash_of_another_length_is_refused(short: bytes) -> None:
    """Leaf, root and every part of a proof have 32 bytes."""
    with pytest.raises(tree.ProofInvalid, match="32 bytes"):
        tree.verify_inclusion(0, 1, short, [], short)
    with pytest.raises(tree.ProofInvalid, match="32 bytes"):
        tree.verify_consistency(1, 2, ROOTS[1], ROOTS[2], [short])
