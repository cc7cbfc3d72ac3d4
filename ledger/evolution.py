"""Evolution: the Book after one more entry.

The one rule: `evolve` is pure and decides nothing; an entry that does not follow the Book is a
Fault. A concept with many events keeps its own part of the Book and evolves it in its own file;
here is the dispatch. Source: `design.md` decisions 1 and 5.
"""

from typing import cast

from immutables import Map

from ledger import closing, effect, identity, keyring, life, reversal, series
from ledger.bankstatement import StatementImported
from ledger.book import Book, Indicator, replace
from ledger.booking import book_entry
from ledger.closing import BooksClosed, CloseProposed
from ledger.delegation import DelegationEnded, DelegationGranted
from ledger.dropping import ObservationsDropped
from ledger.ecosystem import Ecosystem, EcosystemFounded, founded
from ledger.errors import Fault
from ledger.exclusion import ExclusionProposed
from ledger.fact import Placed, Sealed
from ledger.governance import GOVERNED, OwnAct, Proposed
from ledger.identity import IdentityProviderRegistered, IdentityProviderRemoved
from ledger.indicator import IndicatorProposed, IndicatorVersion
from ledger.inforce import arranged, opened, with_agreed_policy
from ledger.journal import SettlementPartPosted, SettlementPosted, StakePosted
from ledger.keyring import ConsentKeyRegistered, ConsentKeyRevoked, WitnessRegistered
from ledger.measurement import Measurement, MeasurementProposed, proposed
from ledger.netting import DuesNetted
from ledger.observation import ObservationsRecorded
from ledger.part import Part, PartSubmitted
from ledger.partner import SchemePartProposed
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.placing import with_given, with_result
from ledger.policy import Policy, PolicyApplied, PolicyProposed
from ledger.proposal import Proposal, ProposalStatus
from ledger.reconciliation import LinesMatched
from ledger.remark import AnnexErased, RemarkMade
from ledger.rotation import LogKeyRotated
from ledger.scheme import Scheme, SchemeProposed
from ledger.settlement import Settlement, SettlementKind, SettlementProposed, given_by
from ledger.stake import StakeProposed, evolve_sealed
from ledger.undisputed import bound_part
from ledger.workdays import BusinessCalendarAdopted


def evolve(book: Book, placed: Placed) -> Book:
    """The Book after one more entry. Raises Fault when the entry does not follow the Book."""
    book = _followed(book, placed)
    match placed.event:
        case EcosystemFounded() as event:
            return replace(book, ecosystem=founded(placed, event, book.ecosystem_id))
        case ObservationsRecorded(series=name, declared=declared):
            return replace(
                book,
                batches=book.batches.set((placed.party, name), placed.index),
                declarations=series.evolve(book.declarations, placed.party, name, declared),
            )
        case PartSubmitted() as event:
            return _with_part(book, placed, event)
        case (
            IndicatorProposed()
            | MeasurementProposed()
            | ExclusionProposed()
            | SchemeProposed()
            | SettlementProposed()
            | PolicyProposed()
            | CloseProposed()
        ):
            return _with_proposal(book, placed)
        case (
            SettlementPosted()
            | SettlementPartPosted()
            | StakePosted()
            | DuesNetted()
            | PaymentReported()
            | PaymentConfirmed()
            | PaymentReversed()
            | LinesMatched()
            | StatementImported()
            | BooksClosed()
        ):
            return book_entry(book, placed)
        case (
            ConsentKeyRegistered()
            | ConsentKeyRevoked()
            | WitnessRegistered()
            | IdentityProviderRegistered()
            | IdentityProviderRemoved()
            | SchemePartProposed()
            | StakeProposed()
        ):
            return _with_area(book, placed)
        case ObservationsDropped():
            return book
        case BusinessCalendarAdopted() | DelegationGranted() | DelegationEnded() | PolicyApplied():
            return arranged(book, placed)
        case AnnexErased(index=index):
            return replace(book, annexes=book.annexes.delete(index))
        case event if isinstance(event, Proposed | OwnAct | RemarkMade):
            return effect.entered(book, placed, event)
        case LogKeyRotated(log_key=log_key, note=note):
            return replace(book, ecosystem=_ecosystem(book).with_log_key(log_key, note))
        case _:
            return _with_answer(book, placed)


