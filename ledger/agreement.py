"""One door for everything binding: a proposal binds when those whose consent it needs gave it.

The one rule: a consent binds to the proposal's entry, by its index and salted body commitment, so
that all signed the same bytes. Nothing binding has a second way in, except the acts that
`acts.ACTS` names as one party's own. Sources: `domain.md` section 3, `design.md` decision 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ledger.actor import Actor
from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.ids import ProposalId
from ledger.keyring import Keyring, check_signature
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
    Signed,
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


@dataclass(frozen=True, slots=True)
class Consent:
    """Command: consent to a proposal. `commitment` is what was read; empty: not checked."""

    proposal_id: str
    commitment: str = ""
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """Command: object to a proposal, with the reason."""

    proposal_id: str
    reason: str
    commitment: str = ""
    signed: Signed | None = None


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


@dataclass(frozen=True, slots=True)
class Signing:
    """What signatures are checked with: the keyring, and kinds that a policy wants signed.

    `signed_kinds` holds (policy version, kind).
    """

    ring: Keyring
    signed_kinds: frozenset[tuple[int, ProposalKind]]

    def check(self, actor: Actor, proposal: Proposal, signed: Signed | None, *, yes: bool) -> None:
        """Return if the answer is signed as it must be. Raises like `keyring.check_signature`."""
        check_signature(
            self.ring,
            actor.ecosystem_id,
            proposal,
            actor.party_id,
            signed,
            is_consent=yes,
            is_required=(proposal.policy_version, proposal.kind) in self.signed_kinds,
        )


def consent(
    agreements: Agreements, actor: Actor, command: Consent, signing: Signing
) -> tuple[tuple[Fact, ...], bool]:
    """A consent, and whether the rule is met by it.

    Raises ConsentTwice, NotASignatory, ProposalClosed, CommitmentDiffers, NotFound, and like
    `keyring.check_signature`.
    """
    key = command.proposal_id
    proposal = _answerable(agreements, actor, key, command.commitment)
    signing.check(actor, proposal, command.signed, yes=True)
    fact = Fact(ProposalConsented(key, proposal.index, proposal.commitment, command.signed))
    return (fact,), len(proposal.consents()) + 1 >= proposal.needed


def objection(
    agreements: Agreements, actor: Actor, command: Objection, signing: Signing
) -> tuple[Fact, ...]:
    """An objection with its reason in the annex. Raises like `consent`, and ReasonMissing."""
    key = command.proposal_id
    proposal = _answerable(agreements, actor, key, command.commitment)
    if not command.reason.strip():
        raise ReasonMissing("reason")
    signing.check(actor, proposal, command.signed, yes=False)
    event = ProposalObjected(key, proposal.index, proposal.commitment, command.signed)
    return (Fact(event, annex={"reason": command.reason.strip()}),)


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


def opened(
    agreements: Agreements, placed: Placed, terms: Opening, policy_version: int
) -> Agreements:
    """Agreements after a `*.proposed` event, opened under the policy in force."""
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
        policy_version=policy_version,
    )
    return Agreements(
        agreements.proposals.set(terms.proposal_id, proposal),
        agreements.pending.set(terms.subject, terms.proposal_id),
    )


def evolve(agreements: Agreements, placed: Placed) -> Agreements:
    """Agreements after a consent, an objection or an outcome."""
    match placed.event:
        case ProposalConsented() | ProposalObjected() as event:
            return _answered(agreements, placed, event)
        case ProposalAgreed(proposal_id=proposal_id):
            return _closed(agreements, proposal_id, ProposalStatus.AGREED)
        case ProposalWithdrawn(proposal_id=proposal_id):
            return _closed(agreements, proposal_id, ProposalStatus.WITHDRAWN)
        case ProposalSuperseded(proposal_id=proposal_id):
            return _closed(agreements, proposal_id, ProposalStatus.SUPERSEDED)
        case _:
            return agreements


def _answered(
    agreements: Agreements, placed: Placed, event: ProposalConsented | ProposalObjected
) -> Agreements:
    old = agreements.proposals[event.proposal_id]
    is_consent = isinstance(event, ProposalConsented)
    key_id = event.signed.key_id if event.signed else ""
    answer = Answer(placed.party, is_consent, placed.index, key_id)
    status = old.status if is_consent else ProposalStatus.DISPUTED
    new = replace(old, answers=(*old.answers, answer), status=status)
    return replace(agreements, proposals=agreements.proposals.set(event.proposal_id, new))


def _closed(agreements: Agreements, proposal_id: str, status: ProposalStatus) -> Agreements:
    new = replace(agreements.proposals[proposal_id], status=status)
    pending = agreements.pending
    if pending.get(new.subject) == proposal_id:
        pending = pending.delete(new.subject)
    return Agreements(agreements.proposals.set(proposal_id, new), pending)
