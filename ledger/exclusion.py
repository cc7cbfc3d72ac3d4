"""Exclusions: a window of a period that is left out, with its reason, by consent.

The one rule: whoever consents sees the value before and after, computed from the same rows with
and without the window. It leaves out observations that name an instant; figures that a party
declares are declared anew. Source: `domain.md` section 5.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from immutables import Map

from ledger.agreement import opening
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.figures import Figures, NothingMeasured
from ledger.formula import compute
from ledger.ids import ProposalId, Seed
from ledger.indicator import IndicatorVersion
from ledger.measurement import ExplanationMissing
from ledger.method import COMPOSITES
from ledger.observation import Aggregate
from ledger.part import IndicatorNotAgreed, ObservationsMoved, figures_of
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus

MAX_TEXT = 2000


class ExclusionMalformed(Refusal):
    """This window cannot be left out: {reason}. -> Correct the window and propose it again."""


class ExclusionReason(StrEnum):
    """Why a window is left out."""

    FORCE_MAJEURE = "FORCE_MAJEURE"
    PLANNED_WORK = "PLANNED_WORK"
    THIRD_PARTY = "THIRD_PARTY"
    MEASURING_FAULT = "MEASURING_FAULT"


@dataclass(frozen=True, slots=True)
class Window:
    """From an instant up to, but without, another; of one segment, or of all when it is empty."""

    from_at: datetime
    until_at: datetime
    segment: str = ""


@dataclass(frozen=True, slots=True)
class WithAndWithout:
    """One owner's rows of the period as they count now, and without the window."""

    party_id: str
    before: Aggregate
    after: Aggregate


@dataclass(frozen=True, slots=True)
class ProposeExclusion:
    """Command: leave a window out of a period; the sums were prepared outside the lock."""

    indicator_id: str
    period: str
    window: Window
    reason: ExclusionReason
    explanation: str
    sums: tuple[WithAndWithout, ...]
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ExclusionProposed:
    """A window is proposed to be left out. A value is None where no rows are left to compute."""

    opening: Opening
    indicator_id: str
    version: int
    period: str
    window: Window
    reason: ExclusionReason
    row_count: int
    figures_before: tuple[Figures, ...]
    figures_after: tuple[Figures, ...]
    value_before: Fraction | None
    value_after: Fraction | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An exclusion as it stands. `agreed_index` is the entry since which it binds."""

    proposal_id: str
    indicator_id: str
    version: int
    period: str
    window: Window
    reason: ExclusionReason
    row_count: int
    value_before: Fraction | None
    value_after: Fraction | None
    index: int
    status: ProposalStatus
    agreed_index: int | None = None


@dataclass(frozen=True, slots=True)
class Exclusions:
    """All exclusions of an ecosystem, by their proposal's id."""

    by_proposal: Map[str, Exclusion] = Map()

    def agreed(self, indicator_id: str, period: str) -> tuple[Exclusion, ...]:
        """Those that bind in a period, in the order of the ledger."""
        found = [
            each
            for each in self.by_proposal.values()
            if (each.indicator_id, each.period) == (indicator_id, period)
            and each.agreed_index is not None
        ]
        return tuple(sorted(found, key=lambda each: each.index))

    def proposed(self, event: ExclusionProposed, index: int) -> "Exclusions":
        """With one more, still open."""
        state = Exclusion(
            event.opening.proposal_id,
            event.indicator_id,
            event.version,
            event.period,
            event.window,
            event.reason,
            event.row_count,
            event.value_before,
            event.value_after,
            index,
            ProposalStatus.OPEN,
        )
        return Exclusions(self.by_proposal.set(state.proposal_id, state))

    def answered(self, proposal_id: str, status: ProposalStatus, index: int) -> "Exclusions":
        """With the status that a proposal has from entry `index` on."""
        agreed = index if status is ProposalStatus.AGREED else None
        state = replace(self.by_proposal[proposal_id], status=status, agreed_index=agreed)
        return Exclusions(self.by_proposal.set(proposal_id, state))


