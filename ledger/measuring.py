"""Measuring: how a period comes to be measured, or an agreed one measured anew.

The one rule: a measurement is made of the newest part of each co-owner, each of which leaves out
what is excluded; what follows from them says `result`. Source: `domain.md` section 5.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ledger.agreement import opening
from ledger.exclusion import Exclusion, indices
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.indicator import IndicatorVersion
from ledger.measurement import (
    ExplanationMissing,
    Measurement,
    MeasurementProposed,
    NothingCorrected,
    PartsMissing,
    PartsOutdated,
    PartUsed,
    ProposeMeasurement,
    ProposeRestatement,
)
from ledger.method import COMPOSITES
from ledger.part import AlreadyMeasured, BasisKind, IndicatorNotAgreed, NotYetMeasured, Part
from ledger.proposal import Agreements, ProposalKind
from ledger.result import Around, result

MAX_EXPLANATION = 2000


def propose(
    command: ProposeMeasurement | ProposeRestatement,
    version: IndicatorVersion | None,
    parts: Mapping[str, Part],
    around: Around,
    agreements: Agreements,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose the computed result to all co-owners.

    `around.restated` is the agreed measurement of the period, if there is one. Raises
    IndicatorNotAgreed, PeriodUnknown, PeriodNotEnded, AlreadyMeasured, NotYetMeasured,
    ExplanationMissing, PartsMissing, PartsOutdated, InputsMissing, NothingCorrected,
    NothingMeasured, SubjectBusy.
    """
    if version is None:
        raise IndicatorNotAgreed("indicatorId", id=command.indicator_id)
    version.terms.calendar.period(command.period).require_ended(now)
    annex = _check_place(command, around)
    used = used_parts(version, command.period, parts, around)
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.MEASUREMENT,
        subject=f"measurement/{command.indicator_id}/{command.period}",
        signatories=asked(version, around.restated, agreements),
        replaces=command.replaces,
    )
    event = result(terms, version, command.period, used, around)
    if around.restated is not None and _is_same(event, around.restated):
        raise NothingCorrected("period")
    return (*superseded, Fact(event, annex=annex))


def asked(
    version: IndicatorVersion, restated: Measurement | None, agreements: Agreements
) -> frozenset[str]:
    """Whose consent a measurement needs: its owners'; to restate one, theirs who agreed to it.

    An agreed result is taken back only by all who agreed to it, whoever owns the indicator now.
    """
    before = agreements.get(restated.proposal_id).signatories if restated else ()
    return version.terms.owner_ids().union(before)


def _check_place(
    command: ProposeMeasurement | ProposeRestatement, around: Around
) -> dict[str, str]:
    """The annex of the proposal, if the period is free for it."""
    if isinstance(command, ProposeMeasurement):
        if around.restated is not None:
            raise AlreadyMeasured("period", period=command.period)
        return {}
    if around.restated is None:
        raise NotYetMeasured("period", period=command.period)
    explanation = command.explanation.strip()
    if not 1 <= len(explanation) <= MAX_EXPLANATION:
        raise ExplanationMissing("explanation")
    return {"explanation": explanation}


def used_parts(
    version: IndicatorVersion, period: str, parts: Mapping[str, Part], around: Around
) -> tuple[PartUsed, ...]:
    """The owners' parts in their order; none of a composite. Raises PartsMissing, PartsOutdated."""
    if version.terms.method.kind in COMPOSITES:
        return ()
    missing = sorted(version.terms.owner_ids() - set(parts))
    if missing:
        raise PartsMissing("period", period=period, parties=", ".join(missing))
    owned = [parts[owner.party_id] for owner in version.terms.owners]
    outdated = [part for part in owned if not _leaves_out(part, around.exclusions)]
    if outdated:
        parties = ", ".join(part.figures.party_id for part in outdated)
        raise PartsOutdated("period", parties=parties)
    return tuple(PartUsed(part.figures, part.index) for part in owned)


def _leaves_out(part: Part, exclusions: Sequence[Exclusion]) -> bool:
    """Whether a part knows what is excluded: by its rows, or as it was declared since."""
    if part.basis.kind is BasisKind.OBSERVATIONS:
        return part.basis.exclusions == indices(exclusions)
    return all(part.index > (each.agreed_index or 0) for each in exclusions)


def _is_same(event: MeasurementProposed, restated: Measurement) -> bool:
    same_inputs = event.findings.inputs == restated.findings.inputs
    return event.parts == restated.parts and same_inputs and event.version == restated.version
