"""One door for everything binding: a proposal binds when those whose consent it needs gave it.

The one rule: a consent binds to the proposal's entry, by its index and salted body commitment, so
that all signed the same bytes. Nothing binding has a second way in, except the acts that `ACTS`
names as one party's own. Sources: `domain.md` section 3, `design.md` decision 2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ledger.actor import Actor, Role
from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.ids import ProposalId
from ledger.proposal import (
    Agreements,
    Answer,
    Opening,
    Proposal,
    ProposalAgreed,
    ProposalConsented,
    ProposalKind,
    ProposalObjected,
    ProposalStatus,
    ProposalSuperseded,
    ProposalWithdrawn,
)


class ConsentTwice(Refusal):
    """Your party has already answered this proposal ({answer}). -> Nothing more is needed."""


class NotASignatory(Refusal):
    """This proposal does not ask for your party's consent. -> Its signatories answer it."""


class ProposalClosed(Refusal):
    """This proposal is {status}: it can no longer be answered. -> Look for what replaced it."""


class CommitmentDiffers(Refusal):
    """What you read is not what stands at entry {index}. -> Read the proposal again, then sign."""


class NotTheProposer(Refusal):
    """Only the party that opened a proposal may withdraw it. -> Object to it instead."""


class NobodyCanAgree(Refusal):
    """No party is left whose consent this proposal needs. -> Name at least one signatory."""


class SubjectBusy(Refusal):
    """A proposal on the same subject is still {status}. -> Answer it, or replace it by its id."""


class Consenters(StrEnum):
    """Whose consent an act needs."""

    CO_OWNERS = "CO_OWNERS"
    OUTSOURCER_AND_SHARERS = "OUTSOURCER_AND_SHARERS"
    ALL_MEMBERS = "ALL_MEMBERS"
    NOBODY = "NOBODY"


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the table of acts: who may do it, whose consent it needs, and why."""

    name: str
    roles: tuple[Role, ...]
    consent: Consenters
    reason: str


ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act(
            "foundEcosystem",
            (Role.FOUNDER,),
            Consenters.NOBODY,
            "one party's own: there is nobody yet whose consent could be asked",
        ),
        Act(
            "proposeIndicator",
            (Role.REPORTER, Role.APPROVER),
            Consenters.CO_OWNERS,
            "an indicator is joint only when all who own it agreed to every term",
        ),
        Act(
            "recordObservations",
            (Role.REPORTER,),
            Consenters.NOBODY,
            "one party's own: raw facts it vouches for; they bind through a measurement",
        ),
        Act(
            "submitPart",
            (Role.REPORTER,),
            Consenters.NOBODY,
            "one party's own: what it reports; it binds through a measurement",
        ),
        Act(
            "proposeMeasurement",
            (Role.REPORTER, Role.APPROVER),
            Consenters.CO_OWNERS,
            "a result that money hangs on is agreed by all who own it",
        ),
        Act(
            "proposeScheme",
            (Role.APPROVER, Role.FINANCE),
            Consenters.OUTSOURCER_AND_SHARERS,
            "terms bind those who pay and those who are paid",
        ),
        Act(
            "proposeSettlement",
            (Role.APPROVER, Role.FINANCE),
            Consenters.OUTSOURCER_AND_SHARERS,
            "a settlement posts to the books of those who pay and those who are paid",
        ),
        Act(
            "consent",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: its answer to a proposal, by an approver",
        ),
        Act(
            "object",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: its answer to a proposal, with a reason",
        ),
        Act(
            "withdrawProposal",
            (Role.REPORTER, Role.APPROVER, Role.FINANCE),
            Consenters.NOBODY,
            "one party's own: the proposer takes back what nobody is bound by yet",
        ),
        Act(
            "reportPayment",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: the payer states what it paid; it clears by the payee",
        ),
        Act(
            "confirmPayment",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: the payee states what arrived",
        ),
    )
}
"""The table of acts: the only list of who may do what, and whose consent it needs."""


def permit(actor: Actor, act: str) -> None:
    """Return if the actor's roles allow the act; raise NotPermitted otherwise."""
    actor.require(*ACTS[act].roles)


@dataclass(frozen=True, slots=True)
class Consent:
    """Command: consent to a proposal. `commitment` is what was read; empty: not checked."""

    proposal_id: str
    commitment: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """Command: object to a proposal, with the reason."""

    proposal_id: str
    reason: str
    commitment: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Command: take back a proposal of one's own."""

    proposal_id: str


def opening(
    agreements: Agreements,
    *,
    proposal_id: ProposalId,
    kind: ProposalKind,
    subject: str,
    signatories: Iterable[str],
    replaces: str = "",
) -> tuple[Opening, tuple[Fact, ...]]:
    """Terms of a new proposal by unanimity, and the supersession of the one that it replaces.

    Raises SubjectBusy when another one is pending and not the one named in `replaces`,
    ProposalClosed when `replaces` is no longer pending, NobodyCanAgree without signatories.
    """
    needed = tuple(sorted(set(signatories)))
    if not needed:
        raise NobodyCanAgree
    busy = agreements.pending.get(subject)
    superseded: tuple[Fact, ...] = ()
    if replaces:
        old = agreements.get(replaces)
        if not old.is_pending or old.subject != subject:
            raise ProposalClosed("replaces", status=old.status)
        superseded = (Fact(ProposalSuperseded(replaces, by=proposal_id)),)
    elif busy is not None:
        raise SubjectBusy("replaces", status=agreements.get(busy).status)
    return Opening(proposal_id, kind, subject, needed, len(needed), replaces), superseded


