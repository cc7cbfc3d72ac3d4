"""Parts: what each co-owner reports for a period of an indicator.

The one rule: a part names what it rests on, recorded observations by their batches or a document
by its hash, and speaks for its own party alone. Source: `domain.md` section 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from ledger.actor import Actor
from ledger.drafting import check_figures
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.figures import (
    AttributionKind,
    AttributionLine,
    Figures,
    FiguresMalformed,
    NothingMeasured,
    PartyShare,
    check_answer,
)
from ledger.indicator import IndicatorVersion
from ledger.method import HISTOGRAMS, MOMENTS, Method, MethodTerms
from ledger.observation import Aggregate, AttributedSum


class IndicatorNotAgreed(Refusal):
    """The indicator {id} has no agreed version. -> Have all its co-owners consent first."""


class NotACoOwner(Refusal):
    """Your party does not co-own this indicator. -> Only its co-owners report parts of it."""


class NotYourPart(Refusal):
    """A party declares its own part, not another's. -> Name your own party in the figures."""


class AlreadyMeasured(Refusal):
    """Period {period} has an agreed measurement. -> A later correction is a restatement."""


class NotYetMeasured(Refusal):
    """Period {period} has no agreed measurement to restate. -> Measure it first."""


class EvidenceMissing(Refusal):
    """A declared part names its evidence. -> Give the SHA-256 of the document, 64 hex digits."""


class ObservationsMoved(Refusal):
    """Observations of this series arrived while the part was summed up. -> Submit it again."""


class ExclusionsMoved(Refusal):
    """What is left out of the period changed while the part was summed up. -> Submit it again."""


class ObservationsExist(Refusal):
    """Your party recorded {count} rows of this period: it is not empty. -> Submit them instead."""


class PartDerived(Refusal):
    """Parts of this indicator follow from the ledger's entries. -> Submit yours without this."""


class BasisKind(StrEnum):
    """What a part rests on: the party's observations, its declaration, or the ledger's entries."""

    OBSERVATIONS = "OBSERVATIONS"
    DECLARED = "DECLARED"
    LEDGER = "LEDGER"


@dataclass(frozen=True, slots=True)
class Basis:
    """What a part rests on. For observations, the batches' ledger indices and the row count.

    For LEDGER, the entries that it was derived from, and how many initiatives or aims it counts.
    `exclusions` are the entries of the agreed exclusions that left rows out. `reads_attribution`:
    whose the rows say that they are was read, as it was not in the first parts.
    """

    kind: BasisKind
    evidence_sha256: str = ""
    batches: tuple[int, ...] = ()
    row_count: int = 0
    exclusions: tuple[int, ...] = ()
    reads_attribution: bool = False


@dataclass(frozen=True, slots=True)
class SubmitPart:
    """Command: report a part, either `declared` with evidence or an `aggregate` of rows.

    Beside an aggregate: `invited` people, attribution `lines`, and `is_empty` where the party says
    that it has no observation of the period. `is_correction` reports anew what is agreed already,
    as the ground of a restatement.
    """

    indicator_id: str
    period: str
    declared: Figures | None = None
    evidence_sha256: str = ""
    aggregate: Aggregate | None = None
    invited: int | None = None
    lines: tuple[AttributionLine, ...] = ()
    is_empty: bool = False
    is_correction: bool = False


@dataclass(frozen=True, slots=True)
class PartSubmitted:
    """A co-owner's part of a period. A later one of the same party takes its place.

    `prepared_by` is the subject that reported it, whom four eyes ask about; empty: an entry of
    before this was asked.
    """

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis
    is_correction: bool = False
    prepared_by: str = ""


@dataclass(frozen=True, slots=True)
class PartSubmittedV3:
    """Version 3, which did not read whose the rows say that they are."""

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis
    is_correction: bool = False
    prepared_by: str = ""

    def upgraded(self) -> PartSubmitted:
        """What it means in the newest version."""
        place = (self.indicator_id, self.version, self.period)
        how = (self.is_correction, self.prepared_by)
        return PartSubmitted(*place, self.figures, self.basis, *how)


@dataclass(frozen=True, slots=True)
class PartSubmittedV2:
    """Version 2, before a part named who prepared it: four eyes did not ask."""

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis
    is_correction: bool = False

    def upgraded(self) -> PartSubmitted:
        """What it means in the newest version."""
        place = (self.indicator_id, self.version, self.period)
        return PartSubmitted(*place, self.figures, self.basis, self.is_correction)


