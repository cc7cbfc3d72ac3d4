"""Surroundings: what the Book knows around a period that is measured. Pure.

The one rule: decision and audit look it up in the same way, so that what was decided is what an
audit repeats. Source: `domain.md` section 5.
"""

from datetime import date

from ledger.attained import Attained, attained, places
from ledger.book import Book
from ledger.indicator import IndicatorVersion
from ledger.initiative import Initiative
from ledger.innovation import judged, rows, summed_up
from ledger.measurement import RestatementReason
from ledger.method import Source
from ledger.observation import Aggregate
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


def derived(
    book: Book, version: IndicatorVersion, period_key: str, party_id: str
) -> Aggregate | None:
    """What the ledger's entries say of a party in a period; None where the method reads none.

    Raises PeriodUnknown.
    """
    method = version.terms.method
    if not method.is_derived:
        return None
    period, known = version.terms.calendar.period(period_key), book.governance.initiatives.values()
    effects: dict[str, tuple[Attained, ...]] = {}
    if method.source is Source.INITIATIVE_EFFECTS:
        effects = {
            each.initiative_id: effects_of(book, each, each.terms.judged_on)
            for each in judged(known, period, party_id)
        }
    return summed_up(method.kind, rows(method.source, known, period, party_id, effects))


def effects_of(book: Book, initiative: Initiative, on: date) -> tuple[Attained, ...]:
    """What an initiative did to each indicator at which it aims, of periods that ended by a day."""
    found = []
    for aim in initiative.terms.aims:
        key = aim.indicator_id
        version = book.current_indicator(key)
        listed = book.measured_periods(key)
        calendar = None if version is None else version.terms.calendar
        sides = (None, None) if calendar is None else places(initiative, calendar, listed, on)
        before, after = (None if each is None else _neighbour(book, key, each) for each in sides)
        found.append(attained(aim, before, after))
    return tuple(found)


def _neighbour(book: Book, indicator_id: str, period: str) -> Neighbour | None:
    measured = book.agreed_measurement(indicator_id, period)
    if measured is None:
        return None
    return Neighbour(measured, book.indicator_version(indicator_id, measured.version).terms)
