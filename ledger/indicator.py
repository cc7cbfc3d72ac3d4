"""Joint performance indicators: versions that state every term, and the methods that compute them.

The one rule: a version carries at least one worked example, the engine runs it, and a version
whose example fails cannot be proposed. Values are exact fractions; rounding is a stated term.

Sources: `domain.md` section 4. Method formulas stand beside each method.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.agreement import opening
from ledger.amounts import Rounding, render_number, round_to
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.method import Figures, Method, MethodTerms, NothingMeasured, compute
from ledger.periods import Calendar
from ledger.proposal import Agreements, Opening, ProposalKind
from ledger.theme import Theme

MAX_TEXT = 2000


class WhyMissing(Refusal):
    """An indicator says why it matters, in 1 to 2000 characters. -> Say whom it serves."""


class TermsMalformed(Refusal):
    """This term cannot stand: {reason}. -> Correct it and propose again."""


class OwnersMalformed(Refusal):
    """These owners cannot own it jointly: {reason}. -> Name members, once each, with weights."""


class ExampleFails(Refusal):
    """The worked example gives {computed}, not {expected}. -> Correct the example or the terms."""


class Perspective(StrEnum):
    """Experience is what the user feels; operational is what a service level measures."""

    EXPERIENCE = "EXPERIENCE"
    OPERATIONAL = "OPERATIONAL"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER_IS_BETTER = "HIGHER_IS_BETTER"
    LOWER_IS_BETTER = "LOWER_IS_BETTER"


class Boundary(StrEnum):
    """Whether a value that equals the target meets it."""

    INCLUSIVE = "INCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"


class RoundingStage(StrEnum):
    """Whether a value is rounded before it is compared, or only where it is shown."""

    BEFORE_COMPARING = "BEFORE_COMPARING"
    AFTER_COMPARING = "AFTER_COMPARING"


class Attribution(StrEnum):
    """SOLIDARY: one result for all. ATTRIBUTED: each part belongs to its party."""

    SOLIDARY = "SOLIDARY"
    ATTRIBUTED = "ATTRIBUTED"


class Stage(StrEnum):
    """SHADOW: real data, no money (a pilot). LIVE: incentives may hang on it."""

    SHADOW = "SHADOW"
    LIVE = "LIVE"


class LowSample(StrEnum):
    """What too few observations mean."""

    NO_SCORE_REWEIGHT_IN_PROPORTION = "NO_SCORE_REWEIGHT_IN_PROPORTION"
    NO_SCORE_REWEIGHT_EQUALLY = "NO_SCORE_REWEIGHT_EQUALLY"
    PAY_AT_TARGET = "PAY_AT_TARGET"
    PAY_NOTHING = "PAY_NOTHING"


class Standing(StrEnum):
    """How a value stands. GREEN: target met. AMBER: minimum met. RED: below the minimum."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


@dataclass(frozen=True, slots=True)
class Owner:
    """A co-owner and its weight of ownership; weights add up to 1."""

    party_id: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """Parts and the value that they must give."""

    parts: tuple[Figures, ...]
    expected: Fraction


@dataclass(frozen=True, slots=True)
class RoundingTerms:
    """Mode, step (0.1 keeps one decimal) and stage."""

    mode: Rounding
    step: Fraction
    stage: RoundingStage


@dataclass(frozen=True, slots=True)
class Levels:
    """The values that matter, in the indicator's unit, from worst to best."""

    baseline: Fraction
    minimum: Fraction
    target: Fraction
    stretch: Fraction


@dataclass(frozen=True, slots=True)
class IndicatorTerms:
    """Every term of a version of an indicator."""

    name: str
    why: str
    theme: Theme
    perspective: Perspective
    unit: str
    direction: Direction
    boundary: Boundary
    owners: tuple[Owner, ...]
    attribution: Attribution
    method: MethodTerms
    rounding: RoundingTerms
    calendar: Calendar
    levels: Levels
    minimum_sample: int
    low_sample: LowSample
    stage: Stage
    live_from: str
    worked_examples: tuple[WorkedExample, ...]

    def owner_ids(self) -> frozenset[str]:
        """Ids of the co-owners."""
        return frozenset(owner.party_id for owner in self.owners)

    def is_live_in(self, period_key: str) -> bool:
        """Whether incentives may hang on the period."""
        if self.stage is not Stage.LIVE:
            return False
        calendar = self.calendar
        return calendar.position(period_key) >= calendar.position(self.live_from)


def check(terms: IndicatorTerms, member_ids: frozenset[str]) -> None:
    """Return if the terms can be proposed; raise a refusal that names the place otherwise."""
    _check_texts(terms)
    _check_owners(terms.owners, member_ids)
    terms.calendar.check("calendar")
    _check_numbers(terms)
    if terms.stage is Stage.LIVE:
        terms.calendar.period(terms.live_from, "liveFrom")
    _check_examples(terms)


def displayed(terms: IndicatorTerms, value: Fraction) -> Fraction:
    """The value rounded as the terms say."""
    return round_to(value, terms.rounding.step, terms.rounding.mode)


def standing(terms: IndicatorTerms, value: Fraction) -> Standing:
    """How a value stands against target and minimum, rounded first only if the terms say so."""
    compared = value
    if terms.rounding.stage is RoundingStage.BEFORE_COMPARING:
        compared = displayed(terms, value)
    if _meets(terms, compared, terms.levels.target):
        return Standing.GREEN
    return Standing.AMBER if _meets(terms, compared, terms.levels.minimum) else Standing.RED


