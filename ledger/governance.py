"""Governance: what the parties agreed about who takes part and what they try, in the Book. Pure.

The one rule: what a proposal of governance holds is kept here from its opening on, and binds only
once it is agreed. Source: `domain.md` sections 2 and 7.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from immutables import Map

from ledger.errors import Fault
from ledger.fact import Placed
from ledger.initiative import (
    Initiative,
    InitiativeProposed,
    InitiativeStage,
    StageMove,
    StageProposed,
    StageReached,
)
from ledger.membership import LeftAtGate, Membership, MembershipProposed, state_of
from ledger.people import SessionHeld, StewardsNamed
from ledger.pilot import LessonRecorded, Pilot, PilotProposed, Promotion, PromotionProposed
from ledger.proposal import Opening, Proposal, ProposalKind, ProposalStatus
from ledger.sponsor import SponsorNamed, Sponsors


@dataclass(frozen=True, slots=True)
class Governance:
    """Keys: proposal ids; of what is agreed, pilot id or initiative id -> proposal id.

    `sponsors`: whom parties named themselves; see `sponsor`.
    """

    memberships: Map[str, Membership] = Map()
    pilots: Map[str, Pilot] = Map()
    promotions: Map[str, Promotion] = Map()
    initiatives: Map[str, Initiative] = Map()
    stage_moves: Map[str, StageMove] = Map()
    agreed_pilots: Map[str, str] = Map()
    agreed_initiatives: Map[str, str] = Map()
    sponsors: Sponsors = Map()

    def pilot(self, pilot_id: str) -> Pilot | None:
        """The agreed pilot of an id, if there is one."""
        key = self.agreed_pilots.get(pilot_id)
        return None if key is None else self.pilots[key]

    def initiative(self, initiative_id: str) -> Initiative | None:
        """The agreed initiative of an id, if there is one."""
        key = self.agreed_initiatives.get(initiative_id)
        return None if key is None else self.initiatives[key]


Proposed = (
    MembershipProposed | PilotProposed | PromotionProposed | InitiativeProposed | StageProposed
)
OwnAct = LeftAtGate | LessonRecorded | StewardsNamed | SessionHeld | SponsorNamed
GOVERNED: frozenset[ProposalKind] = frozenset(
    {
        ProposalKind.ADMISSION,
        ProposalKind.MEMBERSHIP,
        ProposalKind.DEPARTURE,
        ProposalKind.PILOT,
        ProposalKind.PROMOTION,
        ProposalKind.INITIATIVE,
        ProposalKind.INITIATIVE_STAGE,
    }
)
"""Kinds of proposals whose content is kept here."""


def opening_of(event: object) -> Opening | None:
    """The opening of an event that proposes something of governance; None of any other."""
    return event.opening if isinstance(event, Proposed) else None


def opened(kept: Governance, placed: Placed, event: Proposed) -> Governance:
    """Governance once something is proposed."""
    key, index, status = event.opening.proposal_id, placed.index, ProposalStatus.OPEN
    match event:
        case MembershipProposed():
            membership = state_of(event, index)
            return replace(kept, memberships=kept.memberships.set(key, membership))
        case PilotProposed(pilot_id=pilot_id, terms=terms):
            pilot = Pilot(key, pilot_id, terms, index, status)
            return replace(kept, pilots=kept.pilots.set(key, pilot))
        case PromotionProposed(pilot_id=pilot_id, indicator_id=indicator_id):
            promotion = Promotion(
                key, pilot_id, indicator_id, event.version, event.live_from, index, status
            )
            return replace(kept, promotions=kept.promotions.set(key, promotion))
        case InitiativeProposed(initiative_id=initiative_id, terms=aimed):
            first = kept.initiatives.get(event.opening.replaces)
            since = placed.at if first is None else first.proposed_at
            initiative = Initiative(
                key, initiative_id, placed.party, aimed, index, status, proposed_at=since
            )
            return replace(kept, initiatives=kept.initiatives.set(key, initiative))
        case StageProposed(initiative_id=initiative_id, stage=stage):
            move = StageMove(key, initiative_id, stage, index, status)
            return replace(kept, stage_moves=kept.stage_moves.set(key, move))


def answered(kept: Governance, proposal: Proposal) -> Governance:
    """Governance once a proposal stands otherwise."""
    key, status = proposal.proposal_id, proposal.status
    if (membership := kept.memberships.get(key)) is not None:
        membership = replace(membership, status=status)
        return replace(kept, memberships=kept.memberships.set(key, membership))
    if (pilot := kept.pilots.get(key)) is not None:
        return replace(kept, pilots=kept.pilots.set(key, replace(pilot, status=status)))
    if (promotion := kept.promotions.get(key)) is not None:
        promotion = replace(promotion, status=status)
        return replace(kept, promotions=kept.promotions.set(key, promotion))
    if (initiative := kept.initiatives.get(key)) is not None:
        decided_at = None if proposal.is_pending else proposal.touched_at
        initiative = replace(initiative, status=status, decided_at=decided_at)
        return replace(kept, initiatives=kept.initiatives.set(key, initiative))
    move = kept.stage_moves.get(key)
    if move is None:
        raise Fault(f"proposal {key} is none of governance")
    return replace(kept, stage_moves=kept.stage_moves.set(key, replace(move, status=status)))


def agreed(kept: Governance, key: str, index: int, at: datetime) -> Governance:
    """Governance once a proposal is agreed by entry `index`: what now runs, or has moved."""
    if (pilot := kept.pilots.get(key)) is not None:
        return replace(kept, agreed_pilots=kept.agreed_pilots.set(pilot.pilot_id, key))
    if (promotion := kept.promotions.get(key)) is not None:
        return _promoted(kept, promotion)
    if (initiative := kept.initiatives.get(key)) is not None:
        named = kept.agreed_initiatives.set(initiative.initiative_id, key)
        reached = StageReached(InitiativeStage.IDEA, at, index)
        return _reached(replace(kept, agreed_initiatives=named), key, reached)
    if (move := kept.stage_moves.get(key)) is not None:
        reached = StageReached(move.stage, at, index)
        return _reached(kept, kept.agreed_initiatives[move.initiative_id], reached)
    return kept


def _promoted(kept: Governance, promotion: Promotion) -> Governance:
    key = kept.agreed_pilots[promotion.pilot_id]
    pilot = kept.pilots[key]
    pilot = replace(pilot, promoted=(*pilot.promoted, promotion.indicator_id))
    return replace(kept, pilots=kept.pilots.set(key, pilot))


def _reached(kept: Governance, key: str, reached: StageReached) -> Governance:
    initiative = kept.initiatives[key]
    initiative = replace(initiative, stages=(*initiative.stages, reached))
    return replace(kept, initiatives=kept.initiatives.set(key, initiative))
