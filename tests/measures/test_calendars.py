"""Calendars: every kind names and bounds its periods, in its own zone and numbering."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.periods import Calendar, CalendarKind, CalendarMalformed, ListedPeriod, PeriodUnknown

LONDON = "Europe/London"
DAYS = st.dates(date(1900, 1, 1), date(2150, 12, 31))
FOUR_WEEKS = Calendar(CalendarKind.FOUR_WEEKS, LONDON, first_on=date(2024, 4, 1))
NAMED = [
    Calendar(CalendarKind.MONTH, LONDON),
    Calendar(CalendarKind.QUARTER, LONDON),
    Calendar(CalendarKind.QUARTER, LONDON, first_month=4),
    Calendar(CalendarKind.YEAR, LONDON),
    Calendar(CalendarKind.YEAR, LONDON, first_month=7),
    Calendar(CalendarKind.ISO_WEEK, LONDON),
    FOUR_WEEKS,
]


@given(DAYS, st.sampled_from(NAMED))
def test_every_day_lies_in_the_period_that_its_key_names(day: date, calendar: Calendar) -> None:
    """Law: and the period before ends where it starts."""
    calendar.check("calendar")
    key = calendar.key_of(day)
    assert key is not None

    period = calendar.period(key)
    previous = calendar.previous(key)

    assert period.start_on <= day < period.end_on
    assert previous is not None
    assert calendar.period(previous).end_on == period.start_on


@pytest.mark.parametrize(
    ("calendar", "key", "start", "end"),
    [
        (NAMED[0], "2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        (NAMED[1], "2024-Q4", date(2024, 10, 1), date(2025, 1, 1)),
        (NAMED[2], "2024-25/Q4", date(2025, 1, 1), date(2025, 4, 1)),
        (NAMED[3], "2024", date(2024, 1, 1), date(2025, 1, 1)),
        (NAMED[4], "1999-00", date(1999, 7, 1), date(2000, 7, 1)),
        (NAMED[5], "2020-W53", date(2020, 12, 28), date(2021, 1, 4)),
        (FOUR_WEEKS, "2024-25/P01", date(2024, 4, 1), date(2024, 4, 29)),
        (FOUR_WEEKS, "2024-25/P13", date(2025, 3, 3), date(2025, 3, 31)),
        (FOUR_WEEKS, "2023-24/P13", date(2024, 3, 4), date(2024, 4, 1)),
    ],
)
def test_a_key_names_its_first_day_and_the_day_after_its_last(
    calendar: Calendar, key: str, start: date, end: date
) -> None:
    """Financial years, week 53 and 28-day periods among them."""
    period = calendar.period(key)

    assert (period.start_on, period.end_on) == (start, end)


@pytest.mark.parametrize(
    ("calendar", "key"),
    [
        (NAMED[0], "2024-13"),
        (NAMED[1], "2024-25/Q1"),
        (NAMED[2], "2024-Q1"),
        (NAMED[2], "2024-26/Q1"),
        (NAMED[3], "2024-25"),
        (NAMED[4], "2024"),
        (NAMED[5], "2021-W53"),
        (FOUR_WEEKS, "2024-25/P14"),
        (FOUR_WEEKS, "2024/P01"),
        (NAMED[0], "0999-12"),
    ],
)
def test_a_key_of_another_calendar_is_unknown(calendar: Calendar, key: str) -> None:
    """The answer shows a key as this calendar writes it."""
    with pytest.raises(PeriodUnknown) as refused:
        calendar.period(key)

    example = str(refused.value.facts["example"])
    assert calendar.period(example).key == example


def test_a_month_with_a_clock_change_is_an_hour_short() -> None:
    """March in London: 31 local days less the hour that the zone skips."""
    march = NAMED[0].period("2024-03")

    assert march.starts_at == datetime(2024, 3, 1, tzinfo=UTC)
    assert march.ends_at - march.starts_at == timedelta(days=31, hours=-1)


ZONES = [
    LONDON,
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "UTC",
]
"""Clocks that change by an hour and by half of one, in both halves of the year, and at midnight."""


@given(st.dates(date(1980, 1, 1), date(2037, 12, 31)), st.sampled_from(ZONES), st.integers(0, 6))
def test_no_hour_is_lost_or_counted_twice_where_clocks_change(
    day: date, zone: str, number: int
) -> None:
    """Law: a period ends where the next one starts, and lasts its days less what the clock skipped.

    In every kind of calendar; the offsets are the zone's own, read at both ends.
    """
    calendar = replace(NAMED[number], time_zone=zone)
    key = calendar.key_of(day)
    assert key is not None
    period = calendar.period(key)
    after = calendar.key_of(period.end_on)
    assert after is not None

    assert calendar.period(after).starts_at == period.ends_at
    ends = [each.astimezone(ZoneInfo(zone)) for each in (period.starts_at, period.ends_at)]
    assert [each.date() for each in ends] == [period.start_on, period.end_on]
    walls = [each.replace(tzinfo=None) for each in ends]
    moved = (ends[1].utcoffset() or timedelta()) - (ends[0].utcoffset() or timedelta())
    assert period.ends_at - period.starts_at == walls[1] - walls[0] - moved


@pytest.mark.parametrize(
    ("key", "zone", "hours"),
    [
        ("2024-03", LONDON, 31 * 24 - 1),
        ("2024-10", LONDON, 31 * 24 + 1),
        ("2024-11", "America/New_York", 30 * 24 + 1),
        ("2024-04", "Australia/Lord_Howe", 30 * 24 + 0.5),
        ("2018-11", "America/Sao_Paulo", 30 * 24 - 1),
        ("2024-07", LONDON, 31 * 24),
    ],
)
def test_a_month_lasts_as_long_as_its_clocks_say(key: str, zone: str, hours: float) -> None:
    """Spring and autumn, north and south, by half an hour, and where midnight is skipped."""
    period = Calendar(CalendarKind.MONTH, zone).period(key)

    assert period.ends_at - period.starts_at == timedelta(hours=hours)


def test_a_list_has_a_period_before_unless_it_is_the_first() -> None:
    """Periods of a list need not be equal, nor touch."""
    listed = Calendar(
        CalendarKind.LIST,
        LONDON,
        (
            ListedPeriod("P01", date(2024, 4, 1), date(2024, 4, 28)),
            ListedPeriod("P02", date(2024, 5, 1), date(2024, 5, 26)),
        ),
    )

    assert listed.previous("P02") == "P01"
    assert listed.previous("P01") is None
    assert listed.key_of(date(2024, 4, 29)) is None


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(CalendarKind.FOUR_WEEKS, LONDON),
        Calendar(CalendarKind.MONTH, LONDON, first_on=date(2024, 4, 1)),
        Calendar(CalendarKind.MONTH, LONDON, first_month=4),
        Calendar(CalendarKind.YEAR, LONDON, first_month=13),
        Calendar(CalendarKind.LIST, LONDON),
        Calendar(CalendarKind.LIST, LONDON, (ListedPeriod("a", date(1, 1, 1), date(2, 1, 1)),)),
    ],
)
def test_a_calendar_that_says_too_little_or_too_much_is_refused(calendar: Calendar) -> None:
    """Each term where its kind reads it, and only there."""
    with pytest.raises(CalendarMalformed):
        calendar.check("calendar")
