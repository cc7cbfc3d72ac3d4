"""Problems: expected refusals as types that a client can switch on.

The one rule: every Refusal of the house is in `ProblemCode`, with its message as the description,
so that the schema is the catalogue. A code is never reused.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum

import strawberry
from strawberry import field

from graph import nodes, paging
from ledger import (
    accord,
    actor,
    agreement,
    amounts,
    banking,
    bankstatement,
    batch,
    canonical,
    closing,
    commit,
    correction,
    curve,
    decision,
    delegation,
    directory,
    dispute,
    dropping,
    ecosystem,
    errors,
    exclusion,
    figures,
    freshness,
    identity,
    indicator,
    initiative,
    keyring,
    ladder,
    measurement,
    membership,
    method,
    observation,
    part,
    payment,
    payout,
    people,
    periods,
    pilot,
    policy,
    priority,
    reading,
    remark,
    reversal,
    rotation,
    scheme,
    series,
    settlement,
    shape,
    sponsor,
    statement,
    theme,
    trust,
    undisputed,
    upload,
    witnessing,
    workdays,
)
from ledger.actor import NotFound, NotPermitted
from ledger.agreement import VersionConflict
from ledger.batch import IdempotencyConflict
from ledger.closing import PeriodClosed
from ledger.errors import Refusal

SOURCES = (
    accord,
    actor,
    agreement,
    amounts,
    banking,
    bankstatement,
    batch,
    canonical,
    closing,
    commit,
    decision,
    directory,
    delegation,
    dispute,
    dropping,
    ecosystem,
    identity,
    errors,
    exclusion,
    figures,
    freshness,
    indicator,
    initiative,
    keyring,
    ladder,
    measurement,
    membership,
    method,
    nodes,
    observation,
    part,
    paging,
    payment,
    payout,
    people,
    periods,
    pilot,
    policy,
    priority,
    remark,
    reversal,
    rotation,
    reading,
    correction,
    curve,
    shape,
    scheme,
    series,
    settlement,
    sponsor,
    statement,
    theme,
    trust,
    undisputed,
    upload,
    witnessing,
    workdays,
)
"""Where refusals are defined: importing them is what makes the catalogue whole."""


def refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every kind of refusal, by code."""
    for kind in sorted(base.__subclasses__(), key=lambda each: each.code):
        yield kind
        yield from refusals(kind)


def meaning(kind: type[Refusal]) -> tuple[str, str]:
    """A refusal's message and its remedy, with their facts left as names."""
    text = " ".join((kind.__doc__ or "").split())
    message, _, remedy = re.sub(r"\{(\w+)[^}]*\}", r"<\1>", text).rpartition(" -> ")
    return message, remedy


ProblemCode = Enum(  # type: ignore[misc]  # the members are the refusals of the house
    "ProblemCode",
    {
        kind.code: strawberry.enum_value(kind.code, description=" ".join(meaning(kind)))
        for kind in refusals()
    },
)
strawberry.enum(
    ProblemCode,
    description="Why something was refused. Values may be added; none is ever reused.",
)


@strawberry.interface(description="An expected no: nothing was changed.")
class Problem:
    """What is wrong, where, and how to mend it."""

    code: Enum = field(graphql_type=ProblemCode, description="Stable; switch on it.")
    message: str = field(description="What is wrong, for a person.")
    path: str = field(description='The input field at fault, as "rows[3].value"; may be empty.')
    remedy: str = field(description="How to mend it; empty where nothing can be done.")


@strawberry.type(description="A rule of the house said no.")
class RuleProblem(Problem):
    """Any refusal that needs no facts of its own."""


@strawberry.type(name="IdempotencyConflict", description="The key was used for another input.")
class IdempotencyConflictProblem(Problem):
    """A key that was used before."""

    key: str = field(description="The key at fault.")


@strawberry.type(name="NotPermitted", description="The caller's roles do not allow this.")
class NotPermittedProblem(Problem):
    """A role is missing."""

    needed: str = field(description='The role that would be enough, as "APPROVER or FINANCE".')


@strawberry.type(name="NotFound", description="Nothing that the caller can see has this id.")
class NotFoundProblem(Problem):
    """An id of nothing."""

    unknown_id: str = field(description="The id that was not found.")


@strawberry.type(name="PeriodClosed", description="The books are closed for this period.")
class PeriodClosedProblem(Problem):
    """What is restated later is trued up in an open period."""

    closed_through: date = field(description="The day through which the books are closed.")


@strawberry.type(name="VersionConflict", description="What you built on is not current any more.")
class VersionConflictProblem(Problem):
    """Somebody acted on a stale screen."""

    current_version: int = field(description="The version that is current; 0: none.")


PROBLEM_TYPES = (
    RuleProblem,
    VersionConflictProblem,
    PeriodClosedProblem,
    IdempotencyConflictProblem,
    NotPermittedProblem,
    NotFoundProblem,
)


CONCRETE: Mapping[type[Refusal], str] = {
    IdempotencyConflict: "IdempotencyConflict",
    NotPermitted: "NotPermitted",
    NotFound: "NotFound",
    PeriodClosed: "PeriodClosed",
    VersionConflict: "VersionConflict",
}
"""Refusals that have a type of their own, with facts that a client branches on."""


def problem_of(refusal: Refusal) -> Problem:
    """The schema's problem of a refusal."""
    code = ProblemCode[refusal.code]
    message, path, remedy = refusal.message, refusal.path, refusal.remedy
    facts = refusal.facts
    match refusal:
        case IdempotencyConflict():
            return IdempotencyConflictProblem(
                code=code, message=message, path=path, remedy=remedy, key=str(facts["key"])
            )
        case PeriodClosed():
            return PeriodClosedProblem(
                code=code,
                message=message,
                path=path,
                remedy=remedy,
                closed_through=date.fromisoformat(str(facts["through"])),
            )
        case NotPermitted():
            return NotPermittedProblem(
                code=code, message=message, path=path, remedy=remedy, needed=str(facts["needed"])
            )
        case VersionConflict():
            return VersionConflictProblem(
                code=code,
                message=message,
                path=path,
                remedy=remedy,
                current_version=int(str(facts["current"])),
            )
        case NotFound():
            return NotFoundProblem(
                code=code, message=message, path=path, remedy=remedy, unknown_id=str(facts["id"])
            )
        case _:
            return RuleProblem(code=code, message=message, path=path, remedy=remedy)
