"""The terms of a method: how a value follows from parts, as stated and as shown."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.nodes import global_id, local_id
from ledger import method as rules
from ledger.distribution import Interpolation
from ledger.statistic import MarginKind


@strawberry.type(description="How single answers are read.")
class AnswerTerms:
    """On which scale, and what counts."""

    denominator: rules.Denominator = field(description="What is divided by.")
    no_answers: list[Fraction] = field(description='Codes of "don\'t know".')
    lowest: Fraction | None = field(description="The lowest possible answer.")
    highest: Fraction | None = field(description="The highest possible answer.")
    decimals: int | None = field(description="Decimals answers are read with; null: as they are.")


@strawberry.type(description="What a single answer must reach to count as met.")
class AnswerTarget:
    """Of SHARE_MEETING_TARGET."""

    value: Fraction = field(description="The target.")
    comparison: rules.Comparison = field(description="On which side of it.")


@strawberry.type(description="Which percentile, and how it is read between two answers.")
class PercentileTerms:
    """Of MEDIAN and PERCENTILE."""

    share: Fraction = field(description="Between 0 and 1; 0.95 is the 95th percentile.")
    interpolation: Interpolation = field(description="Between two answers.")


@strawberry.type(description="Another indicator that a composite reads.")
class ComposedIndicator:
    """By its exact agreed value."""

    indicator_id: strawberry.ID = field(description="The indicator.")
    weight: Fraction = field(description="Above 0.")


@strawberry.type(description="The method of a version with all its terms.")
class MethodTerms:
    """Groups of terms are null where the method does not read them."""

    kind: rules.Method = field(description="The formula.")
    scale: Fraction = field(description="What the result is multiplied by.")
    series: str = field(description="The series of observations that it reads; empty: none.")
    segment: str = field(description="The segment that it is narrowed to; empty: all.")
    margin: MarginKind = field(description="How the 95 % margin of error is computed.")
    answers: AnswerTerms | None = field(description="How single answers are read.")
    target: AnswerTarget | None = field(description="Of SHARE_MEETING_TARGET.")
    percentile: PercentileTerms | None = field(description="Of MEDIAN and PERCENTILE.")
    inputs: list[ComposedIndicator] = field(description="Of a composite.")
    source: rules.Source = field(description="What its parts are made of.")


def method_of(terms: rules.MethodTerms) -> MethodTerms:
    """A method as the API shows it."""
    answers, target, asked = terms.answers, terms.target, terms.percentile
    return MethodTerms(
        kind=terms.kind,
        scale=terms.scale,
        series=terms.series,
        segment=terms.segment,
        margin=terms.margin,
        answers=None if answers is None else _answers_of(answers),
        target=None
        if target is None
        else AnswerTarget(value=target.value, comparison=target.comparison),
        percentile=None
        if asked is None
        else PercentileTerms(share=asked.share, interpolation=asked.interpolation),
        inputs=[
            ComposedIndicator(
                indicator_id=global_id("Indicator", each.indicator_id), weight=each.weight
            )
            for each in terms.inputs
        ],
        source=terms.source,
    )


def _answers_of(answers: rules.AnswerTerms) -> AnswerTerms:
    return AnswerTerms(
        denominator=answers.denominator,
        no_answers=list(answers.no_answers),
        lowest=answers.lowest,
        highest=answers.highest,
        decimals=answers.decimals,
    )


@strawberry.input(description="How single answers are read: for methods over single answers.")
class AnswerTermsInput:
    """On which scale, and what counts."""

    denominator: rules.Denominator = field(description="What is divided by; no hidden default.")
    no_answers: list[Fraction] = field(
        default_factory=list, description='Codes of "don\'t know", off the scale.'
    )
    lowest: Fraction | None = field(
        default=None, description="The lowest possible answer, where the method has no own scale."
    )
    highest: Fraction | None = field(default=None, description="The highest possible answer.")
    decimals: int | None = field(
        default=None,
        description="Answers are read with so many decimals, -6 to 12, half away from zero.",
    )

    def terms(self) -> rules.AnswerTerms:
        """What the workroom reads."""
        codes = tuple(self.no_answers)
        return rules.AnswerTerms(self.denominator, codes, self.lowest, self.highest, self.decimals)


@strawberry.input(description="What a single answer must reach to count as met.")
class AnswerTargetInput:
    """For SHARE_MEETING_TARGET."""

    value: Fraction = field(description="The target.")
    comparison: rules.Comparison = field(description="On which side of it.")


@strawberry.input(description="Which percentile, and how it is read between two answers.")
class PercentileInput:
    """For MEDIAN and PERCENTILE."""

    share: Fraction = field(description="Between 0 and 1; a median's is 0.5.")
    interpolation: Interpolation = field(description="Between two answers.")


@strawberry.input(description="Another indicator that a composite reads.")
class ComposedIndicatorInput:
    """By its exact agreed value; with the same calendar."""

    indicator_id: strawberry.ID = field(description="An agreed indicator.")
    weight: Fraction = field(description="Above 0; weights need not add up to 1.")


@strawberry.input(description="The method and what it reads.")
class MethodInput:
    """How the value follows from the parts."""

    kind: rules.Method = field(description="The formula.")
    margin: MarginKind = field(description="How the 95 % margin of error is computed.")
    series: str = field(
        default="",
        description="The series of observations, 1 to 120 characters; of a composite, and of a "
        "`source` other than OBSERVATIONS, none.",
    )
    segment: str = field(default="", description="Only this segment; empty: all.")
    scale: Fraction = field(
        default=Fraction(1), description="The result is multiplied by it: 100 gives a percentage."
    )
    answers: AnswerTermsInput | None = field(
        default=None, description="For methods over single answers."
    )
    target: AnswerTargetInput | None = field(default=None, description="For SHARE_MEETING_TARGET.")
    percentile: PercentileInput | None = field(
        default=None, description="For MEDIAN and PERCENTILE."
    )
    inputs: list[ComposedIndicatorInput] = field(
        default_factory=list, description="For composites: 1 to 50 other indicators."
    )
    source: rules.Source = field(
        default=rules.Source.OBSERVATIONS, description="What its parts are made of."
    )

    def terms(self) -> rules.MethodTerms:
        """What the workroom reads."""
        answers, target, asked = self.answers, self.target, self.percentile
        return rules.MethodTerms(
            self.kind,
            self.scale,
            self.series.strip(),
            self.segment,
            self.margin,
            None if answers is None else answers.terms(),
            None if target is None else rules.AnswerTarget(target.value, target.comparison),
            None if asked is None else rules.PercentileTerms(asked.share, asked.interpolation),
            tuple(
                rules.WeightedInput(
                    local_id(each.indicator_id, "Indicator", f"method.inputs[{i}].indicatorId"),
                    each.weight,
                )
                for i, each in enumerate(self.inputs)
            ),
            self.source,
        )
