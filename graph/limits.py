"""Limits: how large a document may be, and what is said to one that is larger.

The one rule: a refusal says what was found, what is allowed and what to do instead; the table is
the documentation too (`ops/limits.md` is written from it).
"""

from typing import NamedTuple

from graphql import GraphQLError

from ledger.read import MAX_PAGE


class Limit(NamedTuple):
    """One limit: its name in refusals, the largest allowed, what is counted, what to do instead."""

    name: str
    allowed: int
    counted: str
    instead: str


TOKENS = Limit("TOKENS", 10_000, "tokens", "Send large inputs as variables, rows as an upload.")
FRAGMENTS = Limit("FRAGMENTS", 100, "fragment definitions", "Send only those that are used.")
DEPTH = Limit("DEPTH", 15, "selection sets inside each other", "Ask for the inner objects by id.")
FIELDS = Limit(
    "FIELDS",
    2_000,
    "fields, those of a fragment at each of its spreads",
    "Ask in several requests.",
)
ALIASES = Limit(
    "ALIASES", 30, "aliases, those of a fragment at each of its spreads", "Use nodes(ids:)."
)
DIRECTIVES = Limit("DIRECTIVES", 50, "directives", "Ask only for what is wanted.")
REPEATS = Limit("REPEATS", 10, "times one field stands in a selection set", "Name it once.")
PAGE = Limit("PAGE", MAX_PAGE, "nodes of a page (`first`, `last`)", "Follow `pageInfo`.")
NODES = Limit("NODES", 100, "ids of `nodes(ids:)`", "Ask in several requests.")
COST = Limit("COST", 20_000, "points of an operation", "Ask for shorter pages or fewer lists.")
ERRORS = Limit("ERRORS", 10, "errors told of one document", "Mend these first.")
LIMITS = (
    TOKENS,
    FRAGMENTS,
    DEPTH,
    FIELDS,
    ALIASES,
    DIRECTIVES,
    REPEATS,
    PAGE,
    NODES,
    COST,
    ERRORS,
)


def exceeded(limit: Limit, found: int) -> GraphQLError:
    """The refusal of a document with too many of something."""
    return GraphQLError(
        f"This has {found} {limit.counted}; {limit.allowed} are allowed. {limit.instead}",
        extensions={
            "code": "COST_EXCEEDED" if limit is COST else "LIMIT_EXCEEDED",
            "limit": limit.name,
            "allowed": limit.allowed,
            "found": found,
        },
    )
