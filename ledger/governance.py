"""Governance: what the parties agreed about who takes part, kept in the Book. Pure.

The one rule: what a proposal of governance holds is kept here from its opening on, and binds only
once it is agreed. Source: `domain.md` section 2.
"""

from dataclasses import dataclass, replace

from immutables import Map

from ledger.membership import KINDS, LeftAtGate, Membership, MembershipProposed, state_of
from ledger.proposal import Opening, ProposalKind, ProposalStatus


@dataclass(frozen=True, slots=True)
class Governance:
    """Keys: proposal ids."""

    memberships: Map[str, Membership] = Map()


GOVERNED: frozenset[ProposalKind] = frozenset(KINDS)
"""Kinds of proposals whose content is kept here."""

Proposed = MembershipProposed
OWN_ACTS = (LeftAtGate,)
"""Events of governance that are one party's own act."""


def opening_of(event: object) -> Opening | None:
    """The opening of an event that proposes something of governance; None of any other."""
    return event.opening if isinstance(event, Proposed) else None


def opened(governance: Governance, event: Proposed, index: int) -> Governance:
    """Governance once something is proposed by entry `index`."""
    state = state_of(event, index)
    memberships = governance.memberships.set(event.opening.proposal_id, state)
    return replace(governance, memberships=memberships)


def answered(governance: Governance, proposal_id: str, status: ProposalStatus) -> Governance:
    """Governance once a proposal stands otherwise."""
    state = replace(governance.memberships[proposal_id], status=status)
    return replace(governance, memberships=governance.memberships.set(proposal_id, state))
