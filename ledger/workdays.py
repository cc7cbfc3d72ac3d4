"""Business calendars: on which days a party works, and when its k-th business day ends.

The one rule: a deadline is the end of the party's own k-th business day in its own zone, counted
from the day after the one on which time began to run; it is computed once, stored as an instant
and never again computed to decide. A calendar changed later binds later proposals only.
Sources: `domain.md` section 3; ISO 8601 (weekdays); IANA time zone database.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from immutables import Map

from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.periods import FIRST_YEAR, TimeZoneUnknown

MAX_HOLIDAYS = 1000
"""Holidays that a calendar may list: decades of them."""
MAX_DAYS = 250
"""Business days that a time limit may have: about a year."""


MAX_REST_DAYS = 62
"""Calendar days on end without a business day: a school's summer. By decades of them one party
would hold up every dispute, whose rungs last until all who were asked had their days."""


class BusinessCalendarMalformed(Refusal):
    """This is no business calendar: {reason}. -> Name working days, and each holiday once."""


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


WEEK = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """When a party works: weekdays but for holidays (local dates), in an IANA time zone."""

    time_zone: str = "UTC"
    working_days: tuple[Weekday, ...] = WEEK[:5]
    holidays: tuple[date, ...] = ()

    def is_business_day(self, day: date) -> bool:
        """Whether the party works on a local date."""
        return WEEK[day.weekday()] in self.working_days and day not in self.holidays

    def deadline(self, start: datetime, days: int) -> datetime:
        """The end of the `days`-th business day after the local date of `start`, in UTC.

        It is the first instant that is too late: midnight after that day, also when the clocks
        were changed in between. Requires 1 <= days <= MAX_DAYS.
        """
        day = start.astimezone(ZoneInfo(self.time_zone)).date()
        left = days
        while left:
            day += timedelta(days=1)
            left -= self.is_business_day(day)
        return self.midnight(day + timedelta(days=1))

    def midnight(self, day: date) -> datetime:
        """The first instant of a local date, in UTC."""
        local = datetime.combine(day, time(0), tzinfo=ZoneInfo(self.time_zone))
        return local.astimezone(UTC)


DEFAULT_CALENDAR = BusinessCalendar()
"""Monday to Friday in UTC, no holidays: of a party that adopted none."""


@dataclass(frozen=True, slots=True)
class AdoptBusinessCalendar:
    """Command: the calendar that a party's deadlines are counted by from here on."""

    calendar: BusinessCalendar


@dataclass(frozen=True, slots=True)
class BusinessCalendarAdopted:
    """A party's calendar holds for the proposals opened from here on."""

    calendar: BusinessCalendar


@dataclass(frozen=True, slots=True)
class AdoptedCalendar:
    """A calendar of a party, by the entry that adopted it."""

    party_id: str
    calendar: BusinessCalendar
    index: int


@dataclass(frozen=True, slots=True)
class Calendars:
    """Every calendar ever adopted, by its entry, and which is each party's newest.

    Older ones are kept, for what was opened under them is counted by them.
    """

    adopted: Map[int, BusinessCalendar] = Map()
    newest: Map[str, int] = Map()

    def index_of(self, party_id: str) -> int:
        """The entry of a party's newest calendar; 0 when it adopted none."""
        return self.newest.get(party_id, 0)

    def at(self, index: int) -> BusinessCalendar:
        """The calendar of an entry; the default one of 0."""
        return self.adopted[index] if index else DEFAULT_CALENDAR

    def of(self, party_id: str) -> BusinessCalendar:
        """A party's newest calendar, or the default one."""
        return self.at(self.index_of(party_id))


def check_calendar(calendar: BusinessCalendar) -> None:
    """Return if a calendar can be counted by. Raises TimeZoneUnknown, BusinessCalendarMalformed."""
    try:
        ZoneInfo(calendar.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown("timeZone", zone=calendar.time_zone[:60]) from None
    days, holidays = calendar.working_days, calendar.holidays
    if not days or len(set(days)) != len(days):
        raise BusinessCalendarMalformed("workingDays", reason="a week has 1 to 7 working days")
    if len(holidays) > MAX_HOLIDAYS:
        raise BusinessCalendarMalformed("holidays", reason=f"more than {MAX_HOLIDAYS} holidays")
    if list(holidays) != sorted(set(holidays)):
        raise BusinessCalendarMalformed("holidays", reason="a holiday stands twice")
    _check_rest(calendar)


def _check_rest(calendar: BusinessCalendar) -> None:
    """Return if business days come back within MAX_REST_DAYS. Raises BusinessCalendarMalformed."""
    free, end = set(calendar.holidays), date.min
    for holiday in calendar.holidays:
        if not FIRST_YEAR <= holiday.year < date.max.year:
            reason = f"{holiday} lies in no usual year"
            raise BusinessCalendarMalformed("holidays", reason=reason)
        if holiday < end:
            continue  # of the rest before
        start, end = holiday, holiday
        while end in free or WEEK[end.weekday()] not in calendar.working_days:
            end += timedelta(days=1)
            if (end - start).days > MAX_REST_DAYS:
                reason = f"no business day in {MAX_REST_DAYS} days from {start} on"
                raise BusinessCalendarMalformed("holidays", reason=reason)


def adopt(command: AdoptBusinessCalendar) -> tuple[Fact, ...]:
    """The fact of a party's calendar, its days in order. Raises like `check_calendar`."""
    given = command.calendar
    days = tuple(sorted(given.working_days, key=WEEK.index))
    calendar = replace(given, working_days=days, holidays=tuple(sorted(given.holidays)))
    check_calendar(calendar)
    return (Fact(BusinessCalendarAdopted(calendar)),)


def evolve(calendars: Calendars, placed: Placed) -> Calendars:
    """The calendars after a party adopted one."""
    match placed.event:
        case BusinessCalendarAdopted(calendar=calendar):
            return Calendars(
                calendars.adopted.set(placed.index, calendar),
                calendars.newest.set(placed.party, placed.index),
            )
        case _:
            return calendars
