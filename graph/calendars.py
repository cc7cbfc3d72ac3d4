"""Calendars and their periods, as the API shows them."""

from datetime import date

import strawberry
from strawberry import field

from graph.enums import describe
from ledger import periods
from ledger.periods import CalendarKind

describe(
    CalendarKind,
    "How a calendar names and bounds its periods.",
    MONTH='As "2026-03".',
    QUARTER='As "2026-Q1", or "2026-27/Q1" where the year starts in another month.',
    YEAR='As "2026", or "2026-27" where the year starts in another month.',
    LIST="Stated one by one.",
    ISO_WEEK='ISO 8601 weeks, as "2026-W07".',
    FOUR_WEEKS='28 days each, 13 a year, as "2026-27/P08".',
)


@strawberry.type(description="A period: half open, in local dates of a time zone.")
class Period:
    """From `start`, up to but without `end`."""

    key: str = field(description='Its name in the calendar, as "2026-03" or "2024-25/P08".')
    start: date = field(description="First day.")
    end: date = field(description="The day after the last.")
    time_zone: str = field(description="IANA name; a day begins at its midnight.")


def period_of(calendar: periods.Calendar | periods.Calendars, key: str) -> Period:
    """A period of a calendar as the API shows it."""
    found = calendar.period(key)
    return Period(key=key, start=found.start_on, end=found.end_on, time_zone=found.time_zone)


@strawberry.type(description="How periods are named and bounded.")
class Calendar:
    """In local dates of one time zone."""

    kind: CalendarKind = field(description="How its periods are named.")
    time_zone: str = field(description="IANA name; daylight saving is its own.")
    first_month: int = field(description="Where a YEAR, or a year's first QUARTER, starts.")
    first_on: date | None = field(description="Of FOUR_WEEKS: the first day of a period 1.")


def calendar_of(calendar: periods.Calendar) -> Calendar:
    """A calendar as the API shows it."""
    return Calendar(
        kind=calendar.kind,
        time_zone=calendar.time_zone,
        first_month=calendar.first_month,
        first_on=calendar.first_on,
    )
