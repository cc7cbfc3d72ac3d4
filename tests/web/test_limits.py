"""Limits: a document that is too large is refused before it costs much, and told by how much."""

from typing import Any

import pytest

from graph import limits
from graph.documents import Document, DocumentRefused, Documents
from graph.schema import build
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.world import World


@pytest.fixture(scope="module")
def store() -> Documents:
    """Documents of the schema."""
    return Documents(build()._schema, {}, registered_only=False, introspection=True)


def doubling(levels: int) -> str:
    """A few lines that unfold to 2^levels fields."""
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    last = f"fragment F{levels} on Query {{ ecosystem {{ name }} }}"
    return "\n".join(["{ ...F0 }", *fragments, last])


def nested(depth: int, *, by: str = "") -> str:
    """Selection sets inside each other, of any fields, behind fragments where `by` names them."""
    inner = "{ name }"
    fragments = []
    for level in range(depth - 1):
        if by:
            fragments.append(f"fragment {by}{level} on Party {inner}")
            inner = f"{{ a {{ ...{by}{level} }} }}"
        else:
            inner = f"{{ a {inner} }}"
    return "\n".join([inner, *fragments])


def aliases(count: int) -> str:
    """So many aliases."""
    return "{ " + " ".join(f"a{n}: ecosystem {{ name }}" for n in range(count)) + " }"


BOMBS = {
    "TOKENS": "{ " + "name " * limits.TOKENS.allowed + "}",
    "FRAGMENTS": "{ ecosystem { name } }"
    + "".join(f" fragment F{n} on Party {{ name }}" for n in range(limits.FRAGMENTS.allowed + 1)),
    "DEPTH": nested(limits.DEPTH.allowed + 1),
    "DEPTH behind fragments": nested(limits.DEPTH.allowed + 1, by="F"),
    "DEPTH beyond the parser": "{ a " * 5_000,
    "FIELDS": doubling(60),
    "ALIASES": aliases(limits.ALIASES.allowed + 1),
    "ALIASES behind fragments": "{ ...A ...B } fragment A on Query { ...B ...B } "
    "fragment B on Query " + aliases(limits.ALIASES.allowed // 2),
    "DIRECTIVES": "{ ecosystem { name "
    + "@skip(if: false) " * (limits.DIRECTIVES.allowed + 1)
    + "} }",
    "REPEATS": "{ " + "ecosystem { name } " * (limits.REPEATS.allowed + 1) + "}",
    "REPEATS behind inline fragments": "{ "
    + "... { ecosystem { name } } " * (limits.REPEATS.allowed + 1)
    + "}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_beyond_a_limit_is_refused_with_what_is_allowed(
    store: Documents, name: str
) -> None:
    """Before it is validated: fields that do not exist are never looked at."""
    limit = getattr(limits, name.partition(" ")[0])

    with pytest.raises(DocumentRefused) as refused:
        store.read(BOMBS[name])

    [error] = refused.value.errors
    assert error.extensions is not None
    assert error.extensions["code"] == "LIMIT_EXCEEDED"
    assert error.extensions["limit"] == limit.name
    assert error.extensions["found"] > error.extensions["allowed"] == limit.allowed
    assert str(limit.allowed) in error.message
    assert limit.instead in error.message


def test_what_is_just_within_the_limits_is_read(store: Documents) -> None:
    """Neither one less nor one more."""
    store.read(aliases(limits.ALIASES.allowed))
    store.read("{ " + "ecosystem { name } " * limits.REPEATS.allowed + "}")
    with pytest.raises(DocumentRefused) as refused:
        store.read(nested(limits.DEPTH.allowed))
    assert "Cannot query field" in refused.value.errors[0].message


def test_a_circle_of_fragments_is_refused(store: Documents) -> None:
    """By validation; counting ends where the circle began."""
    text = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ecosystem { name } }"

    with pytest.raises(DocumentRefused, match="Cannot spread fragment"):
        store.read(text)


def test_introspection_can_be_asked_as_tools_ask_it_and_not_in_circles(store: Documents) -> None:
    """The standard question is within the limits; types of fields of types of fields are not."""
    from graphql import get_introspection_query  # noqa: PLC0415 -- the tools' own question

    store.read(get_introspection_query(descriptions=True, input_value_deprecation=True))
    with pytest.raises(DocumentRefused, match="introspection depth"):
        store.read(
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
        )


def test_a_flood_of_errors_is_cut_off(store: Documents) -> None:
    """Ten of a thousand are told."""
    text = "{ " + " ".join(f"nothing{n}" for n in range(1_000)) + " }"

    with pytest.raises(DocumentRefused) as refused:
        store.read(text)

    assert len(refused.value.errors) == limits.ERRORS.allowed


