"""A change: a value of the Book after an entry, as the projections keep it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A value of the Book after an entry, as the projections keep it.

    `concept` and `object_id` name it; `parent_id`, `period` and `status` are what lists filter by.
    `concerns` are parties whose own affair it is: they go on seeing it after they have left.
    """

    concept: str
    object_id: str
    state: object
    parent_id: str = ""
    period: str = ""
    status: str = ""
    concerns: tuple[str, ...] = ()
