"""Audit: repeats every rule that an entry claims to have followed, from the entries alone. Pure.

The one rule: nothing is believed that can be computed again: a binding effect has its consents, a
measurement follows from the parts it names, a settlement recomputes to the cent, postings follow
from what is owed. Source: `ledger-format.md`, "Offline".
"""

from ledger import closing, drafting, measuring, policy, scheme, settlement
from ledger.audit_agreement import check_agreement, check_due, check_opening
from ledger.audit_evidence import (
    check_exclusion,
    check_indicator,
    check_measurement,
    check_report,
)
from ledger.audit_governance import asked_of_governance, check_governance
from ledger.audit_paying import PAYING, check_paying
from ledger.audit_payout import (
    check_netted,
    check_own,
    check_posted,
    check_scheme,
    check_settlement,
)
from ledger.audit_trust import check_trust
from ledger.bankstatement import StatementImported
from ledger.book import Book
from ledger.changes import opening_of
from ledger.closeout import require_decided
from ledger.closing import BooksClosed, CloseProposed
from ledger.dropping import ObservationsDropped
from ledger.ecosystem import EcosystemFounded
from ledger.errors import Refusal
from ledger.exclusion import ExclusionProposed
from ledger.exclusion import subject as exclusion_subject
from ledger.fact import CLOCK, EVERYBODY, Placed, Sealed
from ledger.governance import OwnAct
from ledger.identity import IdentityProviderRegistered, IdentityProviderRemoved
from ledger.indicator import IndicatorProposed
from ledger.journal import SettlementPosted, StakePosted
from ledger.keyring import WitnessRegistered
from ledger.measurement import MeasurementProposed
from ledger.netting import DuesNetted
from ledger.observation import ObservationsRecorded
from ledger.part import PartSubmitted
from ledger.partner import SchemePartProposed
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.policy import PolicyProposed
from ledger.reconciliation import LinesMatched
from ledger.register import SEALABLE
from ledger.remark import RemarkMade
from ledger.rotation import LogKeyRotated
from ledger.rule import RuleBroken, ecosystem, require
from ledger.scheme import SchemeProposed
from ledger.settlement import SettlementProposed
from ledger.stake import StakeProposed
from ledger.standing import may_enter

FOLLOWS = ("stake.posted", "dues.netted", "books.closed")
"""Kinds of sealed entries that follow an agreement."""


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
    require(sealed.kind in SEALABLE, f"a {sealed.kind} is for all members, and is not opened")
    require(sealed.audience != EVERYBODY, "it is for all members, and is not opened")
    is_remark = sealed.kind == "remark.made"  # the others may be of a time before one left
    around = ecosystem(book)
    authors = around.signing_ids(sealed.at) if is_remark else around.party_ids() | {CLOCK}
    require(sealed.party in authors, "its party is no member")
    require(around.party_ids().issuperset(sealed.audience), "its audience holds strangers")
    posts = sealed.kind in FOLLOWS  # by the last consent, whoever gave it
    require(posts or sealed.party in sealed.audience, "its audience lacks its author")


def _check_audience(book: Book, placed: Placed) -> None:
    """An audience is whom the event concerns; of a remark, members with the author among them."""
    if not isinstance(placed.event, RemarkMade | StatementImported | BooksClosed):
        wanted = _audience_of(book, placed)
        whose = (
            "everybody" if wanted == EVERYBODY else "the partner's, the outsourcer's, the granted"
        )
        require(placed.audience == wanted, f"its audience is not {whose}")
    elif placed.audience != EVERYBODY:
        if isinstance(placed.event, BooksClosed):  # it follows: its author is the last to sign
            known = ecosystem(book).party_ids()
            require(known.issuperset(placed.audience), "its audience holds strangers")
            return
        _check_members(book, placed)
        require(placed.party in placed.audience, "its audience lacks its author")


def _check_members(book: Book, placed: Placed | Sealed) -> None:
    if placed.audience != EVERYBODY:
        members = ecosystem(book).member_ids(placed.at) | {placed.party}  # it may have left
        require(members.issuperset(placed.audience), "its audience holds strangers")


def _audience_of(book: Book, placed: Placed) -> tuple[str, ...]:
    """Who may open an event, but for remarks, whose author says so."""
    match placed.event:
        case SchemePartProposed(part=part):
            return ecosystem(book).confidants(part.party_id, placed.at)
        case StakeProposed(party_id=party_id):
            return ecosystem(book).confidants(party_id, placed.at)
        case DuesNetted(set_offs=set_offs) if set_offs:
            return book.dues[set_offs[0].loss_reference].audience
        case StakePosted(settlement_id=key, party_id=party_id):
            return book.sealed.stakes_of(key)[party_id].audience
        case PaymentReported(reference=reference) if reference in book.dues:
            return book.dues[reference].audience
        case PaymentConfirmed(payment_id=key) | PaymentReversed(payment_id=key):
            return book.dues[book.payments[key].reference].audience
        case LinesMatched(lines=lines) if lines:
            return book.dues[lines[0].reference].audience
        case _:
            return EVERYBODY