PRICES: list[tuple[str, dict[str, Any], int]] = [
    ("{ __typename }", {}, 0),
    ("{ ecosystem { name } }", {}, 1),
    ("{ ecosystem { name parties { name } } }", {}, 1 + 5),
    ("{ parties { nodes { name } } }", {}, 1 + 20),
    ("{ parties(first: 100) { nodes { name } } }", {}, 1 + 100),
    ("{ parties(last: 3) { edges { cursor node { name } } } }", {}, 1 + 3 * 2),
    ("query($n: Int) { parties(first: $n) { nodes { name } } }", {"n": 7}, 1 + 7),
    ("query($n: Int) { parties(first: $n) { nodes { name } } }", {}, 1 + 20),
    ("query($n: Int = 2) { parties(first: $n) { nodes { name } } }", {}, 1 + 2),
    ("query($n: Int = 2) { parties(first: $n) { nodes { name } } }", {"n": None}, 1 + 20),
    ("query($n: Int, $m: Int) { parties(first: $n, last: $m) { nodes { name } } }", {"m": 9}, 101),
    ("{ parties(first: 2) { nodes { name } pageInfo { hasNextPage } } }", {}, 1 + 2 + 1),
    ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["a", "b", "c"]}, 3),
    ('{ nodes(ids: ["a", "b"]) { id ... on Party { name } } }', {}, 2),
    (
        "{ settlements(first: 10) { nodes { stakes { amount { amount } } trace { sentence } } } }",
        {},
        1 + 10 * (1 + 5 * (1 + 1) + 5),
    ),
    ("{ __schema { queryType { name } } }", {}, 100),
    ("{ ...F ...F } fragment F on Query { ecosystem { name } }", {}, 2),
    (
        """mutation { withdrawProposal(input: { idempotencyKey: "k", proposalId: "p" })
           { problems { code } receipt { index } } }""",
        {},
        10 + 1 + 5 + 1,
    ),
]


@pytest.mark.parametrize(("text", "variables", "points"), PRICES)
def test_a_price_is_what_the_rule_says(
    store: Documents, text: str, variables: dict[str, Any], points: int
) -> None:
    """An object a point, lists as long as they may be; callers can work it out themselves."""
    document: Document = store.read(text)

    assert document.prices[""].of(variables) == points


@pytest.mark.parametrize("count", [-5, "many", 1.5, True, 10**9])
def test_a_page_that_is_none_prices_no_more_than_a_page(store: Documents, count: object) -> None:
    """It is refused when it runs."""
    document = store.read("query($n: Int) { parties(first: $n) { nodes { name } } }")

    assert 1 <= document.prices[""].of({"n": count}) <= 101


async def test_each_answer_says_what_it_cost(world: World) -> None:
    """And what one operation may cost at most; also when it is refused."""
    await world.found(BUYER, *PARTNERS)
    token = world.token(TRACK)

    answer = await world.ask("{ parties(first: 3) { nodes { name } } }", token=token)
    assert answer["extensions"]["cost"]["points"] == 1 + 3
    assert answer["extensions"]["cost"]["limit"] == limits.COST.allowed

    dear = """{ settlements(first: 100) { nodes { correctedBy { correctedBy { correctedBy {
      stakes { reference } } } } } } }"""
    refused = await world.ask(dear, token=token)
    [error] = refused["errors"]
    assert "data" not in refused
    assert error["extensions"] == {
        "code": "COST_EXCEEDED",
        "limit": "COST",
        "allowed": limits.COST.allowed,
        "found": 1 + 100 * (1 + 5 * (1 + 5 * (1 + 5 * (1 + 5)))),
    }
    assert str(limits.COST.allowed) in error["message"]


async def test_a_page_and_a_list_of_ids_are_bounded(world: World) -> None:
    """With the limit in the refusal."""
    await world.found(BUYER, *PARTNERS)
    token = world.token(TRACK)

    answer = await world.ask("{ parties(first: 101) { nodes { name } } }", token=token)
    assert answer["errors"][0]["extensions"]["code"] == "PAGE_MALFORMED"
    assert "100" in answer["errors"][0]["message"]
    ids = ["Party:x"] * (limits.NODES.allowed + 1)
    answer = await world.ask("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ids}, token)
    assert answer["errors"][0]["extensions"]["limit"] == "NODES"


async def test_operations_on_a_socket_and_by_get_meet_the_same_limits(world: World) -> None:
    """There is one way in: a stream of events answers with the refusal."""
    headers = {"authorization": f"Bearer {world.token()}", "accept": "text/event-stream"}
    answer = await world.client.post(
        "/graphql", json={"query": aliases(limits.ALIASES.allowed + 1)}, headers=headers
    )

    assert "LIMIT_EXCEEDED" in answer.text
