"""Terms as a caller declares them, in the API's JSON; the same JSON goes into the bare engine."""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ledger.amounts import Rounding
from ledger.canonical import encode
from ledger.evaluation import Evaluation, Inputs, evaluate
from ledger.foresight import IndicatorFacts
from ledger.history import decode_state
from ledger.indicator import Levels, LowSample, Owner
from ledger.periods import Calendar, CalendarKind
from ledger.reading import RoundingStep
from ledger.scheme import assumed
from ledger.soundness import check_terms
from ledger.terms import ExampleValue, SchemeTerms

EXACT = {"of": "VALUE", "stage": "EXACT", "periods": 1}
HALF = {"mode": "HALF_UP", "step": "0.01", "stage": "TOTAL"}
LEVELS = Levels(Fraction(0), Fraction(50), Fraction(100), Fraction(120))
MONTHLY = Calendar(CalendarKind.MONTH, "UTC")
BARE: dict[str, Any] = {
    "atRisk": {"currency": "EUR", "schedule": [], "bases": [], "retention": "NOT_WITHHELD"}
}
"""What the common part of a confidential scheme says of its funding."""


def stated(at: str) -> dict[str, str]:
    """A level that the scheme states."""
    return {"name": "STATED", "at": at}


def points(pairs: Sequence[Sequence[str]], scale: str = "1") -> list[dict[str, str]]:
    """Points or rows; scores are divided by a scale."""
    return [{"at": at, "score": str(Fraction(y) / Fraction(scale))} for at, y in pairs]


def line(pairs: Sequence[Sequence[str]], scale: str = "1", **other: str) -> dict[str, Any]:
    """A curve: nothing before it, held beyond it."""
    ends = {"boundary": "INCLUSIVE", "before": "NOTHING", "after": "HELD"}
    return {"points": points(pairs, scale), **ends, **other}


def item(number: int, scoring: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    """Item number n, of indicator "i<n>"."""
    plain = {"weight": "1", "reading": EXACT, "basis": "JOINT", "denominator": "INSIDE"}
    return {"indicatorId": f"i{number}", "scoring": scoring, **plain, **other}


def shared(*shares: str, **other: str) -> dict[str, Any]:
    """Fixed shares of parties "p0", "p1" ..."""
    listed = [{"partyId": f"p{i}", "share": share} for i, share in enumerate(shares)]
    gone = {"proRata": "BY_CALENDAR_DAY", "fallsFree": "TO_THE_OUTSOURCER"}
    return {"kind": "FIXED", "shares": listed, **gone, **other}


def declared(items: Sequence[Mapping[str, Any]], **other: Any) -> dict[str, Any]:
    """A scheme of one pool and one party, but for what is said otherwise."""
    return {
        "name": "Declared",
        "kind": "INCENTIVE",
        "funding": {"pool": {"amount": "10000.00", "currency": "EUR"}},
        "items": list(items),
        "allocation": "WHOLE",
        "reweighting": "AS_THE_INDICATOR_SAYS",
        "split": shared("1"),
        "rounding": HALF,
        "residual": "LARGEST_REMAINDER",
        "unallocated": "RETURNS_TO_OUTSOURCER",
        "validFromPeriod": "2026-01",
        "yearStartsIn": 1,
        "payment": {"dueDays": 30, "malus": "INVOICED"},
        "workedExamples": [],
        **other,
    }


def given(number: int, value: str, **other: Any) -> dict[str, Any]:
    """An assumed result of indicator "i<n>"."""
    return {"indicatorId": f"i{number}", "value": value, **other}


def engine_terms(declared_terms: Mapping[str, Any]) -> SchemeTerms:
    """The JSON as the engine reads it."""
    return decode_state(encode(_completed(declared_terms, SchemeTerms)), SchemeTerms)


def engine_value(value: Mapping[str, Any]) -> ExampleValue:
    """An assumed result as the engine reads it."""
    return decode_state(encode(_completed(value, ExampleValue)), ExampleValue)


def facts(terms: SchemeTerms, **known: Any) -> dict[str, IndicatorFacts]:
    """Live indicators, higher is better, but for what is said otherwise."""
    plain: dict[str, Any] = {
        "lower_is_better": False,
        "levels": LEVELS,
        "rounding": RoundingStep(Rounding.HALF_UP, Fraction(1, 10)),
        "owners": tuple(Owner(key, Fraction(1, 2)) for key in terms.party_ids()),
        "calendar": MONTHLY,
        "low_sample": LowSample.NO_SCORE_REWEIGHT_IN_PROPORTION,
        "minimum_sample": 0,
        "is_live": True,
        "is_share": False,
        "whole": Fraction(1),
    }
    return {key: IndicatorFacts(name=key, **{**plain, **known}) for key in terms.indicator_ids()}


def run(
    declared_terms: Mapping[str, Any], values: Sequence[Mapping[str, Any]], **known: Any
) -> Evaluation:
    """The engine's evaluation, after the check that a proposal makes."""
    terms = engine_terms(declared_terms)
    agreed = facts(terms, **known)
    parties = frozenset(terms.party_ids())
    check_terms(terms, agreed, parties | {"buyer"}, "buyer")
    return evaluate(terms, Inputs(assumed(agreed, [engine_value(each) for each in values])))


def told(found: Evaluation) -> str:
    """The trace, for a failure's message."""
    return "\n" + "\n".join(step.sentence for step in found.trace)


def _completed(value: Any, hint: Any) -> Any:
    """The JSON with what the API leaves out: null, empty text, no rows."""
    if isinstance(hint, types.UnionType):
        return None if value is None else _completed(value, typing.get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        return [_completed(each, typing.get_args(hint)[0]) for each in value or ()]
    if not dataclasses.is_dataclass(hint):
        return "" if value is None and hint is str else value
    named = {_snake(key): each for key, each in value.items()}
    hints = typing.get_type_hints(hint)
    return {
        each.name: _completed(named.get(each.name), hints[each.name])
        for each in dataclasses.fields(hint)
        if each.name in named or each.default is dataclasses.MISSING
    }


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), name)
