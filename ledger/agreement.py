"""One door for everything binding: a proposal binds when those whose consent it needs gave it.

The one rule: a consent binds to the proposal's entry, by its index and salted body commitment, so
that all signed the same bytes. Nothing binding has a second way in, except the acts that
`acts.ACTS` names as one party's own. Sources: `domain.md` section 3, `design.md` decision 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ledger.actor import Actor
from ledger.answer import (
    ProposalConsented,
    ProposalNoticed,
    ProposalObjected,
    ProposalSuperseded,
    ProposalWithdrawn,
)
from ledger.delegation import Delegations
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId
from ledger.proposal import Agreements, Opening, Proposal, ProposalKind, ProposalStatus
from ledger.reply import Channel, Disputed, Signed
from ledger.statement import Signing, Stance


class ConsentTwice(Refusal):
    """Your party has already answered this proposal ({answer}). -> Nothing more is needed."""


class AnswerTooLate(Refusal):
    """Your deadline was {deadline}: your silence was counted as {silence}. -> Propose anew."""


class FourEyes(Refusal):
    """You proposed or prepared this, and the policy asks for four eyes. -> Ask a colleague."""


class AlreadyTold(Refusal):
    """That party was told of this proposal by {channel} already. -> Nothing more is needed."""


class PartBinds(Refusal):
    """The undisputed part of this binds already. -> Agree, rule or replace what is left."""


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


class AnotherSubject(Refusal):
    """That proposal is about something else. -> Replace one about the same, or none."""


class VersionConflict(Refusal):
    """You built on version {expected}; the current one is {current}. -> Read it, propose anew."""


def require_version(expected: int | None, current: int) -> None:
    """Return if what somebody built on is current; None: not asked. Raises VersionConflict."""
    if expected is not None and expected != current:
        raise VersionConflict("expectedVersion", expected=expected, current=current)


@dataclass(frozen=True, slots=True)
class Consent:
    """Command: consent to a proposal. `commitment` is what was read; empty: not checked.

    `on_behalf_of` is a party that delegated its answer to the acting one; empty: for itself.
    """

    proposal_id: str
    commitment: str = ""
    signed: Signed | None = None
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """Command: object to a proposal, with the reason, or to the `disputed` part alone."""

    proposal_id: str
    reason: str
    commitment: str = ""
    signed: Signed | None = None
    on_behalf_of: str = ""
    disputed: Disputed | None = None


@dataclass(frozen=True, slots=True)
class NotifyParty:
    """Command: enter that a party was told of a proposal.

    The service enters it of a channel of its own, a party of itself (ACKNOWLEDGED).
    """

    proposal_id: str
    party_id: str
    channel: Channel


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
    """Terms of a new proposal, before its policy, and the supersession of the one that it replaces.

    Raises SubjectBusy when another one is pending and not the one named in `replaces`,
    ProposalClosed when `replaces` is no longer pending, AnotherSubject when it is about another,
    NobodyCanAgree without signatories, NotFound.
    """
    needed = tuple(sorted(set(signatories)))
    if not needed:
        raise NobodyCanAgree
    busy = agreements.pending.get(subject)
    superseded: tuple[Fact, ...] = ()
    if replaces:
        old = agreements.get(replaces)
        if old.subject != subject:
            raise AnotherSubject("replaces")
        if not old.is_pending:
            raise ProposalClosed("replaces", status=old.status)
        superseded = (Fact(ProposalSuperseded(replaces, by=proposal_id)),)
    elif busy is not None:
        raise SubjectBusy("replaces", status=agreements.get(busy).status)
    return Opening(proposal_id, kind, subject, needed, len(needed), replaces), superseded


def named_by(agreements: Agreements, replaces: str, kind: ProposalKind) -> str:
    """The id of what a replaced proposal of a kind is about; empty where nothing is replaced.

    What is replaced keeps its id, so that a next version of what is in force stays one, and asks
    whom it must. Requires a kind whose subject is a word and the id. Raises NotFound,
    AnotherSubject for another kind.
    """
    if not replaces:
        return ""
    old = agreements.get(replaces)
    if old.kind is not kind:
        raise AnotherSubject("replaces")
    return old.subject.partition("/")[2]


def check_replacer(proposal: Proposal, party_id: str) -> None:
    """Return if a party may replace a proposal: it proposed it, or was asked. Raises NotASignatory.

    Whom a proposal does not concern takes it from nobody's table.
    """
    if party_id not in (proposal.proposer, *proposal.signatories):
        raise NotASignatory("replaces")


@dataclass(frozen=True, slots=True)
class Around:
    """What an answer is judged by beside the proposal: signatures, delegations, and the instant."""

    signing: Signing
    delegations: Delegations
    now: datetime


def consent(
    agreements: Agreements, actor: Actor, command: Consent, around: Around
) -> ProposalConsented:
    """A consent. Who objected takes its objection back by it, while the dispute lasts.

    Raises ConsentTwice, AnswerTooLate, NotASignatory, FourEyes, ProposalClosed,
    CommitmentDiffers, NotFound, like `Delegations.require` and `Signing.check`.
    """
    proposal = agreements.get(command.proposal_id)
    event = ProposalConsented(
        command.proposal_id,
        proposal.index,
        command.commitment or proposal.commitment,
        command.signed,
        command.on_behalf_of,
    )
    check_answer(proposal, actor, event, around)
    return event


def objection(
    agreements: Agreements, actor: Actor, command: Objection, around: Around
) -> ProposalObjected:
    """An objection; its reason goes into the annex. Raises like `consent`."""
    proposal = agreements.get(command.proposal_id)
    event = ProposalObjected(
        command.proposal_id,
        proposal.index,
        command.commitment or proposal.commitment,
        command.signed,
        command.on_behalf_of,
        command.disputed,
    )
    check_answer(proposal, actor, event, around)
    return event


def reason_of(command: Objection) -> str:
    """The reason of an objection. Raises ReasonMissing."""
    reason = command.reason.strip()
    if not reason:
        raise ReasonMissing("reason")
    return reason


def check_answer(
    proposal: Proposal,
    actor: Actor,
    event: ProposalConsented | ProposalObjected,
    around: Around,
) -> None:
    """Return if an answer can stand, and is signed as it must be. Raises like `consent`."""
    party_id = event.on_behalf_of or actor.party_id
    is_consent = isinstance(event, ProposalConsented)
    if event.on_behalf_of:
        around.delegations.require(party_id, actor.party_id, proposal.kind, around.now)
    if party_id not in proposal.signatories:
        raise NotASignatory("onBehalfOf" if event.on_behalf_of else "proposalId")
    _check_first_answer(proposal, party_id, is_consent=is_consent)
    if not proposal.is_pending:
        raise ProposalClosed("proposalId", status=proposal.status)
    # a delegate's person that proposed or prepared for its own party approves for no other either
    approvers = {party_id, actor.party_id}
    if is_consent and any(proposal.asks_another(each, actor.subject) for each in approvers):
        raise FourEyes("proposalId")
    if (event.proposal_index, event.commitment) != (proposal.index, proposal.commitment):
        raise CommitmentDiffers("commitment", index=proposal.index)
    stance = Stance(
        "CONSENT" if is_consent else "OBJECTION",
        None if isinstance(event, ProposalConsented) else event.disputed,
        event.on_behalf_of,
    )
    around.signing.check(actor.ecosystem_id, proposal, actor.party_id, event.signed, stance)


def _check_first_answer(proposal: Proposal, party_id: str, *, is_consent: bool) -> None:
    """A party answers once; but it may consent after all while its own no is disputed."""
    answer = proposal.answer_of(party_id)
    if answer is None:
        return
    is_disputed = proposal.status is ProposalStatus.DISPUTED
    if is_consent and is_disputed and not answer.is_consent:
        return
    if answer.is_silent:
        notice, deadline = proposal.notice_of(party_id), proposal.deadline_of(party_id)
        until = notice.until if notice else deadline.at if deadline else None
        told = until.isoformat() if until else ""
        raise AnswerTooLate("proposalId", deadline=told, silence=proposal.silence)
    raise ConsentTwice("proposalId", answer="consent" if answer.is_consent else "objection")


class ReasonMissing(Refusal):
    """An objection states its reason. -> Say in a sentence what should be different."""


def withdrawal(agreements: Agreements, actor: Actor, proposal_id: str) -> tuple[Fact, ...]:
    """Take a pending proposal back. Raises NotTheProposer, ProposalClosed, PartBinds, NotFound."""
    check_withdrawal(agreements.get(proposal_id), actor.party_id)
    return (Fact(ProposalWithdrawn(proposal_id)),)


def check_withdrawal(proposal: Proposal, party_id: str) -> None:
    """Return if a party may take a proposal back. Raises like `withdrawal`."""
    if proposal.proposer != party_id:
        raise NotTheProposer("proposalId")
    if not proposal.is_pending:
        raise ProposalClosed("proposalId", status=proposal.status)
    if proposal.undisputed_index is not None:
        raise PartBinds("proposalId")


def notice(agreements: Agreements, command: NotifyParty, now: datetime) -> ProposalNoticed:
    """The entry that a party was told: from here its deadline runs, by the calendar of the opening.

    Told on the day of the opening, its deadline is the one that was fixed then; told later, it has
    its business days from there on. A further channel changes nothing.
    Raises NotASignatory, ProposalClosed, AlreadyTold, NotFound.
    """
    proposal = agreements.get(command.proposal_id)
    party_id, channel = command.party_id, command.channel
    if party_id not in proposal.signatories:
        raise NotASignatory("partyId")
    if not proposal.is_pending:
        raise ProposalClosed("proposalId", status=proposal.status)
    if any((each.party_id, each.channel) == (party_id, channel) for each in proposal.notices):
        raise AlreadyTold("channel", channel=channel)
    first, deadline = proposal.notice_of(party_id), proposal.deadline_of(party_id)
    until = None if first is None else first.until
    if first is None and deadline is not None and deadline.at is not None:
        calendar = agreements.calendars.at(deadline.calendar_index)
        until = max(deadline.at, calendar.deadline(now, proposal.answer_days))
        if party_id == proposal.proposer:
            until = deadline.at
    return ProposalNoticed(command.proposal_id, party_id, channel, until)
