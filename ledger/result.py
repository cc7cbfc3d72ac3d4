"""Results: the value of a period that follows from its parts and from what lies around it.

The one rule: `result` is a pure function of the version, the parts and their surroundings, so that
an audit repeats it; a later version of the rules leaves the older evaluators as they are.
Source: `domain.md` sections 4 and 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.drafting import check_figures
from ledger.errors import Refusal
from ledger.exclusion import Exclusion, indices
from ledger.figures import Figures, NothingMeasured
from ledger.formula import (
    Contribution,
    InputValue,
    Outcome,
    compose,
    compute,
    contributions,
    invited_by,
    invited_where_stated,
)
from ledger.indicator import (
    FROM_PREVIOUS,
    Attribution,
    Direction,
    IndicatorTerms,
    IndicatorVersion,
    LowSample,
    Standing,
)
from ledger.judgement import change, displayed, standing
from ledger.measurement import (
    Findings,
    InputsMissing,
    InputUsed,
    Measurement,
    MeasurementProposed,
    PartUsed,
    RestatementReason,
)
from ledger.method import COMPOSITES, RULES_VERSION, MethodTerms
from ledger.proposal import Opening
from ledger.statistic import Change, Margin

WITHOUT_SCORE = frozenset(
    {LowSample.NO_SCORE_REWEIGHT_IN_PROPORTION, LowSample.NO_SCORE_REWEIGHT_EQUALLY}
)
"""Low samples that drop out, their weight going to the others."""
THIRD = 3
"""Rules by which an input counts at its target where nobody answered too, a value is set beside one
that asked the same, and answers beside people only if all parts say how many they asked."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another agreed measurement, with the terms of the version that it is of."""

    measurement: Measurement
    terms: IndicatorTerms

    @property
    def index(self) -> int:
        """Its entry."""
        return self.measurement.index

    @property
    def rule(self) -> LowSample | None:
        """The rule that its low sample was treated by; None when it had enough."""
        measured = self.measurement
        if not measured.is_low_sample:
            return None
        return measured.findings.low_sample or self.terms.low_sample


@dataclass(frozen=True, slots=True)
class Around:
    """What the Book knows around a period when it is measured.

    `before` is the agreed measurement of the period before, `inputs` those that a composite reads
    by indicator, `restated` the one whose place is taken, with what rests on it.
    """

    before: Neighbour | None = None
    inputs: Mapping[str, Neighbour] | None = None
    exclusions: tuple[Exclusion, ...] = ()
    restated: Measurement | None = None
    reason: RestatementReason | None = None
    touched_settlements: tuple[str, ...] = ()
    touched_measurements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A value after the low-sample rule, None where there is none, and what it came from."""

    outcome: Outcome | None
    contributions: tuple[Contribution, ...] = ()
    rule: LowSample | None = None
    drawn_from: tuple[int, ...] = ()
    inputs: tuple[InputUsed, ...] = ()


def result(
    terms: Opening,
    version: IndicatorVersion,
    period: str,
    used: tuple[PartUsed, ...],
    around: Around,
    rules_version: int = RULES_VERSION,
) -> MeasurementProposed:
    """The computed event. Raises NothingMeasured, InputsMissing."""
    if rules_version == 1:
        return _first_rules(terms, version, period, used)
    if version.terms.method.kind in COMPOSITES:
        drawn = _composed(version.terms, period, around.inputs or {}, rules_version)
    else:
        figures = [part.figures for part in used]
        drawn = _drawn(version.terms, figures, around.before, rules_version)
    outcome = drawn.outcome
    value = Fraction(0) if outcome is None else outcome.value
    verdict, before = _change(version.terms, outcome, around.before, rules_version)
    return MeasurementProposed(
        opening=terms,
        indicator_id=version.indicator_id,
        version=version.version,
        version_index=version.index,
        period=period,
        parts=used,
        value=value,
        displayed=displayed(version.terms, value),
        standing=Standing.NONE if outcome is None else standing(version.terms, value),
        sample_size=outcome.sample_size if outcome else 0,
        is_low_sample=drawn.rule is not None,
        rules_version=rules_version,
        findings=Findings(
            margin=outcome.margin if outcome else None,
            answered=outcome.answered if outcome else 0,
            invited=outcome.invited if outcome else _invited(used, rules_version),
            is_void=outcome is None,
            low_sample=drawn.rule,
            drawn_from=drawn.drawn_from,
            change=verdict,
            before=before,
            contributions=drawn.contributions,
            inputs=drawn.inputs,
            exclusions=indices(around.exclusions),
            restates=around.restated.index if around.restated else None,
            reason=around.reason,
            touched_settlements=around.touched_settlements,
            touched_measurements=around.touched_measurements,
        ),
    )


def _drawn(
    terms: IndicatorTerms,
    figures: Sequence[Figures],
    before: Neighbour | None,
    rules_version: int,
) -> _Drawn:
    """The parts' own value, or what the low-sample rule puts in its place."""
    try:
        own = _computed(terms, figures, rules_version)
    except NothingMeasured:
        if terms.minimum_sample == 0:
            raise
        own = None
    sample = own.sample_size if own else 0
    if sample is None or sample >= terms.minimum_sample:
        return _Drawn(own, _contributions(terms, figures))
    rule = terms.low_sample
    if rule in FROM_PREVIOUS:
        found = _from_previous(terms, figures, before, rules_version)
        if found is not None:
            return found
        rule = terms.without_previous or LowSample.PAY_NOTHING
    return _Drawn(own, _contributions(terms, figures) if own else (), rule)


