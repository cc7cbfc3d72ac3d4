"""Joint initiatives: what parties try together, at which indicators it aims, and how far it came.

The one rule: any member proposes one, the smallest too, and those whom it names agree, to it and to
each of its stages; nobody's contract is touched. What it reached is computed from results, never
declared. Source: `domain.md` section 7.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from ledger.actor import Actor, NotFound
from ledger.agreement import named_by, opening
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus
from ledger.schedule import AT_ONCE

MAX_NAME = 120
MAX_TEXT = 4000
MAX_AIMS = 20


class InitiativeMalformed(Refusal):
    """This initiative cannot stand: {reason}. -> Correct it and propose it again."""


class StageUnreachable(Refusal):
    """From {stage} it does not go to {wanted}. -> IDEA, TRIAL, ADOPTED, or STOPPED from each."""


class NotInInitiative(Refusal):
    """Your party is not part of this initiative. -> Ask one that is to propose its next stage."""


class InitiativeStage(StrEnum):
    """How far it came. IDEA -> TRIAL -> ADOPTED; STOPPED from each of them."""

    IDEA = "IDEA"
    TRIAL = "TRIAL"
    ADOPTED = "ADOPTED"
    STOPPED = "STOPPED"


NEXT = {
    InitiativeStage.IDEA: (InitiativeStage.TRIAL, InitiativeStage.STOPPED),
    InitiativeStage.TRIAL: (InitiativeStage.ADOPTED, InitiativeStage.STOPPED),
    InitiativeStage.ADOPTED: (InitiativeStage.STOPPED,),
    InitiativeStage.STOPPED: (),
}
"""Which stage may follow which."""


@dataclass(frozen=True, slots=True)
class Aim:
    """An indicator, and by how much its value is expected to change, in its own unit."""

    indicator_id: str
    expected_change: Fraction


@dataclass(frozen=True, slots=True)
class InitiativeTerms:
    """What it will try, with whom, at which indicators it aims, and when it is judged."""

    name: str
    trial: str
    parties: tuple[str, ...]
    aims: tuple[Aim, ...]
    judged_on: date


@dataclass(frozen=True, slots=True)
class ProposeInitiative:
    """Command: an initiative, to those whom it names and its proposer."""

    terms: InitiativeTerms
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ProposeStage:
    """Command: an initiative is to go to a stage, with the reason."""

    initiative_id: str
    stage: InitiativeStage
    reason: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class InitiativeProposed:
    """An initiative is proposed; once it is agreed it is an IDEA."""

    opening: Opening
    initiative_id: str
    terms: InitiativeTerms


@dataclass(frozen=True, slots=True)
class StageProposed:
    """A stage of an initiative is proposed; the reason is in the annex."""

    opening: Opening
    initiative_id: str
    stage: InitiativeStage


@dataclass(frozen=True, slots=True)
class StageReached:
    """When an initiative reached a stage, and by which entry."""

    stage: InitiativeStage
    at: datetime
    index: int


@dataclass(frozen=True, slots=True)
class Initiative:
    """An initiative as it stands. `stages` in order, empty while it is not agreed.

    `proposed_at` is when its first proposal was; later ones replaced that. `decided_at` is when
    its proposal was agreed or came to nothing; None while it is pending.
    """

    proposal_id: str
    initiative_id: str
    proposer: str
    terms: InitiativeTerms
    index: int
    status: ProposalStatus
    stages: tuple[StageReached, ...] = ()
    proposed_at: datetime = AT_ONCE
    decided_at: datetime | None = None

    @property
    def stage(self) -> InitiativeStage | None:
        """The stage that it has reached; None while it is not agreed."""
        return self.stages[-1].stage if self.stages else None

    def reached(self, stage: InitiativeStage) -> StageReached | None:
        """When and by which entry it reached a stage, if it did."""
        return next((each for each in self.stages if each.stage is stage), None)

    def concerned(self) -> frozenset[str]:
        """Those whom it names, and its proposer."""
        return frozenset({*self.terms.parties, self.proposer})


@dataclass(frozen=True, slots=True)
class StageMove:
    """A proposed stage as it stands; its reason is the annex of its entry."""

    proposal_id: str
    initiative_id: str
    stage: InitiativeStage
    index: int
    status: ProposalStatus


def subject_of_initiative(initiative_id: str) -> str:
    """What a proposal of an initiative is about."""
    return f"initiative/{initiative_id}"


def subject_of_stage(initiative_id: str) -> str:
    """What a proposal of a stage is about: one is pending an initiative."""
    return f"stage/{initiative_id}"


def check(terms: InitiativeTerms, signing: Collection[str], indicators: Collection[str]) -> None:
    """Return if an initiative can stand. `indicators`: those with an agreed version.

    Raises InitiativeMalformed.
    """
    if not 1 <= len(terms.name.strip()) <= MAX_NAME:
        raise InitiativeMalformed("terms.name", reason=f"a name has 1 to {MAX_NAME} characters")
    if not 1 <= len(terms.trial.strip()) <= MAX_TEXT:
        reason = f"what it will try is said in 1 to {MAX_TEXT} characters"
        raise InitiativeMalformed("terms.trial", reason=reason)
    for number, party_id in enumerate(terms.parties):
        place = f"terms.partyIds[{number}]"
        if party_id not in signing:
            raise InitiativeMalformed(place, reason=f"{party_id} signs nothing here")
        if party_id in terms.parties[:number]:
            raise InitiativeMalformed(place, reason=f"{party_id} stands twice")
    if not 1 <= len(terms.aims) <= MAX_AIMS:
        raise InitiativeMalformed("terms.aims", reason=f"it aims at 1 to {MAX_AIMS} indicators")
    aimed = [aim.indicator_id for aim in terms.aims]
    for number, aim in enumerate(terms.aims):
        place = f"terms.aims[{number}]"
        if aim.indicator_id not in indicators:
            raise InitiativeMalformed(place, reason=f"{aim.indicator_id} is not agreed")
        if aim.indicator_id in aimed[:number]:
            raise InitiativeMalformed(place, reason=f"{aim.indicator_id} stands twice")
        if aim.expected_change == 0:
            raise InitiativeMalformed(place, reason="no change is expected of it")


def propose(
    command: ProposeInitiative,
    signing: Collection[str],
    indicators: Collection[str],
    agreements: Agreements,
    actor: Actor,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose an initiative. Raises what `check` and `opening` raise."""
    check(command.terms, signing, indicators)
    replaced = named_by(agreements, command.replaces, ProposalKind.INITIATIVE)
    initiative_id = replaced or seed.new_id()
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.INITIATIVE,
        subject=subject_of_initiative(initiative_id),
        signatories={*command.terms.parties, actor.party_id},
        replaces=command.replaces,
    )
    return (*superseded, Fact(InitiativeProposed(terms, initiative_id, command.terms)))


