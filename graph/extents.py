"""Extents: how large a document is, counted before it is validated.

The one rule: counting takes time in proportion to the text, whatever the document would unfold to:
a fragment is counted once, and its counts are added wherever it is spread. A circle of fragments
ends where it began; validation refuses it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from graph import limits
from graph.limits import exceeded


@dataclass(slots=True)
class Extent:
    """Counts of a selection set with everything in it; `depth` and `repeats` are the largest."""

    depth: int = 0
    repeats: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0

    def take(self, other: "Extent", deeper: int = 0) -> None:
        """Add what stands inside, `deeper` levels below."""
        self.depth = max(self.depth, other.depth + deeper)
        self.repeats = max(self.repeats, other.repeats)
        self.fields += other.fields
        self.aliases += other.aliases
        self.directives += other.directives


_BOUNDS = {
    "depth": limits.DEPTH,
    "repeats": limits.REPEATS,
    "fields": limits.FIELDS,
    "aliases": limits.ALIASES,
    "directives": limits.DIRECTIVES,
}


def check_extent(document: DocumentNode) -> None:
    """Return if the document is within every limit. Raises GraphQLError with the first exceeded."""
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    if len(fragments) > limits.FRAGMENTS.allowed:
        raise exceeded(limits.FRAGMENTS, len(fragments))
    found = _Counting(fragments).document(document)
    for field in fields(found):
        limit, count = _BOUNDS[field.name], getattr(found, field.name)
        if count > limit.allowed:
            raise exceeded(limit, count)


class _Counting:
    """Counts of one document; each fragment is counted once."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Extent] = {}

    def document(self, document: DocumentNode) -> Extent:
        """All operations together: each can be asked for."""
        found = Extent()
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode):
                found.take(self._inside(each.selection_set))
                found.directives += len(each.directives or ())
            elif isinstance(each, FragmentDefinitionNode):  # one that nothing spreads counts, too
                spread = self._fragment(each.name.value)
                found.repeats = max(found.repeats, spread.repeats)
                found.depth = max(found.depth, spread.depth)
        return found

    def _inside(self, selection_set: SelectionSetNode | None) -> Extent:
        found = Extent()
        if selection_set is not None:
            names: Counter[str] = Counter()
            self._add(selection_set.selections, found, names)
            found.depth += 1
            found.repeats = max(found.repeats, *names.values(), 0)
        return found

    def _add(self, selections: Iterable[SelectionNode], found: Extent, names: Counter[str]) -> None:
        for each in selections:
            found.directives += len(each.directives or ())
            if isinstance(each, FieldNode):
                names[each.alias.value if each.alias else each.name.value] += 1
                found.fields += 1
                found.aliases += each.alias is not None
                # introspection has a depth of its own, which a rule of the library's bounds
                is_meta = each.name.value.startswith("__")
                inside = self._inside(each.selection_set)
                inside.depth *= not is_meta
                found.take(inside)
            elif isinstance(each, FragmentSpreadNode):
                spread = self._fragment(each.name.value)
                found.take(spread, -1)  # its outermost selection set is this one
            else:
                self._add(each.selection_set.selections, found, names)  # type: ignore[attr-defined]  # inline

    def _fragment(self, name: str) -> Extent:
        if name not in self._known:
            self._known[name] = Extent()  # what a circle comes back to
            definition = self._fragments.get(name)
            self._known[name] = self._inside(definition.selection_set if definition else None)
        return self._known[name]
