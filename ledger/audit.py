"""Audit: repeats every rule that an entry claims to have followed, from the entries alone. Pure.

The one rule: nothing is believed that can be computed again: a binding effect has its consents, a
measurement follows from the parts it names, a settlement recomputes to the cent, postings follow
from what is owed. Source: `ledger-format.md`, "Offline".
"""

from base64 import b64encode

from ledger import indicator, keyring, policy, remark, scheme, settlement
from ledger.book import Book
from ledger.changes import opening_of
from ledger.decision import measured_for, posted, signing
from ledger.ecosystem import Ecosystem, EcosystemFounded
from ledger.errors import Fault, Refusal
from ledger.fact import CLOCK, EVERYBODY, Placed, Sealed
from ledger.history import SEALABLE
from ledger.indicator import IndicatorProposed
from ledger.journal import (
    SettlementPosted,
    payment_confirmed_lines,
    payment_reported_lines,
    post,
)
from ledger.keyring import ConsentKeyRegistered, ConsentKeyRevoked, WitnessRegistered
from ledger.measurement import MeasurementProposed, PartSubmitted, PartUsed, result
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentStatus
from ledger.policy import PolicyProposed
from ledger.proposal import (
    Opening,
    ProposalAgreed,
    ProposalConsented,
    ProposalObjected,
    ProposalStatus,
    ProposalWithdrawn,
)
from ledger.remark import AnnexErased, RemarkMade
from ledger.rotation import LogKeyRotated, check_rotation
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


def check_sealed(book: Book, sealed: Sealed) -> None:
    """Return if an entry that cannot be opened may stand here. Raises RuleBroken."""
    _require(sealed.kind in SEALABLE, f"a {sealed.kind} is for all members, and is not opened")
    _require(sealed.audience != EVERYBODY, "it is for all members, and is not opened")
    _require(sealed.party in _ecosystem(book).signing_ids(), "its party is no member")
    _check_audience(book, sealed)


def _check_audience(book: Book, placed: Placed | Sealed) -> None:
    """An audience is everybody, or members with the author among them."""
    if placed.audience != EVERYBODY:
        members = _ecosystem(book).party_ids()
        _require(members.issuperset(placed.audience), "its audience holds strangers")
        _require(placed.party in placed.audience, "its audience lacks its author")


def _check(book: Book, placed: Placed) -> None:
    is_founding = isinstance(placed.event, EcosystemFounded)
    _require(is_founding == (placed.index == 0), "an ecosystem is founded once, by entry 0")
    if not is_founding:
        _require(placed.party in _may_act(book, placed.event), "its party may not do this")
    if isinstance(placed.event, RemarkMade):
        _check_audience(book, placed)
    else:
        _require(placed.audience == EVERYBODY, "its audience is not everybody")
    opening = opening_of(placed.event)
    if opening is not None:
        _check_opening(book, opening, *_asked(book, placed.event))
    match placed.event:
        case ProposalConsented() | ProposalObjected() as answer:
            _check_answer(book, placed, answer)
        case ProposalAgreed() as agreed:
            _check_agreed(book, agreed)
        case ProposalWithdrawn(proposal_id=proposal_id):
            proposal = book.agreements.get(proposal_id)
            _require(proposal.is_pending, "the proposal was closed")
            _require(proposal.proposer == placed.party, "only its proposer takes it back")
        case PartSubmitted() as part:
            version = book.indicator_version(part.indicator_id, part.version)
            _require(part.figures.party_id == placed.party, "it reports for another party")
            indicator.check_figures(version.terms, part.figures, "")
        case SettlementPosted() as entered:
            _check_posted(book, entered)
        case PaymentReported() | PaymentConfirmed() as paid:
            _check_payment(book, placed, paid)
        case _ if opening is not None:
            _check_content(book, placed.event)
        case _:
            _check_trust(book, placed)


def _check_content(book: Book, event: object) -> None:
    """What a proposal proposes: terms that can hold, figures that recompute."""
    match event:
        case IndicatorProposed(terms=terms):
            indicator.check(terms, _ecosystem(book).signing_ids())
        case MeasurementProposed() as measured:
            _check_measurement(book, measured)
        case SchemeProposed() as proposed:
            _check_scheme(book, proposed)
        case SettlementProposed() as settling:
            _check_settlement(book, settling)
        case PolicyProposed(version=version, terms=agreed):
            _require(version == book.policy().version + 1, "its version does not follow")
            policy.check(agreed, book.keyring.witnesses.keys())
        case _:
            raise RuleBroken("it proposes nothing that we know")


def _check_posted(book: Book, entered: SettlementPosted) -> None:
    proposal_id = book.settlement_proposals[entered.settlement_id]
    state = book.settlements[proposal_id]
    _require(state.status is ProposalStatus.AGREED, "the settlement is not agreed")
    _require(entered.settlement_id not in book.posted, "the settlement is posted twice")
    expected = posted(book, proposal_id).event
    _require(expected == entered, "its postings do not follow from the settlement")


