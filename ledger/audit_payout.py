"""Audit of payouts: schemes, settlements and what they post, computed again. Pure."""

from datetime import datetime

from ledger import indicator, scheme, settlement
from ledger.book import Book
from ledger.journal import SettlementPosted
from ledger.payout import measured_for, posted
from ledger.proposal import ProposalStatus
from ledger.rule import RuleBroken, ecosystem, require
from ledger.scheme import IndicatorFacts, SchemeProposed
from ledger.settlement import SettlementProposed


def check_scheme(book: Book, event: SchemeProposed, at: datetime) -> None:
    """A scheme's terms can hold. Raises RuleBroken."""
    facts = {}
    for item in event.terms.items:
        version = book.current_indicator(item.indicator_id)
        if version is not None:
            lower = version.terms.direction is indicator.Direction.LOWER_IS_BETTER
            facts[item.indicator_id] = IndicatorFacts(lower_is_better=lower)
    around = ecosystem(book)
    scheme.check(event.terms, facts, around.signing_ids(at), around.outsourcer.party_id)


def check_settlement(book: Book, event: SettlementProposed) -> None:
    """A settlement recomputes to the cent. Raises RuleBroken."""
    content = event.content
    agreed = book.current_scheme(content.scheme_id)
    if agreed is None:
        raise RuleBroken("it settles a scheme that is not agreed")
    measured = measured_for(book, agreed, content.period)
    expected = settlement.compute(agreed, measured, content.period, event.settlement_id)
    require(expected == content, "it computes otherwise")


def check_posted(book: Book, entered: SettlementPosted) -> None:
    """A settlement is posted once it is agreed, by what follows from it. Raises RuleBroken."""
    proposal_id = book.settlement_proposals[entered.settlement_id]
    state = book.settlements[proposal_id]
    require(state.status is ProposalStatus.AGREED, "the settlement is not agreed")
    require(entered.settlement_id not in book.posted, "the settlement is posted twice")
    expected = posted(book, proposal_id).event
    require(expected == entered, "its postings do not follow from the settlement")
