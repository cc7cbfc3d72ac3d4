"""Decisions about payouts: schemes, settlements and what they post. Pure.

The one rule: money follows from agreed results and agreed terms alone. Source: `domain.md`
sections 6 and 8.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from ledger import scheme, settlement
from ledger.actor import Actor, NotFound
from ledger.agreement import named_by
from ledger.basis import facts_for
from ledger.book import Book
from ledger.booking import book_entry, posted_content
from ledger.closeout import require_open
from ledger.commands import Decision
from ledger.correction import require_alone
from ledger.ecosystem import Ecosystem
from ledger.errors import Refusal
from ledger.fact import CLOCK, Fact, Placed
from ledger.ids import PartyId, Seed
from ledger.journal import Posting, SettlementPosted, StakePosted, post, stake_lines
from ledger.netting import netted
from ledger.partner import is_confidential
from ledger.proposal import ProposalKind
from ledger.reversal import reversal_of
from ledger.scheme import ProposeScheme
from ledger.settlement import ProposeSettlement, SettlementKind
from ledger.settling import sealed_parties, settle
from ledger.stake import StakeProposed
from ledger.trust import member, proposed
from ledger.undisputed import unposted


class OutsourcerProposes(Refusal):
    """A confidential scheme and its settlements are the outsourcer's to propose. -> Ask it to."""


PayoutCommand = ProposeScheme | ProposeSettlement
PostedEvent = SettlementPosted | StakePosted


def decide_payout(
    book: Book, command: PayoutCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about payouts. Raises a Refusal."""
    match command:
        case ProposeScheme():
            around = member(book, actor)
            return proposed(_propose_scheme(book, around, command, actor, now, seed), actor)
        case ProposeSettlement():
            return proposed(
                _propose_settlement(book, member(book, actor), command, actor, now, seed), actor
            )


def _propose_scheme(
    book: Book,
    ecosystem: Ecosystem,
    command: ProposeScheme,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    replaced = named_by(book.agreements, command.replaces, ProposalKind.SCHEME)
    current = book.current_scheme(command.scheme_id or replaced)
    if command.scheme_id and current is None:
        raise NotFound("schemeId", what="agreed scheme", id=command.scheme_id)
    if is_confidential(command.terms) and actor.party_id != ecosystem.outsourcer.party_id:
        raise OutsourcerProposes("confidentiality")
    return scheme.propose(
        command,
        facts_for(book, command.terms),
        ecosystem,
        now,
        current,
        book.agreements,
        book.size,
        seed,
    )


def _propose_settlement(
    book: Book,
    ecosystem: Ecosystem,
    command: ProposeSettlement,
    actor: Actor,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    agreed = book.current_scheme(command.scheme_id)
    if agreed is None:
        raise NotFound("schemeId", what="agreed scheme", id=command.scheme_id)
    is_partner = actor.party_id != ecosystem.outsourcer.party_id
    if is_partner and is_confidential(agreed.terms):
        raise OutsourcerProposes("schemeId")
    own = settlement.own_kind(agreed)
    kind = command.kind or own
    if (command.scheme_id, settlement.place_of(kind, command.period)) in book.settled:
        raise settlement.AlreadySettled("period", period=command.period)
    if kind in (SettlementKind.INCENTIVE, SettlementKind.CREDIT) and kind is not own:
        raise settlement.KindDiffers("kind", own=own, kind=kind)
    if is_partner and sealed_parties(book, agreed, kind, command.period):
        raise OutsourcerProposes("period")  # its terms were confidential when it was settled
    require_open(book, agreed, command.period)
    require_alone(book, agreed.scheme_id, kind, command.replaces)
    settlement_id = seed.new_id()
    found = settle(book, agreed, kind, command.period, now, settlement_id)
    proposed = settlement.propose(
        found.joint,
        settlement_id,
        ecosystem.outsourcer.party_id,
        ecosystem.signing_ids(now),
        book.agreements,
        command.replaces,
        seed,
    )
    stakes = tuple(
        Fact(StakeProposed(settlement_id, party_id, content), ecosystem.confidants(party_id, now))
        for party_id, content in found.stakes
    )
    return (*stakes, *proposed)


def posted(book: Book, proposal_id: str) -> tuple[Fact, ...]:
    """What an agreed settlement posts: a pure function of the Book, so that an audit repeats it.

    One entry, or one a stake that its audience alone may open; then what is set off by them.
    """
    facts = _posted(book, proposal_id)
    after = book
    for number, fact in enumerate(facts):
        index = book.size + number
        placed = Placed(index, book.last_at, PartyId(CLOCK), "", fact.audience, "", fact.event)
        after = book_entry(after, placed)
    events = [fact.event for fact in facts]
    return (*facts, *set_off(after, [e for e in events if isinstance(e, PostedEvent)]))


def set_off(book: Book, events: Sequence[PostedEvent]) -> Iterator[Fact]:
    """What a posted settlement, or its stakes, set off, `book` being the one after them."""
    contents = [posted_content(book, event).content for event in events]
    contents = [each for each in contents if each.kind is not SettlementKind.REVERSAL]
    if not contents or book.ecosystem is None:
        return
    outsourcer = book.ecosystem.outsourcer.party_id
    for each in netted(book, events[0].settlement_id, contents, outsourcer):
        yield Fact(each, book.dues[each.set_offs[0].loss_reference].audience)


def _posted(book: Book, proposal_id: str) -> tuple[Fact, ...]:
    """What enters the books of those who pay and are paid."""
    agreed = book.settlements[proposal_id]
    if not agreed.content.sealed:
        postings = _postings(book, agreed.content)
        return (Fact(SettlementPosted(agreed.settlement_id, postings)),)
    key = agreed.settlement_id
    return tuple(
        Fact(StakePosted(key, party_id, _postings(book, stake.content)), stake.audience)
        for party_id, stake in sorted(book.sealed.stakes_of(key).items())
    )


def _postings(book: Book, content: settlement.SettlementContent) -> tuple[Posting, ...]:
    if book.ecosystem is None:
        raise NotFound(what="ecosystem", id=book.ecosystem_id)
    outsourcer = book.ecosystem.outsourcer.party_id
    if content.kind is SettlementKind.REVERSAL:
        back = [reversal_of(outsourcer, stake) for stake in content.stakes]
        postings, _ = post([line for lines in back for line in lines], book.accounts)
        return postings
    lines = [
        line
        for stake in unposted(book, content, content.stakes)
        for line in stake_lines(outsourcer, stake.party_id, stake.amount, stake.withholding)
        if stake.party_id != outsourcer
    ]
    postings, _ = post(lines, book.accounts)
    return postings
