"""Methods: what a version states about how its value follows from its parts.

The one rule: every choice that changes a value is a term without a hidden default; the formulas
themselves stand in `formula`. Source: `domain.md` section 4, "Methods".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.distribution import Interpolation
from ledger.errors import Refusal
from ledger.statistic import MarginKind

RULES_VERSION = 3
"""Version of the formulas; a computed event names it, so that old results replay.

1: SUM and POOLED_RATIO alone, without margins, attribution or a period before. 2: what nobody
answered had no target in a composite, another target or percentile was compared with, and a
measurement bound whatever was changed since; the invited of some parts stood for all.
"""

MAX_INPUTS = 50
MAX_LINES = 200
DECIMALS = range(-6, 13)
"""Decimals with which answers can be read."""


class MethodMalformed(Refusal):
    """This method cannot compute a value: {reason}. -> Correct the term and propose again."""


class Method(StrEnum):
    """How the value follows from the parts; each formula and its source stands in `formula`."""

    SUM = "SUM"
    POOLED_RATIO = "POOLED_RATIO"
    SHARE_MEETING_TARGET = "SHARE_MEETING_TARGET"
    TOP_TWO_BOX = "TOP_TWO_BOX"
    NET_PROMOTER_SCORE = "NET_PROMOTER_SCORE"
    CUSTOMER_EFFORT_SCORE = "CUSTOMER_EFFORT_SCORE"
    HAPPINESS = "HAPPINESS"
    LOST_TIME = "LOST_TIME"
    MEAN = "MEAN"
    MEDIAN = "MEDIAN"
    PERCENTILE = "PERCENTILE"
    WEIGHTED_COMPOSITE = "WEIGHTED_COMPOSITE"
    WEAKEST_LINK = "WEAKEST_LINK"


TOTALS = frozenset({Method.SUM, Method.POOLED_RATIO})
"""What is computed from sums that a party states or its rows add up to."""
SHARES = frozenset({Method.SHARE_MEETING_TARGET, Method.TOP_TWO_BOX})
SCORES = frozenset({Method.NET_PROMOTER_SCORE, Method.HAPPINESS})
MEANS = frozenset({Method.CUSTOMER_EFFORT_SCORE, Method.LOST_TIME, Method.MEAN})
PERCENTILES = frozenset({Method.MEDIAN, Method.PERCENTILE})
COMPOSITES = frozenset({Method.WEIGHTED_COMPOSITE, Method.WEAKEST_LINK})
MOMENTS = frozenset({Method.LOST_TIME, Method.MEAN})
"""What needs no more than count, sum and sum of squares of the answers."""
HISTOGRAMS = SHARES | SCORES | PERCENTILES | {Method.CUSTOMER_EFFORT_SCORE}
"""What needs how often each value was given."""
UNDIVIDED = PERCENTILES | COMPOSITES
"""Values that have no parts which add up to them."""

SCALES = {
    # The published scales: CSAT 1 to 5, NPS 0 to 10 (Reichheld, Harvard Business Review, December
    # 2003), CES 2.0 1 to 7 (CEB, 2013), happiness as NPS.
    Method.TOP_TWO_BOX: (1, 5),
    Method.NET_PROMOTER_SCORE: (0, 10),
    Method.HAPPINESS: (0, 10),
    Method.CUSTOMER_EFFORT_SCORE: (1, 7),
}

_OF_SHARES = frozenset({MarginKind.WILSON, MarginKind.WALD, MarginKind.ADJUSTED_WALD})
_MARGINS: dict[Method, frozenset[MarginKind]] = {
    Method.SUM: frozenset(),
    Method.POOLED_RATIO: _OF_SHARES,
    **dict.fromkeys(SHARES, _OF_SHARES),
    **dict.fromkeys(SCORES, frozenset({MarginKind.WALD, MarginKind.ADJUSTED_WALD})),
    **dict.fromkeys(MEANS, frozenset({MarginKind.STUDENT_T})),
    **dict.fromkeys(PERCENTILES, frozenset({MarginKind.ORDER_STATISTICS})),
    **dict.fromkeys(COMPOSITES, frozenset({MarginKind.PROPAGATED})),
}


class Source(StrEnum):
    """What a method reads of a period; what each counts of the ledger's entries: `innovation`."""

    OBSERVATIONS = "OBSERVATIONS"
    INITIATIVES_PROPOSED = "INITIATIVES_PROPOSED"
    INITIATIVES_AGREED = "INITIATIVES_AGREED"
    INITIATIVES_TRIED = "INITIATIVES_TRIED"
    INITIATIVES_RUNNING = "INITIATIVES_RUNNING"
    INITIATIVES_COMPLETED = "INITIATIVES_COMPLETED"
    INITIATIVES_ADOPTED = "INITIATIVES_ADOPTED"
    INITIATIVE_LEAD_DAYS = "INITIATIVE_LEAD_DAYS"
    INITIATIVE_EFFECTS = "INITIATIVE_EFFECTS"


