"""Parts and measurements: what each co-owner reports for a period, and the value that follows.

The one rule: a measurement is computed by the engine from the parts it names by their ledger
indices; nobody types a result. Source: `domain.md` section 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from ledger.actor import Actor
from ledger.agreement import opening
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.indicator import IndicatorVersion, Standing, check_figures, displayed, standing
from ledger.method import RULES_VERSION, Figures, NothingMeasured, compute
from ledger.observation import Aggregate
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus


class IndicatorNotAgreed(Refusal):
    """The indicator {id} has no agreed version. -> Have all its co-owners consent first."""


class NotACoOwner(Refusal):
    """Your party does not co-own this indicator. -> Only its co-owners report parts of it."""


class NotYourPart(Refusal):
    """A party declares its own part, not another's. -> Name your own party in the figures."""


class PartsMissing(Refusal):
    """Period {period} lacks the parts of {parties}. -> Ask them to submit their parts."""


class AlreadyMeasured(Refusal):
    """Period {period} has an agreed measurement. -> A later correction is a restatement."""


class EvidenceMissing(Refusal):
    """A declared part names its evidence. -> Give the SHA-256 of the document, 64 hex digits."""


class ObservationsMoved(Refusal):
    """Observations of this series arrived while the part was summed up. -> Submit it again."""


class BasisKind(StrEnum):
    """What a part rests on: the party's recorded observations, or its declaration."""

    OBSERVATIONS = "OBSERVATIONS"
    DECLARED = "DECLARED"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a part rests on. For observations, the batches' ledger indices and the row count."""

    kind: BasisKind
    evidence_sha256: str = ""
    batches: tuple[int, ...] = ()
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class SubmitPart:
    """Command: report a part, either `declared` with evidence or an `aggregate` of rows."""

    indicator_id: str
    period: str
    declared: Figures | None = None
    evidence_sha256: str = ""
    aggregate: Aggregate | None = None


@dataclass(frozen=True, slots=True)
class PartSubmitted:
    """A co-owner's part of a period. A later one of the same party takes its place."""

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it stands, with the index of its entry."""

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis
    index: int


@dataclass(frozen=True, slots=True)
class PartUsed:
    """A part of a measurement, by its entry."""

    figures: Figures
    index: int


@dataclass(frozen=True, slots=True)
class ProposeMeasurement:
    """Command: have the engine compute a period, and propose the result to the co-owners."""

    indicator_id: str
    period: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class MeasurementProposed:
    """A computed result, with everything it follows from."""

    opening: Opening
    indicator_id: str
    version: int
    version_index: int
    period: str
    parts: tuple[PartUsed, ...]
    value: Fraction
    displayed: Fraction
    standing: Standing
    sample_size: int | None
    is_low_sample: bool
    rules_version: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement as it stands; it binds when its status is AGREED."""

    proposal_id: str
    indicator_id: str
    version: int
    period: str
    parts: tuple[PartUsed, ...]
    value: Fraction
    displayed: Fraction
    standing: Standing
    sample_size: int | None
    is_low_sample: bool
    index: int
    status: ProposalStatus


def submit(
    command: SubmitPart,
    version: IndicatorVersion | None,
    actor: Actor,
    now: datetime,
    *,
    newest_batch: int,
    is_measured: bool,
) -> tuple[Fact, ...]:
    """The fact of a submitted part.

    `newest_batch` is the index of the party's newest batch of the series, 0 when it has none.
    Raises IndicatorNotAgreed, NotACoOwner, PeriodUnknown, PeriodNotEnded, AlreadyMeasured,
    ObservationsMoved, EvidenceMissing, NotYourPart, NothingMeasured, and what `check_figures`
    raises.
    """
    if version is None:
        raise IndicatorNotAgreed("indicatorId", id=command.indicator_id)
    if actor.party_id not in version.terms.owner_ids():
        raise NotACoOwner("indicatorId")
    version.terms.calendar.period(command.period).require_ended(now)
    if is_measured:
        raise AlreadyMeasured("period", period=command.period)
    figures, basis = _resting_on(command, actor, newest_batch)
    check_figures(version.terms, figures, "declared.figures")
    event = PartSubmitted(command.indicator_id, version.version, command.period, figures, basis)
    return (Fact(event),)


def _resting_on(command: SubmitPart, actor: Actor, newest_batch: int) -> tuple[Figures, Basis]:
    if command.declared is not None:
        evidence = command.evidence_sha256
        if len(evidence) != 64 or not set(evidence) <= set("0123456789abcdef"):  # noqa: PLR2004
            raise EvidenceMissing("declared.evidenceSha256")
        if command.declared.party_id != actor.party_id:
            raise NotYourPart("declared.figures.partyId")
        return command.declared, Basis(BasisKind.DECLARED, evidence)
    aggregate = command.aggregate
    if aggregate is None or aggregate.row_count == 0:
        raise NothingMeasured("period", reason="your party recorded no observation of this period")
    if aggregate.seen_batch != newest_batch:
        raise ObservationsMoved("period")
    figures = Figures(actor.party_id, aggregate.value, aggregate.denominator, aggregate.sample_size)
    return figures, Basis(
        BasisKind.OBSERVATIONS, batches=aggregate.batches, row_count=aggregate.row_count
    )


def propose(
    command: ProposeMeasurement,
    version: IndicatorVersion | None,
    parts: Mapping[str, Part],
    agreements: Agreements,
    now: datetime,
    seed: Seed,
    *,
    is_measured: bool,
) -> tuple[Fact, ...]:
    """Facts that propose the computed result to all co-owners.

    Raises IndicatorNotAgreed, PeriodUnknown, PeriodNotEnded, AlreadyMeasured, PartsMissing,
    NothingMeasured, SubjectBusy.
    """
    if version is None:
        raise IndicatorNotAgreed("indicatorId", id=command.indicator_id)
    version.terms.calendar.period(command.period).require_ended(now)
    if is_measured:
        raise AlreadyMeasured("period", period=command.period)
    missing = sorted(version.terms.owner_ids() - set(parts))
    if missing:
        raise PartsMissing("period", period=command.period, parties=", ".join(missing))
    used = tuple(
        PartUsed(parts[owner.party_id].figures, parts[owner.party_id].index)
        for owner in version.terms.owners
    )
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.MEASUREMENT,
        subject=f"measurement/{command.indicator_id}/{command.period}",
        signatories=version.terms.owner_ids(),
        replaces=command.replaces,
    )
    return (*superseded, Fact(result(terms, version, command.period, used)))


def result(
    terms: Opening, version: IndicatorVersion, period: str, used: tuple[PartUsed, ...]
) -> MeasurementProposed:
    """The computed event: a pure function of version and parts, so that an audit can repeat it."""
    value = compute(version.terms.method, [part.figures for part in used])
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
        rules_version=RULES_VERSION,
    )
