"""Watch: what an operator's instruments are told about writing. Pure.

The one rule: telling changes nothing and costs next to nothing: a batch is told once, whatever its
size. Durations are nanoseconds.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Served:
    """A batch that is durable: how its requests ended, and how long it took.

    `lasted_ns` is from its begin to its commit; `waited_ns` what the first of its requests waited
    from its arrival to its answer.
    """

    entered: int
    repeated: int
    refused: int
    entries: int
    lasted_ns: int
    waited_ns: int


class Watch(Protocol):
    """Instruments that look on."""

    def served(self, batch: Served) -> None:
        """A batch was committed, and its callers answered."""

    def failed(self, requests: int, *, is_fault: bool) -> None:
        """So many requests of a batch were answered with a Fault, or with a Trouble."""

    def retried(self) -> None:
        """A batch is tried again, because the world failed."""

    def published(self) -> None:
        """A checkpoint was signed and kept."""


class NoWatch:
    """Nobody looks on."""

    def served(self, batch: Served) -> None:
        """Nothing."""

    def failed(self, requests: int, *, is_fault: bool) -> None:
        """Nothing."""

    def retried(self) -> None:
        """Nothing."""

    def published(self) -> None:
        """Nothing."""
