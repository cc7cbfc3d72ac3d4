"""Stakes: one partner's amounts of a confidential settlement, and what the Book keeps of them.

The one rule: a stake is seen by its partner, the outsourcer and whom they let see it; the joint
result names it by its place in the ledger, so that all sign the same. Source: `domain.md`
section 8, `ledger-format.md` ("envelope, body").
"""

from dataclasses import dataclass, replace

from immutables import Map

from ledger.fact import Placed
from ledger.partner import PartnerTerms, SchemePartProposed
from ledger.settlement import SettlementContent


@dataclass(frozen=True, slots=True)
class StakeProposed:
    """A partner's part of a settlement that is proposed right after it."""

    settlement_id: str
    party_id: str
    content: SettlementContent


@dataclass(frozen=True, slots=True)
class SealedStake:
    """A partner's part of a settlement as it stands. `index` is its entry."""

    settlement_id: str
    party_id: str
    content: SettlementContent
    index: int
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A partner's part of a scheme as it stands. `index` is its entry."""

    scheme_id: str
    version: int
    part: PartnerTerms
    index: int
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SealedBook:
    """What the reader of a Book may open of the sealed parts and stakes."""

    # proposal id of the scheme -> party id -> part
    parts: Map[str, Map[str, SealedPart]] = Map()
    # settlement id -> party id -> stake
    stakes: Map[str, Map[str, SealedStake]] = Map()
    # (settlement id, party id) -> the entry that posted it
    posted: Map[tuple[str, str], int] = Map()

    def parts_of(self, proposal_id: str) -> Map[str, SealedPart]:
        """Parts of a scheme version, by party."""
        return self.parts.get(proposal_id, Map())

    def stakes_of(self, settlement_id: str) -> Map[str, SealedStake]:
        """Stakes of a settlement, by party."""
        return self.stakes.get(settlement_id, Map())


def evolve_sealed(sealed: SealedBook, placed: Placed) -> SealedBook:
    """What is known once one more sealed part or stake is."""
    match placed.event:
        case SchemePartProposed(proposal_id=key, scheme_id=scheme_id, version=version, part=part):
            state = SealedPart(scheme_id, version, part, placed.index, placed.audience)
            parts = sealed.parts_of(key).set(part.party_id, state)
            return replace(sealed, parts=sealed.parts.set(key, parts))
        case StakeProposed(settlement_id=key, party_id=party_id, content=content):
            stake = SealedStake(key, party_id, content, placed.index, placed.audience)
            stakes = sealed.stakes_of(key).set(party_id, stake)
            return replace(sealed, stakes=sealed.stakes.set(key, stakes))
        case _:
            return sealed
