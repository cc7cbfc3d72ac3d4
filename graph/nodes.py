"""Global ids: what they look like, and how one is read back.

The one rule: an id names its type, so that an id in the wrong place is refused with the type that
was expected. What does not exist and what may not be seen answer alike.
"""

import strawberry

from ledger.errors import Refusal

MAX_INDEX = 2**53 - 1
MAX_DIGITS = len(str(MAX_INDEX))
"""Of an index in an id, a cursor or an address."""


class WrongKindOfId(Refusal):
    """{id!r} is no id of {article} {kind}. -> Use an id that a {kind} showed."""


@strawberry.interface(description="Anything with a global id; see `node`.")
class Node:
    """A thing that `node(id:)` finds."""

    id: strawberry.ID = strawberry.field(description="Opaque and global; the same for ever.")


def global_id(kind: str, object_id: str) -> strawberry.ID:
    """The id of an object as the API shows it."""
    return strawberry.ID(f"{kind}:{object_id}")


def place_of(text: str) -> int | None:
    """The index that a text says; None where it says none that a ledger could have."""
    if not text.isascii() or not text.isdecimal() or len(text) > MAX_DIGITS:
        return None
    index = int(text)
    return index if index <= MAX_INDEX else None


def local_id(given: str, kind: str, path: str) -> str:
    """The workroom's id of a global id. A bare one, as entries carry it, is taken too.

    Raises WrongKindOfId.
    """
    named, colon, object_id = given.partition(":")
    if not colon:
        return given
    if named != kind or not object_id:
        article = "an" if kind[0] in "AEIO" else "a"
        raise WrongKindOfId(path, id=given[:80], article=article, kind=kind)
    return object_id