def _check(book: Book, placed: Placed) -> None:
    is_founding = isinstance(placed.event, EcosystemFounded)
    require(is_founding == (placed.index == 0), "an ecosystem is founded once, by entry 0")
    if not is_founding:
        require(placed.party in _may_act(book, placed), "its party may not do this")
    _check_audience(book, placed)
    opening = opening_of(placed.event)
    if opening is not None:
        require(placed.party != CLOCK, "the clock proposes nothing")
        check_opening(book, placed, opening, *_asked(book, placed))
    is_about_agreeing = check_agreement(book, placed)
    check_due(book, placed)
    if is_about_agreeing:
        return
    match placed.event:
        case ObservationsRecorded() | ObservationsDropped() | PartSubmitted() as reported:
            check_report(book, placed, reported)
        case SettlementPosted() | StakePosted() as entered:
            check_posted(book, entered)
        case DuesNetted() as set_off:
            check_netted(book, set_off)
        case SchemePartProposed() | StakeProposed() as own:
            require(placed.party == ecosystem(book).outsourcer.party_id, "the outsourcer proposes")
            check_own(book, placed.at, own)
        case _ if isinstance(placed.event, PAYING):
            check_paying(book, placed)
        case _ if opening is not None or isinstance(placed.event, OwnAct):
            _check_content(book, placed)
        case _:
            check_trust(book, placed)


def _check_content(book: Book, placed: Placed) -> None:
    """What a proposal proposes: terms that can hold, figures that recompute."""
    match placed.event:
        case IndicatorProposed() as stated:
            check_indicator(book, placed, stated)
        case MeasurementProposed() as measured:
            check_measurement(book, measured)
        case ExclusionProposed() as left_out:
            check_exclusion(book, left_out)
        case SchemeProposed() as proposed:
            check_scheme(book, proposed, placed.at)
        case SettlementProposed() as settling:
            check_settlement(book, placed.at, settling)
        case PolicyProposed(version=version, terms=agreed):
            require(version == book.last_agreed_policy().version + 1, "its version does not follow")
            signing = ecosystem(book).signing_ids(placed.at)
            before = book.last_agreed_policy().terms
            around, watching = ecosystem(book), set(book.keyring.witnesses)
            if around.proposal_days is not None:  # before, one that had left could be named
                watching &= around.member_ids(placed.at)
            policy.check(agreed, before, watching, signing)
        case CloseProposed(through=through):
            closing.check(book.closings, through, placed.at)
            require_decided(book, through)
        case _:
            check_governance(book, placed)


def _asked(book: Book, placed: Placed) -> tuple[str, frozenset[str]]:
    """The subject that a proposal must name, and those whose consent it must ask."""
    match placed.event:
        case IndicatorProposed(indicator_id=key, terms=terms):
            signing, current = _signing(book, placed), book.current_indicator(key)
            return f"indicator/{key}", drafting.asked(terms, current, signing)
        case MeasurementProposed(indicator_id=key, version=version, period=period):
            restated = book.agreed_measurement(key, period)
            measured = book.indicator_version(key, version)
            owners = measuring.asked(measured, restated, book.agreements)
            return f"measurement/{key}/{period}", owners
        case ExclusionProposed(indicator_id=key, version=version, period=period):
            owners = book.indicator_version(key, version).terms.owner_ids()
            return exclusion_subject(key, period), owners
        case SchemeProposed(scheme_id=key, terms=scheme_terms):
            signing, outsourcer = _signing(book, placed), ecosystem(book).outsourcer.party_id
            current_scheme = book.current_scheme(key)
            return f"scheme/{key}", scheme.asked(scheme_terms, current_scheme, outsourcer, signing)
        case SettlementProposed(content=content):
            around = ecosystem(book)
            signing = around.signing_ids(placed.at)
            asked = content.concerned(around.outsourcer.party_id, signing)
            return settlement.subject_of(content), asked
        case PolicyProposed():
            return policy.SUBJECT, _signing(book, placed)
        case CloseProposed():
            return closing.SUBJECT, _signing(book, placed)
        case _:
            return asked_of_governance(book, placed)


def _signing(book: Book, placed: Placed) -> frozenset[str]:
    return ecosystem(book).signing_ids(placed.at)


def _may_act(book: Book, placed: Placed) -> frozenset[str]:
    """Who may enter an event: members that sign; an observer its witness, the log its own key."""
    match placed.event:
        case LogKeyRotated():
            return frozenset({CLOCK})
        case WitnessRegistered() | IdentityProviderRegistered() | IdentityProviderRemoved():
            return may_enter(book, placed.event, placed.at)
        case _:
            return may_enter(book, placed.event, placed.at) | {CLOCK}
