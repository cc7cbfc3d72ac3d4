"""Decisions about closing the books, and what follows once a close is agreed. Pure.

The one rule: a close waits until every settlement of its periods is decided; the balances that it
fixes follow from the Book. Source: `domain.md` section 8.
"""

from datetime import date, datetime, timedelta

from ledger import closing
from ledger.actor import Actor
from ledger.book import Book
from ledger.closing import BooksClosed, ProposeClose, SettlementPending
from ledger.commands import Decision
from ledger.fact import EVERYBODY, Fact
from ledger.ids import Seed
from ledger.party import PartyRole
from ledger.periods import PeriodUnknown
from ledger.proposal import Proposal, ProposalKind
from ledger.scheme import Scheme
from ledger.settlement import SettlementContent
from ledger.trust import member, proposed


def decide_close(
    book: Book, command: ProposeClose, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a proposal to close the books. Raises a Refusal."""
    signing = member(book, actor).signing_ids(now)
    require_decided(book, command.through)
    facts = closing.propose(command, book.closings, book.agreements, signing, now, seed)
    return proposed(facts, actor)


def last_day(book: Book, scheme: Scheme, period: str) -> date:
    """The last day of a period by the calendar of a scheme's first indicator.

    The latest of all days where no such calendar has it: it is in no closed period.
    """
    for indicator_id in scheme.terms.indicator_ids():
        current = book.current_indicator(indicator_id)
        if current is None:
            continue
        try:
            return current.terms.calendar.period(period).end_on - timedelta(days=1)
        except PeriodUnknown:
            break
    return date.max


def require_open(book: Book, scheme: Scheme, period: str) -> None:
    """Return if a scheme's period can be settled. Raises PeriodClosed."""
    book.closings.require_open(period, last_day(book, scheme, period))


def require_decided(book: Book, through: date) -> None:
    """Return if no settlement of a period that ended by a day is pending.

    Raises SettlementPending.
    """
    for proposal_id in book.agreements.pending.values():
        if book.agreements.proposals[proposal_id].kind is not ProposalKind.SETTLEMENT:
            continue
        content = book.settlements[proposal_id].content
        if _last_day_of(book, content) <= through:
            raise SettlementPending("through", period=content.period)


def _last_day_of(book: Book, content: SettlementContent) -> date:
    scheme = book.current_scheme(content.scheme_id)
    return date.max if scheme is None else last_day(book, scheme, content.period)


def require_closable(book: Book, proposal: Proposal) -> None:
    """Return if a close may bind now. Raises SettlementPending."""
    close = book.closings.proposals.get(proposal.proposal_id)
    if close is not None:
        require_decided(book, close.through)


def is_closable(book: Book, proposal: Proposal) -> bool:
    """Whether a close may bind now."""
    try:
        require_closable(book, proposal)
    except SettlementPending:
        return False
    return True


def closed_books(book: Book, proposal_id: str) -> tuple[Fact, ...]:
    """What an agreed close fixes: the balances, by who may see them. Repeated by the audit.

    A partner's accounts are seen by whoever may see what is due to or from it.
    """
    through = book.closings.proposals[proposal_id].through
    parties = book.ecosystem.parties if book.ecosystem else ()
    sealed: dict[str, set[str]] = {}
    for due in book.dues.values():
        if due.audience != EVERYBODY:
            sealed.setdefault(due.party_id, set()).update(due.audience)
    groups: dict[tuple[str, ...], list[str]] = {EVERYBODY: []}
    for party in parties:
        if party.role is PartyRole.PARTNER:
            # everybody may see a partner's accounts, unless something due was sealed
            audience = tuple(sorted(sealed.get(party.party_id, EVERYBODY)))
            groups.setdefault(audience, []).append(party.party_id)
    return tuple(
        Fact(
            BooksClosed(proposal_id, through, closing.balances_of(book.accounts, partners)),
            audience,
        )
        for audience, partners in groups.items()
    )
