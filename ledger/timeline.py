"""Timeline: which periods have something, in the order of their first days.

The one rule: a period stands in it once, where the calendar of what it has puts it; of two that
start on one day (a month, its quarter) the key decides, so that every machine sees one order.
"""

from bisect import bisect

Timeline = tuple[tuple[int, str], ...]
"""The proleptic ordinal of a period's first day, and its key; sorted."""


def with_period(timeline: Timeline, first_day: int, period: str, *, is_known: bool) -> Timeline:
    """The timeline with a period where it is now; one that `is_known` may stand elsewhere."""
    if is_known:
        timeline = tuple(each for each in timeline if each[1] != period)
    place = (first_day, period)
    at = bisect(timeline, place)
    return (*timeline[:at], place, *timeline[at:])
