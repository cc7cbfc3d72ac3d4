"""Changes: what an entry changed in the Book, as the projections keep it by index.

The one rule: a projection is one of the Book's own values, so that a refold of the entries gives
the same tables. Source: `design.md` decision 5.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from ledger import governance
from ledger.bankstatement import StatementImported
from ledger.book import Book
from ledger.booking import settled_dues
from ledger.change import Change
from ledger.closing import BooksClosed, CloseProposed
from ledger.conduct import conducts
from ledger.daybook import bookings
from ledger.delegation import DelegationEnded, DelegationGranted
from ledger.dropping import ObservationsDropped
from ledger.due import Due
from ledger.ecosystem import EcosystemFounded
from ledger.exclusion import ExclusionProposed
from ledger.fact import EVERYBODY, Placed
from ledger.governance import GOVERNED
from ledger.governed import entered_changes, governed_changes
from ledger.identity import (
    IdentityProvider,
    IdentityProviderRegistered,
    IdentityProviderRemoved,
    provider_key,
)
from ledger.indicator import IndicatorProposed
from ledger.journal import (
    Account,
    AccountState,
    SettlementPartPosted,
    SettlementPosted,
    StakePosted,
)
from ledger.keyring import ConsentKeyRegistered, ConsentKeyRevoked, WitnessRegistered
from ledger.measurement import Measurement, MeasurementProposed
from ledger.netting import DuesNetted
from ledger.observation import ObservationsRecorded
from ledger.part import PartSubmitted
from ledger.partner import SchemePartProposed
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.policy import PolicyApplied, PolicyProposed
from ledger.proposal import SETTLING, Opening, Proposal, ProposalStatus
from ledger.reconciliation import LinesMatched
from ledger.remark import AnnexErased, Remark, RemarkMade
from ledger.rotation import LogKeyRotated
from ledger.scheme import SchemeProposed
from ledger.series import SeriesDeclared
from ledger.settlement import Settlement, SettlementProposed
from ledger.stake import StakeProposed
from ledger.workdays import AdoptedCalendar, BusinessCalendarAdopted

_BOOKED = (
    SettlementPosted,
    SettlementPartPosted,
    StakePosted,
    DuesNetted,
    PaymentReported,
    PaymentConfirmed,
    PaymentReversed,
    StatementImported,
    LinesMatched,
)


def opening_of(event: object) -> Opening | None:
    """The opening of a `*.proposed` event; None of any other."""
    match event:
        case (
            IndicatorProposed(opening=terms)
            | MeasurementProposed(opening=terms)
            | ExclusionProposed(opening=terms)
            | SchemeProposed(opening=terms)
            | SettlementProposed(opening=terms)
            | PolicyProposed(opening=terms)
            | CloseProposed(opening=terms)
        ):
            return terms
        case _:
            return governance.opening_of(event)


def changes(book: Book, placed: Placed) -> Iterator[Change]:
    """What the entry changed in the Book, `book` being the one after it, and what it shows."""
    yield from _changes(book, placed)
    for each in conducts(book, placed, opening_of(placed.event)):
        yield Change("conduct", each.object_id, each, each.party_id, "", each.kind)


def _changes(book: Book, placed: Placed) -> Iterator[Change]:
    event = placed.event
    match event:
        case _ if isinstance(event, EcosystemFounded | LogKeyRotated | governance.OwnAct):
            yield from entered_changes(book, placed)
            return
        case AnnexErased() | ObservationsDropped():
            return
        case BusinessCalendarAdopted() | DelegationGranted() | DelegationEnded() | PolicyApplied():
            yield from _agreeing_changes(book, placed)
            return
        case (
            ConsentKeyRegistered()
            | ConsentKeyRevoked()
            | WitnessRegistered()
            | IdentityProviderRegistered()
            | IdentityProviderRemoved()
            | RemarkMade()
        ):
            yield from _trust_changes(book, placed)
            return
        case ObservationsRecorded() | PartSubmitted() as reported:
            yield from _report_changes(book, placed, reported)
            return
        case SchemePartProposed() | StakeProposed() as own:
            yield _sealed_change(book, own)
            return
        case BooksClosed(proposal_id=key):
            if placed.audience == EVERYBODY:  # the entries of other audiences say the same
                close = book.closings.proposals[key]
                yield Change("closing", key, close, "", "", close.status)
            return
        case _ if isinstance(event, _BOOKED):
            yield from _booking_changes(book, placed)
            return
        case _:
            terms = opening_of(event)
            proposal_id = terms.proposal_id if terms else getattr(event, "proposal_id", "")
            yield from _proposal_changes(book, book.agreements.proposals[proposal_id])


def _trust_changes(book: Book, placed: Placed) -> Iterator[Change]:
    """Keys, witnesses, identity providers and remarks."""
    match placed.event:
        case ConsentKeyRegistered(key_id=key_id, replaces=replaced):
            for each in filter(None, (replaced, key_id)):
                yield _key_change(book, each)
        case ConsentKeyRevoked(key_id=key_id):
            yield _key_change(book, key_id)
        case WitnessRegistered():
            yield Change("witness", placed.party, book.keyring.witnesses[placed.party])
        case IdentityProviderRegistered(terms=terms):
            yield _provider_change(book, provider_key(terms.issuer, terms.audience))
        case IdentityProviderRemoved(issuer=issuer, audience=audience):
            yield _provider_change(book, provider_key(issuer, audience))
        case RemarkMade(remark_id=key, about=about, evidence=evidence):
            remark = Remark(key, about, placed.party, evidence, placed.index)
            yield Change("remark", key, remark, about)


def _agreeing_changes(book: Book, placed: Placed) -> Iterator[Change]:
    """What proposals are opened and answered by."""
    match placed.event:
        case BusinessCalendarAdopted(calendar=calendar):
            adopted = AdoptedCalendar(placed.party, calendar, placed.index)
            yield Change("business_calendar", placed.party, adopted)
        case DelegationGranted(delegation_id=key) | DelegationEnded(delegation_id=key):
            granted = book.delegations.granted[key]
            status = "GRANTED" if granted.revoked_index is None else "REVOKED"
            yield Change("delegation", key, granted, granted.party_id, "", status)
        case PolicyApplied(proposal_id=key):
            yield Change("policy_in_force", "policy", book.policies[key])
        case _:
            pass


def _report_changes(
    book: Book, placed: Placed, event: ObservationsRecorded | PartSubmitted
) -> Iterator[Change]:
    """What a party's report changed: its part, or what its series is declared to be."""
    party = placed.party
    match event:
        case PartSubmitted(indicator_id=indicator_id, period=period):
            part = book.parts[indicator_id, period][party]
            yield Change("part", f"{indicator_id}/{period}/{party}", part, indicator_id, period)
        case ObservationsRecorded(series=name, declared=declared):
            if declared is not None:
                held = SeriesDeclared(party, name, book.declarations[party, name], placed.index)
                yield Change("series", held.key, held, party)