class Comparison(StrEnum):
    """How a single answer meets its target."""

    AT_LEAST = "AT_LEAST"
    ABOVE = "ABOVE"
    AT_MOST = "AT_MOST"
    BELOW = "BELOW"


class Denominator(StrEnum):
    """What a share, score or mean is divided by.

    VALID_ANSWERS: answers that say something. ALL_ANSWERS: also those that say "don't know".
    """

    VALID_ANSWERS = "VALID_ANSWERS"
    ALL_ANSWERS = "ALL_ANSWERS"


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """How single answers are read.

    `no_answers` are the codes of "don't know"; `lowest` and `highest` bound the others, where the
    method's own scale does not; `decimals` is how many an answer is read with, half away from
    zero; None reads it as it is.
    """

    denominator: Denominator
    no_answers: tuple[Fraction, ...] = ()
    lowest: Fraction | None = None
    highest: Fraction | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerTarget:
    """What a single answer must reach to count as met."""

    value: Fraction
    comparison: Comparison

    def is_met(self, answer: Fraction) -> bool:
        """Whether an answer meets it."""
        match self.comparison:
            case Comparison.AT_LEAST:
                return answer >= self.value
            case Comparison.ABOVE:
                return answer > self.value
            case Comparison.AT_MOST:
                return answer <= self.value
            case Comparison.BELOW:
                return answer < self.value


@dataclass(frozen=True, slots=True)
class PercentileTerms:
    """Which percentile, as a share from 0 to 1, and how it is read between two answers."""

    share: Fraction
    interpolation: Interpolation


@dataclass(frozen=True, slots=True)
class WeightedInput:
    """Another indicator that a composite reads, and its weight."""

    indicator_id: str
    weight: Fraction


@dataclass(frozen=True, slots=True)
class MethodTerms:
    """The method and what it reads: `series` names the observations, `segment` narrows them.

    `answers` is for methods over single answers, `target` for SHARE_MEETING_TARGET, `percentile`
    for MEDIAN (its interpolation) and PERCENTILE, `inputs` for composites. Where `source` is not
    OBSERVATIONS, parts follow from entries of the ledger, and no series is named.
    """

    kind: Method
    scale: Fraction
    series: str
    segment: str
    margin: MarginKind = MarginKind.NONE
    answers: AnswerTerms | None = None
    target: AnswerTarget | None = None
    percentile: PercentileTerms | None = None
    inputs: tuple[WeightedInput, ...] = ()
    source: Source = Source.OBSERVATIONS

    @property
    def is_derived(self) -> bool:
        """Whether its parts follow from entries of the ledger, not from what a party reports."""
        return self.source is not Source.OBSERVATIONS

    def is_no_answer(self, value: Fraction) -> bool:
        """Whether a value is the code of "don't know"."""
        return self.answers is not None and value in self.answers.no_answers

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """The lowest and the highest answer that can be given."""
        if self.kind in SCALES:
            low, high = SCALES[self.kind]
            return Fraction(low), Fraction(high)
        if self.answers is None:
            return None, None
        lowest = self.answers.lowest
        if self.kind is Method.LOST_TIME and (lowest is None or lowest < 0):
            lowest = Fraction(0)
        return lowest, self.answers.highest


