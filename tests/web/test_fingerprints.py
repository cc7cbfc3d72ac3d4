"""What a key is used for: the input as it was meant, whatever a later release adds to its type."""

from typing import Any

import strawberry

from graph.receipts import fingerprint


@strawberry.input
class Row:
    """A row as it was."""

    reference: str
    revision: int = 1


@strawberry.input
class Before:
    """An input of one release."""

    name: str
    rows: list[Row]
    note: str | None = None


@strawberry.input
class LaterRow:
    """A row of the next release, which may say more."""

    reference: str
    revision: int = 1
    weight: int | None = None
    tags: list[str] = strawberry.field(default_factory=list)


@strawberry.input
class Later:
    """The input of the next release."""

    name: str
    rows: list[LaterRow]
    note: str | None = strawberry.UNSET
    is_final: bool = False


def later(**changed: Any) -> Later:
    """The request of the old client, read by the next release."""
    rows = changed.pop("rows", [LaterRow(reference="r"), LaterRow(reference="s", revision=2)])
    return Later(name=changed.pop("name", "n"), rows=rows, **changed)


def test_a_request_that_is_sent_again_after_a_release_is_the_same() -> None:
    """Optional fields that it does not use change nothing, here and in its parts."""
    rows = [Row(reference="r"), Row(reference="s", revision=2)]
    before = fingerprint("m", Before(name="n", rows=rows))

    assert fingerprint("m", later()) == before
    assert fingerprint("m", later(note=None, is_final=False)) == before


def test_whatever_is_stated_otherwise_is_another_request() -> None:
    """A field, a default that is left, an order, another mutation."""
    first, second = later().rows
    prints = {
        fingerprint("m", each)
        for each in (
            later(),
            later(name="o"),
            later(note=""),
            later(is_final=True),
            later(rows=[second, first]),
            later(rows=[first, LaterRow(reference="s", revision=2, weight=0)]),
            later(rows=[first, LaterRow(reference="s", revision=2, tags=["t"])]),
        )
    } | {fingerprint("other", later())}

    assert len(prints) == 8