def _meets(terms: IndicatorTerms, value: Fraction, level: Fraction) -> bool:
    if value == level:
        return terms.boundary is Boundary.INCLUSIVE
    return (value > level) == (terms.direction is Direction.HIGHER_IS_BETTER)


def _check_texts(terms: IndicatorTerms) -> None:
    if not 1 <= len(terms.why.strip()) <= MAX_TEXT:
        raise WhyMissing("why")
    for path, text in (("name", terms.name), ("unit", terms.unit), ("series", terms.method.series)):
        if not 1 <= len(text.strip()) <= 120:  # noqa: PLR2004 -- as ecosystem.MAX_NAME, above us
            raise TermsMalformed(path, reason=f"{path} has 1 to 120 characters")


def _check_owners(owners: Sequence[Owner], member_ids: frozenset[str]) -> None:
    ids = [owner.party_id for owner in owners]
    if not ids:
        raise OwnersMalformed("owners", reason="nobody is named")
    for i, owner in enumerate(owners):
        if owner.party_id not in member_ids:
            raise OwnersMalformed(f"owners[{i}]", reason=f"{owner.party_id} signs nothing here")
        if owner.party_id in ids[:i]:
            raise OwnersMalformed(f"owners[{i}]", reason=f"{owner.party_id} stands twice")
        if owner.weight <= 0:
            raise OwnersMalformed(f"owners[{i}].weight", reason="a weight is above zero")
    total = sum((owner.weight for owner in owners), Fraction(0))
    if total != 1:
        raise OwnersMalformed("owners", reason=f"weights add up to {render_number(total)}, not 1")


def _check_numbers(terms: IndicatorTerms) -> None:
    if terms.rounding.step <= 0:
        raise TermsMalformed("rounding.step", reason="a step is above zero")
    if terms.method.scale <= 0:
        raise TermsMalformed("method.scale", reason="a scale is above zero")
    if terms.minimum_sample < 0:
        raise TermsMalformed("minimumSample", reason="a sample is not negative")
    levels = (terms.levels.minimum, terms.levels.target, terms.levels.stretch)
    ordered = sorted(levels, reverse=terms.direction is Direction.LOWER_IS_BETTER)
    if list(levels) != ordered:
        raise TermsMalformed("levels", reason="minimum, target, stretch run from worse to better")


def _check_examples(terms: IndicatorTerms) -> None:
    if not terms.worked_examples:
        raise TermsMalformed("workedExamples", reason="at least one worked example is required")
    for i, example in enumerate(terms.worked_examples):
        place = f"workedExamples[{i}]"
        for part in example.parts:
            check_figures(terms, part, f"{place}.parts")
        try:
            computed = displayed(terms, compute(terms.method, example.parts))
        except NothingMeasured as refusal:
            raise TermsMalformed(place, reason=refusal.message) from refusal
        if computed != example.expected:
            raise ExampleFails(
                f"{place}.expected",
                computed=render_number(computed),
                expected=render_number(example.expected),
            )


def check_figures(terms: IndicatorTerms, figures: Figures, path: str) -> None:
    """Return if the method can use a part: a ratio needs its denominator, a sum has none."""
    if figures.party_id not in terms.owner_ids():
        raise OwnersMalformed(path, reason=f"{figures.party_id} does not co-own the indicator")
    is_ratio = terms.method.kind is Method.POOLED_RATIO
    if is_ratio and (figures.denominator is None or figures.denominator < 0):
        raise TermsMalformed(path, reason="a pooled ratio needs a denominator of zero or more")
    if not is_ratio and figures.denominator is not None:
        raise TermsMalformed(path, reason=f"{terms.method.kind} takes no denominator")
    if figures.sample_size is not None and figures.sample_size < 0:
        raise TermsMalformed(path, reason="a sample size is not negative")


@dataclass(frozen=True, slots=True)
class IndicatorVersion:
    """An agreed version. `index` is the entry that proposed its terms."""

    indicator_id: str
    version: int
    terms: IndicatorTerms
    index: int


@dataclass(frozen=True, slots=True)
class ProposeIndicator:
    """Command: propose the first version of an indicator, or the next one of `indicator_id`."""

    terms: IndicatorTerms
    indicator_id: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorProposed:
    """A version is proposed to its co-owners."""

    opening: Opening
    indicator_id: str
    version: int
    terms: IndicatorTerms


def propose(
    command: ProposeIndicator,
    current: IndicatorVersion | None,
    agreements: Agreements,
    member_ids: frozenset[str],
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that open a version's proposal. Raises what `check` and `agreement.opening` raise."""
    check(command.terms, member_ids)
    indicator_id = current.indicator_id if current else seed.new_id()
    if not current and command.replaces:
        indicator_id = agreements.get(command.replaces).subject.removeprefix("indicator/")
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.INDICATOR,
        subject=f"indicator/{indicator_id}",
        signatories=command.terms.owner_ids(),
        replaces=command.replaces,
    )
    version = current.version + 1 if current else 1
    event = IndicatorProposed(terms, indicator_id, version, command.terms)
    return (*superseded, Fact(event))