def _check_trust(book: Book, placed: Placed) -> None:
    """Keys, witnesses, policy, remarks and the log's own key."""
    match placed.event:
        case ConsentKeyRegistered() as registered:
            text = b64encode(registered.public_key).decode()
            keyring.check_registration(
                book.keyring, registered, book.ecosystem_id, placed.party, text
            )
        case ConsentKeyRevoked(key_id=key_id):
            book.keyring.consent_key(key_id, placed.party, "")
        case WitnessRegistered() as witness:
            keyring.check_witness(book.keyring, witness, book.ecosystem_id, placed.party)
        case RemarkMade(about=about, evidence=evidence):
            remark.check(about, evidence, book.agreements)
        case AnnexErased(index=index):
            _require(book.annexes.get(index) == placed.party, "it erases what is not its own")
        case LogKeyRotated() as rotated:
            check_rotation(_ecosystem(book).origin, _ecosystem(book).log_key, rotated)
        case _:
            pass


def _asked(book: Book, event: object) -> tuple[str, frozenset[str]]:
    """The subject that a proposal must name, and those whose consent it must ask."""
    match event:
        case IndicatorProposed(indicator_id=key, terms=terms):
            return f"indicator/{key}", terms.owner_ids()
        case MeasurementProposed(indicator_id=key, version=version, period=period):
            owners = book.indicator_version(key, version).terms.owner_ids()
            return f"measurement/{key}/{period}", owners
        case SchemeProposed(scheme_id=key, terms=scheme_terms):
            outsourcer = _ecosystem(book).outsourcer.party_id
            return f"scheme/{key}", scheme_terms.sharer_ids() | {outsourcer}
        case SettlementProposed(content=content):
            agreed = book.current_scheme(content.scheme_id)
            if agreed is None:
                raise RuleBroken("it settles a scheme that is not agreed")
            outsourcer = _ecosystem(book).outsourcer.party_id
            asked = agreed.terms.sharer_ids() | {outsourcer}
            return f"settlement/{content.scheme_id}/{content.period}", asked
        case PolicyProposed():
            return policy.SUBJECT, _ecosystem(book).signing_ids()
        case _:
            raise RuleBroken("it proposes nothing that we know")


def _check_opening(book: Book, opening: Opening, subject: str, asked: frozenset[str]) -> None:
    """A proposal asks everybody whose consent it needs, and one is pending a subject."""
    _require(opening.subject == subject, "its subject is another")
    _require(set(opening.signatories) == asked, "it does not ask all whose consent it needs")
    _require(opening.needed == len(asked), "it needs fewer consents than there are signatories")
    _require(opening.proposal_id not in book.agreements.proposals, "its id was used before")
    _require(subject not in book.agreements.pending, "another proposal of its subject is pending")


def _check_payment(book: Book, placed: Placed, paid: PaymentReported | PaymentConfirmed) -> None:
    if isinstance(paid, PaymentConfirmed):
        payment = book.payments[paid.payment_id]
        _require(placed.party == payment.payee, "only the payee confirms")
        _require(payment.status is PaymentStatus.REPORTED, "it is confirmed twice")
        lines = payment_confirmed_lines(payment.payer, payment.payee, payment.amount)
    else:
        settled = book.settlement(paid.settlement_id)
        stakes = settled.content.stakes if settled else ()
        stake = next((each for each in stakes if each.reference == paid.reference), None)
        if settled is None or stake is None:
            raise RuleBroken("it pays no stake")
        _require(settled.status is ProposalStatus.AGREED, "the settlement is not agreed")
        _require(placed.party == paid.payer, "only the payer reports")
        _require(stake.party_id in (paid.payer, paid.payee), "it pays another party's stake")
        before = book.paid.get((paid.settlement_id, stake.party_id), 0)
        owed = abs(stake.amount.amount_minor) - before
        _require(0 < paid.amount.amount_minor <= owed, "it pays more than is owed")
        lines = payment_reported_lines(paid.payer, paid.payee, paid.amount)
    expected, _ = post(lines, book.accounts)
    _require(expected == paid.postings, "its postings are not the payment's")


def _may_act(book: Book, event: object) -> frozenset[str]:
    """Who may enter an event: members that sign; an observer its witness, the log its own key."""
    match event:
        case LogKeyRotated():
            return frozenset({CLOCK})
        case WitnessRegistered():
            return _ecosystem(book).party_ids()
        case _:
            return _ecosystem(book).signing_ids() | {CLOCK}


def _check_answer(book: Book, placed: Placed, answer: ProposalConsented | ProposalObjected) -> None:
    proposal = book.agreements.get(answer.proposal_id)
    _require(placed.party in proposal.signatories, "its party was not asked")
    _require(proposal.answer_of(placed.party) is None, "its party answers twice")
    _require(proposal.is_pending, "the proposal was closed")
    signed = (answer.proposal_index, answer.commitment)
    _require(signed == (proposal.index, proposal.commitment), "it signs other bytes")
    rules = signing(book)
    keyring.check_signature(
        rules.ring,
        book.ecosystem_id,
        proposal,
        placed.party,
        answer.signed,
        is_consent=isinstance(answer, ProposalConsented),
        is_required=(proposal.policy_version, proposal.kind) in rules.signed_kinds,
    )


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
