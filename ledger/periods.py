"""Periods and the calendars that list them: half-open, in a stated time zone.

The one rule: a period is `[start, end)` in local dates of the calendar's zone, so that daylight
saving never makes a period gain or lose an hour that nobody agreed. Railway periods are mostly,
not always, 28 days: such a calendar is a list.

Sources: `domain.md` section 4 and 5; IANA time zone database; ISO 8601 (week dates).
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.errors import Refusal

MAX_LISTED_PERIODS = 600
"""Periods a listed calendar may have: enough for half a century of months."""

_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z/_.:-]{0,39}\Z")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z")
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])\Z")
_YEAR = re.compile(r"([0-9]{4})\Z")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})\Z")
_FINANCIAL_YEAR = re.compile(r"([0-9]{4})-([0-9]{2})\Z")
_FINANCIAL_QUARTER = re.compile(r"([0-9]{4})-([0-9]{2})/Q([1-4])\Z")
_FOUR_WEEKS = re.compile(r"([0-9]{4})(-[0-9]{2})?/P(0[1-9]|1[0-3])\Z")
FIRST_YEAR = 1000
"""Years have four digits, in every time zone."""
MONTHS_A_YEAR = 12
MONTHS_A_QUARTER = 3
DAYS_A_WEEK = 7
DAYS = 28
PERIODS_A_YEAR = 13
"""Of 28 days: a year of such a calendar has 364 days; one with a leap week is a list."""


class TimeZoneUnknown(Refusal):
    """{zone!r} is no time zone that we know. -> Use an IANA name such as Europe/London."""


class PeriodUnknown(Refusal):
    """The calendar has no period {key!r}. -> Use a key such as {example!r}."""


class CalendarMalformed(Refusal):
    """The calendar is not usable: {reason}. -> List periods in order, each start before its end."""


class PeriodNotEnded(Refusal):
    """Period {key} ends at {end}: it has not ended yet. -> Measure it after that instant."""


class CalendarKind(StrEnum):
    """How a calendar names and bounds its periods.

    MONTH "2026-03". QUARTER "2026-Q1" and YEAR "2026", or "2026-27/Q1" and "2026-27" where the
    year does not start in January. ISO_WEEK "2026-W07". FOUR_WEEKS "2026/P08" ("2026-27/P08" where
    its first day is not in January): 28 days each, 13 a year, from a stated first day on. LIST:
    periods one by one.
    """

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    LIST = "LIST"
    ISO_WEEK = "ISO_WEEK"
    FOUR_WEEKS = "FOUR_WEEKS"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of local dates, the end exclusive, and the instants where it starts and ends."""

    key: str
    start_on: date
    end_on: date
    time_zone: str

    @property
    def starts_at(self) -> datetime:
        """The first instant, in UTC."""
        return midnight(self.start_on, self.time_zone)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it, in UTC."""
        return midnight(self.end_on, self.time_zone)

    def require_ended(self, now: datetime) -> None:
        """Return if the period is over at `now`; raise PeriodNotEnded otherwise."""
        if now < self.ends_at:
            raise PeriodNotEnded("period", key=self.key, end=self.ends_at.isoformat())


@dataclass(frozen=True, slots=True)
class ListedPeriod:
    """One period of a listed calendar; `end_on` is exclusive."""

    key: str
    start_on: date
    end_on: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of periods in one time zone.

    `listed` is empty unless the kind is LIST. `first_month` (1 to 12) is where a YEAR or the first
    QUARTER of one starts; `first_on` is the first day of a period 1 of FOUR_WEEKS.
    """

    kind: CalendarKind
    time_zone: str
    listed: tuple[ListedPeriod, ...] = ()
    first_month: int = 1
    first_on: date | None = None

    def check(self, path: str) -> None:
        """Return if the calendar is usable. Raises TimeZoneUnknown, CalendarMalformed."""
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise TimeZoneUnknown(f"{path}.timeZone", zone=self.time_zone[:60]) from None
        self._check_terms(path)
        if len(self.listed) > MAX_LISTED_PERIODS:
            raise CalendarMalformed(path, reason=f"more than {MAX_LISTED_PERIODS} periods")
        if len({listed.key for listed in self.listed}) != len(self.listed):
            raise CalendarMalformed(path, reason="a key stands twice")
        for number, listed in enumerate(self.listed):
            place = f"{path}.periods[{number}]"
            if not _KEY.match(listed.key):
                raise CalendarMalformed(place, reason=f"{listed.key[:60]!r} is no usable key")
            if not FIRST_YEAR <= listed.start_on.year <= listed.end_on.year < date.max.year:
                raise CalendarMalformed(place, reason=f"{listed.key} lies in no usual year")
            if listed.start_on >= listed.end_on:
                raise CalendarMalformed(place, reason=f"{listed.key} ends before it starts")
            if number and listed.start_on < self.listed[number - 1].end_on:
                raise CalendarMalformed(place, reason=f"{listed.key} overlaps the one before")

    def _check_terms(self, path: str) -> None:
        kind = self.kind
        if (kind is CalendarKind.LIST) != bool(self.listed):
            raise CalendarMalformed(path, reason="periods are listed for LIST, and only for LIST")
        if (kind is CalendarKind.FOUR_WEEKS) != (self.first_on is not None):
            reason = "a first day is stated for FOUR_WEEKS, and only for it"
            raise CalendarMalformed(f"{path}.firstOn", reason=reason)
        if not 1 <= self.first_month <= MONTHS_A_YEAR:
            raise CalendarMalformed(f"{path}.firstMonth", reason="months go from 1 to 12")
        if self.first_month != 1 and kind not in (CalendarKind.YEAR, CalendarKind.QUARTER):
            reason = "only years and quarters start in a month of their own"
            raise CalendarMalformed(f"{path}.firstMonth", reason=reason)

    def period(self, key: str, path: str = "period") -> Period:
        """The period of a key. Raises PeriodUnknown."""
        if self.kind is CalendarKind.LIST:
            for listed in self.listed:
                if listed.key == key:
                    return Period(key, listed.start_on, listed.end_on, self.time_zone)
        elif (start := self._start(key)) is not None:
            end = self._end(start)
            if end is not None:
                return Period(key, start, end, self.time_zone)
        raise PeriodUnknown(path, key=key[:40], example=self._example())

    def position(self, key: str) -> int:
        """A number that grows with time, equal for equal keys. Raises PeriodUnknown."""
        return self.period(key).start_on.toordinal()

    def key_of(self, day: date) -> str | None:
        """The key of the period that a local date lies in; None where a list has a hole.

        Law: period(key_of(day)) holds the day.
        """
        match self.kind:
            case CalendarKind.MONTH:
                return f"{day.year:04}-{day.month:02}"
            case CalendarKind.ISO_WEEK:
                year, week, _ = day.isocalendar()
                return f"{year:04}-W{week:02}"
            case CalendarKind.QUARTER | CalendarKind.YEAR:
                return self._financial_key(day)
            case CalendarKind.FOUR_WEEKS:
                return self._four_weeks_key(day)
            case CalendarKind.LIST:
                holding = (each for each in self.listed if each.start_on <= day < each.end_on)
                found = next(holding, None)
                return found.key if found else None

    def previous(self, key: str) -> str | None:
        """The key of the period before; None before the first. Raises PeriodUnknown."""
        period = self.period(key)
        if self.kind is CalendarKind.LIST:
            keys = [each.key for each in self.listed]
            place = keys.index(key)
            return keys[place - 1] if place else None
        day_before = period.start_on - timedelta(days=1)
        return self.key_of(day_before) if day_before.year >= FIRST_YEAR else None

    def _financial_key(self, day: date) -> str:
        months = (day.month - self.first_month) % MONTHS_A_YEAR
        year = day.year - (day.month < self.first_month)
        label = _label(year, is_financial=self.first_month != 1)
        if self.kind is CalendarKind.YEAR:
            return label
        quarter = months // MONTHS_A_QUARTER + 1
        return f"{label}/Q{quarter}" if self.first_month != 1 else f"{label}-Q{quarter}"

    def _four_weeks_key(self, day: date) -> str:
        first = self._first_day()
        count = (day - first).days // DAYS
        years, number = divmod(count, PERIODS_A_YEAR)
        label = _label(first.year + years, is_financial=first.month != 1)
        return f"{label}/P{number + 1:02}"

    def _first_day(self) -> date:
        if self.first_on is None:
            raise CalendarMalformed("calendar", reason="FOUR_WEEKS states its first day")
        return self.first_on

    def _start(self, key: str) -> date | None:
        """First day of a named period; None when the key is not one of this calendar's."""
        start = self._candidate(key)
        if start is None or start.year < FIRST_YEAR or self.key_of(start) != key:
            return None
        return start

    def _candidate(self, key: str) -> date | None:
        """The day on which a key's period would start, by its numbers alone."""
        month = 1
        try:
            match self.kind:
                case CalendarKind.MONTH if found := _MONTH.match(key):
                    return date(int(found[1]), int(found[2]), 1)
                case CalendarKind.ISO_WEEK if found := _WEEK.match(key):
                    return date.fromisocalendar(int(found[1]), int(found[2]), 1)
                case CalendarKind.YEAR if found := _YEAR.match(key) or _FINANCIAL_YEAR.match(key):
                    return date(int(found[1]), self.first_month, 1)
                case CalendarKind.QUARTER if found := (
                    _QUARTER.match(key) or _FINANCIAL_QUARTER.match(key)
                ):
                    month = self.first_month + MONTHS_A_QUARTER * (int(found.groups()[-1]) - 1)
                    return _first_of(int(found[1]), month)
                case CalendarKind.FOUR_WEEKS if found := _FOUR_WEEKS.match(key):
                    first = self._first_day()
                    years, number = int(found[1]) - first.year, int(found[3]) - 1
                    return first + timedelta(days=DAYS * (PERIODS_A_YEAR * years + number))
                case _:
                    return None
        except (ValueError, OverflowError):
            return None

    def _end(self, start: date) -> date | None:
        """The first day after a named period."""
        try:
            match self.kind:
                case CalendarKind.MONTH:
                    return _first_of(start.year, start.month + 1)
                case CalendarKind.QUARTER:
                    return _first_of(start.year, start.month + MONTHS_A_QUARTER)
                case CalendarKind.YEAR:
                    return _first_of(start.year, start.month + MONTHS_A_YEAR)
                case CalendarKind.ISO_WEEK:
                    return start + timedelta(days=DAYS_A_WEEK)
                case _:
                    return start + timedelta(days=DAYS)
        except (ValueError, OverflowError):
            return None

    def _example(self) -> str:
        if self.listed:
            return self.listed[0].key
        known = self.key_of(self.first_on or date(2026, 3, 1))
        return known or ""


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of an indicator's versions, that of the version in force first.

    A period that it does not list any more is known by the newest one that did.
    """

    versions: tuple[Calendar, ...]

    def period(self, key: str, path: str = "period") -> Period:
        """The period of a key. Raises PeriodUnknown."""
        for each in self.versions:
            with suppress(PeriodUnknown):
                return each.period(key, path)
        return self.versions[0].period(key, path)

    def position(self, key: str) -> int:
        """A number that grows with time, equal for equal keys. Raises PeriodUnknown."""
        return self.period(key).start_on.toordinal()


def _label(year: int, *, is_financial: bool) -> str:
    """A year's label: "2026", or "2026-27" where it ends in the next one."""
    return f"{year:04}-{(year + 1) % 100:02}" if is_financial else f"{year:04}"


def _first_of(year: int, month: int) -> date:
    """First day of a month that may be past December. Raises ValueError past year 9999."""
    return date(year + (month - 1) // MONTHS_A_YEAR, (month - 1) % MONTHS_A_YEAR + 1, 1)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local date, in UTC, also where midnight is skipped by a change."""
    local = datetime.combine(day, time(0), tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def add_days(day: date, days: int) -> date:
    """The date `days` calendar days later."""
    return day + timedelta(days=days)
