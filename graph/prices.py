"""Prices: what an operation costs in points, from its document and its variables.

The rule, which callers can compute themselves: an object costs 1 point, scalars are free. A list
costs as often as it may have entries: a connection's `edges` and `nodes` as many as `first` or
`last` say (20 when neither does), `nodes(ids:)` as many as there are ids, any other list 5. A
mutation costs 10 more, a field in `WEIGHTS` that much more, each question about the schema 100.
A fragment counts at each of its spreads, whatever type is met.

A document is walked once (its extent is bounded before); with variables its price is a sum of
products.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from graph.paging import DEFAULT_PAGE
from ledger.read import MAX_PAGE

LIST_LENGTH = 5
MUTATION = 10
INTROSPECTION = 100
REFUSED = 50
"""What a document costs that is refused: it was read, and will be read again."""
WEIGHTS: Mapping[str, int] = {
    "Query.versionRerun": 500,
    "Query.whatIfScheme": 500,
    "Query.shadowStakes": 500,
    "Query.previewScheme": 50,
    "Query.reconciliation": 100,
    "Query.trustProfile": 100,
    "Query.scorecard": 100,
    "Query.transitionDip": 50,
    "Query.consistencyProof": 10,
    "Entry.inclusionProof": 10,
    "Receipt.checkpoint": 10,
    "Receipt.inclusionProof": 10,
}
"""Fields that compute much more than they show."""


class Count(NamedTuple):
    """How many entries a list may have: a number, or what a variable says."""

    number: int
    variable: str = ""

    def of(self, variables: Mapping[str, Any]) -> int:
        """At most a page; what is no count is refused when it runs."""
        given = variables.get(self.variable, self.number) if self.variable else self.number
        if isinstance(given, list):
            given = len(given)
        if given is None:
            given = DEFAULT_PAGE
        return min(given, MAX_PAGE) if isinstance(given, int) and given > 0 else 0


@dataclass(frozen=True, slots=True)
class Price:
    """Points of a selection: its own, and those of lists, as often as they have entries."""

    own: int = 0
    lists: tuple[tuple[Count, "Price"], ...] = ()

    def of(self, variables: Mapping[str, Any]) -> int:
        """The points with these variables."""
        return self.own + sum(
            count.of(variables) * price.of(variables) for count, price in self.lists
        )


def prices(schema: GraphQLSchema, document: DocumentNode) -> dict[str, Price]:
    """The price of each operation of a valid document, by name; "" where it has none."""
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    found = {}
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            root = schema.get_root_type(each.operation)
            assert root is not None  # validated
            pricing = _Pricing(schema, fragments, each)
            name = each.name.value if each.name else ""
            found[name] = pricing.selection(each.selection_set, root, None)
    return found


class _Pricing:
    """One operation's walk."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._defaults: dict[str, ValueNode | None] = {
            each.variable.name.value: each.default_value
            for each in operation.variable_definitions or ()
        }

    def selection(
        self, selection_set: SelectionSetNode, kind: GraphQLNamedType, page: Count | None
    ) -> Price:
        """What a selection on a type costs; `page`: as many nodes as its connection may have."""
        own, lists = 0, list[tuple[Count, Price]]()
        for each in selection_set.selections:
            match each:
                case FieldNode():
                    price = self._field(each, kind, page)
                case FragmentSpreadNode():
                    fragment = self._fragments[each.name.value]
                    price = self.selection(fragment.selection_set, self._type(fragment), page)
                case InlineFragmentNode():
                    on = self._type(each) if each.type_condition else kind
                    price = self.selection(each.selection_set, on, page)
                case _:
                    raise AssertionError("a selection is a field or a fragment")
            own += price.own
            lists += price.lists
        return Price(own, tuple(lists))

    def _type(self, node: FragmentDefinitionNode | InlineFragmentNode) -> GraphQLNamedType:
        assert node.type_condition is not None
        return self._schema.type_map[node.type_condition.name.value]

    def _field(self, node: FieldNode, kind: GraphQLNamedType, page: Count | None) -> Price:
        name = node.name.value
        if name.startswith("__"):
            return Price(0 if name == "__typename" else INTROSPECTION)
        field = kind.fields[name]  # type: ignore[attr-defined]  # validated: it has this field
        weight = WEIGHTS.get(f"{kind.name}.{name}", 0)
        weight += MUTATION if kind is self._schema.mutation_type else 0
        named = get_named_type(field.type)
        if not is_composite_type(named) or node.selection_set is None:
            return Price(weight)
        if named.name.endswith("Connection"):
            inside = self.selection(node.selection_set, named, self._page(node))
            return Price(weight + 1 + inside.own, inside.lists)
        inside = self.selection(node.selection_set, named, None)
        each = Price(1 + inside.own, inside.lists)
        if not _is_list(field.type):
            return Price(weight + each.own, each.lists)
        return Price(weight, ((page or self._length(node), each),))

    def _page(self, node: FieldNode) -> Count:
        given = [each for each in node.arguments or () if each.name.value in ("first", "last")]
        if len(given) == 1:
            return self._count(given[0].value, DEFAULT_PAGE)
        return Count(MAX_PAGE if given else DEFAULT_PAGE)  # of both, either may be null

    def _length(self, node: FieldNode) -> Count:
        for argument in node.arguments or ():
            if argument.name.value == "ids":
                return self._count(argument.value, 0)
        return Count(LIST_LENGTH)

    def _count(self, value: ValueNode | None, otherwise: int) -> Count:
        match value:
            case IntValueNode():
                return Count(int(value.value))
            case ListValueNode():
                return Count(len(value.values))
            case VariableNode():
                name = value.name.value
                default = self._count(self._defaults.get(name), otherwise)
                return Count(default.number, name)
            case _:
                return Count(otherwise)


def _is_list(kind: GraphQLOutputType | Sequence[object]) -> bool:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList)
