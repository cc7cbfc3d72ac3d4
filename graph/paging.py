"""Relay connections with keyset cursors: a page costs the same wherever it is.

The one rule: filters and audiences are in the SQL, so pages are full and `hasNextPage` is true to
the viewer. Source: `api.md`, "lists"; the Relay cursor connections specification.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry
from strawberry import field

from graph.nodes import place_of
from ledger.errors import Refusal
from ledger.read import MAX_PAGE, Found, Page, Window

T = TypeVar("T")
D = TypeVar("D")
S = TypeVar("S")

DEFAULT_PAGE = 20
MAX_LINE = 2**31 - 2
"""Of a line in an entry or a statement."""

First = Annotated[
    int | None,
    strawberry.argument(description="The first so many, 1 to 100; 20 when nothing is asked."),
]
After = Annotated[str | None, strawberry.argument(description="With `first`: after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="With `last`: before this cursor.")]


class PageMalformed(Refusal):
    """This page cannot be given: {reason}. -> Use first (1 to 100) with after, or last, before."""


class CursorMalformed(Refusal):
    """{cursor!r} is no cursor of this list. -> Use a cursor that a page of it gave."""


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = field(description="Whether more follow that the viewer may see.")
    has_previous_page: bool = field(description="Whether more come before.")
    start_cursor: str | None = field(description="Cursor of the first edge; null on an empty page.")
    end_cursor: str | None = field(description="Cursor of the last edge; null on an empty page.")


@strawberry.type(description="A node at its place in a list.")
class Edge(Generic[T]):
    """Relay's Edge."""

    cursor: str = field(description="Opaque; pass it as `after` or `before`.")
    node: T = field(description="What stands here.")


@strawberry.type(description="A page of a list, in the order of the ledger.")
class Connection(Generic[T]):
    """Relay's Connection."""

    edges: list[Edge[T]] = field(description="The page's nodes with their cursors.")
    page_info: PageInfo = field(description="Where the page stands.")

    @field(description="The page's nodes alone.")
    def nodes(self) -> list[T]:
        """The page's nodes without cursors."""
        return [edge.node for edge in self.edges]


def encode_cursor(*place: int | str) -> str:
    """A cursor of a place in a list."""
    return urlsafe_b64encode("\n".join(map(str, place)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, path: str) -> tuple[int, str]:
    """The place of a cursor: an index, and a text that may be empty. Raises CursorMalformed."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        index, _, rest = text.partition("\n")
        if (place := place_of(index)) is not None:
            return place, rest
    except ValueError:
        pass
    raise CursorMalformed(path, cursor=cursor[:80])


def lines_asked(asked: Window) -> tuple[tuple[int, int] | None, int, bool]:
    """Of a list of lines in entries: the cursor's entry and line, how many, whether backward.

    One more than the page is asked for. Raises CursorMalformed.
    """
    backward = asked.last is not None
    place, name = (asked.before, "before") if backward else (asked.after, "after")
    limit = (asked.last or asked.first or DEFAULT_PAGE) + 1
    if place is None:
        return None, limit, backward
    number = place_of(place[1])
    if number is None or number > MAX_LINE:
        raise CursorMalformed(name, cursor=encode_cursor(*place)[:80])
    return (place[0], number), limit, backward


def window(first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """The page that the arguments ask for. Raises PageMalformed, CursorMalformed."""
    if first is not None and last is not None:
        raise PageMalformed("first", reason="first and last exclude each other")
    if (after is not None and last is not None) or (before is not None and last is None):
        raise PageMalformed("after", reason="after goes with first, before with last")
    for name, count in (("first", first), ("last", last)):
        if count is not None and not 1 <= count <= MAX_PAGE:
            raise PageMalformed(name, reason=f"{name} is from 1 to {MAX_PAGE}, not {count}")
    return Window(
        first=None if last is not None else first or DEFAULT_PAGE,
        after=None if after is None else decode_cursor(after, "after"),
        last=last,
        before=None if before is None else decode_cursor(before, "before"),
    )


def connection(page: Page[D], build: Callable[[Found[D]], T]) -> Connection[T]:
    """A page of the workroom as the API shows it."""
    edges = [
        Edge(cursor=encode_cursor(found.first_index, found.object_id), node=build(found))
        for found in page.items
    ]
    return connection_of(edges, has_next=page.has_next, has_previous=page.has_previous)


def span(
    found: Sequence[S],
    asked: Window,
    place: Callable[[S], tuple[int | str, ...]],
    build: Callable[[S], T],
) -> Connection[T]:
    """A connection of what was found from a cursor on, in the direction that was asked.

    `found` has one more than the page where there is more.
    """
    limit = asked.last or asked.first or DEFAULT_PAGE
    edges = [Edge(cursor=encode_cursor(*place(e)), node=build(e)) for e in found[:limit]]
    more = len(found) > limit
    if asked.last is not None:
        return connection_of(edges[::-1], has_next=asked.before is not None, has_previous=more)
    return connection_of(edges, has_next=more, has_previous=asked.after is not None)


def connection_of(edges: Sequence[Edge[T]], *, has_next: bool, has_previous: bool) -> Connection[T]:
    """A connection of edges that are in list order."""
    info = PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=list(edges), page_info=info)
