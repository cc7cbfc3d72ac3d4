"""The undisputed part of a settlement: it settles on time while the rest is disputed. Pure.

The one rule: what was posted of a scheme's period as undisputed is posted once; what is posted of
the period later is the rest. Source: `domain.md` section 3.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from immutables import Map

from ledger import retention
from ledger.actor import NotFound
from ledger.amounts import Money
from ledger.book import Book
from ledger.errors import Refusal
from ledger.evaluation import COUNTS_BOUND
from ledger.fact import Fact
from ledger.journal import PartStake, SettlementPartPosted, post, stake_lines
from ledger.proposal import Proposal, ProposalKind
from ledger.reply import Disputed
from ledger.retention import Stake
from ledger.settlement import Settlement, SettlementContent, SettlementKind


class NoAmountDisputed(Refusal):
    """This part of an amount cannot be disputed: {reason}. -> Object to all of the proposal."""


def undisputed(content: SettlementContent, proposal: Proposal) -> tuple[Stake, ...]:
    """The stakes without what is disputed of them; of two disputed parts the larger counts."""
    cut: dict[str, int] = {}
    for answer in proposal.partial:
        if (part := answer.disputed) is not None:
            cut[part.party_id] = max(cut.get(part.party_id, 0), part.amount.amount_minor)
    is_credit = content.kind is SettlementKind.CREDIT
    return tuple(
        _less(stake, cut.get(stake.party_id, 0), is_credit=is_credit) for stake in content.stakes
    )


def bound_part(content: SettlementContent, proposal: Proposal) -> SettlementContent:
    """A settlement of which the undisputed part alone binds, as what it gave.

    Of a true-up, what does not bind is missing from the newest period that it corrects, then from
    the one before: it stays owed there, for the next true-up. Law: what the periods gained adds up
    to what binds. By the rules that settled it.
    """
    stakes = undisputed(content, proposal)
    if not content.corrected:
        return replace(content, stakes=stakes)
    if content.rules_version < COUNTS_BOUND:
        return content
    missing = [
        whole.amount.amount_minor - part.amount.amount_minor
        for whole, part in zip(content.stakes, stakes, strict=True)
    ]
    corrected = []
    for each in reversed(content.corrected):
        after = []
        for place, (before, now) in enumerate(zip(each.before, each.after, strict=True)):
            cut = _cut(now.amount_minor - before.amount_minor, missing[place])
            missing[place] -= cut
            after.append(Money(now.currency, now.amount_minor - cut))
        corrected.append(replace(each, after=tuple(after)))
    return replace(content, stakes=stakes, corrected=tuple(reversed(corrected)))


def _cut(change: int, missing: int) -> int:
    """What of an amount that is missing a change of its own direction can lack."""
    return max(min(change, missing), 0) if missing > 0 else min(max(change, missing), 0)


def _less(stake: Stake, cut: int, *, is_credit: bool) -> Stake:
    """A stake nearer to zero by a part of it; what was withheld for that part stays withheld."""
    whole = stake.amount.amount_minor
    left = Money(stake.amount.currency, whole - cut if whole >= 0 else whole + cut)
    if (held := stake.withholding) is None:
        return replace(stake, amount=left)
    certain = retention.undisputed(held.withheld, stake.amount, left, is_credit=is_credit)
    return replace(stake, amount=left, withholding=certain)


def _decided(stake: Stake, content: SettlementContent) -> Stake:
    """A stake of which no more will come: what was withheld is released or kept."""
    if (held := stake.withholding) is None:
        return stake
    is_credit = content.kind is SettlementKind.CREDIT
    whole = retention.released(held.withheld, stake.amount, is_credit=is_credit)
    return replace(stake, withholding=whole)


def unposted(
    book: Book, content: SettlementContent, stakes: tuple[Stake, ...]
) -> tuple[Stake, ...]:
    """What is left to post of stakes, after what was posted of the period as undisputed."""
    done = _done(book, content)
    return tuple(_without(stake, done) for stake in stakes)


def unposted_elsewhere(book: Book, state: Settlement) -> Settlement:
    """A settlement with what it makes owed: what an earlier one of the period did not."""
    done = _done(book, state.content)
    return _with_stakes(
        state,
        (_without(stake, done, but=state.settlement_id) for stake in state.content.stakes),
    )


def bound_so_far(book: Book, state: Settlement) -> Settlement:
    """A settlement with the undisputed parts that were posted of it."""
    done = _done(book, state.content)
    return _with_stakes(
        state,
        (
            _so_far(stake, done.get((state.settlement_id, stake.party_id)))
            for stake in state.content.stakes
        ),
    )


def _so_far(stake: Stake, part: PartStake | None) -> Stake:
    """A stake as far as it was posted."""
    if part is None:
        return stake.less(stake.amount, stake.withholding)
    return replace(stake, amount=part.amount, withholding=part.withholding)


def part_posted(book: Book, proposal: Proposal, *, is_final: bool = False) -> Iterator[Fact]:
    """What the undisputed part of a settlement posts; nothing of any other proposal.

    `is_final`: the rest never binds. Nothing then stays withheld for it, also where the part was
    posted before.
    """
    if proposal.kind is not ProposalKind.SETTLEMENT:
        return
    state, outsourcer = book.settlements[proposal.proposal_id], _outsourcer(book)
    certain = undisputed(state.content, proposal)
    if is_final:
        certain = tuple(_decided(stake, state.content) for stake in certain)
    left = unposted(book, state.content, certain)
    stakes = [stake for stake in left if stake.party_id != outsourcer]
    if is_final and proposal.undisputed_index is not None:
        stakes = [stake for stake in stakes if not stake.is_nothing]
        if not stakes:
            return
    lines = [
        line
        for stake in stakes
        for line in stake_lines(outsourcer, stake.party_id, stake.amount, stake.withholding)
    ]
    postings, _ = post(lines, book.accounts)
    parts = tuple(PartStake(stake.party_id, stake.amount, stake.withholding) for stake in stakes)
    yield Fact(SettlementPartPosted(state.settlement_id, parts, postings))


def with_part_posted(book: Book, state: Settlement, event: SettlementPartPosted) -> Book:
    """The Book once an undisputed part is posted, but for its accounts and what is owed."""
    place = (state.content.scheme_id, state.content.place)
    done = _done(book, state.content)
    for stake in event.stakes:
        at = (event.settlement_id, stake.party_id)
        before = done.get(at)
        done = done.set(at, stake if before is None else before.plus(stake))
    return replace(book, part_posted=book.part_posted.set(place, done))


def _done(book: Book, content: SettlementContent) -> Map[tuple[str, str], PartStake]:
    """What was posted of a scheme's period as undisputed, by settlement and party."""
    return book.part_posted.get((content.scheme_id, content.place), Map())


