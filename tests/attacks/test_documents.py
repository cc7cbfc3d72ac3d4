"""Documents that are bombs, and what is not told of the schema when it is closed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from service.settings import Settings
from tests.world import World, serving

BUYER, PARTNER = "Buyer", "Partner"
MANY = 5_000
OURS = {"INTERNAL", "FAULT", "TRY_LATER"}


def doubling(levels: int) -> str:
    """Fragments that each spread the next one twice: 2 ** levels fields when it is written out."""
    rings = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }} {rings} fragment F{levels} on Query {{ viewer {{ subject }} }}"


def nested(levels: int) -> str:
    """A selection as deep as asked, through one fragment a level: none is deep by itself."""
    rings = " ".join(
        f"fragment P{n} on Proposal {{ measurement {{ proposal {{ ...P{n + 1} }} }} }}"
        for n in range(levels)
    )
    start = "{ proposals { nodes { ...P0 } } }"
    return f"{start} {rings} fragment P{levels} on Proposal {{ id }}"


BOMBS = {
    "aliases": "{ " + " ".join(f"a{n}: viewer {{ subject }}" for n in range(MANY)) + " }",
    "aliases in fragments": "{ ...A ...B } "
    "fragment A on Query { "
    + " ".join(f"a{n}: __typename" for n in range(20))
    + " } "
    + "fragment B on Query { "
    + " ".join(f"b{n}: __typename" for n in range(20))
    + " }",
    "depth": "{ a" * MANY,
    "depth in fragments": nested(20),
    "depth of introspection": "{ __schema { types { "
    + "fields { type { " * 12
    + "name"
    + " } }" * 12
    + " } } }",
    "directives": "{ viewer { subject " + "@include(if: true) " * MANY + "} }",
    "unknown directives": "{ viewer { subject " + "@a " * MANY + "} }",
    "fragments": "{ viewer { subject } } "
    + " ".join(f"fragment F{n} on Query {{ viewer {{ subject }} }}" for n in range(MANY)),
    "doubling fragments": doubling(40),
    "a circle": "{ ...A } fragment A on Query { ...A }",
    "a longer circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "a circle through a field": "{ proposals { nodes { ...P } } } "
    "fragment P on Proposal { measurement { proposal { ...P } } }",
    "lists": "{ nodes(ids: " + "[" * MANY + "]" * MANY + ") { id } }",
    "types": f"query($a: {'[' * MANY}Int{']' * MANY}) {{ viewer {{ subject }} }}",
    "objects": "{ previewScheme(terms: " + "{a: " * MANY + "1" + "}" * MANY + ", assumed: []) "
    "{ sentences } }",
    "tokens": "{ " + "viewer " * 70_000 + "}",
    "errors": "{ " + " ".join(f"nothing{n}" for n in range(MANY)) + " }",
    "variables": "query("
    + " ".join(f"$a{n}: Int" for n in range(MANY))
    + ") { viewer { subject } }",
    "a deep comment": "#" * 200_000,
    "one long name": "{ " + "a" * 200_000 + " }",
}


@pytest_asyncio.fixture
async def closed(settings: Settings) -> AsyncIterator[World]:
    """A service that does not explain itself."""
    async with serving(settings.model_copy(update={"introspection": False})) as world:
        yield world


@pytest.mark.parametrize("kind", BOMBS)
async def test_a_bomb_is_refused_before_it_goes_off(world: World, kind: str) -> None:
    """With a code and a short answer, and the next caller is served."""
    await world.found(BUYER, PARTNER)
    token = world.token(BUYER)

    headers = {"authorization": f"Bearer {token}"}
    response = await world.client.post("/graphql", json={"query": BOMBS[kind]}, headers=headers)

    answer = response.json()
    assert not answer.get("data"), kind
    codes = {each["extensions"]["code"] for each in answer["errors"]}
    assert codes
    assert not codes & OURS, (kind, codes)
    assert len(response.content) < 300_000, kind
    assert (await world.read(BUYER, "{ viewer { subject } }"))["viewer"]["subject"]


@pytest.mark.parametrize(
    "body",
    [
        [{"query": "{ viewer { subject } }"}] * 100,
        {"query": ["{ viewer { subject } }"] * 100},
        {"query": "{ viewer { subject } }", "variables": [{}] * 100},
        {"query": "{ viewer { subject } }", "operationName": ["a"] * 100},
    ],
)
async def test_a_batch_is_no_request(world: World, body: Any) -> None:
    """One operation a request: a batch would be many under one limit."""
    await world.found(BUYER, PARTNER)
    headers = {"authorization": f"Bearer {world.token(BUYER)}"}
    response = await world.client.post("/graphql", json=body, headers=headers)
    assert response.status_code == 400
    assert "data" not in response.json()


async def test_variables_nested_without_end_are_malformed(world: World) -> None:
    """And not a fault of ours."""
    await world.found(BUYER, PARTNER)
    headers = {
        "authorization": f"Bearer {world.token(BUYER)}",
        "content-type": "application/json",
    }
    for deep in (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000):
        body = b'{"query": "{ viewer { subject } }", "variables": {"a": ' + deep + b"}}"
        response = await world.client.post("/graphql", content=body, headers=headers)
        assert response.status_code == 400
    query = '{"query": "query($a: [ID!]!) { nodes(ids: $a) { id } }", "variables": {"a": '
    body = (query + "[" * 900 + "]" * 900 + "}}").encode()
    response = await world.client.post("/graphql", content=body, headers=headers)
    codes = {each["extensions"]["code"] for each in response.json()["errors"]}
    assert codes == {"BAD_REQUEST"}


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { fields { name } } }',
        "{ ...A } fragment A on Query { __schema { queryType { name } } }",
        'query { a: __type(name: "Mutation") { name } viewer { subject } }',
    ],
)
async def test_a_closed_schema_is_not_asked_about(closed: World, query: str) -> None:
    """Neither plainly, nor by an alias, nor inside a fragment."""
    await closed.found(BUYER, PARTNER)
    answer = await closed.ask(query, token=closed.token(BUYER))
    assert not answer.get("data")
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "Query" not in json.dumps(answer).replace("GraphQL", "")


@pytest.mark.parametrize(
    ("query", "variables", "hints"),
    [
        ("{ viewe { subject } }", {}, ["viewer"]),
        ("{ viewer { subjec } }", {}, ["subject"]),
        ("{ proposals(firs: 1) { nodes { id } } }", {}, ["first"]),
        ("{ proposals(kind: INDICATO) { nodes { id } } }", {}, ["INDICATOR"]),
        ("query($a: ProposalKin) { proposals(kind: $a) { nodes { id } } }", {}, ["ProposalKind"]),
        (
            "query($a: ProposalKind) { proposals(kind: $a) { nodes { id } } }",
            {"a": "INDICATO"},
            ["INDICATOR"],
        ),
        ('mutation { makeRemark(input: {tex: "a"}) { problems { code } } }', {}, []),
        (
            "mutation($i: MakeRemarkInput!) { makeRemark(input: $i) { problems { code } } }",
            {"i": {"idempotencyKey": "k", "text": "a", "aboutI": "x"}},
            ["aboutId"],
        ),
        ("{ ...A } fragment A on Quer { viewer { subject } }", {}, ['"Query"', "'Query'"]),
        ('{ node(id: "x") { ... on Proposa { id } } }', {}, ['Proposal"', "Proposal'"]),
        ("{ viewer @skp(if: true) { subject } }", {}, ["@skip", "'skip'"]),
        ("subscription { entrie { index } }", {}, ["entries"]),
    ],
)
async def test_a_closed_schema_suggests_nothing(
    closed: World, query: str, variables: dict[str, Any], hints: list[str]
) -> None:
    """No "did you mean": a schema can be read out by its suggestions, word by word."""
    await closed.found(BUYER, PARTNER)
    answer = await closed.ask(query, variables, closed.token(BUYER))
    assert not answer.get("data")
    told = json.dumps(answer)
    assert "Did you mean" not in told
    assert not any(hint in told for hint in hints), told
