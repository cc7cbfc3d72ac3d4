"""Places: where in a request a value stands that cannot be read.

The one rule: whoever sent it finds it from the answer alone, in the message and in
`extensions.path`: `input.rows[1].value` of a literal, by its argument's name, `given.rows[1].value`
of a variable `$given`. Of a variable graphql-core says it in words; of a literal it says nothing.
"""

import re
from collections.abc import Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    GraphQLError,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    ValidationContext,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableDefinitionNode,
    validate_input_literal,
)
from graphql.language import SKIP, VisitorAction
from graphql.pyutils import print_path_list

_OF_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ([.\w\[\]]+))?: ")
"""How graphql-core begins to tell of a variable that cannot be read: its name, where in it."""


class LiteralsInPlace(ValuesOfCorrectTypeRule):
    """Values in a document are of the type that is asked for; one that is not has its place told.

    Source: GraphQL October 2021, section 5.6.1, "Values of Correct Type".
    """

    def __init__(self, context: ValidationContext) -> None:
        """Nothing was met yet."""
        super().__init__(context)
        self._whose, self._name = "", ""

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:  # noqa: ANN401 -- the visitor's
        """What follows is this argument's value."""
        self._name = node.name.value
        self._whose = f"Argument '{self._name}' has invalid value"

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:  # noqa: ANN401 -- the visitor's
        """What follows is this variable's default."""
        self._name = node.variable.name.value
        self._whose = f"Variable '${self._name}' has invalid default value"

    def is_valid_value_node(
        self, node: ValueNode, input_type: GraphQLInputType | None
    ) -> VisitorAction:
        """Report whatever in this value cannot be read."""

        def report(error: GraphQLError, steps: list[str | int]) -> None:
            where = print_path_list(steps)
            self.report_error(
                GraphQLError(
                    f"{self._whose}{where}: {error.message}",
                    error.nodes or _at(node, steps),
                    extensions={**(error.extensions or {}), "path": self._name + where[4:]},
                )
            )

        if input_type:
            suggests_nothing = self.context.hide_suggestions
            validate_input_literal(node, input_type, report, hide_suggestions=suggests_nothing)
        return SKIP  # all that is in it was looked at


def variable_place(error: GraphQLError) -> dict[str, str]:
    """What an error of a variable's value says beside its code: the value's place; else nothing."""
    found = _OF_VARIABLE.match(error.message)
    return {"path": found[1] + (found[2] or "")} if found else {}


def _at(node: ValueNode, steps: Sequence[str | int]) -> ValueNode:
    """The value so far inside another, for the line and column of its own."""
    for step in steps:
        match node, step:
            case ListValueNode(), int():
                node = node.values[step]
            case ObjectValueNode(), str():
                node = {each.name.value: each.value for each in node.fields}[step]
    return node