def _key_change(book: Book, key_id: str) -> Change:
    key = book.keyring.consent_keys[key_id]
    status = "IN_FORCE" if key.revoked_index is None else "REVOKED"
    return Change("consent_key", key_id, key, key.party_id, "", status)


def _provider_change(book: Book, key: str) -> Change:
    held: IdentityProvider = book.identities.providers[key]
    status = "IN_FORCE" if held.removed_index is None else "REMOVED"
    return Change("identity_provider", key, held, held.party_id, "", status)


def _sealed_change(book: Book, event: SchemePartProposed | StakeProposed) -> Change:
    """One partner's part of a scheme, or its stake of a settlement."""
    if isinstance(event, SchemePartProposed):
        party_id = event.part.party_id
        part = book.sealed.parts_of(event.proposal_id)[party_id]
        key = f"{event.proposal_id}/{party_id}"
        return Change("scheme_part", key, part, event.scheme_id, concerns=(party_id,))
    stake = book.sealed.stakes_of(event.settlement_id)[event.party_id]
    key, period = f"{event.settlement_id}/{event.party_id}", event.content.period
    own = (event.party_id,)
    return Change("stake", key, stake, event.settlement_id, period, concerns=own)


def _payment_changes(
    book: Book, payment_ids: Sequence[str]
) -> Generator[Change, None, tuple[Due, ...]]:
    """Each payment once, and the dues that they are of, each once."""
    dues = {}
    for key in dict.fromkeys(payment_ids):
        payment = book.payments[key]
        sides = (payment.payer, payment.payee)
        yield Change("payment", key, payment, payment.reference, "", payment.status, sides)
        dues[payment.reference] = book.dues[payment.reference]
    return tuple(dues.values())


