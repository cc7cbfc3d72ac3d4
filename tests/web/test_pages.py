"""Pages: every list is read from either end, a page at a time, and nothing is left out or twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_required_argument

from graph.schema import build
from ledger.actor import Role
from tests.finance.bank import Transfer, camt
from tests.strangers.full import Full, full
from tests.test_story import BUYER, OTHERS
from tests.world import World

SIZE = 2
INFO = "hasNextPage hasPreviousPage startCursor endCursor"
PAGED = {"first", "after", "last", "before"}
INSIDE = {"Due.payments": "due", "BankStatement.lines": "statement"}
"""Lists of a thing, by the thing."""


def lists() -> Iterator[tuple[str, GraphQLField]]:
    """Every connection of the schema by its coordinate."""
    for kind in build()._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                if get_named_type(field.type).name.endswith("Connection"):
                    yield f"{kind.name}.{name}", field


def asks_nothing(field: GraphQLField) -> bool:
    """Whether a list needs no more than a page's arguments."""
    return not any(map(is_required_argument, field.args.values()))


def test_every_list_has_its_place_here() -> None:
    """What stands under something that is computed is paged as its like at the root."""
    elsewhere = {c for c, field in lists() if not c.startswith("Query.") or not asks_nothing(field)}

    assert elsewhere == {*INSIDE, "Query.parts", "Reconciliation.dues"}
    assert all(set(field.args) >= PAGED for _, field in lists())


async def page(
    world: World, coordinate: str, node: str, arguments: str
) -> tuple[list[str], dict[str, Any]]:
    """A page's cursors and what it says of itself, as a party that has one of everything."""
    kind, _, name = coordinate.partition(".")
    asked = f"{name}({arguments}) {{ edges {{ cursor }} pageInfo {{ {INFO} }} }}"
    wrapped = f'node(id: "{node}") {{ ... on {kind} {{ {asked} }} }}' if node else asked
    data = await world.read(OTHERS, f"{{ {wrapped} }}")
    found = data["node"][name] if node else data[name]
    cursors = [each["cursor"] for each in found["edges"]]
    info = found["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == (
        (cursors[0], cursors[-1]) if cursors else (None, None)
    )
    return cursors, info


async def walked(world: World, coordinate: str, node: str, *, backward: bool) -> list[str]:
    """All cursors of a list in its own order, read page by page from one end."""
    count, beyond = ("last", "before") if backward else ("first", "after")
    more, edge = ("hasPreviousPage", "startCursor") if backward else ("hasNextPage", "endCursor")
    behind = "hasNextPage" if backward else "hasPreviousPage"
    found: list[str] = []
    arguments = f"{count}: {SIZE}"
    while True:
        cursors, info = await page(world, coordinate, node, arguments)
        assert info[behind] is bool(found), (coordinate, arguments)
        assert len(cursors) == SIZE or not info[more], (coordinate, arguments)
        found = [*cursors, *found] if backward else [*found, *cursors]
        if not info[more]:
            return found
        arguments = f'{count}: {SIZE}, {beyond}: "{info[edge]}"'


async def _crowded(made: Full) -> None:
    """Several statements of several lines, payments of a due, and names of people."""
    world = made.world
    for number in range(3):
        transfers = tuple(Transfer(f"{number}.{cents}1") for cents in range(3))
        bank = camt(transfers, statement=f"2024-1{number}")
        given = {"format": "CAMT_053", "content": bank}
        await world.done(OTHERS, "importBankStatement", given)
        report = {
            "settlementId": made["settlement"],
            "payeeId": world.parties[OTHERS],
            "amount": {"amount": "1.00", "currency": "GBP"},
            "paidOn": "2024-05-20",
        }
        await world.done(BUYER, "reportPayment", report)
        named = {"subject": f"s-5{number}", "name": f"Person {number}"}
        admin = world.token(OTHERS, Role.ADMIN)
        await world.do(OTHERS, "namePerson", named, token=admin, beside=True)
    data = await world.read(OTHERS, "{ bankStatements(last: 1) { nodes { id } } }")
    made.ids["statement"] = data["bankStatements"]["nodes"][0]["id"]


async def test_every_list_is_the_same_from_either_end(world: World, tmp_path: Path) -> None:
    """Each cursor once, in the order of the ledger, and each page says truly whether more come."""
    made = await full(world, tmp_path)
    await _crowded(made)
    several = set()

    for coordinate, field in lists():
        node = made[INSIDE[coordinate]] if coordinate in INSIDE else ""
        if not node and not (coordinate.startswith("Query.") and asks_nothing(field)):
            continue
        there = await walked(world, coordinate, node, backward=False)
        back = await walked(world, coordinate, node, backward=True)
        assert there == back, coordinate
        assert len(set(there)) == len(there), coordinate
        if len(there) > SIZE:
            several.add(coordinate)

    assert several >= {"Query.entries", "Query.proposals", "Query.postings", "Due.payments"}
    assert several >= {"Query.bankStatements", "Query.bankLines", "BankStatement.lines"}
    assert several >= {"Query.people", "Query.accounts"}


@pytest.mark.parametrize("name", ["postings", "bankLines", "bankStatements"])
@pytest.mark.parametrize("arguments", ["first: 0", "last: 101", "first: 1, last: 1", 'before: "x"'])
async def test_a_page_that_cannot_be_is_refused(world: World, name: str, arguments: str) -> None:
    """With what is wrong, as of any other list."""
    await world.found(BUYER, OTHERS)
    query = f"{{ {name}({arguments}) {{ edges {{ cursor }} }} }}"
    answer = await world.ask(query, token=world.token(OTHERS))

    assert answer["errors"][0]["extensions"]["code"] == "PAGE_MALFORMED"
