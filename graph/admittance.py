"""Admittance: what an operation passes before it runs, over HTTP and over a socket alike.

Its document is looked up or read, its price worked out and told in `extensions.cost`; deprecated
things that it uses are told in `extensions.deprecations` and to the operator's instruments.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from graphql import GraphQLError, OperationType, parse
from strawberry.extensions import SchemaExtension

from graph import limits
from graph.deprecations import Use
from graph.documents import Document, DocumentRefused, Documents
from graph.limits import exceeded
from graph.prices import REFUSED
from ledger.allowance import Exhausted
from ledger.errors import Trouble

_NOTHING = parse("{ __typename }")
"""Stands in for a document that could not be read: the engine wants one, and never runs it."""


class Admittance(SchemaExtension):
    """One operation's."""

    def __init__(self, documents: Documents) -> None:
        """Look documents up in `documents`."""
        super().__init__()
        self._documents = documents
        self._price = REFUSED
        self._is_stream = False
        self._uses = tuple[Use, ...]()

    async def on_parse(self) -> AsyncIterator[None]:
        """Read, price and judge; the engine answers with the errors that are left here."""
        told = self.execution_context
        try:
            try:
                document = self._documents.read(told.query or "")
                told.graphql_document = document.tree
                self._judge(document)
            finally:  # what is refused costs, too
                await told.context.spend(self._price)
            told.pre_execution_errors = []  # validated: the engine need not do it again
        except DocumentRefused as refused:
            told.pre_execution_errors = refused.errors
        except Exhausted as exhausted:
            told.pre_execution_errors = [_exhausted(exhausted)]
        except Trouble as trouble:
            told.pre_execution_errors = [GraphQLError(str(trouble), original_error=trouble)]
        told.graphql_document = told.graphql_document or _NOTHING
        yield

    def _judge(self, document: Document) -> None:
        """Work out the price. Raises DocumentRefused where it is more than allowed."""
        told = self.execution_context
        operation = document.operation(told.operation_name)
        if operation is None:
            return  # the engine says that there is no such operation
        variables: Mapping[str, Any] = told.variables or {}
        name = operation.name.value if operation.name else ""
        price = document.prices[name].of(variables)
        if price > limits.COST.allowed:
            raise DocumentRefused(exceeded(limits.COST, price))
        self._price = price
        self._is_stream = operation.operation is OperationType.SUBSCRIPTION
        self._uses = self._documents.uses(document, operation, variables)
        for use in self._uses:
            told.context.note_deprecated(use.coordinate)

    def get_results(self) -> dict[str, Any]:
        """What the answer tells beside its data; nothing with the events of a subscription."""
        if self._is_stream:
            return {}
        # what is left goes into headers: the same question has the same answer
        told: dict[str, Any] = {"cost": {"points": self._price, "limit": limits.COST.allowed}}
        if self._uses:
            told["deprecations"] = [each._asdict() for each in self._uses]
        return told


def _exhausted(exhausted: Exhausted) -> GraphQLError:
    """The refusal of a request that its caller's allowance is too small for."""
    terms = exhausted.left.terms
    return GraphQLError(
        f"This costs {exhausted.cost} points; your party has {exhausted.left.points} left of "
        f"{terms.capacity}, and gains {terms.per_second} a second. Send it again in "
        f"{exhausted.retry_after_seconds} s.",
        extensions={
            "code": "RATE_LIMITED",
            "cost": exhausted.cost,
            "left": exhausted.left.points,
            "retryAfterSeconds": exhausted.retry_after_seconds,
        },
    )


def unknown_document(given: str) -> GraphQLError:
    """The refusal of an id of no document."""
    return GraphQLError(
        f"No document has the id {given[:80]}: send its text once as query, or register it.",
        extensions={"code": "DOCUMENT_UNKNOWN"},
    )