def _without(stake: Stake, done: Map[tuple[str, str], PartStake], but: str = "") -> Stake:
    """A stake less what was posted of it, by any settlement but one."""
    for (key, party_id), part in done.items():
        if party_id == stake.party_id and key != but:
            stake = stake.less(part.amount, part.withholding)
    return stake


def _with_stakes(state: Settlement, stakes: Iterable[Stake]) -> Settlement:
    return replace(state, content=replace(state.content, stakes=tuple(stakes)))


def check_disputed(book: Book, proposal_id: str, party_id: str, disputed: Disputed) -> None:
    """Return if a party may dispute this part of an amount, and no more than there is.

    The outsourcer may dispute any stake, a partner its own. Raises NoAmountDisputed.
    """
    state = book.settlements.get(proposal_id)
    if state is None:
        raise NoAmountDisputed("disputed", reason="the proposal is about no amount")
    if state.content.kind is SettlementKind.REVERSAL:
        raise NoAmountDisputed("disputed", reason="a settlement is taken back as a whole")
    stakes = state.content.stakes
    stake = next((each for each in stakes if each.party_id == disputed.party_id), None)
    if stake is None or party_id not in (disputed.party_id, _outsourcer(book)):
        raise NoAmountDisputed("disputed.partyId", reason="it is not your party's stake")
    most = Money(stake.amount.currency, abs(stake.amount.amount_minor))
    amount = disputed.amount
    if amount.currency != most.currency or not 0 < amount.amount_minor <= most.amount_minor:
        reason = f"the stake is {most.render()} {most.currency}"
        raise NoAmountDisputed("disputed.amount", reason=reason)


def _outsourcer(book: Book) -> str:
    if book.ecosystem is None:
        raise NotFound(what="ecosystem", id=book.ecosystem_id)
    return book.ecosystem.outsourcer.party_id
