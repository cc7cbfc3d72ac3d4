"""Merkle tree of RFC 6962 section 2.1: hashes, roots, proofs and their verifiers. No I/O.

The one rule: a leaf is hashed with a 0x00 prefix and an inner node with 0x01, so that neither can
pass for the other. Proofs read complete inner nodes through a function, so that a caller with
stored nodes pays O(log n) reads at any size.

Sources: RFC 6962 sections 2.1, 2.1.1, 2.1.2; the verifiers follow RFC 9162 sections 2.1.3.2 and
2.1.4.2, which state them for the same tree.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()  # RFC 6962 section 2.1: MTH({}) = SHA-256()

NodeReader = Callable[[int, int], bytes]
"""`(level, index) -> hash` of the complete node over 2**level leaves from index << level on."""


class ProofInvalid(ValueError):  # noqa: N818 -- named by the issue and used by outsiders
    """A proof that does not show what it claims to show."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data). Source: RFC 6962 section 2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right). Source: RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The roots of the complete subtrees of a growing tree, largest first.

    Appending a leaf yields each node that it completes, the leaf's own hash at level 0 first, so
    that a caller can store every complete node exactly once.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Requires one hash a set bit of `size`, largest subtree first."""
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count():
            raise ValueError(f"a tree of size {size} has {max(size, 0).bit_count()} complete parts")

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash. Returns the completed nodes as (level, index, hash), leaf first."""
        index, level, digest = self.size, 0, leaf
        completed = [(0, index, leaf)]
        while index & 1:
            digest = node_hash(self.hashes.pop(), digest)
            index >>= 1
            level += 1
            completed.append((level, index, digest))
        self.hashes.append(digest)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Root of all leaves so far; SHA-256 of nothing when there are none."""
        if not self.hashes:
            return EMPTY_ROOT
        digest = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            digest = node_hash(left, digest)
        return digest

    def copy(self) -> "Frontier":
        """A frontier that grows on its own."""
        return Frontier(self.size, self.hashes)


def root(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf hashes, in order. Source: RFC 6962 section 2.1, MTH."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def complete_root(hashes: bytes) -> bytes:
    """Root over leaf hashes, one after the other. Requires a power of two of them.

    The same as `root`, without an object a leaf: for the millions of a bulk upload.
    """
    level = hashes
    while len(level) > HASH_SIZE:
        level = b"".join(
            sha256(b"\x01" + level[start : start + 2 * HASH_SIZE]).digest()
            for start in range(0, len(level), 2 * HASH_SIZE)
        )
    return level


def frontier_nodes(size: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the complete subtrees of a tree of `size` leaves, largest first."""
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            yield level, start >> level
            start += 1 << level


def _split(size: int) -> int:
    """The largest power of two smaller than `size`. Requires size > 1."""
    return 1 << (size - 1).bit_length() - 1


def _subtree_root(read: NodeReader, start: int, end: int) -> bytes:
    """Root over leaves [start, end), from complete nodes. Requires a subtree of such a tree."""
    size = end - start
    parts = [read(level, (start >> level) + index) for level, index in frontier_nodes(size)]
    digest = parts.pop()
    while parts:
        digest = node_hash(parts.pop(), digest)
    return digest


def inclusion_proof(read: NodeReader, index: int, size: int) -> list[bytes]:
    """Sibling hashes from leaf to root, 32 bytes each. Requires 0 <= index < size.

    Source: RFC 6962 section 2.1.1, PATH(m, D[n]).
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of size {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree_root(read, middle, end))
            end = middle
        else:
            proof.append(_subtree_root(read, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(read: NodeReader, size1: int, size2: int) -> list[bytes]:
    """Nodes that show the tree of `size1` to be a prefix of the one of `size2`.

    Requires 0 < size1 <= size2. Source: RFC 6962 section 2.1.2, PROOF(m, D[n]).
    """
    if not 0 < size1 <= size2:
        raise ValueError(f"no consistency proof from size {size1} to size {size2}")
    proof: list[bytes] = []
    start, end, whole = 0, size2, True
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            proof.append(_subtree_root(read, middle, end))
            end = middle
        else:
            proof.append(_subtree_root(read, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_subtree_root(read, start, end))
    return proof[::-1]


def verify_inclusion(
    leaf_index: int, tree_size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Return if the proof leads from the leaf to the root; raise `ProofInvalid` otherwise.

    Source: RFC 9162 section 2.1.3.2.
    """
    _require_hashes(leaf_hash, root, *proof)
    if not 0 <= leaf_index < tree_size:
        raise ProofInvalid(f"leaf {leaf_index} is not in a tree of size {tree_size}")
    position, last, digest = leaf_index, tree_size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the proof has more hashes than the tree has levels")
        if position & 1 or position == last:
            digest = node_hash(sibling, digest)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            digest = node_hash(digest, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofInvalid("the proof has fewer hashes than the tree has levels")
    if digest != root:
        raise ProofInvalid("the proof leads to another root")


def verify_consistency(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Return if the tree of `size2` extends the one of `size1`; raise `ProofInvalid` otherwise.

    An empty tree proves nothing about a larger one, so size1 = 0 with size2 > 0 is refused; at
    size 0 the root must be SHA-256 of nothing. Source: RFC 9162 section 2.1.4.2.
    """
    _require_hashes(root1, root2, *proof)
    if not 0 <= size1 <= size2:
        raise ProofInvalid(f"a tree of size {size2} cannot extend one of size {size1}")
    if size1 == size2:
        _verify_same(size1, root1, root2, proof)
        return
    if size1 == 0:
        raise ProofInvalid("an empty tree proves nothing about a larger one")
    path = list(proof)
    if size1 & (size1 - 1) == 0:
        path.insert(0, root1)  # a complete first tree is itself the first node of the path
    if not path:
        raise ProofInvalid("the proof is empty")
    _verify_growth(size1, size2, root1, root2, path)


def _verify_same(size: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofInvalid("two equal sizes need an empty proof")
    if root1 != root2:
        raise ProofInvalid("two roots for one size: the ledger was forked")
    if size == 0 and root1 != EMPTY_ROOT:
        raise ProofInvalid("the root of an empty tree is SHA-256 of nothing")


def _verify_growth(
    size1: int, size2: int, root1: bytes, root2: bytes, path: Sequence[bytes]
) -> None:
    position, last = size1 - 1, size2 - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("the proof has more hashes than the tree has levels")
        if position & 1 or position == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise ProofInvalid("the proof has fewer hashes than the tree has levels")
    if old != root1:
        raise ProofInvalid("the proof does not lead to the older root")
    if new != root2:
        raise ProofInvalid("the proof does not lead to the newer root")


def _require_hashes(*hashes: bytes) -> None:
    for digest in hashes:
        if len(digest) != HASH_SIZE:
            raise ProofInvalid(f"a hash has {HASH_SIZE} bytes, this one {len(digest)}")
