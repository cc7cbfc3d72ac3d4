"""What `proposeIndicator` takes: every term of a version, stated."""

from datetime import date
from fractions import Fraction

import strawberry
from strawberry import field

from graph.nodes import local_id
from graph.receipts import KEY
from ledger import indicator as rules
from ledger import method
from ledger.amounts import Rounding
from ledger.periods import Calendar, CalendarKind, ListedPeriod
from ledger.theme import Theme

for kind, meaning in (
    (Theme, "The few themes that joint indicators serve."),
    (rules.Perspective, "EXPERIENCE: what the user feels. OPERATIONAL: what a service level says."),
    (rules.Direction, "Which way is better."),
    (rules.Boundary, "Whether a value that equals a level meets it."),
    (rules.RoundingStage, "Whether a value is rounded before it is compared with a level."),
    (rules.Attribution, "SOLIDARY: one result for all. ATTRIBUTED: each part is its party's."),
    (rules.Stage, "SHADOW: real data, no money (a pilot). LIVE: incentives may hang on it."),
    (rules.LowSample, "What too few observations mean."),
    (rules.Standing, "GREEN: the target is met. AMBER: the minimum is. RED: neither."),
    (method.Method, "SUM: of the parts. POOLED_RATIO: sum of values / sum of denominators."),
    (Rounding, "How a rest is rounded; HALF_UP goes away from zero at a tie."),
    (CalendarKind, "How a calendar names its periods."),
):
    strawberry.enum(kind, description=f"{meaning} Values may be added.")


@strawberry.input(description="A co-owner.")
class OwnerInput:
    """One of those that own it together."""

    party_id: strawberry.ID = field(description="A member that signs; no observer.")
    weight: Fraction = field(description="Above 0; all weights add up to 1.")


@strawberry.input(description="Numbers of one party's part.")
class FiguresInput:
    """A part, of a worked example or declared."""

    party_id: strawberry.ID = field(description="The co-owner whose part it is.")
    value: Fraction = field(description="In the indicator's unit; of a ratio the numerator.")
    denominator: Fraction | None = field(default=None, description="Of a ratio only; not negative.")
    sample_size: int | None = field(default=None, description="Single facts summed up.")

    def figures(self, path: str) -> method.Figures:
        """What the workroom reads."""
        party_id = local_id(self.party_id, "Party", f"{path}.partyId")
        return method.Figures(party_id, self.value, self.denominator, self.sample_size)


@strawberry.input(description="Parts, and the displayed value that they must give.")
class WorkedExampleInput:
    """The engine runs it; a version whose example fails is refused."""

    parts: list[FiguresInput] = field(description="The parts.")
    expected: Fraction = field(description="The value after rounding.")


@strawberry.input(description="The method and what it reads.")
class MethodInput:
    """How the value follows from the parts."""

    kind: method.Method = field(description="The formula.")
    series: str = field(description="The series of observations, 1 to 120 characters.")
    segment: str = field(default="", description="Only this segment; empty: all.")
    scale: Fraction = field(
        default=Fraction(1), description="The result is multiplied by it: 100 gives a percentage."
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

    def calendar(self) -> Calendar:
        """What the workroom reads."""
        listed = tuple(ListedPeriod(each.key, each.start, each.end) for each in self.periods)
        return Calendar(self.kind, self.time_zone, listed)


@strawberry.input(description="The values that matter, in the indicator's unit.")
class LevelsInput:
    """Minimum, target and stretch run from worse to better."""

    baseline: Fraction = field(description="What it was before.")
    minimum: Fraction = field(description="Below it stands RED.")
    target: Fraction = field(description="From it on stands GREEN.")
    stretch: Fraction = field(description="Better than asked.")


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
    live_from: str = field(default="", description="First live period; required when LIVE.")
    indicator_id: strawberry.ID | None = field(
        default=None, description="The indicator of which this is the next version."
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )

    def terms(self) -> rules.IndicatorTerms:
        """What the workroom reads."""
        levels, rounding, how = self.levels, self.rounding, self.method
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
            method=method.MethodTerms(how.kind, how.scale, how.series.strip(), how.segment),
            rounding=rules.RoundingTerms(rounding.mode, rounding.step, rounding.stage),
            calendar=self.calendar.calendar(),
            levels=rules.Levels(levels.baseline, levels.minimum, levels.target, levels.stretch),
            minimum_sample=self.minimum_sample,
            low_sample=self.low_sample,
            stage=self.stage,
            live_from=self.live_from,
            worked_examples=tuple(
                rules.WorkedExample(
                    tuple(part.figures(f"workedExamples[{i}].parts") for part in each.parts),
                    each.expected,
                )
                for i, each in enumerate(self.worked_examples)
            ),
        )
