"""What the terms of an indicator are made of, as the API shows them."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.context import Info
from graph.figures import Figures, figures_of
from graph.nodes import global_id
from graph.parties import Party, party_by_id
from ledger import indicator as rules


@strawberry.type(description="A co-owner and its weight.")
class Owner:
    """One of those that own it together."""

    party_id: strawberry.Private[str]
    weight: Fraction = field(description="Weights of all owners add up to 1.")

    @field(description="The owner.")
    async def party(self, info: Info) -> Party:
        """The owning party."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="The upper edges of a band.")
class UpperLevels:
    """They rise from stretch to minimum."""

    minimum: Fraction = field(description="Above it stands RED.")
    target: Fraction = field(description="Up to it stands GREEN.")
    stretch: Fraction = field(description="Up to it there is nothing better.")


@strawberry.type(description="The values that matter, in the indicator's unit.")
class Levels:
    """From worst to best."""

    baseline: Fraction = field(description="What it was before.")
    minimum: Fraction = field(description="Below it stands RED.")
    target: Fraction = field(description="From it on stands GREEN.")
    stretch: Fraction = field(description="Better than asked.")
    upper: UpperLevels | None = field(description="The upper edges of a BAND.")


@strawberry.type(description="A value that a composite's example assumes of an indicator.")
class AssumedResult:
    """One of its inputs."""

    indicator_id: strawberry.ID = field(description="The indicator.")
    value: Fraction = field(description="The assumed value.")


@strawberry.type(description="Parts or inputs, and the displayed value that they give.")
class WorkedExample:
    """The engine ran it when the version was proposed."""

    parts: list[Figures] = field(description="The parts; none of a composite.")
    inputs: list[AssumedResult] = field(description="Of a composite only.")
    expected: Fraction = field(description="The value after rounding.")


def upper_of(upper: rules.UpperLevels) -> UpperLevels:
    """Upper levels as the API shows them."""
    return UpperLevels(minimum=upper.minimum, target=upper.target, stretch=upper.stretch)


def example_of(example: rules.WorkedExample) -> WorkedExample:
    """An example as the API shows it."""
    return WorkedExample(
        parts=[figures_of(each) for each in example.parts],
        inputs=[
            AssumedResult(indicator_id=global_id("Indicator", each.indicator_id), value=each.value)
            for each in example.inputs
        ],
        expected=example.expected,
    )
