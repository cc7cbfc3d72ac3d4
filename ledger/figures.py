"""Figures: what one party's part of a period holds, and whether its method can use it.

The one rule: figures that no method could have made are refused when they come in, not when money
hangs on them. Source: `domain.md` sections 4 and 5 (attribution, values).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.distribution import MAX_BINS, Bin, size, total
from ledger.errors import Refusal
from ledger.method import COMPOSITES, MOMENTS, SCALES, TOTALS, Method, MethodTerms
from ledger.statistic import MarginKind

MAX_LINES = 200
MAX_REASON = 200


class NothingMeasured(Refusal):
    """There is nothing to compute from: {reason}. -> Submit the parts that are missing."""


class AnswersImpossible(Refusal):
    """{value} is no answer on this scale: {reason}. -> Revise the row with this value."""


class FiguresMalformed(Refusal):
    """The method cannot use this part: {reason}. -> Correct the figures and submit again."""


class AttributionKind(StrEnum):
    """Whose a part of a value is.

    SOLE: one party's. JOINT: of several in equal parts. SHARED: of several by stated shares.
    UNATTRIBUTED: of nobody, yet in the value. EXCLUDED: left out of the value, with its reason.
    """

    SOLE = "SOLE"
    JOINT = "JOINT"
    SHARED = "SHARED"
    UNATTRIBUTED = "UNATTRIBUTED"
    EXCLUDED = "EXCLUDED"


@dataclass(frozen=True, slots=True)
class PartyShare:
    """A party's share of a line; shares of a line add up to 1."""

    party_id: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class AttributionLine:
    """How much of a part's value is whose; an excluded one may take its denominator with it."""

    kind: AttributionKind
    value: Fraction
    shares: tuple[PartyShare, ...] = ()
    denominator: Fraction | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one party's part holds: a value, for a ratio its denominator, and the sample size.

    Of single answers: `answers` say how often each value was given; or, of a mean, `value` is
    their sum, `sample_size` their number and `squares` the sum of their squares. `invited` is how
    many were asked. `lines` say whose the value is; without any it is the reporting party's.
    """

    party_id: str
    value: Fraction
    denominator: Fraction | None = None
    sample_size: int | None = None
    invited: int | None = None
    answers: tuple[Bin, ...] = ()
    squares: Fraction | None = None
    lines: tuple[AttributionLine, ...] = ()


def check_figures(terms: MethodTerms, figures: Figures, owners: frozenset[str], path: str) -> None:
    """Return if the method can use a part. Raises FiguresMalformed, AnswersImpossible."""
    _check_counts(figures, path)
    _check_lines(terms, figures, owners, path)
    if terms.kind in COMPOSITES:
        raise FiguresMalformed(path, reason=f"{terms.kind} reads other indicators, not parts")
    if terms.kind in TOTALS:
        _check_totals(terms, figures, path)
    elif figures.answers:
        _check_answers(terms, figures, path)
    elif terms.kind in MOMENTS:
        _check_moments(figures, path)
    elif figures.sample_size != 0 or figures.value:
        raise FiguresMalformed(f"{path}.answers", reason=f"{terms.kind} needs single answers")


def _check_counts(figures: Figures, path: str) -> None:
    for name, count in (("sampleSize", figures.sample_size), ("invited", figures.invited)):
        if count is not None and count < 0:
            raise FiguresMalformed(f"{path}.{name}", reason="a number of people is not negative")
    answered, invited = figures.sample_size, figures.invited
    if answered is not None and invited is not None and answered > invited:
        raise FiguresMalformed(f"{path}.invited", reason="more answered than were invited")


def _check_totals(terms: MethodTerms, figures: Figures, path: str) -> None:
    base = figures.denominator
    is_ratio = terms.kind is Method.POOLED_RATIO
    if is_ratio and (base is None or base < 0):
        raise FiguresMalformed(path, reason="a pooled ratio needs a denominator of zero or more")
    if not is_ratio and base is not None:
        raise FiguresMalformed(path, reason=f"{terms.kind} takes no denominator")
    if figures.answers or figures.squares is not None:
        raise FiguresMalformed(f"{path}.answers", reason=f"{terms.kind} takes no single answers")
    if terms.margin is not MarginKind.NONE and base is not None:
        _check_share(figures.value, base, path)
        _check_share(*kept(figures), f"{path}.attribution")


def kept(figures: Figures) -> tuple[Fraction, Fraction]:
    """The value and the denominator of totals without what is excluded of them."""
    value, base = figures.value, figures.denominator or Fraction(0)
    for line in figures.lines:
        if line.kind is AttributionKind.EXCLUDED:
            value, base = value - line.value, base - (line.denominator or Fraction(0))
    return value, base


def _check_share(value: Fraction, base: Fraction, path: str) -> None:
    if not value.denominator == base.denominator == 1 or not 0 <= value <= base:
        raise FiguresMalformed(path, reason="a share's margin needs a count out of a count")


def _check_answers(terms: MethodTerms, figures: Figures, path: str) -> None:
    answers, place = figures.answers, f"{path}.answers"
    if len(answers) > MAX_BINS:
        raise FiguresMalformed(place, reason=f"more than {MAX_BINS} values; state fewer decimals")
    values = [each.value for each in answers]
    if values != sorted(set(values)) or any(each.count <= 0 for each in answers):
        raise FiguresMalformed(place, reason="values rise, each with a count above zero")
    if figures.sample_size != size(answers) or figures.value != total(answers):
        raise FiguresMalformed(place, reason="number and sum are not those of the answers")
    for value in values:
        check_answer(terms, value, place)


def check_answer(terms: MethodTerms, value: Fraction, path: str) -> None:
    """Return if an answer can be given on the method's scale. Raises AnswersImpossible."""
    if terms.is_no_answer(value):
        return
    low, high = terms.bounds()
    if (low is not None and value < low) or (high is not None and value > high):
        raise AnswersImpossible(path, value=value, reason=f"it goes from {low} to {high}")
    if terms.kind in SCALES and value.denominator != 1:
        raise AnswersImpossible(path, value=value, reason="it counts in whole numbers")


