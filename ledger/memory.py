"""Memory: what was published last, remembered outside the database. Pure.

The one rule: a database that holds less than what was once signed, or something else, is a fork:
a restore or a failover lost what others have seen. What is remembered is the newest checkpoint
that was signed here, or a newer one that a member showed. Source: `design.md` decision 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import Fault


class RolledBack(Fault):
    """The database is behind, or beside, what was published: nothing may be written."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A signed checkpoint: its size, its root and the whole note."""

    size: int
    root: bytes
    note: str


class HeadMemory(Protocol):
    """Keeps, for each ecosystem, the largest checkpoint, and the reason of an alarm."""

    def recall(self, ecosystem_id: str) -> Remembered | None:
        """What is remembered of an ecosystem."""

    def remember(self, ecosystem_id: str, seen: Remembered) -> None:
        """Keep a checkpoint, durably, unless a larger one is kept or an alarm stands."""

    def raise_alarm(self, ecosystem_id: str, reason: str, evidence: Remembered | None) -> None:
        """Keep why writes stopped, and the checkpoint that shows it; the first reason stands."""

    def alarm(self, ecosystem_id: str) -> str:
        """Why writes stopped; empty when they did not."""

    def known(self) -> Iterable[str]:
        """Ecosystems of which something is remembered."""

    def alarmed(self) -> Iterable[str]:
        """Ecosystems whose alarm stands."""


class NoMemory:
    """Remembers nothing: for tools that do not publish."""

    def recall(self, ecosystem_id: str) -> Remembered | None:
        """Nothing."""
        del ecosystem_id
        return None

    def remember(self, ecosystem_id: str, seen: Remembered) -> None:
        """Nothing."""

    def raise_alarm(self, ecosystem_id: str, reason: str, evidence: Remembered | None) -> None:
        """Nothing."""

    def alarm(self, ecosystem_id: str) -> str:
        """None."""
        del ecosystem_id
        return ""

    def known(self) -> Iterable[str]:
        """None."""
        return ()

    def alarmed(self) -> Iterable[str]:
        """None."""
        return ()


def behind(size: int, remembered: Remembered) -> RolledBack:
    """The database holds fewer entries than were published."""
    return RolledBack(
        f"the database holds {size} entries, a checkpoint of {remembered.size} was published: it "
        "is BEHIND. Restore a newer backup, or the node that has them."
    )


def beside(remembered: Remembered) -> RolledBack:
    """The database holds other entries than those that were published."""
    return RolledBack(
        f"the first {remembered.size} entries of the database are not those whose checkpoint was "
        "published: it is BESIDE, a fork. Keep it as evidence, and restore the published history."
    )
