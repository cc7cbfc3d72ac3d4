"""Insight: what a version of an indicator would have given, beside what was agreed. Pure.

The one rule: nothing here binds or is stored; it computes by the same `result` as a measurement
does, so that what was shown before signing is what is measured afterwards.
Source: `domain.md` section 6 ("What-if").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.drafting import check_figures
from ledger.errors import Refusal
from ledger.exclusion import Exclusion
from ledger.figures import Figures, NothingMeasured
from ledger.indicator import IndicatorVersion
from ledger.measurement import Measurement, MeasurementProposed, PartUsed, proposed
from ledger.proposal import Opening, ProposalKind
from ledger.result import Around, Neighbour, result

NOT_PROPOSED = Opening("", ProposalKind.MEASUREMENT, "", (), 0)


@dataclass(frozen=True, slots=True)
class Past:
    """A period that was agreed, and what the version in question would have read of it.

    `figures` are its owners' parts in their order; `inputs` what a composite reads.
    """

    agreed: Measurement
    figures: tuple[Figures, ...]
    inputs: Mapping[str, Neighbour]
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class Rerun:
    """What was agreed for a period, and what the version gives or why it gives nothing."""

    agreed: Measurement
    computed: MeasurementProposed | None
    refusal: Refusal | None = None


def rerun(version: IndicatorVersion, periods: Sequence[Past | Rerun]) -> list[Rerun]:
    """A version run over past periods, oldest first; one that could not be read stays as it is.

    Each period has for its period before what the version itself gave for that one, so that
    carrying forward, pooling and the noise verdict are the version's own.
    """
    computed: dict[str, Neighbour] = {}
    found = []
    for past in periods:
        if isinstance(past, Past):
            past = _run(version, past, computed)  # noqa: PLW2901 -- read becomes run
        if past.computed is not None:
            measured = proposed(past.computed, past.agreed.index)
            computed[past.agreed.period] = Neighbour(measured, version.terms)
        found.append(past)
    return found


def _run(version: IndicatorVersion, past: Past, computed: Mapping[str, Neighbour]) -> Rerun:
    try:
        for each in past.figures:
            check_figures(version.terms, each, each.party_id)
        if not past.figures and not version.terms.method.inputs:
            raise NothingMeasured("parts", reason="no part was submitted")
        previous = version.terms.calendar.previous(past.agreed.period)
        around = Around(
            before=None if previous is None else computed.get(previous),
            inputs=past.inputs,
            exclusions=past.exclusions,
        )
        used = tuple(PartUsed(each, past.agreed.index) for each in past.figures)
        event = result(NOT_PROPOSED, version, past.agreed.period, used, around)
    except Refusal as refusal:
        return Rerun(past.agreed, None, refusal)
    return Rerun(past.agreed, event)
