"""Schedule: what the service's clock has to enter next, and when.

The one rule: what is due is a function of the entries alone, ordered by its instant, so that
looking whether something is due costs nothing while nothing is. Source: `domain.md` section 3
(deadlines pass by an entry of the service itself), `design.md` section 2.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

AT_ONCE = datetime.min.replace(tzinfo=UTC)
"""The instant of what follows from an entry at once: it comes before every deadline."""


class DueKind(StrEnum):
    """What is due, in this order at one instant.

    An outcome that follows, a policy's start, a rung's end, a party's silence, and last the end of
    the days that a proposal stays open.
    """

    OUTCOME = "OUTCOME"
    POLICY = "POLICY"
    RUNG = "RUNG"
    SILENCE = "SILENCE"
    TERM = "TERM"


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Something due from an instant on. `party_id` is empty unless it is a party's silence."""

    at: datetime
    kind: DueKind
    proposal_id: str
    party_id: str = ""


def rescheduled(
    schedule: tuple[Due, ...], gone: Iterable[Due], come: Iterable[Due]
) -> tuple[Due, ...]:
    """The schedule, in order, without what is gone and with what has come."""
    before, after = set(gone), set(come)
    if before == after:
        return schedule
    ordered = list(schedule)
    for due in before - after:
        place = bisect_left(ordered, due)
        if place < len(ordered) and ordered[place] == due:
            del ordered[place]
    for due in after - before:
        insort(ordered, due)
    return tuple(ordered)