def check(terms: MethodTerms) -> None:
    """Return if a value can follow from the terms. Raises MethodMalformed with the term's path."""
    if terms.scale <= 0:
        raise MethodMalformed("method.scale", reason="a scale is above zero")
    allowed = _MARGINS[terms.kind] | {MarginKind.NONE}
    if terms.margin not in allowed:
        names = ", ".join(sorted(allowed))
        raise MethodMalformed("method.margin", reason=f"{terms.kind} has {names}")
    _check_presence(terms)
    _check_source(terms)
    if terms.answers is not None:
        _check_answer_terms(terms, terms.answers)
    if terms.percentile is not None and not 0 < terms.percentile.share < 1:
        raise MethodMalformed("method.percentile.share", reason="it lies between 0 and 1")
    if terms.kind is Method.MEDIAN and terms.percentile and terms.percentile.share * 2 != 1:
        raise MethodMalformed("method.percentile.share", reason="a median's share is 0.5")
    _check_inputs(terms.inputs)


def _check_presence(terms: MethodTerms) -> None:
    """Each group of terms is stated where the method reads it, and only there."""
    kind = terms.kind
    for name, given, is_read in (
        ("answers", terms.answers is not None, kind not in TOTALS | COMPOSITES),
        ("target", terms.target is not None, kind is Method.SHARE_MEETING_TARGET),
        ("percentile", terms.percentile is not None, kind in PERCENTILES),
        ("inputs", bool(terms.inputs), kind in COMPOSITES),
        ("series", bool(terms.series), kind not in COMPOSITES and not terms.is_derived),
    ):
        if given != is_read:
            verb = "needs" if is_read else "takes no"
            raise MethodMalformed(f"method.{name}", reason=f"{kind} {verb} {name}")


def _check_source(terms: MethodTerms) -> None:
    """What is counted of the ledger is no survey, no composite, and has no segments."""
    if not terms.is_derived:
        return
    if terms.kind in SCALES or terms.kind in COMPOSITES:
        reason = f"{terms.kind} is not computed from entries of the ledger"
        raise MethodMalformed("method.source", reason=reason)
    if terms.segment:
        raise MethodMalformed("method.segment", reason=f"{terms.source} has no segments")


def _check_answer_terms(terms: MethodTerms, answers: AnswerTerms) -> None:
    place = "method.answers"
    if answers.denominator is Denominator.ALL_ANSWERS and terms.kind in MEANS | PERCENTILES:
        raise MethodMalformed(f"{place}.denominator", reason=f'"don\'t know" has no {terms.kind}')
    if terms.kind in SCALES and (answers.lowest is not None or answers.highest is not None):
        raise MethodMalformed(place, reason=f"{terms.kind} has its own scale")
    low, high = terms.bounds()
    if low is not None and high is not None and low >= high:
        raise MethodMalformed(f"{place}.highest", reason="the highest is above the lowest")
    if len(set(answers.no_answers)) != len(answers.no_answers):
        raise MethodMalformed(f"{place}.noAnswers", reason="a code stands twice")
    if answers.decimals is not None and answers.decimals not in DECIMALS:
        raise MethodMalformed(f"{place}.decimals", reason="decimals go from -6 to 12")
    for code in answers.no_answers:
        if terms.kind in SCALES and low is not None and high is not None and low <= code <= high:
            raise MethodMalformed(f"{place}.noAnswers", reason="a code lies on the scale")


def _check_inputs(inputs: Sequence[WeightedInput]) -> None:
    if len(inputs) > MAX_INPUTS:
        raise MethodMalformed("method.inputs", reason=f"a composite reads at most {MAX_INPUTS}")
    ids = [each.indicator_id for each in inputs]
    for number, each in enumerate(inputs):
        if each.weight <= 0:
            raise MethodMalformed(f"method.inputs[{number}].weight", reason="weights are above 0")
        if each.indicator_id in ids[:number]:
            raise MethodMalformed(f"method.inputs[{number}]", reason="an indicator stands twice")
