"""Standing: what a party may still do once it has left. Pure.

The one rule: who has left does nothing new; what is open from its time it may still report, answer,
be paid for and erase, as the table of acts says (`after_leaving`). Source: `domain.md` section 2.
"""

from datetime import datetime

from ledger.act import Act
from ledger.actor import Actor
from ledger.acts import ACTS
from ledger.agreement import Consent, NotifyParty, Objection
from ledger.answer import (
    ProposalAgreed,
    ProposalConsented,
    ProposalLapsed,
    ProposalNoticed,
    ProposalObjected,
    ProposalRejected,
    ProposalWithdrawn,
    UndisputedBound,
)
from ledger.bankstatement import StatementImported
from ledger.book import Book
from ledger.commands import ACT_OF, Command
from ledger.dispute import DisputeOpened
from ledger.fact import CLOCK
from ledger.identity import IdentityProviderRegistered, IdentityProviderRemoved
from ledger.indicator import IndicatorVersion
from ledger.journal import SettlementPartPosted, SettlementPosted, StakePosted
from ledger.keyring import ConsentKeyRevoked, WitnessRegistered
from ledger.membership import MembershipEnded
from ledger.netting import DuesNetted
from ledger.observation import ObservationsRecorded
from ledger.part import PartSubmitted, SubmitPart
from ledger.party import Party, PartyRole
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.proposal import SETTLING
from ledger.reconciliation import LinesMatched
from ledger.remark import AnnexErased
from ledger.trust import ObserversSignNothing

AFTER_LEAVING = (
    ObservationsRecorded,
    PartSubmitted,
    ProposalNoticed,
    ProposalConsented,
    ProposalObjected,
    ProposalAgreed,
    ProposalRejected,
    ProposalLapsed,
    ProposalWithdrawn,
    DisputeOpened,
    UndisputedBound,
    SettlementPartPosted,
    SettlementPosted,
    StakePosted,
    DuesNetted,
    StatementImported,
    LinesMatched,
    PaymentReported,
    PaymentConfirmed,
    PaymentReversed,
    ConsentKeyRevoked,
    AnnexErased,
)
"""Events of the acts that the table marks `after_leaving`, and what follows from them at once."""


def require_standing(party: Party, act: Act, at: datetime) -> None:
    """Return if a party may do such a thing at all at an instant, whatever it is about.

    Raises ObserversSignNothing, MembershipEnded.
    """
    if party.role is PartyRole.OBSERVER and not act.observers:
        raise ObserversSignNothing
    if party.has_left(at) and not act.after_leaving:
        raise MembershipEnded(left_on=party.left_on)


def refuse_departed(book: Book, command: Command, actor: Actor, now: datetime) -> None:
    """Return unless the actor's party, or the one it answers for, has left and may not do this.

    Raises MembershipEnded.
    """
    represented = _departed(book, getattr(command, "on_behalf_of", ""), now)
    if represented is not None and not _is_of_its_time(book, command, represented):
        raise MembershipEnded("onBehalfOf", left_on=represented.left_on)
    party = _departed(book, actor.party_id, now)
    if party is None:
        return
    if not ACTS[ACT_OF[type(command)]].after_leaving or not _is_of_its_time(book, command, party):
        raise MembershipEnded(left_on=party.left_on)


def told_too_late(book: Book, said: NotifyParty | ProposalNoticed, at: datetime) -> Party | None:
    """A party that is told of what it cannot answer any more: no time of it may run then."""
    told = _departed(book, said.party_id, at)
    return None if told is None or _is_of_its_time(book, said, told) else told


def may_enter(book: Book, event: object, at: datetime) -> frozenset[str]:
    """Parties that may enter an event at an instant: the same question, asked by the audit."""
    around = book.ecosystem
    if around is None:
        return frozenset()
    represented = _departed(book, getattr(event, "on_behalf_of", ""), at)
    if represented is not None and not _is_of_its_time(book, event, represented):
        return frozenset()
    members = around.member_ids(at)
    if isinstance(event, WitnessRegistered | IdentityProviderRegistered):
        return members  # an observer may watch
    if isinstance(event, IdentityProviderRemoved):
        return around.party_ids()  # who has left shuts its own door
    return frozenset(
        party.party_id
        for party in around.parties
        if party.role is not PartyRole.OBSERVER
        and (party.party_id in members or _is_left_open(book, event, party))
    )


def _is_left_open(book: Book, event: object, party: Party) -> bool:
    return isinstance(event, AFTER_LEAVING) and _is_of_its_time(book, event, party)


def _departed(book: Book, party_id: str, at: datetime) -> Party | None:
    if book.ecosystem is None or party_id == CLOCK:
        return None
    parties = book.ecosystem.parties
    return next((p for p in parties if p.party_id == party_id and p.has_left(at)), None)


def _is_of_its_time(book: Book, said: object, party: Party) -> bool:
    """Whether a part or an answer is about days on which the party was a member."""
    match said:
        case SubmitPart(indicator_id=key, period=period):
            return _has_days(book.current_indicator(key), period, party)
        case PartSubmitted(indicator_id=key, version=number, period=period):
            return _has_days(book.indicator_version(key, number), period, party)
        case (
            Consent()
            | Objection()
            | NotifyParty()
            | ProposalConsented()
            | ProposalObjected()
            | ProposalNoticed()
        ):
            proposal = book.agreements.proposals.get(said.proposal_id)
            return proposal is None or proposal.kind in SETTLING
        case _:
            return True


def _has_days(version: IndicatorVersion | None, period: str, party: Party) -> bool:
    if version is None:
        return True  # refused for that reason by the rule itself
    bounds = version.terms.calendar.period(period)
    return party.days_in(bounds.start_on, bounds.end_on) > 0
