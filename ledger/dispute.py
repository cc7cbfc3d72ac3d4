"""Disputes: how one climbs the ladder, and how it is ruled.

The one rule: every step is an entry. A rung's time ends by the clock, or earlier by a sponsor; a
ruling counts once all the sponsors that the policy names on the rung rule alike, or the arbiter
that it names did. Source: `domain.md` section 3.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from ledger.actor import Actor
from ledger.ed25519 import is_signed
from ledger.errors import Refusal
from ledger.fact import Placed
from ledger.ladder import Arbiter, Dispute, Ladder, Ruling, RulingOutcome, Sponsor
from ledger.proposal import Agreements, Proposal, ProposalStatus
from ledger.reply import Signed
from ledger.statement import Signing, Stance
from ledger.workdays import Calendars

HASH_DIGITS = 64


class NotDisputed(Refusal):
    """This proposal is {status}: there is no dispute to rule or to escalate. -> Answer it."""


class NoLadder(Refusal):
    """The policy of this proposal has no ladder. -> End the dispute by consent or replacement."""


class NotTheSponsor(Refusal):
    """The policy names somebody else on this rung. -> Ask the sponsors that it names."""


class TopOfTheLadder(Refusal):
    """The dispute stands on the last rung. -> Rule it before its time is over."""


class NotBeforeTheArbiter(Refusal):
    """The dispute is not before the arbiter. -> Have it ruled on its rung, or escalate it."""


class WithTheArbiter(Refusal):
    """The dispute is before the arbiter. -> Record the arbiter's ruling, or agree."""


class RulingUnsigned(Refusal):
    """The signature is not by the arbiter's key over `rulingStatement`. -> Ask the arbiter."""


class NothingUndisputed(Refusal):
    """No part of this is undisputed: an objection is to all of it. -> Rule all of it."""


class RuledAlready(Refusal):
    """You ruled so already on this rung. -> Nothing more is needed."""


class DocumentMalformed(Refusal):
    """A document is named by its SHA-256. -> Give 64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class EscalateDispute:
    """Command: a sponsor sends the dispute to the next rung before this one's time is over."""

    proposal_id: str


@dataclass(frozen=True, slots=True)
class SignRuling:
    """Command: a sponsor's ruling. `document_sha256` names its text, and may be empty."""

    proposal_id: str
    outcome: RulingOutcome
    document_sha256: str = ""
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class RecordExternalRuling:
    """Command: lay down the arbiter's ruling, which its own key signed."""

    proposal_id: str
    outcome: RulingOutcome
    document_sha256: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """A no that blocks opened a dispute on the first rung, until its time is over."""

    proposal_id: str
    until: datetime
    sponsors: tuple[Sponsor, ...]


@dataclass(frozen=True, slots=True)
class DisputeEscalated:
    """The dispute climbed to `rung`: the time below was over at `due`, or a sponsor sent it."""

    proposal_id: str
    rung: int
    until: datetime
    sponsors: tuple[Sponsor, ...]
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class RulingSigned:
    """A named sponsor rules, on the rung where the dispute stands; its latest counts."""

    proposal_id: str
    proposal_index: int
    commitment: str
    rung: int
    outcome: RulingOutcome
    document_sha256: str
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class ExternalRulingRecorded:
    """The arbiter's ruling, signed by its key over `ruling_statement`."""

    proposal_id: str
    outcome: RulingOutcome
    document_sha256: str
    signature: bytes


DisputeEvent = DisputeOpened | DisputeEscalated | RulingSigned | ExternalRulingRecorded


def ruling_statement(
    ecosystem_id: str, proposal: Proposal, outcome: RulingOutcome, document_sha256: str
) -> bytes:
    """The bytes that an arbiter signs."""
    lines = (
        "jpi-ruling/v1",
        f"ecosystem: {ecosystem_id}",
        f"proposal: {proposal.index}",
        f"commitment: {proposal.commitment}",
        f"outcome: {outcome}",
        f"document: {document_sha256}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def limit_of(
    proposal: Proposal, calendars: Calendars, ladder: Ladder, rung: int, start: datetime
) -> datetime:
    """The first instant after a rung's time: when it is over for all who were asked."""
    days = ladder.days_of(rung)
    indices = {each.calendar_index for each in proposal.deadlines}
    return max(calendars.at(index).deadline(start, days) for index in indices or {0})


def ruling_on(ladder: Ladder, rung: int, members: frozenset[str]) -> tuple[Sponsor, ...]:
    """Who rules on a rung: the sponsors named there whose party has not left."""
    if rung == ladder.height:
        return ()
    return tuple(each for each in ladder.rungs[rung].sponsors if each.party_id in members)


def opened(
    proposal: Proposal,
    calendars: Calendars,
    ladder: Ladder,
    members: frozenset[str],
    start: datetime,
) -> DisputeOpened:
    """The opening of a dispute on the first rung."""
    until = limit_of(proposal, calendars, ladder, 0, start)
    return DisputeOpened(proposal.proposal_id, until, ruling_on(ladder, 0, members))


def climbed(
    proposal: Proposal,
    calendars: Calendars,
    ladder: Ladder,
    members: frozenset[str],
    start: datetime,
    due: datetime | None = None,
) -> DisputeEscalated:
    """The step to the next rung, whose time runs from `start`. Raises TopOfTheLadder."""
    dispute = _dispute(proposal)
    if not ladder.has_above(dispute.rung):
        raise TopOfTheLadder("proposalId")
    rung = dispute.rung + 1
    until = limit_of(proposal, calendars, ladder, rung, start)
    sponsors = ruling_on(ladder, rung, members)
    return DisputeEscalated(proposal.proposal_id, rung, until, sponsors, due)