def _with_area(book: Book, placed: Placed) -> Book:
    """The Book whose areas with a state of their own evolve it in their own files."""
    match placed.event:
        case SchemePartProposed() | StakeProposed():
            return replace(book, sealed=evolve_sealed(book.sealed, placed))
        case IdentityProviderRegistered() | IdentityProviderRemoved():
            return replace(book, identities=identity.evolve(book.identities, placed))
        case _:
            return replace(book, keyring=keyring.evolve(book.keyring, placed))


def pass_over(book: Book, sealed: Sealed) -> Book:
    """The Book of a reader who may not open an entry: only its place counts. Raises Fault."""
    return _followed(book, sealed)


def _followed(book: Book, placed: Placed | Sealed) -> Book:
    """The Book with one more place taken; an annex is remembered as its party's."""
    if placed.index != book.size:
        raise Fault(f"entry {placed.index} does not follow a book of {book.size} entries")
    if placed.at < book.last_at:
        raise Fault(f"entry {placed.index} is older than the one before")
    annexes = book.annexes.set(placed.index, placed.party) if placed.has_annex else book.annexes
    return replace(book, size=placed.index + 1, last_at=placed.at, annexes=annexes)


def _ecosystem(book: Book) -> Ecosystem:
    if book.ecosystem is None:
        raise Fault(f"entry {book.size - 1} comes before the founding")
    return book.ecosystem


def _with_part(book: Book, placed: Placed, event: PartSubmitted) -> Book:
    key = (event.indicator_id, event.period)
    part = Part(
        event.indicator_id,
        event.version,
        event.period,
        event.figures,
        event.basis,
        placed.index,
        event.is_correction,
        event.prepared_by,
    )
    parts = book.parts.get(key, Map()).set(placed.party, part)
    came = book.reported.get(key, Map())
    if placed.party not in came:
        book = replace(book, reported=book.reported.set(key, came.set(placed.party, placed.at)))
    return replace(book, parts=book.parts.set(key, parts))


def _with_proposal(book: Book, placed: Placed) -> Book:
    status = ProposalStatus.OPEN
    match placed.event:
        case IndicatorProposed(opening=terms) as event:
            version = IndicatorVersion(event.indicator_id, event.version, event.terms, placed.index)
            state = Indicator(terms.proposal_id, version, status)
            versions = book.indicator_versions.set(terms.proposal_id, state)
            book = replace(book, indicator_versions=versions)
        case MeasurementProposed(opening=terms) as measured:
            value = proposed(measured, placed.index)
            book = replace(
                book,
                measurements=book.measurements.set(terms.proposal_id, value),
                rules_version=max(book.rules_version, measured.rules_version),
            )
        case ExclusionProposed(opening=terms) as left_out:
            book = replace(book, exclusions=book.exclusions.proposed(left_out, placed.index))
        case SchemeProposed(opening=terms) as paying:
            scheme = Scheme(
                terms.proposal_id,
                paying.scheme_id,
                paying.version,
                paying.terms,
                placed.index,
                status,
                paying.first,
            )
            book = replace(book, schemes=book.schemes.set(terms.proposal_id, scheme))
        case SettlementProposed(opening=terms) as settling:
            book = _with_settlement(book, placed, settling)
        case PolicyProposed(opening=terms) as asked:
            policy = Policy(terms.proposal_id, asked.version, asked.terms, placed.index, status)
            book = replace(book, policies=book.policies.set(terms.proposal_id, policy))
        case CloseProposed(opening=terms) as asked:
            book = replace(book, closings=closing.proposed(book.closings, placed, asked))
        case _:
            raise Fault(f"entry {placed.index} proposes nothing that we know")
    return opened(book, placed, terms)


def _with_settlement(book: Book, placed: Placed, event: SettlementProposed) -> Book:
    proposal_id = event.opening.proposal_id
    state = Settlement(
        proposal_id, event.settlement_id, event.content, placed.index, ProposalStatus.OPEN
    )
    return replace(
        book,
        settlements=book.settlements.set(proposal_id, state),
        settlement_proposals=book.settlement_proposals.set(event.settlement_id, proposal_id),
        payout_rules=max(book.payout_rules, event.content.rules_version),
    )


