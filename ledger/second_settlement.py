"""The second settlements: events of before an amount could be withheld, as they were written.

The one rule: they mean what they meant: nothing was withheld, and what a stake gives is all owed.
Source: `ledger-format.md`, "old entries stay readable".
"""

from dataclasses import dataclass

from ledger.journal import PartStake, Posting, SettlementPartPosted
from ledger.proposal import Opening
from ledger.settlement import SettlementContent, SettlementProposed
from ledger.stake import StakeProposed


@dataclass(frozen=True, slots=True)
class SettlementProposedV2:
    """Version 2, before a stake said what of it was withheld."""

    opening: Opening
    settlement_id: str
    content: SettlementContent

    def upgraded(self) -> SettlementProposed:
        """What it means in the newest version."""
        return SettlementProposed(self.opening, self.settlement_id, self.content)


@dataclass(frozen=True, slots=True)
class StakeProposedV1:
    """Version 1, before a stake said what of it was withheld."""

    settlement_id: str
    party_id: str
    content: SettlementContent

    def upgraded(self) -> StakeProposed:
        """What it means in the newest version."""
        return StakeProposed(self.settlement_id, self.party_id, self.content)


@dataclass(frozen=True, slots=True)
class SettlementPartPostedV1:
    """Version 1, before a part said what of it was withheld."""

    settlement_id: str
    stakes: tuple[PartStake, ...]
    postings: tuple[Posting, ...]

    def upgraded(self) -> SettlementPartPosted:
        """What it means in the newest version."""
        return SettlementPartPosted(self.settlement_id, self.stakes, self.postings)