def _dispute(proposal: Proposal) -> Dispute:
    """The dispute of a proposal. Raises NotDisputed, NoLadder."""
    if proposal.status is not ProposalStatus.DISPUTED:
        raise NotDisputed("proposalId", status=proposal.status)
    if proposal.dispute is None:
        raise NoLadder("proposalId")
    return proposal.dispute


def require_sponsor(proposal: Proposal, party_id: str, subject: str) -> Dispute:
    """The dispute, if somebody is a sponsor named on its rung.

    Raises NotDisputed, NoLadder, WithTheArbiter, NotTheSponsor.
    """
    dispute = _dispute(proposal)
    if dispute.rung >= proposal.rungs:
        raise WithTheArbiter("proposalId")
    if not any(each.is_met_by(party_id, subject) for each in dispute.sponsors):
        raise NotTheSponsor("proposalId")
    return dispute


def check_outcome(proposal: Proposal, outcome: RulingOutcome, document: str) -> None:
    """Return if a dispute can be ruled so. Raises NothingUndisputed, DocumentMalformed."""
    if document and not (len(document) == HASH_DIGITS and set(document) <= set("0123456789abcdef")):
        raise DocumentMalformed("documentSha256")
    if outcome is RulingOutcome.UNDISPUTED_PART and not proposal.has_undisputed:
        raise NothingUndisputed("outcome")


def sign(
    agreements: Agreements, command: SignRuling, actor: Actor, signing: Signing
) -> RulingSigned:
    """A sponsor's ruling.

    Raises like `require_sponsor`, `check_outcome` and `Signing.check`, RuledAlready, NotFound.
    """
    proposal = agreements.get(command.proposal_id)
    dispute = require_sponsor(proposal, actor.party_id, actor.subject)
    event = RulingSigned(
        command.proposal_id,
        proposal.index,
        proposal.commitment,
        dispute.rung,
        command.outcome,
        command.document_sha256,
        command.signed,
    )
    check_ruling(proposal, event, actor.ecosystem_id, actor.party_id, signing)
    said = (command.outcome, command.document_sha256)
    standing = {each.sponsor.party_id: each for each in dispute.rulings}.get(actor.party_id)
    if standing is not None and (standing.outcome, standing.document_sha256) == said:
        raise RuledAlready("outcome")
    return event


def check_ruling(
    proposal: Proposal, event: RulingSigned, ecosystem_id: str, party_id: str, signing: Signing
) -> None:
    """Return if a ruling can stand and is signed as it must be."""
    check_outcome(proposal, event.outcome, event.document_sha256)
    stance = Stance(f"RULING_{event.outcome}", document=event.document_sha256)
    signing.check(ecosystem_id, proposal, party_id, event.signed, stance)


def record(
    proposal: Proposal, command: RecordExternalRuling, arbiter: Arbiter | None, ecosystem_id: str
) -> ExternalRulingRecorded:
    """The arbiter's ruling. Raises like `check_external`."""
    event = ExternalRulingRecorded(
        command.proposal_id, command.outcome, command.document_sha256, command.signature
    )
    check_external(proposal, event, arbiter, ecosystem_id)
    return event


def check_external(
    proposal: Proposal, event: ExternalRulingRecorded, arbiter: Arbiter | None, ecosystem_id: str
) -> None:
    """Return if it is the ruling of the arbiter whom the dispute is before.

    Raises NotDisputed, NoLadder, NotBeforeTheArbiter, DocumentMalformed, NothingUndisputed,
    RulingUnsigned.
    """
    if _dispute(proposal).rung + 1 <= proposal.rungs or arbiter is None:
        raise NotBeforeTheArbiter("proposalId")
    if not event.document_sha256:
        raise DocumentMalformed("documentSha256")
    check_outcome(proposal, event.outcome, event.document_sha256)
    statement = ruling_statement(ecosystem_id, proposal, event.outcome, event.document_sha256)
    if not is_signed(arbiter.public_key, statement, event.signature):
        raise RulingUnsigned("signature")


def advanced(proposal: Proposal, placed: Placed, event: DisputeEvent) -> Proposal:
    """The proposal after a step of its dispute."""
    match event:
        case DisputeOpened(until=until, sponsors=sponsors):
            dispute = Dispute(0, until, sponsors, placed.index)
        case DisputeEscalated(rung=rung, until=until, sponsors=sponsors):
            dispute = Dispute(rung, until, sponsors, placed.index)
        case RulingSigned():
            ruling = Ruling(
                Sponsor(placed.party, placed.subject),
                event.outcome,
                event.document_sha256,
                placed.index,
                event.signed.key_id if event.signed else "",
            )
            dispute = _dispute(proposal)
            others = [r for r in dispute.rulings if r.sponsor.party_id != placed.party]
            dispute = replace(dispute, rulings=(*others, ruling))
        case ExternalRulingRecorded():
            by = Sponsor(placed.party, placed.subject)
            outside = Ruling(by, event.outcome, event.document_sha256, placed.index)
            dispute = replace(_dispute(proposal), external=outside)
    return replace(proposal, dispute=dispute)