def indices(exclusions: Iterable[Exclusion]) -> tuple[int, ...]:
    """The entries of exclusions, rising: what a part says that it left out."""
    return tuple(sorted(each.index for each in exclusions))


def propose(
    command: ProposeExclusion,
    version: IndicatorVersion | None,
    newest_batches: Mapping[str, int],
    standing: tuple[int, ...],
    agreements: Agreements,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose to leave a window out.

    `newest_batches` holds each owner's newest batch of the series, `standing` the entries of what
    is left out already. Raises IndicatorNotAgreed, ExclusionMalformed, ExplanationMissing,
    ObservationsMoved, PeriodUnknown, SubjectBusy.
    """
    if version is None:
        raise IndicatorNotAgreed("indicatorId", id=command.indicator_id)
    if not 1 <= len(command.explanation.strip()) <= MAX_TEXT:
        raise ExplanationMissing("explanation")
    check_window(version, command.period, command.window)
    for each in command.sums:
        for sums in (each.before, each.after):
            moved = sums.seen_batch != newest_batches.get(each.party_id, 0)
            if moved or sums.exclusions != standing:
                raise ObservationsMoved("period")
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.EXCLUSION,
        subject=subject(command.indicator_id, command.period),
        signatories=version.terms.owner_ids(),
        replaces=command.replaces,
    )
    event = _event(terms, command, version)
    if event.row_count == 0:
        raise ExclusionMalformed("window", reason="no observation lies in it")
    return (*superseded, Fact(event, annex={"explanation": command.explanation.strip()}))


def subject(indicator_id: str, period: str) -> str:
    """What an exclusion is about: one is decided at a time, so that values before stay true."""
    return f"exclusion/{indicator_id}/{period}"


def values(
    version: IndicatorVersion, before: Sequence[Figures], after: Sequence[Figures]
) -> tuple[Fraction | None, Fraction | None]:
    """The values before and after: a pure function, so that an audit can repeat it."""
    return _value(version, before), _value(version, after)


def _event(
    terms: Opening, command: ProposeExclusion, version: IndicatorVersion
) -> ExclusionProposed:
    method = version.terms.method.kind
    before = tuple(figures_of(each.party_id, method, each.before) for each in command.sums)
    after = tuple(figures_of(each.party_id, method, each.after) for each in command.sums)
    value_before, value_after = values(version, before, after)
    return ExclusionProposed(
        opening=terms,
        indicator_id=command.indicator_id,
        version=version.version,
        period=command.period,
        window=command.window,
        reason=command.reason,
        row_count=sum(each.before.row_count - each.after.row_count for each in command.sums),
        figures_before=before,
        figures_after=after,
        value_before=value_before,
        value_after=value_after,
    )


def _value(version: IndicatorVersion, figures: Sequence[Figures]) -> Fraction | None:
    try:
        return compute(version.terms.method, figures).value
    except NothingMeasured:
        return None


def check_window(version: IndicatorVersion, period_key: str, window: Window) -> None:
    """Return if a window can be left out of a period. Raises ExclusionMalformed, PeriodUnknown."""
    if version.terms.method.kind in COMPOSITES:
        raise ExclusionMalformed("indicatorId", reason="leave it out of the composite's inputs")
    if version.terms.method.is_derived:
        raise ExclusionMalformed("indicatorId", reason="entries of the ledger are not left out")
    period = version.terms.calendar.period(period_key)
    if window.from_at >= window.until_at:
        raise ExclusionMalformed("window.untilAt", reason="it ends before it starts")
    if window.from_at < period.starts_at or window.until_at > period.ends_at:
        raise ExclusionMalformed("window", reason=f"it leaves period {period_key}")
    if len(window.segment) > MAX_TEXT:
        raise ExclusionMalformed("window.segment", reason="a segment is shorter")
