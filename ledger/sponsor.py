"""Sponsors: who of a party stands for it on a rung of the ladder, and how that changes.

The one rule: where the policy leaves it to the party (any sponsor of it), the person that the party
named rules for it, from the naming on, in disputes that are open too: a sponsor who goes leaves no
dispute stuck. Whom the policy itself names, only a policy changes. Source: `domain.md` section 2.
"""

from dataclasses import dataclass

from immutables import Map

from ledger.actor import require_pseudonym
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ladder import Dispute, Ladder, Level

Sponsors = Map[tuple[str, Level], str]
"""(party id, level) -> pseudonym."""


class AnotherSponsor(Refusal):
    """Your party named another person for {level}. -> Let that one act, or name a new sponsor."""


@dataclass(frozen=True, slots=True)
class NameSponsor:
    """Command: who stands for one's own party on a level; empty: any of its sponsors."""

    level: Level
    subject: str


@dataclass(frozen=True, slots=True)
class SponsorNamed:
    """The acting party's sponsor on a level, by pseudonym; empty: any of its sponsors."""

    level: Level
    subject: str


@dataclass(frozen=True, slots=True)
class PartySponsor:
    """A party's sponsor on a level as it stands."""

    party_id: str
    level: Level
    subject: str
    index: int


def level_left(dispute: Dispute | None, ladder: Ladder, party_id: str) -> Level | None:
    """The level of a dispute's rung where the policy leaves the person to a party; else None."""
    if dispute is None or dispute.rung >= ladder.height:
        return None
    is_left = any(each.party_id == party_id and not each.subject for each in dispute.sponsors)
    return ladder.rungs[dispute.rung].level if is_left else None


def name(command: NameSponsor) -> tuple[Fact, ...]:
    """The fact of a party's sponsor. Raises PseudonymMalformed."""
    event = SponsorNamed(command.level, command.subject)
    check(event)
    return (Fact(event),)


def check(event: SponsorNamed) -> None:
    """Return if somebody can be named so. Raises PseudonymMalformed."""
    if event.subject:
        require_pseudonym(event.subject, "subject")
