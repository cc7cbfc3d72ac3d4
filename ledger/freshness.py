"""Freshness: a settlement binds only while the results that it was computed from still hold. Pure.

The one rule: what was proposed before a restatement was agreed is proposed anew with the restated
value, so that nobody signs an amount that is known to be wrong. What bound in part already goes on
and is trued up. Source: `domain.md` section 5; decision 0025.
"""

from ledger.book import Book
from ledger.errors import Refusal
from ledger.proposal import Proposal
from ledger.settlement import SettlementKind

FROM_RULES = 3
"""Settlements by older rules bound whatever was restated since: they replay as they did."""


class SettlementStale(Refusal):
    """{period} was restated since this settlement was computed. -> Have it proposed anew."""


def require_fresh(book: Book, proposal: Proposal) -> None:
    """Return if a settlement's results are the agreed ones still. Raises SettlementStale.

    Any other proposal is fresh, and so is what takes a settlement back. Of a confidential one the
    joint result says what was read: its stakes not all who must repeat this may see.
    """
    settlement = book.settlements.get(proposal.proposal_id)
    if settlement is None or settlement.content.rules_version < FROM_RULES:
        return
    is_reversal = settlement.content.kind is SettlementKind.REVERSAL
    if is_reversal or proposal.undisputed_index is not None:
        return
    used = {given.index for step in settlement.content.trace for given in step.inputs}
    for each in book.measurements.values():
        if each.index in used:
            place = (each.indicator_id, each.period)
            if book.results.get(place) != each.proposal_id:
                raise SettlementStale("proposalId", period=each.period)


def is_fresh(book: Book, proposal: Proposal) -> bool:
    """Whether a proposal rests on what still holds."""
    try:
        require_fresh(book, proposal)
    except SettlementStale:
        return False
    return True
