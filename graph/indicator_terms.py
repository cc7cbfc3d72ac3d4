"""What `proposeIndicator` takes: every term of a version, stated."""

from datetime import date
from fractions import Fraction

import strawberry
from strawberry import field

from graph.figures import FiguresInput
from graph.method_terms import MethodInput
from graph.nodes import local_id
from graph.receipts import EXPECTED_VERSION, KEY
from ledger import indicator as rules
from ledger.amounts import Rounding
from ledger.periods import Calendar, CalendarKind, ListedPeriod
from ledger.theme import Theme


@strawberry.input(description="A co-owner.")
class OwnerInput:
    """One of those that own it together."""

    party_id: strawberry.ID = field(description="A member that signs; no observer.")
    weight: Fraction = field(description="Above 0; all weights add up to 1.")


@strawberry.input(description="A value that a composite's example assumes of an indicator.")
class AssumedResultInput:
    """One of its inputs."""

    indicator_id: strawberry.ID = field(description="One of the composite's inputs.")
    value: Fraction = field(description="The assumed value, exact.")


@strawberry.input(description="Parts or inputs, and the displayed value that they must give.")
class WorkedExampleInput:
    """The engine runs it; a version whose example fails is refused."""

    expected: Fraction = field(description="The value after rounding.")
    parts: list[FiguresInput] = field(
        default_factory=list, description="The parts; none of a composite."
    )
    inputs: list[AssumedResultInput] = field(
        default_factory=list, description="Of a composite: a value for each input."
    )

    def example(self, path: str) -> rules.WorkedExample:
        """What the workroom reads."""
        return rules.WorkedExample(
            tuple(part.figures(f"{path}.parts") for part in self.parts),
            self.expected,
            tuple(
                rules.ExampleInput(
                    local_id(each.indicator_id, "Indicator", f"{path}.inputs"), each.value
                )
                for each in self.inputs
            ),
        )


@strawberry.input(description="How displayed values are rounded.")
class RoundingInput:
    """Required: there is no hidden default."""

    mode: Rounding = field(description="How a rest is rounded.")
    step: Fraction = field(description="To multiples of it; above 0.")
    stage: rules.RoundingStage = field(description="Before or after comparing with a level.")


@strawberry.input(description="A period of a listed calendar.")
class ListedPeriodInput:
    """Half open."""

    key: str = field(description="1 to 40 characters: letters, digits, / _ . : -")
    start: date = field(description="First day.")
    end: date = field(description="The day after the last.")


@strawberry.input(description="The calendar of periods.")
class CalendarInput:
    """Periods need not be equal: railway periods are a list."""

    kind: CalendarKind = field(description="How periods are named.")
    time_zone: str = field(description="IANA name, as Europe/London.")
    periods: list[ListedPeriodInput] = field(
        default_factory=list, description="For LIST only: 1 to 600, in order, without overlap."
    )
    first_month: int = field(
        default=1, description="For YEAR and QUARTER: where a financial year starts, 1 to 12."
    )
    first_on: date | None = field(
        default=None, description="For FOUR_WEEKS only: the first day of a period 1."
    )

    def calendar(self) -> Calendar:
        """What the workroom reads."""
        listed = tuple(ListedPeriod(each.key, each.start, each.end) for each in self.periods)
        return Calendar(self.kind, self.time_zone, listed, self.first_month, self.first_on)


@strawberry.input(description="The upper edges of a band.")
class UpperLevelsInput:
    """Stretch, target and minimum rise; the lower edges are those of `levels`."""

    minimum: Fraction = field(description="Above it stands RED.")
    target: Fraction = field(description="Up to it stands GREEN.")
    stretch: Fraction = field(description="Up to it there is nothing better.")

    def levels(self) -> rules.UpperLevels:
        """What the workroom reads."""
        return rules.UpperLevels(self.minimum, self.target, self.stretch)


@strawberry.input(description="The values that matter, in the indicator's unit.")
class LevelsInput:
    """Minimum, target and stretch run from worse to better."""

    baseline: Fraction = field(description="What it was before.")
    minimum: Fraction = field(description="Below it stands RED.")
    target: Fraction = field(description="From it on stands GREEN.")
    stretch: Fraction = field(description="Better than asked.")
    upper: UpperLevelsInput | None = field(default=None, description="For a BAND only.")

    def levels(self) -> rules.Levels:
        """What the workroom reads."""
        upper = None if self.upper is None else self.upper.levels()
        return rules.Levels(self.baseline, self.minimum, self.target, self.stretch, upper)


@strawberry.input(description="A version of an indicator to be agreed by all its co-owners.")
class ProposeIndicatorInput:
    """Every term is stated."""

    idempotency_key: str = field(description=KEY)
    name: str = field(description="1 to 120 characters.")
    why: str = field(description="Why it matters: 1 to 2000 characters, never empty.")
    theme: Theme = field(description="The theme that it serves.")
    perspective: rules.Perspective = field(description="Experience or operational.")
    unit: str = field(description="What its values count.")
    direction: rules.Direction = field(description="Which way is better.")
    boundary: rules.Boundary = field(description="Whether reaching a level meets it.")
    owners: list[OwnerInput] = field(description="The co-owners; all of them must consent.")
    attribution: rules.Attribution = field(description="One result for all, or each its own.")
    method: MethodInput = field(description="The formula and what it reads.")
    rounding: RoundingInput = field(description="How values are rounded, and when.")
    calendar: CalendarInput = field(description="Its periods.")
    levels: LevelsInput = field(description="Baseline, minimum, target, stretch.")
    minimum_sample: int = field(description="Fewer observations are a low sample; 0: never.")
    low_sample: rules.LowSample = field(description="What a low sample means.")
    stage: rules.Stage = field(description="Pilot or live.")
    worked_examples: list[WorkedExampleInput] = field(description="At least one; it is run.")
    rolling_count: rules.RollingCount = field(
        description="Whether this version starts rolling counts anew (four misses a year)."
    )
    without_previous: rules.LowSample | None = field(
        default=None,
        description="For CARRY_FORWARD and POOL_WITH_PREVIOUS, and only for them: what a low "
        "sample means where no period before helps.",
    )
    live_from: str | None = field(
        default=None, description="First live period; required when LIVE, null in SHADOW."
    )
    indicator_id: strawberry.ID | None = field(
        default=None, description="The indicator of which this is the next version."
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )
    expected_version: int | None = field(default=None, description=EXPECTED_VERSION)

    def terms(self) -> rules.IndicatorTerms:
        """What the workroom reads."""
        rounding = self.rounding
        return rules.IndicatorTerms(
            name=self.name.strip(),
            why=self.why.strip(),
            theme=self.theme,
            perspective=self.perspective,
            unit=self.unit.strip(),
            direction=self.direction,
            boundary=self.boundary,
            owners=tuple(
                rules.Owner(local_id(each.party_id, "Party", f"owners[{i}].partyId"), each.weight)
                for i, each in enumerate(self.owners)
            ),
            attribution=self.attribution,
            method=self.method.terms(),
            rounding=rules.RoundingTerms(rounding.mode, rounding.step, rounding.stage),
            calendar=self.calendar.calendar(),
            levels=self.levels.levels(),
            minimum_sample=self.minimum_sample,
            low_sample=self.low_sample,
            stage=self.stage,
            live_from=self.live_from or "",
            worked_examples=tuple(
                each.example(f"workedExamples[{i}]") for i, each in enumerate(self.worked_examples)
            ),
            without_previous=self.without_previous,
            rolling_count=self.rolling_count,
        )
