"""Adjusting: gates, multipliers and caps done to the items' amounts, in the order of the terms.

The one rule: item caps come first, while items still stand apart; then each party's items are
netted, and what follows is done to the nets. Every step says in the trace what it found and left.

Source: `domain.md` section 6, "caps in a stated order".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.cap import (
    Adjustment,
    Gate,
    ItemCap,
    Multiplier,
    PartnerCap,
    Side,
    YearCap,
    capped,
    left,
    scaled,
)
from ledger.curve import on_line
from ledger.errors import Fault
from ledger.reading import Reading, ReadingStage, Reads, Series, levelled, meets, read
from ledger.terms import SchemeTerms
from ledger.trace import TraceInput, TraceStep

_DISPLAYED = Reading(Reads.VALUE, ReadingStage.DISPLAYED, None, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """An item's exact amounts, a party: a factor times what it is worth to each.

    Joint items share one `worth`, whose sum is `whole`: a thousand parties cost as much as one.
    """

    factor: Fraction
    worth: tuple[Fraction, ...]
    whole: Fraction

    @classmethod
    def of(cls, amounts: Iterable[Fraction]) -> "Row":
        """A row of amounts that each stand for themselves."""
        listed = tuple(amounts)
        return cls(Fraction(1), listed, sum(listed, Fraction(0)))

    @property
    def total(self) -> Fraction:
        """Over all parties."""
        return self.factor * self.whole

    def at(self, place: int) -> Fraction:
        """The amount of the party at a place."""
        return self.factor * self.worth[place]

    def amounts(self) -> list[Fraction]:
        """One a party."""
        return [self.factor * each for each in self.worth]

    def capped(self, limit: Fraction, side: Side) -> "Row":
        """The row with its gains, and its losses, within a limit."""
        if any(each < 0 for each in self.worth):
            return Row.of(capped(self.amounts(), limit, side))
        [total] = capped([self.total], limit, side)
        return self if total == self.total else replace(self, factor=total / self.whole)


def netted(rows: Iterable[Row], parties: int) -> list[Fraction]:
    """The sum of the rows, a party; rows that share their worth are summed up at once."""
    groups: dict[int, tuple[tuple[Fraction, ...], Fraction]] = {}
    for row in rows:
        _, factor = groups.get(id(row.worth), (row.worth, Fraction(0)))
        groups[id(row.worth)] = (row.worth, factor + row.factor)
    nets = [Fraction(0)] * parties
    for worth, factor in groups.values():
        nets = [net + factor * each for net, each in zip(nets, worth, strict=True)]
    return nets


@dataclass(frozen=True, slots=True)
class Funds:
    """The pool, each party's own pool (its at-risk amount), and what it got this year before."""

    pool: Fraction
    own: tuple[Fraction, ...]
    used: Mapping[str, Fraction]


def adjusted(
    terms: SchemeTerms,
    rows: Mapping[str, Row],
    series: Mapping[str, Series],
    funds: Funds,
    protections: Sequence[Adjustment],
    trace: list[TraceStep],
) -> tuple[dict[str, Row], list[Fraction]]:
    """The rows after the item caps, and the parties' nets after everything."""
    found = dict(rows)
    steps = [*terms.adjustments, *protections]
    while steps and steps[0].item_cap is not None:
        found = _items_capped(steps.pop(0).item_cap, found, funds, trace)
    nets = netted(found.values(), len(funds.own))
    for step in steps:
        nets = _step(step, terms.party_ids(), nets, series, funds, trace)
    return found, nets


def _items_capped(
    cap: ItemCap | None,
    rows: Mapping[str, Row],
    funds: Funds,
    trace: list[TraceStep],
) -> dict[str, Row]:
    if cap is None:
        raise Fault("an item cap was expected")
    limit, found = cap.limit.of(funds.pool), dict(rows)
    for key, row in rows.items():
        if cap.indicator_id in ("", key):
            found[key] = row.capped(limit, cap.side)
            rule = f"{_named(cap.side)} of an item at most the limit"
            _told(trace, ("item cap", key, rule), limit, [row.total], [found[key].total])
    return found


