"""Decisions about governance: who takes part, on which terms, until when. Pure.

The one rule: what binds more than one party is agreed through the one door.
Source: `domain.md` section 2.
"""

from datetime import datetime

from ledger import membership
from ledger.actor import Actor
from ledger.book import Book
from ledger.commands import Decision
from ledger.ids import Seed
from ledger.membership import (
    LeaveAtGate,
    ProposeAdmission,
    ProposeDeparture,
    ProposeMembership,
)
from ledger.trust import member, proposed

GovernanceCommand = ProposeAdmission | ProposeMembership | ProposeDeparture | LeaveAtGate


def decide_governance(
    book: Book, command: GovernanceCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about governance. Raises a Refusal."""
    around, agreements = member(book, actor), book.agreements
    match command:
        case ProposeAdmission():
            facts = membership.propose_admission(command, around, agreements, now, seed)
            return proposed(facts, actor)
        case ProposeMembership():
            facts = membership.propose_membership(command, around, agreements, now, seed)
            return proposed(facts, actor)
        case ProposeDeparture():
            facts = membership.propose_departure(command, around, agreements, now, seed)
            return proposed(facts, actor)
        case LeaveAtGate():
            facts = membership.leave(command, around, actor, now)
            return Decision(facts, actor.party_id, actor.party_id)