def check_stage(initiative: Initiative, wanted: InitiativeStage, party_id: str) -> None:
    """Return if a party may propose a stage now. Raises StageUnreachable, NotInInitiative."""
    if party_id not in initiative.concerned():
        raise NotInInitiative("initiativeId")
    stage = initiative.stage
    if stage is None or wanted not in NEXT[stage]:
        raise StageUnreachable("stage", stage=stage or "no stage", wanted=wanted)


def propose_stage(
    command: ProposeStage,
    initiative: Initiative | None,
    signing: Collection[str],
    agreements: Agreements,
    actor: Actor,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a stage to those concerned that are members.

    Raises NotFound, InitiativeMalformed, what `check_stage` and `opening` raise.
    """
    if initiative is None:
        raise NotFound("initiativeId", what="agreed initiative", id=command.initiative_id)
    check_stage(initiative, command.stage, actor.party_id)
    reason = command.reason.strip()
    if not 1 <= len(reason) <= MAX_TEXT:
        raise InitiativeMalformed("reason", reason=f"a reason has 1 to {MAX_TEXT} characters")
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.INITIATIVE_STAGE,
        subject=subject_of_stage(initiative.initiative_id),
        signatories=initiative.concerned().intersection(signing),
        replaces=command.replaces,
    )
    event = StageProposed(terms, initiative.initiative_id, command.stage)
    return (*superseded, Fact(event, annex={"reason": reason}))