def _from_previous(
    terms: IndicatorTerms,
    figures: Sequence[Figures],
    before: Neighbour | None,
    rules_version: int,
) -> _Drawn | None:
    """What the period before gives: its value, or its parts beside these; None when nothing."""
    if before is None or not is_comparable(terms, before.terms):
        return None
    measured = before.measurement
    findings = measured.findings
    place = (measured.index,)
    if terms.low_sample is LowSample.CARRY_FORWARD:
        has_score = not measured.is_low_sample or findings.low_sample in FROM_PREVIOUS
        has_score &= _asks_the_same(terms, before.terms, rules_version)
        if findings.is_void or not has_score:
            return None
        outcome = Outcome(
            measured.value,
            findings.margin,
            measured.sample_size,
            findings.answered,
            findings.invited,
        )
        return _Drawn(outcome, findings.contributions, LowSample.CARRY_FORWARD, place)
    pooled = [*figures, *(part.figures for part in measured.parts)]
    try:
        for each in pooled:
            check_figures(terms, each, "")
        outcome = _computed(terms, pooled, rules_version)
    except Refusal:
        return None
    if outcome.sample_size is None or outcome.sample_size < terms.minimum_sample:
        return None
    return _Drawn(outcome, _contributions(terms, pooled), LowSample.POOL_WITH_PREVIOUS, place)


def _composed(
    terms: IndicatorTerms, period: str, known: Mapping[str, Neighbour], rules_version: int
) -> _Drawn:
    """A composite of its inputs that have a score; the others' weight is spread as they state."""
    missing = [each.indicator_id for each in terms.method.inputs if each.indicator_id not in known]
    if missing:
        raise InputsMissing("period", period=period, indicators=", ".join(missing))
    kept = [
        each for each in terms.method.inputs if not _drops(known[each.indicator_id], rules_version)
    ]
    if not kept:
        return _Drawn(None, (), terms.low_sample)
    equally = sum(
        (
            each.weight
            for each in terms.method.inputs
            if each not in kept
            and known[each.indicator_id].rule is LowSample.NO_SCORE_REWEIGHT_EQUALLY
        ),
        Fraction(0),
    )
    spread = {each.indicator_id: each.weight + equally / len(kept) for each in kept}
    whole = sum(spread.values(), Fraction(0))
    read = [_input(known[each.indicator_id]) for each in kept]
    values = [
        InputValue(spread[each.indicator_id] / whole, value, margin)
        for each, (value, margin) in zip(kept, read, strict=True)
    ]
    lower = terms.direction is Direction.LOWER_IS_BETTER
    inputs = tuple(
        InputUsed(each.indicator_id, given.weight, given.value, known[each.indicator_id].index)
        for each, given in zip(kept, values, strict=True)
    )
    return _Drawn(compose(terms.method, values, lower_is_better=lower), (), inputs=inputs)


