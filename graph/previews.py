"""Previews: a scheme's terms run on assumed results, before anything is proposed.

The one rule: a preview enters nothing and consumes no key; what it refuses, a proposal refuses.
"""

from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.mirror import workroom
from graph.money import Money, money_of
from graph.parties import Party, party_by_id
from graph.problems import Problem, problem_of
from graph.scheme_inputs import ExampleValueInput, SchemeTermsInput
from graph.schemes import SchemeWarning, names_of
from graph.traces import TraceStep, trace_of
from ledger import evaluation, foresight, scheme, terms
from ledger.basis import facts_for
from ledger.errors import Refusal
from ledger.partner import is_confidential, nominal
from ledger.sentence import sentences
from ledger.shape import need
from ledger.soundness import check_terms


@strawberry.type(description="What a party would get.")
class PreviewedPart:
    """Below zero where it would owe."""

    party_id: strawberry.Private[str]
    amount: Money = field(description="To the cent.")

    @field(description="The party.")
    async def party(self, info: Info) -> Party:
        """Whose part."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="What terms give for a set of results.")
class SchemeEvaluation:
    """Notional: never in the books."""

    total_score: Fraction = field(description="Sum of weight times score, exact.")
    pool: Money = field(description="What could be paid at most.")
    payout: Money = field(description="What would be paid; below zero for credits.")
    parts: list[PreviewedPart] = field(description="One a party, in the order of the terms.")
    unallocated: Money = field(description="The rest of the pool.")
    trace: list[TraceStep] = field(description="Every intermediate number and the rule behind it.")


def evaluation_of(found: evaluation.Evaluation, party_ids: tuple[str, ...]) -> SchemeEvaluation:
    """An evaluation as the API shows it."""
    return SchemeEvaluation(
        total_score=found.total_score,
        pool=money_of(found.pool),
        payout=money_of(found.payout),
        parts=[
            PreviewedPart(party_id=key, amount=money_of(part))
            for key, part in zip(party_ids, found.parts, strict=True)
        ],
        unallocated=money_of(found.unallocated),
        trace=trace_of(found.trace),
    )


@strawberry.type(description="Answer to `previewScheme`.")
class SchemePreview:
    """Problems, or an evaluation with the terms in sentences."""

    problems: list[Problem] = field(description="Why the terms cannot stand; empty if they can.")
    warnings: list[SchemeWarning] = field(description="What may surprise those who sign.")
    sentences: list[str] = field(description="The terms as a lawyer reads them.")
    evaluation: SchemeEvaluation | None = field(
        description="What the assumed results give; null when refused."
    )


@strawberry.type
class PreviewQuery:
    """Computing."""

    @field(
        description="Run a scheme's terms on assumed results: nothing is entered. Worked examples "
        "are not run. Of a confidential scheme the common part, as if each had 100 at stake."
    )
    async def preview_scheme(
        self,
        info: Info,
        terms: Annotated[
            SchemeTermsInput,
            strawberry.argument(description="The terms as they would be proposed."),
        ],
        assumed: Annotated[
            list[ExampleValueInput],
            strawberry.argument(description="A result for each indicator that they read."),
        ],
    ) -> SchemePreview:
        """The calculator of the engine itself."""
        try:
            return await _preview(info, terms, assumed)
        except Refusal as refusal:
            return SchemePreview(
                problems=[problem_of(refusal)], warnings=[], sentences=[], evaluation=None
            )


async def _preview(
    info: Info, given: SchemeTermsInput, assumed: list[ExampleValueInput]
) -> SchemePreview:
    """The preview. Raises a Refusal."""
    ecosystem = await info.context.ecosystem()
    agreed = workroom(given, terms.SchemeTerms)
    book = await info.context.doors.ledger.book(ecosystem.ecosystem_id)
    facts = facts_for(book, agreed)
    if is_confidential(agreed):
        agreed = nominal(agreed)
    check_terms(agreed, facts, ecosystem.signing_ids(book.last_at), ecosystem.outsourcer.party_id)
    values = [workroom(each, terms.ExampleValue, f"assumed[{i}]") for i, each in enumerate(assumed)]
    named = sorted(value.indicator_id for value in values)
    need(
        named == sorted(agreed.indicator_ids()),
        "assumed",
        "it gives one value an item, gate, multiplier and base",
    )
    found = evaluation.evaluate(agreed, evaluation.Inputs(scheme.assumed(facts, values)))
    return SchemePreview(
        problems=[],
        warnings=[
            SchemeWarning(path=each.path, message=each.message)
            for each in foresight.warnings(agreed, facts)
        ],
        sentences=list(sentences(agreed, await names_of(info, agreed))),
        evaluation=evaluation_of(found, agreed.party_ids()),
    )
