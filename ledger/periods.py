"""Periods and the calendars that list them: half-open, in a stated time zone.

The one rule: a period is `[start, end)` in local dates of the calendar's zone, so that daylight
saving never makes a period gain or lose an hour that nobody agreed. Railway periods are mostly,
not always, 28 days: such a calendar is a list.

Sources: `domain.md` section 4 and 5; IANA time zone database.
"""

import re
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
MONTHS_A_YEAR = 12


class TimeZoneUnknown(Refusal):
    """{zone!r} is no time zone that we know. -> Use an IANA name such as Europe/London."""


class PeriodUnknown(Refusal):
    """The calendar has no period {key!r}. -> Use a key such as {example!r}."""


class CalendarMalformed(Refusal):
    """The calendar is not usable: {reason}. -> List periods in order, each start before its end."""


class PeriodNotEnded(Refusal):
    """Period {key} ends at {end}: it has not ended yet. -> Measure it after that instant."""


class CalendarKind(StrEnum):
    """How a calendar names and bounds its periods."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    LIST = "LIST"


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
    """A calendar of periods in one time zone. `listed` is empty unless the kind is LIST."""

    kind: CalendarKind
    time_zone: str
    listed: tuple[ListedPeriod, ...] = ()

    def check(self, path: str) -> None:
        """Return if the calendar is usable. Raises TimeZoneUnknown, CalendarMalformed."""
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise TimeZoneUnknown(f"{path}.timeZone", zone=self.time_zone[:60]) from None
        if (self.kind is CalendarKind.LIST) != bool(self.listed):
            raise CalendarMalformed(path, reason="periods are listed for LIST, and only for LIST")
        if len(self.listed) > MAX_LISTED_PERIODS:
            raise CalendarMalformed(path, reason=f"more than {MAX_LISTED_PERIODS} periods")
        if len({listed.key for listed in self.listed}) != len(self.listed):
            raise CalendarMalformed(path, reason="a key stands twice")
        for number, listed in enumerate(self.listed):
            place = f"{path}.periods[{number}]"
            if not _KEY.match(listed.key):
                raise CalendarMalformed(place, reason=f"{listed.key[:60]!r} is no usable key")
            if listed.start_on >= listed.end_on:
                raise CalendarMalformed(place, reason=f"{listed.key} ends before it starts")
            if number and listed.start_on < self.listed[number - 1].end_on:
                raise CalendarMalformed(place, reason=f"{listed.key} overlaps the one before")

    def period(self, key: str, path: str = "period") -> Period:
        """The period of a key. Raises PeriodUnknown."""
        if self.kind is CalendarKind.LIST:
            for listed in self.listed:
                if listed.key == key:
                    return Period(key, listed.start_on, listed.end_on, self.time_zone)
        elif (bounds := _bounds(self.kind, key)) is not None:
            return Period(key, *bounds, self.time_zone)
        raise PeriodUnknown(path, key=key[:40], example=self._example())

    def position(self, key: str) -> int:
        """A number that grows with time, equal for equal keys. Raises PeriodUnknown."""
        return self.period(key).start_on.toordinal()

    def _example(self) -> str:
        match self.kind:
            case CalendarKind.MONTH:
                return "2026-03"
            case CalendarKind.QUARTER:
                return "2026-Q1"
            case CalendarKind.YEAR:
                return "2026"
            case CalendarKind.LIST:
                return self.listed[0].key


def _bounds(kind: CalendarKind, key: str) -> tuple[date, date] | None:
    """First date and first date after it, of a named period. None when the key is not one."""
    if kind is CalendarKind.MONTH and (match := _MONTH.match(key)):
        year, month, months = int(match[1]), int(match[2]), 1
    elif kind is CalendarKind.QUARTER and (match := _QUARTER.match(key)):
        year, month, months = int(match[1]), 3 * int(match[2]) - 2, 3
    elif kind is CalendarKind.YEAR and (match := _YEAR.match(key)):
        year, month, months = int(match[1]), 1, MONTHS_A_YEAR
    else:
        return None
    if not 1 <= year < date.max.year:
        return None
    after = month - 1 + months
    return date(year, month, 1), date(year + after // MONTHS_A_YEAR, after % MONTHS_A_YEAR + 1, 1)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local date, in UTC, also where midnight is skipped by a change."""
    local = datetime.combine(day, time(0), tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def add_days(day: date, days: int) -> date:
    """The date `days` calendar days later."""
    return day + timedelta(days=days)
