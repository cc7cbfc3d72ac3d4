"""Timeline: which periods have something, in the order of their first days.

The one rule: a period stands in it once, where the calendar of what it has puts it; of two that
start on one day (a month, its quarter) the key decides, so that every machine sees one order.
"""

from bisect import bisect, bisect_left
from operator import itemgetter

Timeline = tuple[tuple[int, str], ...]
"""The proleptic ordinal of a period's first day, and its key; sorted."""

_FIRST_DAY = itemgetter(0)


def with_period(timeline: Timeline, place: tuple[int, str]) -> Timeline:
    """The timeline with a period at a place; it may have stood at another."""
    at = bisect_left(timeline, place)
    if timeline[at : at + 1] == (place,):
        return timeline
    if any(period == place[1] for _, period in timeline):
        timeline = without_period(timeline, place[1])
        at = bisect(timeline, place)
    return (*timeline[:at], place, *timeline[at:])


def without_period(timeline: Timeline, period: str) -> Timeline:
    """The timeline without a period."""
    return tuple(each for each in timeline if each[1] != period)


def between(timeline: Timeline, first_day: int, end_day: int) -> Timeline:
    """Its part of the periods that start in a stretch of days, the end exclusive."""
    start, end = (bisect_left(timeline, day, key=_FIRST_DAY) for day in (first_day, end_day))
    return timeline[start:end]


def upto(timeline: Timeline, day: int) -> int:
    """How many of its periods start no later than a day."""
    return bisect(timeline, day, key=_FIRST_DAY)