def _step(
    step: Adjustment,
    party_ids: Sequence[str],
    nets: list[Fraction],
    series: Mapping[str, Series],
    funds: Funds,
    trace: list[TraceStep],
) -> list[Fraction]:
    """One step done to the nets."""
    match step:
        case Adjustment(gate=Gate() as gate):
            return _gated(gate, nets, series[gate.indicator_id], trace)
        case Adjustment(multiplier=Multiplier() as multiplier):
            return _multiplied(multiplier, nets, series[multiplier.indicator_id], trace)
        case Adjustment(partner_cap=PartnerCap() as cap):
            return _partners_capped(cap, party_ids, nets, funds, trace)
        case Adjustment(year_cap=YearCap() as cap):
            return _year_capped(cap, party_ids, nets, funds, trace)
        case Adjustment(period_cap=cap) if cap is not None:
            limit = cap.limit.of(funds.pool)
            found = capped(nets, limit, cap.side)
            rule = f"{_named(cap.side)} of all parties at most the limit"
            _told(trace, ("period cap", "", rule), limit, nets, found)
            return found
        case Adjustment(gain_only=protected) if protected is not None:
            named = protected.party_ids
            found = [
                max(Fraction(0), net) if key in named else net
                for key, net in zip(party_ids, nets, strict=True)
            ]
            rule = "a party that can only gain loses nothing"
            _told(trace, ("gain only", "", rule), Fraction(0), nets, found)
            return found
        case _:
            raise Fault("item caps stand before every other step")


def _gated(
    gate: Gate, nets: list[Fraction], series: Series, trace: list[TraceStep]
) -> list[Fraction]:
    last = series[-1]
    level, value = levelled(gate.level, last), read(_DISPLAYED, series)
    is_met = meets(value, level, gate.boundary, lower_is_better=last.lower_is_better)
    found = nets if is_met else scaled(nets, gate.factor, gate.side)
    used = [TraceInput("value", value, last.index), TraceInput("level", level)]
    factor = Fraction(1) if is_met else gate.factor
    used.append(TraceInput("factor", factor))
    rule = "the gate is met" if is_met else f"the gate is missed: {_named(gate.side)} reduced"
    total = sum(found, Fraction(0))
    trace.append(TraceStep("gate", gate.indicator_id, rule, tuple(used), total))
    return found


def _multiplied(
    multiplier: Multiplier, nets: list[Fraction], series: Series, trace: list[TraceStep]
) -> list[Fraction]:
    value = read(multiplier.reading, series)
    factor, rule = on_line(multiplier.line, value)
    found = scaled(nets, factor, multiplier.side)
    used = (TraceInput("value", value, series[-1].index), TraceInput("factor", factor))
    total = sum(found, Fraction(0))
    rule = f"{_named(multiplier.side)} times a factor: {rule}"
    trace.append(TraceStep("multiplier", multiplier.indicator_id, rule, used, total))
    return found


def _partners_capped(
    cap: PartnerCap,
    party_ids: Sequence[str],
    nets: list[Fraction],
    funds: Funds,
    trace: list[TraceStep],
) -> list[Fraction]:
    found = list(nets)
    for place, key in enumerate(party_ids):
        if cap.party_id in ("", key):
            limit = cap.limit.of(funds.own[place])
            [found[place]] = capped([nets[place]], limit, cap.side)
            if found[place] != nets[place] or cap.party_id:
                rule = f"{_named(cap.side)} of the party at most the limit"
                _told(trace, ("partner cap", key, rule), limit, [nets[place]], [found[place]])
    return found


def _year_capped(
    cap: YearCap,
    party_ids: Sequence[str],
    nets: list[Fraction],
    funds: Funds,
    trace: list[TraceStep],
) -> list[Fraction]:
    found = list(nets)
    for place, key in enumerate(party_ids):
        if cap.party_id not in ("", key):
            continue
        used = funds.used.get(key, Fraction(0))
        limit = cap.limit.of(funds.own[place])
        low, high = left(limit, used, cap.side)
        found[place] = min(max(nets[place], low), high)
        if found[place] != nets[place] or cap.party_id:
            inputs = (
                TraceInput("limit", limit),
                TraceInput("earlier this year", used),
                TraceInput("before", nets[place]),
            )
            rule = f"{_named(cap.side)} of the party in this year at most the limit"
            trace.append(TraceStep("year cap", key, rule, inputs, found[place]))
    return found


def _named(side: Side) -> str:
    return {Side.GAINS: "gains", Side.LOSSES: "losses", Side.BOTH: "gains and losses"}[side]


def _told(
    trace: list[TraceStep],
    about: tuple[str, str, str],
    limit: Fraction,
    before: Sequence[Fraction],
    after: Sequence[Fraction],
) -> None:
    """The step of a cap: its limit, the sum that it found and the sum that it left."""
    used = (TraceInput("limit", limit), TraceInput("before", sum(before, Fraction(0))))
    trace.append(TraceStep(*about, used, sum(after, Fraction(0))))