def _booking_changes(book: Book, placed: Placed) -> Iterator[Change]:
    """What an entry that posts changed: payments, what is owed, and accounts."""
    match placed.event:
        case SettlementPosted() | SettlementPartPosted() | StakePosted() as posted:
            dues = settled_dues(book, posted)
        case (
            PaymentReported(payment_id=key)
            | PaymentConfirmed(payment_id=key)
            | PaymentReversed(payment_id=key)
        ):
            dues = yield from _payment_changes(book, [key])
        case DuesNetted(set_offs=set_offs):
            keys = dict.fromkeys(
                key for each in set_offs for key in (each.loss_reference, each.gain_reference)
            )
            dues = tuple(book.dues[key] for key in keys)
        case StatementImported() as imported:
            yield Change("bank_statement", str(placed.index), imported, placed.party)
            return
        case LinesMatched(lines=lines):
            for line in lines:
                yield Change("bank_line", line.place.mark, line, line.payment_id)
            dues = yield from _payment_changes(book, [line.payment_id for line in lines])
        case _:
            return
    for due in dues:
        yield Change(
            "due", due.reference, due, due.party_id, due.period, due.status, (due.payer, due.payee)
        )
    booked = bookings(book, placed)
    for account in dict.fromkeys(each.posting.account for each in booked):
        yield Change(
            "account",
            account.key,
            AccountBalance(account, book.accounts[account]),
            account.owner,
            concerns=(account.owner, account.counterparty),
        )


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account with its newest sequence number and balance."""

    account: Account
    state: AccountState


def _proposal_changes(book: Book, proposal: Proposal) -> Iterator[Change]:
    key, status = proposal.proposal_id, str(proposal.status)
    own = proposal.signatories if proposal.kind in SETTLING else ()
    yield Change("proposal", key, proposal, str(proposal.kind), "", status, own)
    if proposal.kind in GOVERNED:
        yield from governed_changes(book, proposal)
    elif (indicator := book.indicator_versions.get(key)) is not None:
        subject = indicator.version.indicator_id
        yield Change("indicator_version", key, indicator, subject, "", status)
        if book.current_indicators.get(subject) == key:
            yield Change("indicator", subject, indicator, "", "", status)
    elif (measurement := book.measurements.get(key)) is not None:
        yield from _measurement_changes(book, measurement, own)
    elif (exclusion := book.exclusions.by_proposal.get(key)) is not None:
        where = (exclusion.indicator_id, exclusion.period)
        yield Change("exclusion", key, exclusion, *where, status, own)
    elif (scheme := book.schemes.get(key)) is not None:
        yield Change("scheme", scheme.scheme_id, scheme, "", "", status)
    elif (policy := book.policies.get(key)) is not None:
        yield Change("policy", key, policy, "", "", status)
        if book.current_policy == key:
            yield Change("policy_in_force", "policy", policy)
    elif (close := book.closings.proposals.get(key)) is not None:
        yield Change("closing", key, close, "", "", status)
    else:
        settlement = book.settlements[key]
        yield _settlement_change(settlement, own)
        if proposal.status is ProposalStatus.AGREED:
            for each in settlement.content.corrected:
                origin = book.settlement_proposals[each.settlement_id]
                signed = book.agreements.proposals[origin].signatories
                yield _settlement_change(book.settlements[origin], signed)


def _settlement_change(settlement: Settlement, own: tuple[str, ...]) -> Change:
    content, status = settlement.content, str(settlement.status)
    identity, scheme_id, period = settlement.settlement_id, content.scheme_id, content.period
    return Change("settlement", identity, settlement, scheme_id, period, status, own)


def _measurement_changes(
    book: Book, measurement: Measurement, own: tuple[str, ...]
) -> Iterator[Change]:
    place, status = (measurement.indicator_id, measurement.period), str(measurement.status)
    yield Change("measurement", measurement.proposal_id, measurement, *place, status, own)
    if book.results.get(place) != measurement.proposal_id:
        return
    yield Change("result", "/".join(place), measurement, *place, status, own)
    if measurement.findings.restates is not None:
        for old in book.measurements.values():
            if old.index == measurement.findings.restates:
                signed = book.agreements.get(old.proposal_id).signatories
                state = str(old.status)
                yield Change("measurement", old.proposal_id, old, *place, state, signed)
