"""Traces: every step from results to money, as the API shows it."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.bounds import settlements_period
from graph.calendars import Period
from graph.context import Info
from graph.nodes import global_id
from graph.scalars import Index
from ledger import trace
from ledger.settlement import SettlementContent


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
    period_key: str | None = field(
        description="Key of the period that it looks back at; null: of the settled one."
    )
    settled: strawberry.Private[SettlementContent | None]

    @field(
        description="The period that it looks back at; null where `periodKey` is, and where no "
        "calendar that you may see knows the key."
    )
    async def period(self, info: Info) -> Period | None:
        """With its days."""
        if self.period_key is None or self.settled is None:
            return None
        return await settlements_period(info, self.settled, self.period_key)


def _step(step: trace.TraceStep, settled: SettlementContent | None) -> TraceStep:
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
        period_key=step.period or None,
        settled=settled,
    )


def trace_of(
    steps: tuple[trace.TraceStep, ...], settled: SettlementContent | None = None
) -> list[TraceStep]:
    """Steps as the API shows them; `settled` is what they explain, where it looks back."""
    return [_step(step, settled) for step in steps]