def _drops(neighbour: Neighbour, rules_version: int) -> bool:
    """Whether an input has no score; where its target is agreed for it, it has one."""
    if neighbour.rule is LowSample.PAY_AT_TARGET and rules_version >= THIRD:
        return False
    return neighbour.measurement.findings.is_void or neighbour.rule in WITHOUT_SCORE


def _input(neighbour: Neighbour) -> tuple[Fraction, Margin | None]:
    """The exact value of an input, never the displayed one; its target where that is agreed."""
    if neighbour.rule is LowSample.PAY_AT_TARGET:
        return neighbour.terms.levels.target, None
    return neighbour.measurement.value, neighbour.measurement.findings.margin


def _contributions(terms: IndicatorTerms, figures: Sequence[Figures]) -> tuple[Contribution, ...]:
    if terms.attribution is Attribution.SOLIDARY:
        return ()
    return contributions(terms.method, figures)


def is_comparable(terms: IndicatorTerms, before: IndicatorTerms) -> bool:
    """Whether two versions measure the same: a value of one can be set beside one of the other."""
    mine, other = terms.method, before.method
    return (terms.unit, mine.kind, mine.scale) == (before.unit, other.kind, other.scale)


def _asks_the_same(terms: IndicatorTerms, before: IndicatorTerms, rules_version: int) -> bool:
    """Whether a value by one version says what one by the other would have said."""
    return rules_version < THIRD or _question(terms.method) == _question(before.method)


def _question(method: MethodTerms) -> tuple[object, ...]:
    """What a method asks of whom, beside its kind."""
    share = method.percentile.share if method.percentile else None
    denominator = method.answers.denominator if method.answers else None
    return method.target, share, denominator, method.segment, method.source


def _change(
    terms: IndicatorTerms,
    outcome: Outcome | None,
    before: Neighbour | None,
    rules_version: int,
) -> tuple[Change, int | None]:
    if outcome is None or before is None or not is_comparable(terms, before.terms):
        return Change.FIRST, None
    if not _asks_the_same(terms, before.terms, rules_version):
        return Change.FIRST, None
    measured = before.measurement
    if measured.findings.is_void:
        return Change.FIRST, None
    margins = outcome.margin, measured.findings.margin
    verdict = change(terms, outcome.value, margins[0], measured.value, margins[1])
    return verdict, measured.index


def _computed(terms: IndicatorTerms, figures: Sequence[Figures], rules_version: int) -> Outcome:
    """What figures give, by a version of the rules."""
    found = compute(terms.method, figures)
    if rules_version < THIRD:
        return replace(found, invited=invited_where_stated(figures))
    return found


def _invited(used: Sequence[PartUsed], rules_version: int) -> int | None:
    asked = invited_by if rules_version >= THIRD else invited_where_stated
    return asked([part.figures for part in used])


def _first_rules(
    terms: Opening, version: IndicatorVersion, period: str, used: tuple[PartUsed, ...]
) -> MeasurementProposed:
    """Rules version 1: totals alone; the sample is what the parts state, and has no findings."""
    value = compute(version.terms.method, [part.figures for part in used]).value
    sizes = [part.figures.sample_size for part in used if part.figures.sample_size is not None]
    sample = sum(sizes) if sizes else None
    return MeasurementProposed(
        opening=terms,
        indicator_id=version.indicator_id,
        version=version.version,
        version_index=version.index,
        period=period,
        parts=used,
        value=value,
        displayed=displayed(version.terms, value),
        standing=standing(version.terms, value),
        sample_size=sample,
        is_low_sample=sample is not None and sample < version.terms.minimum_sample,
        rules_version=1,
    )
