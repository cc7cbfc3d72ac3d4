"""Decide: what a command makes happen, given the Book. Pure.

The one rule: `decide` looks at nothing but its arguments; `now` and the seed are read once by
`commit` under the head lock. It raises a Refusal, and then nothing happens. Which roles may do
what stands in `acts.ACTS`. Source: `design.md` decision 1.
"""

from datetime import datetime

from immutables import Map

from ledger import agreement, indicator, measurement, observation, payment, scheme, settlement
from ledger.actor import Actor, NotFound
from ledger.agreement import Consent, Objection, Signing, Withdrawal
from ledger.book import Book
from ledger.canonical import require_text
from ledger.commands import Command, Decision, LogIdentity, authorise
from ledger.ecosystem import Ecosystem, FoundEcosystem, found
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.indicator import Direction, ProposeIndicator
from ledger.journal import SettlementPosted, post, settlement_lines
from ledger.measurement import ProposeMeasurement, SubmitPart
from ledger.observation import RecordObservations
from ledger.payment import ConfirmPayment, ReportPayment
from ledger.proposal import ProposalAgreed, ProposalKind, ProposalStatus
from ledger.scheme import IndicatorFacts, ProposeScheme, Scheme
from ledger.settlement import Measured, ProposeSettlement
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
        case ProposeIndicator() | ProposeMeasurement() | ProposeScheme() | ProposeSettlement():
            return _propose(book, command, actor, now, seed)
        case RecordObservations():
            return _record(book, command, actor, seed)
        case SubmitPart():
            return _submit(book, command, actor, now)
        case Consent() | Objection() | Withdrawal():
            return _answer(book, command, actor)
        case ReportPayment() | ConfirmPayment():
            return _pay(book, command, actor, now, seed)
        case _:
            return decide_trust(book, command, actor, seed)


def _found(book: Book, command: FoundEcosystem, seed: Seed, log: LogIdentity) -> Decision:
    if book.ecosystem is not None:
        raise EcosystemExists("idempotencyKey")
    facts, outsourcer = found(command, log.name, log.verifier_key, seed)
    return Decision(facts, command.ecosystem_id, outsourcer)


