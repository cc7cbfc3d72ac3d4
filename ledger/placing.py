"""Placing: where in time an indicator's results stand, and what was given for a scheme's periods.

The one rule: a period stands where the calendar of the version that measured it puts it. So a
year's cap counts what was given for a period, though a later calendar lists that period no more.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from operator import itemgetter

from immutables import Map

from ledger.amounts import Money
from ledger.book import Book, replace
from ledger.errors import Fault
from ledger.measurement import Measurement
from ledger.periods import PeriodUnknown
from ledger.scheme import Scheme
from ledger.timeline import between, with_period, without_period


def with_result(book: Book, measured: Measurement) -> Book:
    """The Book with an agreed measurement as the result of its period. Raises Fault."""
    key, period = measured.indicator_id, measured.period
    place = (_first_day(book, measured), period)
    timeline = with_period(book.timelines.get(key, ()), place)
    return replace(
        book,
        results=book.results.set((key, period), measured.proposal_id),
        timelines=book.timelines.set(key, timeline),
    )


def _first_day(book: Book, measured: Measurement) -> int:
    """The proleptic ordinal of its period's first day."""
    version = book.indicator_version(measured.indicator_id, measured.version)
    try:
        return version.terms.calendar.position(measured.period)
    except PeriodUnknown as refusal:
        said = f"entry {measured.index} measures {measured.period}, which its calendar has not"
        raise Fault(said) from refusal


def with_given(book: Book, scheme: Scheme, period: str, amounts: Mapping[str, Money]) -> Book:
    """The Book once parties were given something for a period of a scheme. Raises Fault."""
    key, at = scheme.scheme_id, (scheme.scheme_id, period)
    given = book.given.set(at, book.given.get(at, Map()).update(amounts))
    if at in book.given:
        return replace(book, given=given)
    measured = book.agreed_measurement(scheme.terms.items[0].indicator_id, period)
    if measured is None:
        raise Fault(f"scheme {key} gives for {period}, of which there is no result")
    timeline = with_period(book.paid_periods.get(key, ()), (_first_day(book, measured), period))
    return replace(book, given=given, paid_periods=book.paid_periods.set(key, timeline))


def without_given(book: Book, scheme_id: str, period: str) -> Book:
    """The Book as if nothing had been given for a period of a scheme."""
    if (scheme_id, period) not in book.given:
        return book  # who may open no stake of it knows of nothing given
    left = without_period(book.paid_periods[scheme_id], period)
    return replace(
        book,
        given=book.given.delete((scheme_id, period)),
        paid_periods=book.paid_periods.set(scheme_id, left),
    )


def given_between(
    book: Book, scheme_id: str, first_on: date, end_on: date
) -> Iterator[tuple[str, Map[str, Money]]]:
    """Periods of a scheme that start in a stretch of dates, and what each party has for them."""
    paid = between(book.paid_periods.get(scheme_id, ()), first_on.toordinal(), end_on.toordinal())
    for period in map(itemgetter(1), paid):
        yield period, book.given[scheme_id, period]
