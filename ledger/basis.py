"""Basis: what an evaluation rests on, gathered from the Book: results, presence, years.

The one rule: it is a pure function of the Book, so that an audit gathers the same. Results are the
agreed ones of every measured period up to the one that is evaluated, each by the version that
measured it. Source: `domain.md` sections 5 and 6.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import MAXYEAR, date
from fractions import Fraction
from typing import overload

from ledger.actor import NotFound
from ledger.book import Book
from ledger.cap import Adjustment, GainOnly, Limit, PartnerCap, Side
from ledger.errors import Fault
from ledger.evaluation import COUNTS_PERIODS, RULES_VERSION, Inputs
from ledger.foresight import IndicatorFacts
from ledger.indicator import Direction, IndicatorTerms, RollingCount
from ledger.measurement import Measurement
from ledger.method import Method
from ledger.partner import personal
from ledger.periods import Calendar, Calendars, Period
from ledger.placing import given_between
from ledger.reading import PartValue, Result, RoundingStep, Series
from ledger.scheme import Scheme
from ledger.settlement import Measured
from ledger.terms import SchemeTerms
from ledger.timeline import upto

_SHARES = frozenset({Method.POOLED_RATIO, Method.SHARE_MEETING_TARGET, Method.TOP_TWO_BOX})


def facts_for(book: Book, terms: SchemeTerms) -> dict[str, IndicatorFacts]:
    """What a check of terms needs to know of the agreed indicators that they name.

    Raises PeriodUnknown where a calendar has no `valid_from_period`.
    """
    found = {}
    for indicator_id in terms.indicator_ids():
        version = book.current_indicator(indicator_id)
        if version is not None:
            found[indicator_id] = _facts(version.terms, terms.valid_from_period)
    return found


def _facts(agreed: IndicatorTerms, valid_from: str) -> IndicatorFacts:
    agreed.calendar.period(valid_from, "validFromPeriod")
    return IndicatorFacts(
        name=agreed.name,
        lower_is_better=agreed.direction is Direction.LOWER_IS_BETTER,
        levels=agreed.levels,
        rounding=RoundingStep(agreed.rounding.mode, agreed.rounding.step),
        owners=agreed.owners,
        calendar=agreed.calendar,
        low_sample=agreed.low_sample,
        minimum_sample=agreed.minimum_sample,
        is_live=agreed.is_live_in(valid_from),
        is_share=agreed.method.kind in _SHARES,
        whole=agreed.method.scale,
    )


def measured_for(book: Book, indicator_ids: Iterable[str], period: str) -> dict[str, Measured]:
    """The agreed results of indicators for a period; what is not agreed is missing.

    Each comes with the terms of the version that it was measured by.
    """
    found_results = {}
    for indicator_id in indicator_ids:
        result = book.agreed_measurement(indicator_id, period)
        if result is not None:
            version = book.indicator_version(indicator_id, result.version)
            calendars = book.calendars(indicator_id)
            found_results[indicator_id] = Measured(result, version.terms, calendars)
    return found_results


class Histories:
    """Agreed results of indicators, oldest first; each is read when something asks for it.

    Most terms read the last few of very many.
    """

    def __init__(self, book: Book) -> None:
        """Of one Book; it must not outlive it."""
        self._book = book
        self._known: dict[tuple[str, bool], _Known] = {}

    def upto(self, indicator_id: str, start_on: date, rules: int = RULES_VERSION) -> Series:
        """The results of periods that start no later than a date, as those rules read them."""
        key = (indicator_id, rules >= COUNTS_PERIODS)
        if key not in self._known:
            self._known[key] = _Known(self._book, indicator_id, counts_periods=key[1])
        known = self._known[key]
        return _Stretch(known, range(upto(known.timeline, start_on.toordinal())))


class _Known:
    """The results of one indicator that were asked for so far, by their place in time."""

    def __init__(self, book: Book, indicator_id: str, *, counts_periods: bool) -> None:
        self._book = book
        self._indicator_id = indicator_id
        self._counts_periods = counts_periods
        self.timeline = book.timelines.get(indicator_id, ())
        self._found: dict[int, Result] = {}

    def at(self, number: int) -> Result:
        if number not in self._found:
            self._found[number] = self._read(number)
        return self._found[number]

    def _read(self, number: int) -> Result:
        key = self.timeline[number][1]
        measurement = self._book.agreed_measurement(self._indicator_id, key)
        if measurement is None:
            raise Fault(f"{self._indicator_id} has no result of {key}, which its timeline lists")
        agreed = self._book.indicator_version(self._indicator_id, measurement.version).terms
        result = result_of(measurement, agreed)
        if not self._counts_periods:
            return replace(result, counts_anew=False)
        if number == 0:
            return result
        before, _ = self.timeline[number - 1]
        return replace(result, gap=_between(agreed.calendar, key, before))


class _Stretch(Sequence[Result]):
    """Some results of an indicator in a row."""

    def __init__(self, known: _Known, places: range) -> None:
        self._known, self._places = known, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Result: ...
    @overload
    def __getitem__(self, place: slice) -> Series: ...
    def __getitem__(self, place: int | slice) -> Result | Series:
        if isinstance(place, slice):
            return _Stretch(self._known, self._places[place])
        return self._known.at(self._places[place])


def _between(calendar: Calendar, key: str, before: int) -> int:
    """How many periods of a calendar lie between a place and the period of a key."""
    count, earlier = 0, calendar.previous(key)
    while earlier is not None and calendar.position(earlier) > before:
        count, earlier = count + 1, calendar.previous(earlier)
    return count


def result_of(measurement: Measurement, agreed: IndicatorTerms) -> Result:
    """An agreed measurement as the evaluation reads it."""
    findings = measurement.findings
    parts = [PartValue(used.figures.party_id, used.figures.value) for used in measurement.parts]
    if findings.contributions:
        parts = [PartValue(c.party_id, c.value) for c in findings.contributions if c.party_id]
    return Result(
        value=measurement.value,
        displayed=measurement.displayed,
        levels=agreed.levels,
        lower_is_better=agreed.direction is Direction.LOWER_IS_BETTER,
        is_low_sample=measurement.is_low_sample,
        low_sample=findings.low_sample or agreed.low_sample,
        index=measurement.index,
        parts=tuple(parts),
        owners=agreed.owners,
        version=measurement.version,
        counts_anew=agreed.rolling_count is RollingCount.RESETS,
    )


def year_of(terms: SchemeTerms, calendars: Calendars, period: Period) -> int:
    """The year of the scheme that a period starts in: 1 is that of `valid_from_period`."""
    first = calendars.period(terms.valid_from_period)
    return _year(terms, period) - _year(terms, first) + 1


def _year(terms: SchemeTerms, period: Period) -> int:
    start = period.start_on
    return start.year if start.month >= terms.year_starts_in else start.year - 1


def personally(book: Book, scheme: Scheme, party_id: str) -> Scheme:
    """A confidential scheme as it is for one partner. Raises NotFound without a part of its own."""
    part = book.sealed.parts_of(scheme.proposal_id).get(party_id)
    if part is None:
        raise NotFound("partyId", what="sealed part", id=party_id)
    return replace(scheme, terms=personal(scheme.terms, part.part))


def calendars_for(book: Book, terms: SchemeTerms) -> Calendars:
    """The calendars of the terms' indicators: those of the first item. Raises Fault."""
    return book.calendars(terms.items[0].indicator_id)


