"""Decide: what a command makes happen, given the Book. Pure.

The one rule: `decide` looks at nothing but its arguments; `now` and the seed are read once by
`commit` under the head lock. It raises a Refusal, and then nothing happens. Which roles may do
what stands in `acts.ACTS`. Source: `design.md` decision 1.
"""

from datetime import datetime

from ledger import agreement
from ledger.actor import Actor
from ledger.agreement import Consent, Objection, Signing, Withdrawal
from ledger.book import Book
from ledger.canonical import require_text
from ledger.commands import Command, Decision, LogIdentity, authorise
from ledger.ecosystem import FoundEcosystem, found
from ledger.errors import Refusal
from ledger.evidence import decide_evidence
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.indicator import ProposeIndicator
from ledger.measurement import ProposeMeasurement, SubmitPart
from ledger.observation import RecordObservations
from ledger.paying import decide_paying
from ledger.payment import ConfirmPayment, ReportPayment, ReversePayment
from ledger.payout import decide_payout, posted
from ledger.priority import require_bindable
from ledger.proposal import ProposalAgreed, ProposalKind
from ledger.scheme import ProposeScheme
from ledger.settlement import ProposeSettlement
from ledger.trust import decide_trust, member


class EcosystemExists(Refusal):
    """This ecosystem was founded already. -> Use it, or found another under another key."""


def decide(
    book: Book, command: Command, actor: Actor, now: datetime, seed: Seed, log: LogIdentity
) -> Decision:
    """The decision on a command. Raises a Refusal; then nothing changes."""
    authorise(command, actor)
    if not isinstance(command, RecordObservations):  # thousands of rows; it looks itself
        require_text(command)
    match command:
        case FoundEcosystem():
            return _found(book, command, seed, log)
        case ProposeIndicator() | RecordObservations() | SubmitPart() | ProposeMeasurement():
            return decide_evidence(book, command, actor, now, seed)
        case ProposeScheme() | ProposeSettlement():
            return decide_payout(book, command, actor, seed)
        case ReportPayment() | ConfirmPayment() | ReversePayment():
            return decide_paying(book, command, actor, now, seed)
        case Consent() | Objection() | Withdrawal():
            return _answer(book, command, actor)
        case _:
            return decide_trust(book, command, actor, seed)


def _found(book: Book, command: FoundEcosystem, seed: Seed, log: LogIdentity) -> Decision:
    if book.ecosystem is not None:
        raise EcosystemExists("idempotencyKey")
    facts, outsourcer = found(command, log.name, log.verifier_key, seed)
    return Decision(facts, command.ecosystem_id, outsourcer)


def _answer(book: Book, command: Consent | Objection | Withdrawal, actor: Actor) -> Decision:
    member(book, actor)
    match command:
        case Consent():
            facts = _consent(book, command, actor)
        case Objection():
            facts = agreement.objection(book.agreements, actor, command, signing(book))
        case Withdrawal():
            facts = agreement.withdrawal(book.agreements, actor, command.proposal_id)
    return Decision(facts, command.proposal_id, actor.party_id)


def signing(book: Book) -> Signing:
    """What the signatures of answers are checked with."""
    return Signing(book.keyring, book.signed_kinds())


def _consent(book: Book, command: Consent, actor: Actor) -> tuple[Fact, ...]:
    """The consent and, when the rule is met by it, what becomes binding."""
    facts, is_met = agreement.consent(book.agreements, actor, command, signing(book))
    if not is_met:
        return facts
    proposal = book.agreements.get(command.proposal_id)
    require_bindable(book, proposal)
    consents = (*(answer.index for answer in proposal.consents()), book.size)
    agreed = Fact(ProposalAgreed(command.proposal_id, consents))
    if proposal.kind is ProposalKind.SETTLEMENT:
        return (*facts, agreed, posted(book, command.proposal_id))
    return (*facts, agreed)
