"""Surroundings: what the Book knows around a period that is measured. Pure.

The one rule: decision and audit look it up in the same way, so that what was decided is what an
audit repeats. Source: `domain.md` section 5.
"""

from ledger.book import Book
from ledger.indicator import IndicatorVersion
from ledger.measurement import RestatementReason
from ledger.proposal import ProposalStatus
from ledger.result import Around, Neighbour


def around(
    book: Book, version: IndicatorVersion, period: str, reason: RestatementReason | None = None
) -> Around:
    """What lies around a period of a version; `reason` where an agreed one is restated."""
    key = version.indicator_id
    restated = book.agreed_measurement(key, period)
    previous = version.terms.calendar.previous(period)
    inputs = {
        each.indicator_id: found
        for each in version.terms.method.inputs
        if (found := _neighbour(book, each.indicator_id, period)) is not None
    }
    old = None if restated is None else restated.index
    return Around(
        before=None if previous is None else _neighbour(book, key, previous),
        inputs=inputs,
        exclusions=book.exclusions.agreed(key, period),
        restated=restated,
        reason=reason,
        touched_settlements=() if old is None else touched_settlements(book, old),
        touched_measurements=() if old is None else touched_measurements(book, old),
    )


def touched_settlements(book: Book, index: int) -> tuple[str, ...]:
    """Ids of the agreed settlements that were computed from the measurement of an entry.

    In the order of the ledger. They are what a true-up computes anew.
    """
    found = [
        settlement
        for settlement in book.settlements.values()
        if settlement.status is ProposalStatus.AGREED
        and any(given.index == index for step in settlement.content.trace for given in step.inputs)
    ]
    return tuple(each.settlement_id for each in sorted(found, key=lambda each: each.index))


def touched_measurements(book: Book, index: int) -> tuple[int, ...]:
    """Entries of agreed measurements that drew on the one of an entry, or read it as an input."""
    return tuple(
        sorted(
            each.index
            for each in book.measurements.values()
            if each.status is ProposalStatus.AGREED
            and (
                index in each.findings.drawn_from
                or any(used.index == index for used in each.findings.inputs)
            )
        )
    )


def _neighbour(book: Book, indicator_id: str, period: str) -> Neighbour | None:
    measured = book.agreed_measurement(indicator_id, period)
    if measured is None:
        return None
    return Neighbour(measured, book.indicator_version(indicator_id, measured.version).terms)
