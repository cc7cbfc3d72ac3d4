"""Settling: every kind of settlement computed from the Book, open or a stake a partner. Pure.

The one rule: what is computed here is what an audit computes again, from the same Book. A
confidential settlement is a joint result that all see, and one stake a partner, each the ordinary
settlement of that partner's personal terms. Source: `domain.md` sections 6 and 8.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from ledger import correction, reversal, settlement
from ledger.amounts import Money
from ledger.basis import Histories, calendars_for, inputs_for, measured_for, personally
from ledger.book import Book
from ledger.evaluation import RULES_VERSION, Evaluation, evaluate
from ledger.partner import SealedAt, is_confidential, nominal
from ledger.scheme import Scheme
from ledger.settlement import Corrected, SettlementContent, SettlementKind

_JOINT_STEPS = frozenset({"score", "weight", "total score"})
_NOTHING_FOR = (
    correction.NothingRestated,
    correction.NothingEarnedBack,
    correction.NobodyLate,
)


@dataclass(frozen=True, slots=True)
class Settled:
    """A computed settlement: what all see, and the stakes that each partner alone does."""

    joint: SettlementContent
    stakes: tuple[tuple[str, SettlementContent], ...] = ()


def settle(
    book: Book, agreed: Scheme, kind: SettlementKind, period: str, now: datetime, settlement_id: str
) -> Settled:
    """The settlement as it is proposed; stakes stand right before it, from the Book's size on.

    Raises what `settlement` and `correction` raise.
    """
    party_ids = sealed_parties(book, agreed, kind, period)
    if not party_ids:
        return Settled(settled(book, agreed, kind, period, now, settlement_id))
    stakes, refused = [], None
    histories = Histories(book)
    for party_id in party_ids:
        try:
            content = settled(
                book, agreed, kind, period, now, settlement_id, party_id, histories=histories
            )
        except _NOTHING_FOR as refusal:
            refused = refusal
            continue
        if kind is SettlementKind.REVERSAL or _asks(book, party_id, content, now):
            stakes.append((party_id, content))
    if not stakes and refused is not None:
        raise refused
    sealed = tuple(
        SealedAt(party_id, book.size + number) for number, (party_id, _) in enumerate(stakes)
    )
    calendars = calendars_for(book, agreed.terms)
    listed = corrected_periods(content for _, content in stakes)
    periods = tuple(sorted(listed, key=lambda each: calendars.position(each.period)))
    return Settled(joint(book, agreed, kind, period, settlement_id, periods, sealed), tuple(stakes))


def sealed_parties(
    book: Book, agreed: Scheme, kind: SettlementKind, period: str
) -> tuple[str, ...]:
    """Who has a stake for itself alone: by the terms; of a reversal, as it was settled.

    None of an open settlement. Raises NotReversible, PeriodUnknown.
    """
    if kind is SettlementKind.REVERSAL:
        return reversal.sealed_parties(book, agreed, period)
    return agreed.terms.party_ids() if is_confidential(agreed.terms) else ()


def _asks(book: Book, party_id: str, content: SettlementContent, now: datetime) -> bool:
    """Whether a stake is sealed and asked about: not where who has left gets and lost nothing."""
    is_member = book.ecosystem is not None and party_id in book.ecosystem.signing_ids(now)
    return is_member or not all(stake.is_nothing for stake in content.stakes)


def settled(
    book: Book,
    agreed: Scheme,
    kind: SettlementKind,
    period: str,
    now: datetime,
    settlement_id: str,
    party_id: str = "",
    rules: int = RULES_VERSION,
    histories: Histories | None = None,
) -> SettlementContent:
    """A settlement of all parties, or of one by its personal terms, by the rules of a version.

    `histories` of the Book, where several are settled at once.

    Raises what `settlement` and `correction` raise.
    """
    if party_id and kind is not SettlementKind.REVERSAL:
        agreed = personally(book, agreed, party_id)
    match kind:
        case SettlementKind.TRUE_UP:
            return correction.trued_up(book, agreed, period, settlement_id, party_id, rules)
        case SettlementKind.EARN_BACK:
            return correction.earned_back(book, agreed, period, settlement_id, party_id, rules)
        case SettlementKind.REPORTING_PENALTY:
            return correction.penalised(book, agreed, period, now, settlement_id, rules)
        case SettlementKind.REVERSAL:
            return reversal.taken_back(book, agreed, period, settlement_id, party_id, rules)
        case _:
            measured = measured_for(book, agreed.terms.indicator_ids(), period)
            around = settlement.require_settleable(agreed, measured, period, rules)
            calendars = calendars_for(book, agreed.terms)
            inputs = inputs_for(book, agreed, around, calendars, histories, rules)
            return settlement.compute(agreed, inputs, around, settlement_id, rules)


def corrected_periods(contents: Iterable[SettlementContent]) -> tuple[Corrected, ...]:
    """The periods that any of some stakes corrects, without amounts."""
    found: dict[str, Corrected] = {}
    for content in contents:
        for each in content.corrected:
            found[each.period] = replace(each, before=(), after=())
    return tuple(found.values())


def joint(
    book: Book,
    agreed: Scheme,
    kind: SettlementKind,
    period: str,
    settlement_id: str,
    corrected: tuple[Corrected, ...],
    sealed: tuple[SealedAt, ...],
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """What all see of a confidential settlement: scores and total, no amount."""
    calendars = calendars_for(book, agreed.terms)
    around = calendars.period(period)
    nothing = Money(agreed.terms.currency, 0)
    found = Evaluation(Fraction(0), nothing, nothing, (), nothing, (), {})
    if kind in (SettlementKind.INCENTIVE, SettlementKind.CREDIT):
        measured = measured_for(book, agreed.terms.indicator_ids(), period)
        settlement.require_settleable(agreed, measured, period, rules)
        common = replace(agreed, terms=nominal(agreed.terms))
        inputs = inputs_for(book, common, around, calendars, rules=rules)
        scored = evaluate(common.terms, inputs, rules)
        steps = tuple(step for step in scored.trace if step.name in _JOINT_STEPS)
        found = replace(found, total_score=scored.total_score, trace=steps)
    content = settlement.content_of(
        agreed, kind, around, (), found, settlement_id, corrected, rules
    )
    return replace(content, sealed=sealed)