def consent(
    agreements: Agreements, actor: Actor, proposal_id: str, commitment: str
) -> tuple[tuple[Fact, ...], bool]:
    """A consent, and whether the rule is met by it. `commitment` may be empty: not checked.

    The facts end with ProposalAgreed when it is; its own index is filled in by `evolve`'s caller
    through the answers recorded so far. Raises ConsentTwice, NotASignatory, ProposalClosed,
    CommitmentDiffers, NotFound.
    """
    proposal = _answerable(agreements, actor, proposal_id, commitment)
    fact = Fact(ProposalConsented(proposal_id, proposal.index, proposal.commitment))
    return (fact,), len(proposal.consents()) + 1 >= proposal.needed


def objection(
    agreements: Agreements, actor: Actor, proposal_id: str, commitment: str, reason: str
) -> tuple[Fact, ...]:
    """An objection with its reason in the annex. Raises like `consent`, and ReasonMissing."""
    proposal = _answerable(agreements, actor, proposal_id, commitment)
    if not reason.strip():
        raise ReasonMissing("reason")
    event = ProposalObjected(proposal_id, proposal.index, proposal.commitment)
    return (Fact(event, annex={"reason": reason.strip()}),)


class ReasonMissing(Refusal):
    """An objection states its reason. -> Say in a sentence what should be different."""


def withdrawal(agreements: Agreements, actor: Actor, proposal_id: str) -> tuple[Fact, ...]:
    """Take a pending proposal back. Raises NotTheProposer, ProposalClosed, NotFound."""
    proposal = agreements.get(proposal_id)
    if proposal.proposer != actor.party_id:
        raise NotTheProposer("proposalId")
    if not proposal.is_pending:
        raise ProposalClosed("proposalId", status=proposal.status)
    return (Fact(ProposalWithdrawn(proposal_id)),)


def _answerable(
    agreements: Agreements, actor: Actor, proposal_id: str, commitment: str
) -> Proposal:
    proposal = agreements.get(proposal_id)
    if actor.party_id not in proposal.signatories:
        raise NotASignatory("proposalId")
    answer = proposal.answer_of(actor.party_id)
    if answer is not None:
        raise ConsentTwice("proposalId", answer="consent" if answer.is_consent else "objection")
    if not proposal.is_pending:
        raise ProposalClosed("proposalId", status=proposal.status)
    if commitment and commitment != proposal.commitment:
        raise CommitmentDiffers("commitment", index=proposal.index)
    return proposal


def opened(agreements: Agreements, placed: Placed, terms: Opening) -> Agreements:
    """Agreements after a `*.proposed` event."""
    proposal = Proposal(
        proposal_id=terms.proposal_id,
        kind=terms.kind,
        subject=terms.subject,
        proposer=placed.party,
        signatories=terms.signatories,
        needed=terms.needed,
        replaces=terms.replaces,
        index=placed.index,
        commitment=placed.commitment,
        status=ProposalStatus.OPEN,
    )
    return Agreements(
        agreements.proposals.set(terms.proposal_id, proposal),
        agreements.pending.set(terms.subject, terms.proposal_id),
    )


def evolve(agreements: Agreements, placed: Placed) -> Agreements:
    """Agreements after a consent, an objection or an outcome."""
    match placed.event:
        case ProposalConsented(proposal_id=proposal_id):
            return _answered(agreements, proposal_id, placed, is_consent=True)
        case ProposalObjected(proposal_id=proposal_id):
            return _answered(agreements, proposal_id, placed, is_consent=False)
        case ProposalAgreed(proposal_id=proposal_id):
            return _closed(agreements, proposal_id, ProposalStatus.AGREED)
        case ProposalWithdrawn(proposal_id=proposal_id):
            return _closed(agreements, proposal_id, ProposalStatus.WITHDRAWN)
        case ProposalSuperseded(proposal_id=proposal_id):
            return _closed(agreements, proposal_id, ProposalStatus.SUPERSEDED)
        case _:
            return agreements


def _answered(
    agreements: Agreements, proposal_id: str, placed: Placed, *, is_consent: bool
) -> Agreements:
    old = agreements.proposals[proposal_id]
    answer = Answer(placed.party, is_consent, placed.index)
    status = old.status if is_consent else ProposalStatus.DISPUTED
    new = replace(old, answers=(*old.answers, answer), status=status)
    return replace(agreements, proposals=agreements.proposals.set(proposal_id, new))


def _closed(agreements: Agreements, proposal_id: str, status: ProposalStatus) -> Agreements:
    new = replace(agreements.proposals[proposal_id], status=status)
    pending = agreements.pending
    if pending.get(new.subject) == proposal_id:
        pending = pending.delete(new.subject)
    return Agreements(agreements.proposals.set(proposal_id, new), pending)
