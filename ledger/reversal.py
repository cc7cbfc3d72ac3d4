"""Reversals: a settlement that should not have been is taken back, and its period is open again.

The one rule: a reversal takes back all that was posted of a settlement, by the opposite postings,
so that every balance is as it was before; it is agreed like the settlement itself, and both name
each other. What was paid stays paid: it is then owed back. Source: `domain.md` section 8
("corrections are new entries with reversal links").
"""

from immutables import Map

from ledger.amounts import Money
from ledger.basis import calendars_for, year_of
from ledger.book import Book, replace
from ledger.errors import Refusal
from ledger.evaluation import RULES_VERSION
from ledger.journal import Line, stake_lines
from ledger.placing import without_given
from ledger.proposal import Proposal
from ledger.retention import Stake
from ledger.scheme import Scheme
from ledger.settlement import (
    Corrected,
    Settlement,
    SettlementContent,
    SettlementKind,
    content_of_amounts,
    place_of,
)
from ledger.trace import TraceInput, TraceStep


class NotReversible(Refusal):
    """The settlement of {period} cannot be taken back: {reason}. -> Correct it by a true-up."""


def reversible(book: Book, agreed: Scheme, period: str) -> Settlement:
    """The settlement of a period that can be taken back. Raises NotReversible, PeriodUnknown."""
    proposal_id = book.settled.get((agreed.scheme_id, period))
    if proposal_id is None:
        raise NotReversible("period", period=period, reason="none is agreed")
    found = book.settlements[proposal_id]
    if not found.content.sealed and found.settlement_id not in book.posted:
        raise NotReversible("period", period=period, reason="only its undisputed part binds")
    parts = book.part_posted.get((agreed.scheme_id, period), Map())
    if any(settlement_id != found.settlement_id for settlement_id, _ in parts):
        reason = "an undisputed part was posted of an earlier one"
        raise NotReversible("period", period=period, reason=reason)
    opened = (each.content for each in book.sealed.stakes_of(found.settlement_id).values())
    stakes = (stake for content in (found.content, *opened) for stake in content.stakes)
    dues = (book.dues.get(stake.reference) for stake in stakes)
    if any(due is not None and due.netted_minor for due in dues):
        raise NotReversible("period", period=period, reason="what it owes was set off")
    calendars = calendars_for(book, agreed.terms)
    year = year_of(agreed.terms, calendars, calendars.period(period))
    for (scheme_id, place), other in book.settled.items():
        content = book.settlements[other].content
        if scheme_id != agreed.scheme_id or place == period:
            continue
        if any(each.settlement_id == found.settlement_id for each in content.corrected):
            raise NotReversible("period", period=period, reason=f"{place} corrects it")
        if content.kind is SettlementKind.EARN_BACK:
            its_year = year_of(agreed.terms, calendars, calendars.period(content.period))
            if its_year == year:
                reason = "losses of its year were earned back"
                raise NotReversible("period", period=period, reason=reason)
    return found


def sealed_parties(book: Book, agreed: Scheme, period: str) -> tuple[str, ...]:
    """Whose stakes of a period's settlement are confidential; none of an open one.

    Raises NotReversible, PeriodUnknown.
    """
    found = reversible(book, agreed, period)
    return tuple(place.party_id for place in found.content.sealed)


def taken_back(
    book: Book,
    agreed: Scheme,
    period: str,
    settlement_id: str,
    party_id: str = "",
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """The reversal of a period's settlement: each party gives back what it was given.

    With a party, of its confidential stake. Its stakes carry the references of those that they take
    back. Raises NotReversible.
    """
    found = reversible(book, agreed, period)
    own = book.sealed.stakes_of(found.settlement_id)[party_id].content if party_id else None
    around = calendars_for(book, agreed.terms).period(period)
    given = book.given[agreed.scheme_id, period]
    trace, stakes = [], []
    for stake in (own or found.content).stakes:
        had = given[stake.party_id]
        back = Money(had.currency, -had.amount_minor)
        used = (TraceInput("was given", had.value, found.index),)
        said = "what the settlement gave is taken back"
        trace.append(TraceStep("reversal", stake.party_id, said, used, back.value))
        stakes.append(replace(stake.opposite, amount=back))
    amounts = {stake.party_id: stake.amount for stake in stakes}
    before = tuple(given[stake.party_id] for stake in stakes)
    nothing = tuple(Money(agreed.terms.currency, 0) for _ in stakes)
    corrected = (Corrected(period, found.settlement_id, before, nothing),)
    kind = SettlementKind.REVERSAL
    content = content_of_amounts(
        agreed, kind, around, amounts, trace, settlement_id, rules, corrected
    )
    return replace(content, stakes=tuple(stakes))


def require_reversible(book: Book, proposal: Proposal) -> None:
    """Return if a proposed reversal may still bind. Raises NotReversible."""
    state = book.settlements.get(proposal.proposal_id)
    if state is None or state.content.kind is not SettlementKind.REVERSAL:
        return
    period = state.content.period
    agreed = book.current_scheme(state.content.scheme_id)
    if agreed is None:
        raise NotReversible("period", period=period, reason="its scheme is no more")
    [corrected] = state.content.corrected
    if reversible(book, agreed, period).settlement_id != corrected.settlement_id:
        raise NotReversible("period", period=period, reason="another one was agreed since")


def is_reversible(book: Book, proposal: Proposal) -> bool:
    """Whether a proposed reversal may still bind; true of anything else."""
    try:
        require_reversible(book, proposal)
    except NotReversible:
        return False
    return True


def reversal_of(outsourcer: str, stake: Stake) -> tuple[Line, ...]:
    """What takes a stake's postings back: the same accounts, the opposite amounts."""
    had = stake.opposite
    lines = stake_lines(outsourcer, stake.party_id, had.amount, had.withholding)
    return tuple(Line(line.account, -line.amount_minor) for line in lines)


def without(book: Book, content: SettlementContent) -> Book:
    """The Book once a reversal binds: the period is as if it had never been settled."""
    at = (content.scheme_id, content.period)
    own = place_of(SettlementKind.INCENTIVE, content.period)
    return replace(
        without_given(book, *at),
        settled=book.settled.delete((content.scheme_id, own)),
        part_posted=book.part_posted.delete(at) if at in book.part_posted else book.part_posted,
    )
