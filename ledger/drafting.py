"""Drafting: whether the terms of an indicator version can stand, and how one is proposed.

The one rule: a version carries at least one worked example, the engine runs it, and a version
whose example fails cannot be proposed. Source: `domain.md` section 4.
"""

from collections.abc import Collection, Sequence
from fractions import Fraction

from ledger.agreement import named_by, opening, require_version
from ledger.amounts import render_number
from ledger.fact import Fact
from ledger.figures import AttributionKind, Figures, FiguresMalformed, NothingMeasured
from ledger.figures import check_figures as check_use
from ledger.formula import InputValue, compose, compute
from ledger.ids import ProposalId, Seed
from ledger.indicator import (
    FROM_PREVIOUS,
    MAX_TEXT,
    Attribution,
    Direction,
    ExampleFails,
    IndicatorProposed,
    IndicatorTerms,
    IndicatorVersion,
    Owner,
    OwnersMalformed,
    ProposeIndicator,
    Stage,
    TermsMalformed,
    WhyMissing,
    WorkedExample,
)
from ledger.judgement import displayed
from ledger.method import COMPOSITES, UNDIVIDED, Method
from ledger.method import check as check_method
from ledger.proposal import Agreements, ProposalKind

MAX_NAME = 120


def check(terms: IndicatorTerms, member_ids: frozenset[str]) -> None:
    """Return if the terms can be proposed; raise a refusal that names the place otherwise."""
    _check_texts(terms)
    _check_owners(terms.owners, member_ids)
    terms.calendar.check("calendar")
    check_method(terms.method)
    _check_choices(terms)
    _check_levels(terms)
    if terms.stage is Stage.LIVE:
        terms.calendar.period(terms.live_from, "liveFrom")
    if not terms.worked_examples:
        raise TermsMalformed("workedExamples", reason="at least one worked example is required")
    for number, example in enumerate(terms.worked_examples):
        _check_example(terms, example, f"workedExamples[{number}]")


def check_figures(terms: IndicatorTerms, figures: Figures, path: str) -> None:
    """Return if the version can use a part: its owner's, as its method reads it.

    Raises OwnersMalformed, FiguresMalformed, AnswersImpossible.
    """
    owners = terms.owner_ids()
    if figures.party_id not in owners:
        raise OwnersMalformed(path, reason=f"{figures.party_id} does not co-own the indicator")
    check_use(terms.method, figures, owners, path)
    if terms.attribution is Attribution.SOLIDARY and any(
        line.kind is not AttributionKind.EXCLUDED for line in figures.lines
    ):
        reason = "a SOLIDARY result is everybody's; only exclusions are stated"
        raise FiguresMalformed(f"{path}.attribution", reason=reason)


def _check_texts(terms: IndicatorTerms) -> None:
    if not 1 <= len(terms.why.strip()) <= MAX_TEXT:
        raise WhyMissing("why")
    texts = [("name", terms.name), ("unit", terms.unit)]
    if terms.method.kind not in COMPOSITES and not terms.method.is_derived:
        texts.append(("series", terms.method.series))
    for path, text in texts:
        if not 1 <= len(text.strip()) <= MAX_NAME:
            raise TermsMalformed(path, reason=f"{path} has 1 to {MAX_NAME} characters")


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


def _check_choices(terms: IndicatorTerms) -> None:
    """Terms that only stand together with others."""
    kind, rule = terms.method.kind, terms.low_sample
    if terms.rounding.step <= 0:
        raise TermsMalformed("rounding.step", reason="a step is above zero")
    if terms.minimum_sample < 0:
        raise TermsMalformed("minimumSample", reason="a sample is not negative")
    if terms.attribution is Attribution.ATTRIBUTED and kind in UNDIVIDED:
        raise TermsMalformed("attribution", reason=f"{kind} has no parts that add up; SOLIDARY")
    if kind is Method.WEAKEST_LINK and terms.direction is Direction.BAND:
        raise TermsMalformed("direction", reason="of a band no link is the weakest")
    if (rule in FROM_PREVIOUS) != (terms.without_previous is not None):
        reason = "it is stated where a low sample draws on the period before, and only there"
        raise TermsMalformed("withoutPrevious", reason=reason)
    if terms.without_previous in FROM_PREVIOUS:
        raise TermsMalformed("withoutPrevious", reason="it draws on no period before")
    if kind in COMPOSITES and (terms.minimum_sample or rule in FROM_PREVIOUS):
        raise TermsMalformed("minimumSample", reason=f"{kind} has no sample of its own: 0")


def _check_levels(terms: IndicatorTerms) -> None:
    levels, upper = terms.levels, terms.levels.upper
    steps = [levels.minimum, levels.target, levels.stretch]
    if (terms.direction is Direction.BAND) != (upper is not None):
        raise TermsMalformed("levels.upper", reason="a BAND, and only it, has upper edges")
    if upper is not None:
        steps += [upper.stretch, upper.target, upper.minimum]
    if steps != sorted(steps, reverse=terms.direction is Direction.LOWER_IS_BETTER):
        raise TermsMalformed("levels", reason="minimum, target, stretch run from worse to better")


def _check_example(terms: IndicatorTerms, example: WorkedExample, place: str) -> None:
    for part in example.parts:
        check_figures(terms, part, f"{place}.parts")
    try:
        computed = displayed(terms, _example_value(terms, example, place))
    except NothingMeasured as refusal:
        raise TermsMalformed(place, reason=refusal.message) from refusal
    if computed != example.expected:
        raise ExampleFails(
            f"{place}.expected",
            computed=render_number(computed),
            expected=render_number(example.expected),
        )


def _example_value(terms: IndicatorTerms, example: WorkedExample, place: str) -> Fraction:
    if terms.method.kind not in COMPOSITES:
        if example.inputs:
            raise TermsMalformed(f"{place}.inputs", reason="only a composite has inputs")
        return compute(terms.method, example.parts).value
    given = {each.indicator_id: each.value for each in example.inputs}
    if len(given) != len(example.inputs) or set(given) != {
        each.indicator_id for each in terms.method.inputs
    }:
        raise TermsMalformed(f"{place}.inputs", reason="it gives one value an input")
    inputs = [
        InputValue(each.weight, given[each.indicator_id], None) for each in terms.method.inputs
    ]
    lower = terms.direction is Direction.LOWER_IS_BETTER
    return compose(terms.method, inputs, lower_is_better=lower).value


def asked(
    terms: IndicatorTerms, current: IndicatorVersion | None, signing_ids: Collection[str]
) -> frozenset[str]:
    """Whose consent a version needs: its owners', and those of the version in force.

    Nobody is put out of what it owns by others. Of the owners of before those who still sign.
    """
    before = current.terms.owner_ids() if current else frozenset()
    return terms.owner_ids() | before.intersection(signing_ids)


def propose(
    command: ProposeIndicator,
    current: IndicatorVersion | None,
    agreements: Agreements,
    member_ids: frozenset[str],
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that open a version's proposal. Raises like `check`, `named_by` and `opening`.

    `current` is the version in force of what the command names, or what it replaces is about.
    """
    require_version(command.expected_version, current.version if current else 0)
    check(command.terms, member_ids)
    replaced = named_by(agreements, command.replaces, ProposalKind.INDICATOR)
    indicator_id = current.indicator_id if current else replaced or seed.new_id()
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.INDICATOR,
        subject=f"indicator/{indicator_id}",
        signatories=asked(command.terms, current, member_ids),
        replaces=command.replaces,
    )
    version = current.version + 1 if current else 1
    event = IndicatorProposed(terms, indicator_id, version, command.terms)
    return (*superseded, Fact(event))