def inputs_for(
    book: Book,
    scheme: Scheme,
    period: Period,
    calendars: Calendars,
    histories: Histories | None = None,
    rules: int = RULES_VERSION,
) -> Inputs:
    """What the evaluation of a period rests on, by the rules of a version.

    `histories` where several periods are evaluated.
    """
    terms, known = scheme.terms, histories or Histories(book)
    return Inputs(
        series={key: known.upto(key, period.start_on, rules) for key in terms.indicator_ids()},
        presence=presence_in(book, period),
        protections=protections_in(book, terms),
        used=used_beside(book, scheme, period, rules),
        year=year_of(terms, calendars, period),
    )


def presence_in(book: Book, period: Period) -> dict[str, Fraction]:
    """Each party's share of the period's calendar days on which it was a member."""
    if book.ecosystem is None:
        raise Fault("a scheme comes after the founding")
    days = (period.end_on - period.start_on).days
    return {
        party.party_id: Fraction(party.days_in(period.start_on, period.end_on), days)
        for party in book.ecosystem.parties
    }


def protections_in(book: Book, terms: SchemeTerms) -> tuple[Adjustment, ...]:
    """What the sharers' memberships protect them by, after all steps of the scheme.

    A cap of a membership counts for schemes in its currency.
    """
    if book.ecosystem is None:
        raise Fault("a scheme comes after the founding")
    found: list[Adjustment] = []
    for key in terms.party_ids():
        agreed = book.ecosystem.party(key).terms
        if agreed.cap is not None and agreed.cap.currency == terms.currency:
            cap = PartnerCap(key, Side.BOTH, Limit(agreed.cap, None))
            found.append(Adjustment(partner_cap=cap))
        if agreed.is_gain_only:
            found.append(Adjustment(gain_only=GainOnly((key,))))
    return tuple(found)


def used_beside(
    book: Book, scheme: Scheme, period: Period, rules: int = RULES_VERSION
) -> dict[str, Fraction]:
    """What each party was given for the year's other periods, each in its own period.

    Later ones count too, where one was settled before: a year's cap holds whatever the order in
    which its periods are settled. Rules before COUNTS_PERIODS looked at earlier ones alone.
    """
    first, end = _year_around(scheme.terms, period)
    if rules < COUNTS_PERIODS:
        end = period.start_on
    found: dict[str, Fraction] = {}
    for other, given in given_between(book, scheme.scheme_id, first, end):
        if other != period.key:
            for party_id, amount in given.items():
                found[party_id] = found.get(party_id, Fraction(0)) + amount.value
    return found


def _year_around(terms: SchemeTerms, period: Period) -> tuple[date, date]:
    """The first days of the scheme's year that a period starts in, and of the next."""
    year = _year(terms, period)
    first_on = date(year, terms.year_starts_in, 1)
    end_on = date.max if year == MAXYEAR else date(year + 1, terms.year_starts_in, 1)
    return first_on, end_on
