"""Freshness: a result or a settlement binds only while what it was computed from holds. Pure.

The one rule: what was proposed before a restatement or an exclusion was agreed is proposed anew, so
that nobody signs a value or an amount that is known to be wrong. What bound in part already goes on
and is trued up. Source: `domain.md` section 5; decisions 0025 and 0038.
"""

from collections.abc import Collection

from ledger.book import Book
from ledger.errors import Refusal
from ledger.exclusion import indices
from ledger.measurement import Measurement
from ledger.proposal import Proposal
from ledger.settlement import SettlementKind

FROM_RULES = 3
"""Settlements by older rules bound whatever was restated since: they replay as they did."""
MEASURED_FROM = 3
"""Rules of measurements from which a ledger asks; with older ones alone it replays as it did."""


class SettlementStale(Refusal):
    """{period} was restated since this settlement was computed. -> Have it proposed anew."""


class MeasurementStale(Refusal):
    """What {period} was computed from was changed since. -> Have it proposed anew."""


def require_fresh(book: Book, proposal: Proposal) -> None:
    """Return if what a proposal was computed from holds. Raises SettlementStale, MeasurementStale.

    Any other proposal is fresh, and so is what takes a settlement back. Of a confidential one the
    joint result says what was read: its stakes not all who must repeat this may see.
    """
    if (measured := book.measurements.get(proposal.proposal_id)) is not None:
        _require_measured(book, measured)
    settlement = book.settlements.get(proposal.proposal_id)
    if settlement is None or settlement.content.rules_version < FROM_RULES:
        return
    is_reversal = settlement.content.kind is SettlementKind.REVERSAL
    if is_reversal or proposal.undisputed_index is not None:
        return
    used = {given.index for step in settlement.content.trace for given in step.inputs}
    if (old := _superseded(book, used)) is not None:
        raise SettlementStale("proposalId", period=old.period)


def _require_measured(book: Book, measured: Measurement) -> None:
    """Return if a result leaves out what is excluded by now, and what it reads is agreed still."""
    if book.rules_version < MEASURED_FROM:
        return
    findings, period = measured.findings, measured.period
    used = {*findings.drawn_from, *(each.index for each in findings.inputs)}
    left_out = indices(book.exclusions.agreed(measured.indicator_id, period))
    if findings.exclusions != left_out or _superseded(book, used) is not None:
        raise MeasurementStale("proposalId", period=period)


def _superseded(book: Book, used: Collection[int | None]) -> Measurement | None:
    """A result among those of some entries that is not the agreed one any more."""
    if not used:
        return None
    for each in book.measurements.values():
        place = (each.indicator_id, each.period)
        if each.index in used and book.results.get(place) != each.proposal_id:
            return each
    return None


def is_fresh(book: Book, proposal: Proposal) -> bool:
    """Whether a proposal rests on what still holds."""
    try:
        require_fresh(book, proposal)
    except (SettlementStale, MeasurementStale):
        return False
    return True
