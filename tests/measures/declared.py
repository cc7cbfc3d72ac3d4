"""Indicator terms declared as JSON, as a body of the ledger holds them, and measured."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ledger.figures import Figures
from ledger.history import decode_state
from ledger.indicator import IndicatorTerms, IndicatorVersion
from ledger.measurement import Measurement, MeasurementProposed, PartUsed, proposed
from ledger.proposal import Opening, ProposalKind
from ledger.result import Around, Neighbour, result

OPENING = Opening("m", ProposalKind.MEASUREMENT, "measurement/i/2024-02", ("a",), 1)


def terms(**stated: Any) -> IndicatorTerms:
    """Terms of a JSON text: everything that a case does not state, stated plainly."""
    plain = {
        "name": "A case",
        "why": "Nobody here invented it.",
        "theme": "CUSTOMER_SATISFACTION",
        "perspective": "EXPERIENCE",
        "unit": "points",
        "direction": "HIGHER_IS_BETTER",
        "boundary": "INCLUSIVE",
        "owners": [{"party_id": "a", "weight": "0.5"}, {"party_id": "b", "weight": "0.5"}],
        "attribution": "SOLIDARY",
        "method": {"kind": "SUM", "scale": "1", "series": "s", "segment": ""},
        "rounding": {"mode": "HALF_UP", "step": "0.1", "stage": "AFTER_COMPARING"},
        "calendar": {"kind": "MONTH", "time_zone": "UTC"},
        "levels": {"baseline": "0", "minimum": "0", "target": "0", "stretch": "0"},
        "minimum_sample": 0,
        "low_sample": "PAY_NOTHING",
        "stage": "SHADOW",
        "live_from": "",
        "worked_examples": [],
    }
    return decode_state(json.dumps(plain | stated), IndicatorTerms)


def levels(target: str) -> dict[str, str]:
    """Levels of which only the target matters."""
    return {"baseline": target, "minimum": target, "target": target, "stretch": target}


def part(**stated: Any) -> Figures:
    """A part of a JSON text."""
    return decode_state(json.dumps({"party_id": "a"} | stated), Figures)


def measure(
    stated: IndicatorTerms, parts: Sequence[Figures] = (), around: Around | None = None
) -> MeasurementProposed:
    """What the engine makes of the parts, entered as 10, 11, ..."""
    used = tuple(PartUsed(figures, 10 + number) for number, figures in enumerate(parts))
    version = IndicatorVersion("i", 1, stated, 5)
    return result(OPENING, version, "2024-02", used, around or Around())


def agreed(
    stated: IndicatorTerms, parts: Sequence[Figures], index: int = 7, around: Around | None = None
) -> Neighbour:
    """An agreed measurement of the period before, or of another indicator, as entry `index`."""
    return Neighbour(as_measured(measure(stated, parts, around), index), stated)


def as_measured(event: MeasurementProposed, index: int) -> Measurement:
    """The measurement of an event."""
    return proposed(event, index)


def composite(weights: Mapping[str, str], **stated: Any) -> IndicatorTerms:
    """Terms of a weighted composite."""
    inputs = [{"indicator_id": key, "weight": weight} for key, weight in weights.items()]
    how = {"kind": "WEIGHTED_COMPOSITE", "scale": "1", "series": "", "segment": ""}
    return terms(method=how | {"inputs": inputs}, **stated)


def exactly(text: str) -> Fraction:
    """A number of a case."""
    return Fraction(text)
