"""Documents: read, bounded, validated and priced once, then kept by their hash.

The one rule: a document's id is the SHA-256 of its text, so an id can never mean another document.
What was registered when the service started is always there; what callers sent is kept while there
is room; what is refused is not kept. In the registered-only mode nothing else is read at all.

Source: GraphQL over HTTP, appendix A, "Persisted Documents"; automatic persisted queries as
Apollo's clients send them.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    ValuesOfCorrectTypeRule,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import ASTValidationRule, recommended_rules
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graph import limits
from graph.deprecations import Use, going_inputs, uses_in, uses_in_variables
from graph.extents import check_extent
from graph.limits import exceeded
from graph.places import LiteralsInPlace
from graph.prices import Price, prices

MAX_KEPT = 1_000
MAX_KEPT_CHARACTERS = 4_000_000
"""Of texts; their trees take about thirty times as much memory."""
_PARSER_WORDS = {limits.TOKENS: "contains more than", limits.DEPTH: "nested too deeply"}
"""How the parser says that a limit of its own is passed."""
_RULES: tuple[type[ASTValidationRule], ...] = (
    *(LiteralsInPlace if each is ValuesOfCorrectTypeRule else each for each in specified_rules),
    *recommended_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)


class DocumentRefused(Exception):  # noqa: N818 -- named for what it tells
    """A document that cannot be run: why, at most `limits.ERRORS` reasons."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may run."""

    text: str
    tree: DocumentNode
    prices: Mapping[str, Price]
    uses: tuple[Use, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of a name; without one the only one. None where there is no such one."""
        return get_operation_ast(self.tree, name)


class DocumentsInvalid(Exception):  # noqa: N818 -- named for what it tells
    """A registered document cannot be run: which, and why."""


def document_id(text: str) -> str:
    """SHA-256 of the text as lower-case hex, as graphql-codegen writes it."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()


class Documents:
    """The documents of one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        registered: Mapping[str, str],
        *,
        registered_only: bool,
        introspection: bool,
    ) -> None:
        """Begin with the `registered` ones, text by id. Raises DocumentsInvalid."""
        self._schema = schema
        self._registered_only = registered_only
        self._rules = _RULES if introspection else (*_RULES, NoSchemaIntrospectionCustomRule)
        self._going = going_inputs(schema)
        self._hides_suggestions = not introspection
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0
        self._registered: dict[str, Document] = {}
        for given, text in registered.items():
            self._registered[document_id(text)] = self._register(given, text)

    def text(self, given: str) -> str | None:
        """The text of a document by its id, "sha256:" in front or not; None where none is known."""
        found = self._find(given.removeprefix("sha256:"))
        return found.text if found else None

    def read(self, text: str) -> Document:
        """A document that may run. Raises DocumentRefused."""
        made_id = document_id(text)
        found = self._find(made_id)
        if found is None:
            if self._registered_only:
                raise DocumentRefused(
                    GraphQLError(
                        "Only registered documents are run here: send the id of one as documentId.",
                        extensions={"code": "DOCUMENT_NOT_REGISTERED"},
                    )
                )
            found = self._read(text)
            self._keep(made_id, found)
        return found

    def uses(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> tuple[Use, ...]:
        """The deprecated things that a request used."""
        beside = uses_in_variables(self._schema, self._going, operation, variables)
        return tuple(sorted({*document.uses, *beside})) if beside else document.uses

    def _find(self, made_id: str) -> Document | None:
        found = self._registered.get(made_id)
        if found is None and (found := self._kept.get(made_id)) is not None:
            self._kept.move_to_end(made_id)
        return found

    def _keep(self, made_id: str, document: Document) -> None:
        self._kept[made_id] = document
        self._characters += len(document.text)
        while len(self._kept) > MAX_KEPT or self._characters > MAX_KEPT_CHARACTERS:
            _, dropped = self._kept.popitem(last=False)
            self._characters -= len(dropped.text)

    def _read(self, text: str) -> Document:
        try:
            tree = _parsed(text)
            check_extent(tree)
        except GraphQLError as error:
            raise DocumentRefused(error) from error
        errors = validate(
            self._schema,
            tree,
            self._rules,
            max_errors=limits.ERRORS.allowed,
            hide_suggestions=self._hides_suggestions,
        )
        if errors:
            raise DocumentRefused(*errors[: limits.ERRORS.allowed])
        return Document(text, tree, prices(self._schema, tree), uses_in(self._schema, tree))

    def _register(self, given: str, text: str) -> Document:
        if given.removeprefix("sha256:") != document_id(text):
            raise DocumentsInvalid(f"{given} is not the SHA-256 of its document's text")
        try:
            return self._read(text)
        except DocumentRefused as refused:
            raise DocumentsInvalid(f"{given}: {refused}") from refused


def _parsed(text: str) -> DocumentNode:
    """The tree of a text. Raises GraphQLError: with its place, or with the limit that it passes."""
    try:
        return parse(
            text, max_lexical_tokens=limits.TOKENS.allowed, max_comments=limits.TOKENS.allowed
        )
    except GraphQLSyntaxError as error:
        for limit, words in _PARSER_WORDS.items():
            if words in error.message:
                raise exceeded(limit, limit.allowed + 1) from error
        raise
