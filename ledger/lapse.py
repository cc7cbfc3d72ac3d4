"""Lapses: what the clock enters when a deadline has passed, or a policy's moment has come. Pure.

The one rule: what is due is entered before anything else is decided, each with its due instant, so
that nothing depends on when somebody looked. Source: `domain.md` section 3, `design.md` section 2.
"""

from collections.abc import Iterator
from datetime import datetime

from ledger.accord import agreed, climbed, followed, following, ladder_of, looked_ahead, refused
from ledger.answer import ProposalLapsed, SilenceCounted
from ledger.book import Book
from ledger.errors import Fault
from ledger.evolution import evolve
from ledger.fact import CLOCK, Fact
from ledger.ladder import LastWord
from ledger.policy import PolicyApplied
from ledger.proposal import Proposal
from ledger.schedule import Due, DueKind


def next_due(book: Book, now: datetime) -> Due | None:
    """What is due first, if something is due by now."""
    schedule = book.agreements.schedule
    return schedule[0] if schedule and schedule[0].at <= now else None


def lapsed(book: Book, due: Due, now: datetime) -> tuple[Fact, ...]:
    """What the clock enters of something due, with all that follows from it at once."""
    if due.kind is DueKind.POLICY:
        policy = book.policies[due.proposal_id]
        return (Fact(PolicyApplied(due.proposal_id, policy.version, due.at)),)
    proposal = book.agreements.get(due.proposal_id)
    if due.kind is DueKind.RUNG:
        return tuple(_over(book, proposal, due.at))
    if due.kind is DueKind.TERM:
        return tuple(_ended(book, proposal, due.at))
    if due.kind is DueKind.SILENCE:
        counted = SilenceCounted(due.proposal_id, due.party_id, proposal.silence, due.at)
        return followed(book, Fact(counted), CLOCK, CLOCK, now)
    step = proposal.next_step()
    if step is None:
        raise Fault(f"nothing follows from how proposal {due.proposal_id} stands")
    return tuple(following(book, proposal, step))


def _over(book: Book, proposal: Proposal, due: datetime) -> Iterator[Fact]:
    """A rung's time is over: the dispute climbs on, or the last word holds."""
    ladder, now = ladder_of(book, proposal), proposal.dispute
    if now is None:
        raise Fault("what is not disputed stands on no rung")
    if ladder.has_above(now.rung):
        yield Fact(climbed(book, proposal, due, due))
    elif ladder.last_word is LastWord.UNDISPUTED_PART and proposal.binds_undisputed:
        yield from agreed(book, proposal, due=due, is_partial=True)
    else:
        yield from refused(book, proposal, due=due)


def _ended(book: Book, proposal: Proposal, due: datetime) -> Iterator[Fact]:
    """Its days are over: nobody is bound by it, but by what bound as undisputed already."""
    if proposal.undisputed_index is not None:
        yield from agreed(book, proposal, due=due, is_partial=True)
    else:
        yield Fact(ProposalLapsed(proposal.proposal_id, (), due))


def lapsed_by(book: Book, now: datetime) -> Book:
    """The Book once what is due by now is entered, as a look ahead: nothing is sealed."""
    while (due := next_due(book, now)) is not None:
        for fact in lapsed(book, due, now):
            book = evolve(book, looked_ahead(fact, book.size, CLOCK, CLOCK, now))
    return book
