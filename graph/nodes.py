"""Global ids: what they look like, and how one is read back.

The one rule: an id names its type, so that an id in the wrong place is refused with the type that
was expected. What does not exist and what may not be seen answer alike.
"""

import strawberry

from ledger.errors import Refusal


class WrongKindOfId(Refusal):
    """{id!r} is no id of {article} {kind}. -> Use an id that a {kind} showed."""


@strawberry.interface(description="Anything with a global id; see `node`.")
class Node:
    """A thing that `node(id:)` finds."""

    id: strawberry.ID = strawberry.field(description="Opaque and global; the same for ever.")


def global_id(kind: str, object_id: str) -> strawberry.ID:
    """The id of an object as the API shows it."""
    return strawberry.ID(f"{kind}:{object_id}")


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
