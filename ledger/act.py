"""An act: what somebody may do, in which roles, and whose consent it needs.

Source: `design.md` decision 2, `domain.md` section 2 (roles).
"""

from dataclasses import dataclass
from enum import StrEnum

from ledger.actor import Actor, Role


class Consenters(StrEnum):
    """Whose consent an act needs."""

    CO_OWNERS = "CO_OWNERS"
    OUTSOURCER_AND_SHARERS = "OUTSOURCER_AND_SHARERS"
    ALL_SIGNING = "ALL_SIGNING"
    NAMED_PARTIES = "NAMED_PARTIES"
    NAMED_SPONSORS = "NAMED_SPONSORS"
    ARBITER = "ARBITER"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the table of acts: who may do it, whose consent it needs, and why.

    `after_leaving`: a party that has left may still do it, for what is of its time.
    `observers`: an observer may do it too; it signs nothing.
    """

    name: str
    roles: tuple[Role, ...]
    consent: Consenters
    reason: str
    after_leaving: bool = False
    observers: bool = False

    def permit(self, actor: Actor) -> None:
        """Return if the actor's roles allow it; raise NotPermitted otherwise."""
        actor.require(*self.roles)
