"""Audit: repeats every rule that an entry claims to have followed, from the entries alone. Pure.

The one rule: nothing is believed that can be computed again: a binding effect has its consents, a
measurement follows from the parts it names, a settlement recomputes to the cent, postings follow
from what is owed. Source: `ledger-format.md`, "Offline".
"""

from ledger import indicator, scheme, settlement
from ledger.book import Book
from ledger.decision import measured_for, posted
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault, Refusal
from ledger.fact import Placed
from ledger.indicator import IndicatorProposed
from ledger.journal import (
    SettlementPosted,
    payment_confirmed_lines,
    payment_reported_lines,
    post,
)
from ledger.measurement import MeasurementProposed, PartUsed, result
from ledger.payment import PaymentConfirmed, PaymentReported
from ledger.proposal import ProposalAgreed, ProposalConsented, ProposalObjected
from ledger.scheme import IndicatorFacts, SchemeProposed
from ledger.settlement import SettlementProposed


class RuleBroken(Fault):
    """An entry did not follow the rules; its text says which."""


def check(book: Book, placed: Placed) -> None:
    """Return if the entry may follow the Book before it. Raises RuleBroken."""
    try:
        _check(book, placed)
    except Refusal as refusal:
        raise RuleBroken(refusal.message) from refusal
    except KeyError as error:
        raise RuleBroken(f"it names {error}, which the ledger does not have") from error


def _check(book: Book, placed: Placed) -> None:
    match placed.event:
        case ProposalConsented() | ProposalObjected() as answer:
            _check_answer(book, placed, answer)
        case ProposalAgreed() as agreed:
            _check_agreed(book, agreed)
        case IndicatorProposed(terms=terms):
            indicator.check(terms, _ecosystem(book).signing_ids())
        case MeasurementProposed() as measured:
            _check_measurement(book, measured)
        case SchemeProposed() as proposed:
            _check_scheme(book, proposed)
        case SettlementProposed() as settling:
            _check_settlement(book, settling)
        case SettlementPosted(settlement_id=settlement_id) as entered:
            expected = posted(book, book.settlement_proposals[settlement_id]).event
            _require(expected == entered, "its postings do not follow from the settlement")
        case PaymentReported() as reported:
            lines = payment_reported_lines(reported.payer, reported.payee, reported.amount)
            expected_postings, _ = post(lines, book.accounts)
            _require(expected_postings == reported.postings, "its postings are not the payment's")
        case PaymentConfirmed() as confirmed:
            payment = book.payments[confirmed.payment_id]
            lines = payment_confirmed_lines(payment.payer, payment.payee, payment.amount)
            expected_postings, _ = post(lines, book.accounts)
            _require(expected_postings == confirmed.postings, "its postings are not the payment's")
        case _:
            pass


def _check_answer(book: Book, placed: Placed, answer: ProposalConsented | ProposalObjected) -> None:
    proposal = book.agreements.get(answer.proposal_id)
    _require(placed.party in proposal.signatories, "its party was not asked")
    _require(proposal.answer_of(placed.party) is None, "its party answers twice")
    _require(proposal.is_pending, "the proposal was closed")
    signed = (answer.proposal_index, answer.commitment)
    _require(signed == (proposal.index, proposal.commitment), "it signs other bytes")


def _check_agreed(book: Book, agreed: ProposalAgreed) -> None:
    proposal = book.agreements.get(agreed.proposal_id)
    indices = tuple(answer.index for answer in proposal.consents())
    _require(proposal.is_pending, "the proposal was closed")
    _require(agreed.consents == indices, "it names consents that were not given")
    _require(len(indices) >= proposal.needed, "it lacks consents")


def _check_measurement(book: Book, event: MeasurementProposed) -> None:
    version = book.indicator_version(event.indicator_id, event.version)
    parts = book.parts[event.indicator_id, event.period]
    used = tuple(
        PartUsed(parts[owner.party_id].figures, parts[owner.party_id].index)
        for owner in version.terms.owners
    )
    _require(event == result(event.opening, version, event.period, used), "it computes otherwise")


def _check_scheme(book: Book, event: SchemeProposed) -> None:
    facts = {}
    for item in event.terms.items:
        version = book.current_indicator(item.indicator_id)
        if version is not None:
            lower = version.terms.direction is indicator.Direction.LOWER_IS_BETTER
            facts[item.indicator_id] = IndicatorFacts(lower_is_better=lower)
    ecosystem = _ecosystem(book)
    scheme.check(event.terms, facts, ecosystem.signing_ids(), ecosystem.outsourcer.party_id)


def _check_settlement(book: Book, event: SettlementProposed) -> None:
    content = event.content
    agreed = book.current_scheme(content.scheme_id)
    if agreed is None:
        raise RuleBroken("it settles a scheme that is not agreed")
    measured = measured_for(book, agreed, content.period)
    expected = settlement.compute(agreed, measured, content.period, event.settlement_id)
    _require(expected == content, "it computes otherwise")


def _ecosystem(book: Book) -> Ecosystem:
    if book.ecosystem is None:
        raise RuleBroken("it comes before the founding")
    return book.ecosystem


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RuleBroken(otherwise)
