"""Deprecations: which deprecated fields, arguments, input fields and enum values a request used.

Told by schema coordinate (GraphQL specification, "Schema Coordinates"), so that a client can find
its own use of them, and the operator who still does.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    type_from_ast,
    visit,
)


class Use(NamedTuple):
    """A deprecated thing that a request used, and what to use instead, by when."""

    coordinate: str
    reason: str


def uses_in(schema: GraphQLSchema, document: DocumentNode) -> tuple[Use, ...]:
    """What a valid document itself uses, each once, in order of its coordinate."""
    info = TypeInfo(schema)
    finder = _Finder(info)
    visit(document, TypeInfoVisitor(info, finder))
    return tuple(sorted(set(finder.found)))


def going_inputs(schema: GraphQLSchema) -> frozenset[str]:
    """Names of input types and enums in whose values something deprecated can stand.

    Values of all other types need not be looked through: a batch has a thousand rows.
    """
    found = {name for name, kind in schema.type_map.items() if _has_deprecated(kind)}
    size = -1
    while size < len(found):
        size = len(found)
        for name, kind in schema.type_map.items():
            if isinstance(kind, GraphQLInputObjectType) and any(
                get_named_type(each.type).name in found for each in kind.fields.values()
            ):
                found.add(name)
    return frozenset(found)


def _has_deprecated(kind: GraphQLNamedType) -> bool:
    members: Iterable[Any] = ()
    if isinstance(kind, GraphQLInputObjectType):
        members = kind.fields.values()
    elif isinstance(kind, GraphQLEnumType):
        members = kind.values.values()
    return any(each.deprecation_reason is not None for each in members)


def uses_in_variables(
    schema: GraphQLSchema,
    going: frozenset[str],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> tuple[Use, ...]:
    """What the values of an operation's variables use beside it; `going` is of `going_inputs`."""
    found: set[Use] = set()
    for each in operation.variable_definitions or ():
        name = each.variable.name.value
        kind = type_from_ast(schema, each.type)
        if name in variables and kind is not None and get_named_type(kind).name in going:
            found.update(_in_value(kind, variables[name]))  # type: ignore[arg-type]  # validated: an input type
    return tuple(sorted(found))


def _in_value(kind: GraphQLInputType, value: object) -> Iterator[Use]:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        for each in value if isinstance(value, list) else [value]:
            yield from _in_value(kind.of_type, each)
    elif isinstance(kind, GraphQLEnumType) and isinstance(value, str):
        yield from _of_enum(kind, value)
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        for name, each in value.items():
            field = kind.fields.get(name)
            if field is not None:
                if field.deprecation_reason is not None:
                    yield Use(f"{kind.name}.{name}", field.deprecation_reason)
                yield from _in_value(field.type, each)


def _of_enum(kind: GraphQLEnumType, value: str) -> Iterator[Use]:
    member = kind.values.get(value)
    if member is not None and member.deprecation_reason is not None:
        yield Use(f"{kind.name}.{value}", member.deprecation_reason)


class _Finder(Visitor):
    """Collects uses while a document is walked with its types."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.found: list[Use] = []
        self._info = info

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """A field of a type."""
        parent, field = self._info.get_parent_type(), self._info.get_field_def()
        if parent is not None and field is not None and field.deprecation_reason is not None:
            self._add(f"{parent.name}.{node.name.value}", field.deprecation_reason)

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        """An argument of a field."""
        parent, argument = self._info.get_parent_type(), self._info.get_argument()
        if parent is not None and argument is not None and argument.deprecation_reason is not None:
            field = self._field
            self._add(f"{parent.name}.{field}({node.name.value}:)", argument.deprecation_reason)

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        """A field of an input object that is written out."""
        kind = get_named_type(self._info.get_parent_input_type())
        if isinstance(kind, GraphQLInputObjectType):
            field = kind.fields.get(node.name.value)
            if field is not None and field.deprecation_reason is not None:
                self._add(f"{kind.name}.{node.name.value}", field.deprecation_reason)

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> None:
        """A value of an enum that is written out."""
        kind = get_named_type(self._info.get_input_type())
        if isinstance(kind, GraphQLEnumType):
            self.found += _of_enum(kind, node.value)

    def _add(self, coordinate: str, reason: str) -> None:
        self.found.append(Use(coordinate, reason))

    @property
    def _field(self) -> str:
        """The name of the field that the walk is in."""
        definition, parent = self._info.get_field_def(), self._info.get_parent_type()
        fields = getattr(parent, "fields", {})
        return next((name for name, each in fields.items() if each is definition), "")