def _propose(
    book: Book,
    command: ProposeIndicator | ProposeMeasurement | ProposeScheme | ProposeSettlement,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> Decision:
    ecosystem = member(book, actor)
    match command:
        case ProposeIndicator():
            current = _current_indicator(book, command.indicator_id)
            facts = indicator.propose(
                command, current, book.agreements, ecosystem.signing_ids(), seed
            )
        case ProposeMeasurement():
            facts = _propose_measurement(book, command, actor, now, seed)
        case ProposeScheme():
            facts = _propose_scheme(book, ecosystem, command, seed)
        case ProposeSettlement():
            facts = _propose_settlement(book, ecosystem, command, seed)
    opened = facts[-1].event
    return Decision(facts, _proposal_id(opened), actor.party_id)


def _proposal_id(event: object) -> str:
    return str(getattr(event, "opening").proposal_id)  # noqa: B009 -- of every *.proposed event


def _current_indicator(book: Book, indicator_id: str) -> indicator.IndicatorVersion | None:
    if not indicator_id:
        return None
    current = book.current_indicator(indicator_id)
    if current is None:
        raise NotFound("indicatorId", what="agreed indicator", id=indicator_id)
    return current


def _propose_measurement(
    book: Book, command: ProposeMeasurement, actor: Actor, now: datetime, seed: Seed
) -> tuple[Fact, ...]:
    version = book.current_indicator(command.indicator_id)
    if version is not None and actor.party_id not in version.terms.owner_ids():
        raise measurement.NotACoOwner("indicatorId")
    return measurement.propose(
        command,
        version,
        book.parts.get((command.indicator_id, command.period), Map()),
        book.agreements,
        now,
        seed,
        is_measured=(command.indicator_id, command.period) in book.results,
    )


def _propose_scheme(
    book: Book, ecosystem: Ecosystem, command: ProposeScheme, seed: Seed
) -> tuple[Fact, ...]:
    facts = {}
    for item in command.terms.items:
        version = book.current_indicator(item.indicator_id)
        if version is not None:
            is_lower_better = version.terms.direction is Direction.LOWER_IS_BETTER
            facts[item.indicator_id] = IndicatorFacts(lower_is_better=is_lower_better)
    current = book.current_scheme(command.scheme_id) if command.scheme_id else None
    if command.scheme_id and current is None:
        raise NotFound("schemeId", what="agreed scheme", id=command.scheme_id)
    return scheme.propose(
        command,
        facts,
        ecosystem.signing_ids(),
        ecosystem.outsourcer.party_id,
        current,
        book.agreements,
        seed,
    )


def _propose_settlement(
    book: Book, ecosystem: Ecosystem, command: ProposeSettlement, seed: Seed
) -> tuple[Fact, ...]:
    agreed = book.current_scheme(command.scheme_id)
    if agreed is None:
        raise NotFound("schemeId", what="agreed scheme", id=command.scheme_id)
    return settlement.propose(
        command,
        agreed,
        measured_for(book, agreed, command.period),
        ecosystem.outsourcer.party_id,
        book.agreements,
        seed,
        is_settled=(command.scheme_id, command.period) in book.settled,
    )


def measured_for(book: Book, agreed: Scheme, period: str) -> dict[str, Measured]:
    """The agreed results of a scheme's indicators for a period; what is not agreed is missing.

    Each comes with the terms of the version that it was measured by.
    """
    found_results = {}
    for item in agreed.terms.items:
        result = book.agreed_measurement(item.indicator_id, period)
        if result is not None:
            version = book.indicator_version(item.indicator_id, result.version)
            found_results[item.indicator_id] = Measured(result, version.terms)
    return found_results


def _record(book: Book, command: RecordObservations, actor: Actor, seed: Seed) -> Decision:
    member(book, actor)
    batch = observation.record(command, seed)
    return Decision((Fact(batch.event),), batch.event.batch_id, actor.party_id, batch)


def _submit(book: Book, command: SubmitPart, actor: Actor, now: datetime) -> Decision:
    member(book, actor)
    version = book.current_indicator(command.indicator_id)
    series = version.terms.method.series if version else ""
    facts = measurement.submit(
        command,
        version,
        actor,
        now,
        newest_batch=book.batches.get((actor.party_id, series), 0),
        is_measured=(command.indicator_id, command.period) in book.results,
    )
    object_id = f"{command.indicator_id}/{command.period}/{actor.party_id}"
    return Decision(facts, object_id, actor.party_id)


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
    consents = (*(answer.index for answer in proposal.consents()), book.size)
    agreed = Fact(ProposalAgreed(command.proposal_id, consents))
    if proposal.kind is ProposalKind.SETTLEMENT:
        return (*facts, agreed, posted(book, command.proposal_id))
    return (*facts, agreed)


def posted(book: Book, proposal_id: str) -> Fact:
    """What an agreed settlement posts: a pure function of the Book, so that an audit repeats it."""
    content = book.settlements[proposal_id]
    if book.ecosystem is None:
        raise NotFound(what="ecosystem", id=book.ecosystem_id)
    outsourcer = book.ecosystem.outsourcer.party_id
    lines = [
        line
        for stake in content.content.stakes
        for line in settlement_lines(outsourcer, stake.party_id, stake.amount)
        if stake.party_id != outsourcer
    ]
    postings, _ = post(lines, book.accounts)
    return Fact(SettlementPosted(content.settlement_id, postings))


def _pay(
    book: Book, command: ReportPayment | ConfirmPayment, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    ecosystem = member(book, actor)
    if isinstance(command, ConfirmPayment):
        known = book.payments.get(command.payment_id)
        if known is None:
            raise NotFound("paymentId", what="payment", id=command.payment_id)
        facts = payment.confirm(known, book.accounts, actor)
        return Decision(facts, command.payment_id, actor.party_id)
    settled = book.settlement(command.settlement_id)
    if settled is None or settled.status is not ProposalStatus.AGREED:
        raise payment.NotSettled("settlementId", id=command.settlement_id)
    outsourcer = ecosystem.outsourcer.party_id
    partner = actor.party_id if command.payee == outsourcer else command.payee
    stake = next((s for s in settled.content.stakes if s.party_id == partner), None)
    if stake is None:
        raise NotFound("payee", what="stake of a party", id=command.payee)
    paid = book.paid.get((command.settlement_id, partner), 0)
    facts = payment.report(command, stake, outsourcer, paid, book.accounts, actor, now, seed)
    reported = facts[-1].event
    return Decision(facts, str(getattr(reported, "payment_id")), actor.party_id)  # noqa: B009