@dataclass(frozen=True, slots=True)
class PartSubmittedV1:
    """Version 1: totals alone, before answers, attribution lines and corrections."""

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis

    def upgraded(self) -> PartSubmitted:
        """What it means in the newest version."""
        return PartSubmitted(self.indicator_id, self.version, self.period, self.figures, self.basis)


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it stands, with the index of its entry."""

    indicator_id: str
    version: int
    period: str
    figures: Figures
    basis: Basis
    index: int
    is_correction: bool = False
    prepared_by: str = ""


def submit(
    command: SubmitPart,
    version: IndicatorVersion | None,
    actor: Actor,
    now: datetime,
    *,
    newest_batch: int,
    exclusions: tuple[int, ...],
    is_measured: bool,
    derived: Aggregate | None,
) -> tuple[Fact, ...]:
    """The fact of a submitted part.

    `newest_batch` is the index of the party's newest batch of the series, 0 when it has none;
    `exclusions` are the entries of the agreed exclusions of the period, `derived` is what the
    ledger's entries say of it where the method reads them. Raises IndicatorNotAgreed, NotACoOwner,
    PeriodUnknown, PeriodNotEnded, AlreadyMeasured, NotYetMeasured, PartDerived, ObservationsMoved,
    ExclusionsMoved, ObservationsExist, EvidenceMissing, NotYourPart, NothingMeasured, and what
    `drafting.check_figures` raises.
    """
    if version is None:
        raise IndicatorNotAgreed("indicatorId", id=command.indicator_id)
    if actor.party_id not in version.terms.owner_ids():
        raise NotACoOwner("indicatorId")
    version.terms.calendar.period(command.period).require_ended(now)
    if is_measured and not command.is_correction:
        raise AlreadyMeasured("period", period=command.period)
    if command.is_correction and not is_measured:
        raise NotYetMeasured("period", period=command.period)
    if derived is not None:
        figures, basis = _derived(command, version.terms.method, actor, derived)
    elif command.declared is not None:
        figures, basis = _declared(command, command.declared, actor)
    else:
        terms = version.terms.method
        figures, basis = _summed_up(command, terms, actor, newest_batch, exclusions)
    path = "" if command.declared is None else "declared.figures"
    check_figures(version.terms, figures, path)
    return (
        Fact(
            PartSubmitted(
                command.indicator_id,
                version.version,
                command.period,
                figures,
                basis,
                command.is_correction,
                actor.subject,
            )
        ),
    )


def _derived(
    command: SubmitPart, terms: MethodTerms, actor: Actor, derived: Aggregate
) -> tuple[Figures, Basis]:
    for name in ("declared", "invited", "lines", "is_empty"):
        if getattr(command, name):
            raise PartDerived({"lines": "attribution", "is_empty": "isEmpty"}.get(name, name))
    return from_ledger(actor.party_id, terms.kind, derived)


def from_ledger(party_id: str, method: Method, derived: Aggregate) -> tuple[Figures, Basis]:
    """The part that follows from entries of the ledger, the same for an audit."""
    figures = figures_of(party_id, method, derived)
    return figures, Basis(BasisKind.LEDGER, batches=derived.batches, row_count=derived.row_count)


def _declared(command: SubmitPart, declared: Figures, actor: Actor) -> tuple[Figures, Basis]:
    evidence = command.evidence_sha256
    if len(evidence) != 64 or not set(evidence) <= set("0123456789abcdef"):  # noqa: PLR2004
        raise EvidenceMissing("declared.evidenceSha256")
    if declared.party_id != actor.party_id:
        raise NotYourPart("declared.figures.partyId")
    return declared, Basis(BasisKind.DECLARED, evidence)


def _summed_up(
    command: SubmitPart,
    terms: MethodTerms,
    actor: Actor,
    newest_batch: int,
    exclusions: tuple[int, ...],
) -> tuple[Figures, Basis]:
    aggregate = command.aggregate
    if aggregate is None or (aggregate.row_count == 0 and not command.is_empty):
        raise NothingMeasured("period", reason="your party recorded no observation of this period")
    if command.is_empty and aggregate.row_count:
        raise ObservationsExist("isEmpty", count=aggregate.row_count)
    if aggregate.seen_batch != newest_batch:
        raise ObservationsMoved("period")
    if aggregate.exclusions != exclusions:
        raise ExclusionsMoved("period")
    method = terms.kind
    for extreme in (aggregate.lowest, aggregate.highest):
        if extreme is not None and method in HISTOGRAMS | MOMENTS:
            check_answer(terms, extreme, "period")
    figures = figures_of(actor.party_id, method, aggregate)
    if figures.lines and command.lines:
        reason = "the rows say whose they are: state no lines beside them"
        raise FiguresMalformed("attribution", reason=reason)
    figures = replace(figures, invited=command.invited, lines=command.lines or figures.lines)
    return figures, Basis(
        BasisKind.OBSERVATIONS,
        batches=aggregate.batches,
        row_count=aggregate.row_count,
        exclusions=aggregate.exclusions,
        reads_attribution=aggregate.attributed is not None,
    )


def figures_of(party_id: str, method: Method, aggregate: Aggregate) -> Figures:
    """What summed up rows say to a method: totals, or answers with their number; and whose.

    Raises FiguresMalformed where rows of a ratio do not say what they are divided by.
    """
    is_ratio, is_answered = method is Method.POOLED_RATIO, method in HISTOGRAMS | MOMENTS
    if is_ratio and (count := aggregate.undivided):
        raise FiguresMalformed("period", reason=f"{count} of its rows state no denominator")
    base = Fraction(0) if is_ratio and aggregate.row_count == 0 else aggregate.denominator
    return Figures(
        party_id,
        aggregate.value,
        None if is_answered else base,
        aggregate.row_count if is_answered else aggregate.sample_size,
        answers=aggregate.answers,
        squares=aggregate.squares,
        lines=attribution_of(party_id, aggregate.attributed or ()),
    )


def attribution_of(
    party_id: str, attributed: Sequence[AttributedSum]
) -> tuple[AttributionLine, ...]:
    """The lines of rows that name parties; none where all are the reporter's own.

    Law: they add up to the rows' value.
    """
    sums: dict[tuple[str, ...], Fraction] = {}
    for each in attributed:
        whose = each.parties or (party_id,)
        sums[whose] = sums.get(whose, Fraction(0)) + each.value
    if set(sums) <= {(party_id,)}:
        return ()
    return tuple(
        AttributionLine(
            AttributionKind.SOLE if len(whose) == 1 else AttributionKind.JOINT,
            value,
            tuple(PartyShare(each, Fraction(1, len(whose))) for each in whose),
        )
        for whose, value in sorted(sums.items())
    )
