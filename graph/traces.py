"""Traces: every step from results to money, as the API shows it."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.nodes import global_id
from graph.scalars import Index
from ledger import trace


@strawberry.type(description="A number that a step used.")
class TraceNumber:
    """A named number."""

    name: str = field(description="What it is.")
    value: Fraction = field(description="Exact.")
    index: Index | None = field(description="The entry that it comes from, if it does.")


@strawberry.type(description="One step from the results to the money.")
class TraceStep:
    """What, by which rule, from which numbers, giving what."""

    name: str = field(description='As "score", "total score", "item cap", "gate" or "stake".')
    subject_id: strawberry.ID | None = field(description="The indicator or party it is about.")
    rule: str = field(description="The rule in words.")
    inputs: list[TraceNumber] = field(description="The numbers that it used.")
    result: Fraction = field(description="What it gave, exact.")
    sentence: str = field(description="The step in one sentence with every number.")
    period: str | None = field(description="The period it looks back at; null: the settled one.")


def _step(step: trace.TraceStep) -> TraceStep:
    kind = "Party" if step.is_about_party else "Indicator"
    return TraceStep(
        name=step.name,
        subject_id=global_id(kind, step.subject) if step.subject else None,
        rule=step.rule,
        inputs=[
            TraceNumber(
                name=each.name,
                value=each.value,
                index=None if each.index is None else Index(each.index),
            )
            for each in step.inputs
        ],
        result=step.result,
        sentence=step.sentence,
        period=step.period or None,
    )


def trace_of(steps: tuple[trace.TraceStep, ...]) -> list[TraceStep]:
    """Steps as the API shows them."""
    return [_step(step) for step in steps]