def _with_answer(book: Book, placed: Placed) -> Book:
    """The Book after a consent, an objection or an outcome; an agreed proposal now binds."""
    book = replace(book, agreements=life.evolve(book.agreements, placed))
    proposal_id = cast("str", getattr(placed.event, "proposal_id", ""))
    proposal = book.agreements.proposals.get(proposal_id)
    if proposal is None:
        raise Fault(f"entry {placed.index} answers a proposal that was never opened")
    return _with_status(book, proposal)


def _with_status(book: Book, proposal: Proposal) -> Book:
    if proposal.kind in GOVERNED:
        return effect.answered(book, proposal, book.size - 1)
    key, status = proposal.proposal_id, proposal.status
    binds = status is ProposalStatus.AGREED
    if (indicator := book.indicator_versions.get(key)) is not None:
        now = replace(indicator, status=status)
        book = replace(book, indicator_versions=book.indicator_versions.set(key, now))
        subject = indicator.version.indicator_id
        if not binds:
            return book
        number = (subject, indicator.version.version)
        return replace(
            book,
            current_indicators=book.current_indicators.set(subject, key),
            agreed_indicators=book.agreed_indicators.set(number, key),
        )
    if (measurement := book.measurements.get(key)) is not None:
        return with_measured(book, replace(measurement, status=status))
    if key in book.exclusions.by_proposal:
        answered = book.exclusions.answered(key, status, book.size - 1)
        return replace(book, exclusions=answered)
    if (scheme := book.schemes.get(key)) is not None:
        book = replace(book, schemes=book.schemes.set(key, replace(scheme, status=status)))
        if not binds:
            return book
        number = (scheme.scheme_id, scheme.version)
        return replace(
            book,
            current_schemes=book.current_schemes.set(scheme.scheme_id, key),
            agreed_schemes=book.agreed_schemes.set(number, key),
        )
    if (policy := book.policies.get(key)) is not None:
        book = replace(book, policies=book.policies.set(key, replace(policy, status=status)))
        return with_agreed_policy(book, policy) if binds else book
    if key in book.closings.proposals:
        return replace(book, closings=closing.decided(book.closings, key, status))
    settlement = book.settlements[key]
    settling = replace(settlement, status=status)
    book = replace(book, settlements=book.settlements.set(key, settling))
    return _with_settled(book, proposal, settlement) if binds else book


def _with_settled(book: Book, proposal: Proposal, settlement: Settlement) -> Book:
    """The Book once a settlement binds: what was given for which period, who corrects whom."""
    stakes = book.sealed.stakes_of(settlement.settlement_id).values()
    bound = settlement.content
    if proposal.is_partial:
        bound = bound_part(bound, proposal)
    for content in (bound, *(stake.content for stake in stakes)):
        for period, amounts in given_by(content).items():
            scheme = book.scheme_version(content.scheme_id, content.scheme_version)
            book = with_given(book, scheme, period, amounts)
    settlements = book.settlements
    for each in settlement.content.corrected:
        origin = book.settlement_proposals[each.settlement_id]
        old = settlements[origin]
        by = (*old.corrected_by, settlement.settlement_id)
        settlements = settlements.set(origin, replace(old, corrected_by=by))
    book = replace(book, settlements=settlements)
    if settlement.content.kind is SettlementKind.REVERSAL:
        return reversal.without(book, settlement.content)
    where = (settlement.content.scheme_id, settlement.content.place)
    settled = book.settled.set(where, proposal.proposal_id)
    return replace(book, settled=settled)


def with_measured(book: Book, measured: Measurement) -> Book:
    """The Book after a measurement's status changed; an agreed one ends the one it restates."""
    key, place = measured.proposal_id, (measured.indicator_id, measured.period)
    measurements = book.measurements.set(key, measured)
    if measured.status is not ProposalStatus.AGREED:
        return replace(book, measurements=measurements)
    if (restated := book.agreed_measurement(*place)) is not None:
        old = replace(restated, restated_by=measured.index)
        measurements = measurements.set(restated.proposal_id, old)
    return with_result(replace(book, measurements=measurements), measured)
