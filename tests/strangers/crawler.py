"""Reads all that the schema offers: every field of every type, from every root field.

Nothing here names a field: what is new in the schema is read too, and an argument that nobody
knows a value for is an error. So no test that crawls can forget anything.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from graph.schema import build
from tests.world import World

DEPTH = 4
"""How far documents reach from a node: to every type that there is."""
PAGE, INNER_PAGE = 10, 2
LARGE = {"SchemeTerms", "Adjustment", "Figures", "AttributionLine"}
"""Types that are taken apart like nodes."""
MARK = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"  # ids
    r"|RF\d\d[A-Z0-9]{10,}|[A-Za-z0-9+/]{43}=|p-[a-z2-7]{24}|s-[A-Za-z0-9]+"
)
"""Texts that occur once in a world: ids, payment references, hashes, pseudonyms."""


@cache
def schema() -> GraphQLSchema:
    """The schema of the service."""
    return build()._schema


def root_fields() -> Mapping[str, GraphQLField]:
    """Every query."""
    root = schema().query_type
    assert root is not None
    fields: Mapping[str, GraphQLField] = root.fields
    return fields


def is_id(argument: GraphQLArgument) -> bool:
    """Whether an argument is a global id."""
    return get_named_type(argument.type).name == "ID"


@dataclass
class Crawler:
    """What to say where an argument is asked: `values` by its name, or by "field.name"."""

    values: Mapping[str, Any]
    read: set[str] = field(default_factory=set)
    """Coordinates (Type.field) that were asked for so far."""

    def documents(
        self, name: str, *, names_ids: bool = False
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """A root field, all beneath it, and its arguments: the required, and ids if wanted.

        One document for each thing that a node leads to, so that none is too large; of what can be
        of many types, some for each type.
        """
        asked = root_fields()[name]
        given: dict[str, Any] = {}
        for key, argument in asked.args.items():
            if is_required_argument(argument) or (names_ids and is_id(argument)):
                given[key] = self.value(name, key)
        if "first" in asked.args:
            given["first"] = PAGE
        declared = ", ".join(f"${key}: {asked.args[key].type}" for key in given)
        passed = ", ".join(f"{key}: ${key}" for key in given)
        head = f"query({declared})" if declared else "query"
        arguments = f"({passed})" if passed else ""
        self.read.add(f"Query.{name}")
        for body in self._bodies(get_named_type(asked.type)):
            yield f"{head} {{ {name}{arguments} {body} }}", given

    def _bodies(self, kind: GraphQLNamedType) -> Iterator[str]:
        """Selections that together are all of a type."""
        if is_leaf_type(kind):
            yield ""
        elif isinstance(kind, GraphQLInterfaceType):
            for each in schema().get_possible_types(kind):
                yield from (f"{{ ... on {each.name} {body} }}" for body in self._bodies(each))
        else:
            assert isinstance(kind, GraphQLObjectType)
            plain = " ".join(["__typename", *self._fields(kind, 0, ())])
            yield f"{{ {plain} }}"
            for name, each in kind.fields.items():
                beneath = get_named_type(each.type)
                if is_leaf_type(beneath) or _is_value(beneath):
                    continue
                self.read.add(f"{kind.name}.{name}")
                leads_on = kind.name.endswith(("Connection", "Edge")) or beneath.name in LARGE
                inner = (
                    self._bodies(beneath)
                    if leads_on
                    else [self._selection(beneath, DEPTH - 1, (kind.name,))]
                )
                for body in inner:
                    yield f"{{ {plain} {name}{self._arguments(name, each)} {body} }}"

    def value(self, name: str, key: str) -> Any:
        """What is said for an argument."""
        found = self.values.get(f"{name}.{key}", self.values.get(key))
        assert found is not None, f"no value is known for the argument {name}({key}:)"
        return found

    def _selection(self, kind: GraphQLNamedType, depth: int, above: tuple[str, ...]) -> str:
        if is_leaf_type(kind):
            return ""
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            parts = (
                f"... on {each.name} {self._selection(each, depth, above)}"
                for each in schema().get_possible_types(kind)
            )
            return "{ __typename " + " ".join(parts) + " }"
        assert isinstance(kind, GraphQLObjectType)
        return "{ __typename " + " ".join(self._fields(kind, depth, above)) + " }"

    def _fields(self, kind: GraphQLObjectType, depth: int, above: tuple[str, ...]) -> Iterator[str]:
        for name, each in kind.fields.items():
            beneath = get_named_type(each.type)
            if not is_leaf_type(beneath) and depth < 1 and not _is_value(beneath):
                continue
            self.read.add(f"{kind.name}.{name}")
            # what leads back to where it came from says what it is, and leads no further
            left = (
                0 if beneath.name in (*above, kind.name) else depth - (2 if _is_many(each) else 1)
            )
            inner = self._selection(beneath, left, (*above, kind.name))
            yield f"{name}{self._arguments(name, each)} {inner}"

    def _arguments(self, name: str, each: GraphQLField) -> str:
        needed = [key for key, given in each.args.items() if is_required_argument(given)]
        said = [f"{key}: {_literal(self.value(name, key))}" for key in needed]
        if "first" in each.args and "first" not in needed:
            said.append(f"first: {INNER_PAGE}")
        return f"({', '.join(said)})" if said else ""


def _is_many(each: GraphQLField) -> bool:
    """Whether a field is a list."""
    return "[" in str(each.type)


def _is_value(kind: GraphQLNamedType) -> bool:
    """Whether a type leads nowhere, like an amount of money."""
    return isinstance(kind, GraphQLObjectType) and all(
        is_leaf_type(get_named_type(each.type)) for each in kind.fields.values()
    )


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def coordinates() -> set[str]:
    """Every field that a query can reach."""
    found: set[str] = set()
    waiting: list[GraphQLNamedType] = [get_named_type(each.type) for each in root_fields().values()]
    seen: set[str] = set()
    while waiting:
        kind = waiting.pop()
        if kind.name in seen or is_leaf_type(kind):
            continue
        seen.add(kind.name)
        if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
            waiting += schema().get_possible_types(kind)
        elif isinstance(kind, GraphQLObjectType):
            found |= {f"{kind.name}.{name}" for name in kind.fields}
            waiting += [get_named_type(each.type) for each in kind.fields.values()]
    return found | {f"Query.{name}" for name in root_fields()}


async def text_of(world: World, token: str, document: str, variables: Mapping[str, Any]) -> str:
    """The answer as it came over the wire."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"query": document, "variables": variables}
    response = await world.client.post("/graphql", json=body, headers=headers)
    return response.text


def marks(text: str) -> set[str]:
    """What in a text could only come from one world."""
    return set(MARK.findall(text))
