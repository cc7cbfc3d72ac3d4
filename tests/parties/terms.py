"""Terms of an indicator in event language: delay minutes that named parties own in equal parts."""

from fractions import Fraction
from typing import Any, Protocol

from ledger.amounts import Rounding
from ledger.figures import Figures
from ledger.indicator import (
    Attribution,
    Boundary,
    Direction,
    IndicatorTerms,
    Levels,
    LowSample,
    Owner,
    Perspective,
    RoundingStage,
    RoundingTerms,
    Stage,
    WorkedExample,
)
from ledger.method import Method, MethodTerms
from ledger.periods import Calendar, CalendarKind
from ledger.theme import Theme


class Named(Protocol):
    """Whoever knows the parties' ids by their names."""

    @property
    def ids(self) -> dict[str, str]:
        """By name."""
        ...


def delay_minutes(chain: Named, *owners: str, **changed: Any) -> IndicatorTerms:
    """In SHADOW by months, unless changed."""
    ids = [chain.ids[name] for name in owners]
    example = tuple(Figures(party_id, Fraction(3), None, None) for party_id in ids)
    terms: dict[str, Any] = {
        "name": "Delay minutes",
        "why": "A passenger does not ask whose fault the delay was.",
        "theme": Theme.BUSINESS_CONTINUITY,
        "perspective": Perspective.OPERATIONAL,
        "unit": "minutes",
        "direction": Direction.LOWER_IS_BETTER,
        "boundary": Boundary.INCLUSIVE,
        "owners": tuple(Owner(party_id, Fraction(1, len(ids))) for party_id in ids),
        "attribution": Attribution.ATTRIBUTED,
        "method": MethodTerms(Method.SUM, Fraction(1), "delay", ""),
        "rounding": RoundingTerms(
            Rounding.HALF_UP, Fraction(1, 10), RoundingStage.BEFORE_COMPARING
        ),
        "calendar": Calendar(CalendarKind.MONTH, "Europe/London"),
        "levels": Levels(Fraction(90), Fraction(80), Fraction(66), Fraction(50)),
        "minimum_sample": 0,
        "low_sample": LowSample.PAY_NOTHING,
        "stage": Stage.SHADOW,
        "live_from": "",
        "worked_examples": (WorkedExample(example, Fraction(3 * len(ids))),),
    }
    return IndicatorTerms(**terms | changed)
