"""Decisions about payouts: schemes, settlements and what they post. Pure.

The one rule: money follows from agreed results and agreed terms alone. Source: `domain.md`
sections 6 and 8.
"""

from datetime import datetime

from ledger import scheme, settlement
from ledger.actor import Actor, NotFound
from ledger.book import Book
from ledger.commands import Decision
from ledger.ecosystem import Ecosystem
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.indicator import Direction
from ledger.journal import SettlementPosted, post, settlement_lines
from ledger.scheme import IndicatorFacts, ProposeScheme, Scheme
from ledger.settlement import Measured, ProposeSettlement
from ledger.trust import member, proposed
from ledger.undisputed import unposted

PayoutCommand = ProposeScheme | ProposeSettlement


def decide_payout(
    book: Book, command: PayoutCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about payouts. Raises a Refusal."""
    match command:
        case ProposeScheme():
            around = member(book, actor)
            return proposed(_propose_scheme(book, around, command, now, seed), actor)
        case ProposeSettlement():
            return proposed(_propose_settlement(book, member(book, actor), command, seed), actor)


def _propose_scheme(
    book: Book, ecosystem: Ecosystem, command: ProposeScheme, now: datetime, seed: Seed
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
        ecosystem.signing_ids(now),
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


def posted(book: Book, proposal_id: str) -> Fact:
    """What an agreed settlement posts: a pure function of the Book, so that an audit repeats it."""
    content = book.settlements[proposal_id]
    if book.ecosystem is None:
        raise NotFound(what="ecosystem", id=book.ecosystem_id)
    outsourcer = book.ecosystem.outsourcer.party_id
    lines = [
        line
        for stake in unposted(book, content.content, content.content.stakes)
        for line in settlement_lines(outsourcer, stake.party_id, stake.amount)
        if stake.party_id != outsourcer
    ]
    postings, _ = post(lines, book.accounts)
    return Fact(SettlementPosted(content.settlement_id, postings))