def _check_moments(figures: Figures, path: str) -> None:
    n, squares = figures.sample_size, figures.squares
    if n is None or squares is None:
        raise FiguresMalformed(path, reason="a mean needs answers, or number, sum and squares")
    if (n == 0 and (figures.value or squares)) or n * squares < figures.value * figures.value:
        raise FiguresMalformed(f"{path}.squares", reason="no answers have this sum and squares")


def _check_lines(terms: MethodTerms, figures: Figures, owners: frozenset[str], path: str) -> None:
    if not figures.lines:
        return
    place = f"{path}.attribution"
    if terms.kind not in TOTALS:
        raise FiguresMalformed(place, reason=f"of {terms.kind} a part is its party's alone")
    if len(figures.lines) > MAX_LINES:
        raise FiguresMalformed(place, reason=f"more than {MAX_LINES} lines")
    for number, line in enumerate(figures.lines):
        _check_line(terms, line, owners, f"{place}[{number}]")
    if sum((line.value for line in figures.lines), Fraction(0)) != figures.value:
        raise FiguresMalformed(place, reason="the lines do not add up to the part's value")
    left_out = sum((line.denominator or Fraction(0) for line in figures.lines), Fraction(0))
    if figures.denominator is not None and left_out > figures.denominator:
        raise FiguresMalformed(place, reason="more of the denominator is left out than there is")


def _check_line(
    terms: MethodTerms, line: AttributionLine, owners: frozenset[str], place: str
) -> None:
    for share in line.shares:
        if share.party_id not in owners:
            raise FiguresMalformed(place, reason=f"{share.party_id} does not co-own the indicator")
    parties = len(line.shares)
    if len({share.party_id for share in line.shares}) != parties:
        raise FiguresMalformed(place, reason="a party stands twice")
    needed, holds = _PARTIES[line.kind]
    if not holds(parties):
        raise FiguresMalformed(place, reason=f"{line.kind} names {needed}")
    if line.shares and sum((each.share for each in line.shares), Fraction(0)) != 1:
        raise FiguresMalformed(place, reason="shares add up to 1")
    if any(share.share <= 0 for share in line.shares):
        raise FiguresMalformed(place, reason="a share is above zero")
    if line.kind is AttributionKind.JOINT and len({each.share for each in line.shares}) > 1:
        raise FiguresMalformed(place, reason="JOINT is in equal parts; state SHARED")
    is_excluded = line.kind is AttributionKind.EXCLUDED
    if is_excluded != bool(line.reason.strip()) or len(line.reason) > MAX_REASON:
        raise FiguresMalformed(place, reason="an exclusion, and only it, has a reason")
    is_taken = is_excluded and terms.kind is Method.POOLED_RATIO
    if line.denominator is not None and (not is_taken or line.denominator < 0):
        raise FiguresMalformed(place, reason="only an exclusion from a ratio takes one along")


_PARTIES: dict[AttributionKind, tuple[str, Callable[[int], bool]]] = {
    AttributionKind.SOLE: ("one party", lambda parties: parties == 1),
    AttributionKind.JOINT: ("two parties or more", lambda parties: parties > 1),
    AttributionKind.SHARED: ("two parties or more", lambda parties: parties > 1),
    AttributionKind.UNATTRIBUTED: ("no party", lambda parties: parties == 0),
    AttributionKind.EXCLUDED: ("no party", lambda parties: parties == 0),
}
