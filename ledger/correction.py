"""Correction: true-ups of restated periods, losses earned back, penalties for late reports. Pure.

The one rule: what was settled stays settled; what it should have been is computed anew from the
Book, period by period, with every cap counted in its period of origin, and only the difference is
settled, in a later period. Source: `domain.md` sections 5 and 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from immutables import Map

from ledger.agreement import SubjectBusy
from ledger.amounts import Money
from ledger.basis import Histories, calendars_for, inputs_for, personally, year_of
from ledger.book import Book
from ledger.errors import Refusal
from ledger.evaluation import RULES_VERSION, Evaluation, evaluate, rounded
from ledger.periods import Calendars, Period
from ledger.reading import levelled, meets
from ledger.scheme import Scheme
from ledger.settlement import (
    Corrected,
    SettlementContent,
    SettlementKind,
    content_of_amounts,
)
from ledger.terms import EarnBack, ReportingPenalty
from ledger.trace import TraceInput, TraceStep


class NothingRestated(Refusal):
    """No settled period of this scheme comes out otherwise now. -> There is nothing to true up."""


class TrueUpTooEarly(Refusal):
    """{period} is not after the corrected period {corrected}. -> True up in a later period."""


class YearNotOver(Refusal):
    """{period} does not end a year of the scheme. -> Name the year's last period."""


class NothingEarnedBack(Refusal):
    """Nothing comes back for the year of {period}: {reason}. -> There is nothing to settle."""


class NobodyLate(Refusal):
    """All parts of {period} were reported in time. -> There is no penalty to settle."""


CORRECTING = frozenset({SettlementKind.TRUE_UP, SettlementKind.EARN_BACK, SettlementKind.REVERSAL})
"""Kinds that are computed from what was given before, and change it."""


def require_alone(book: Book, scheme_id: str, kind: SettlementKind, replaces: str = "") -> None:
    """Return if no other correction of a scheme waits for its answers. Raises SubjectBusy.

    Each is a difference to what was given: of two at once the second would correct it twice.
    """
    if kind not in CORRECTING:
        return
    for proposal_id in book.agreements.pending.values():
        other = book.settlements.get(proposal_id)
        if other is None or proposal_id == replaces:
            continue
        if other.content.scheme_id == scheme_id and other.content.kind in CORRECTING:
            raise SubjectBusy("kind", status=other.status)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A settled period as it comes out now."""

    period: Period
    scheme: Scheme
    settlement_id: str
    found: Evaluation


def recomputed(
    book: Book, scheme_id: str, calendars: Calendars, party_id: str
) -> tuple[Recomputed, ...]:
    """Every settled period of a scheme by today's results, oldest first.

    With a party, of a confidential scheme, by its personal terms. Each by the version of the scheme
    and the rules that settled it; a year's cap counts what the year's earlier periods come out at
    now.
    """
    settled = []
    for key, place in book.given:
        if key == scheme_id and (not party_id or party_id in book.given[key, place]):
            proposal_id = book.settled[scheme_id, place]
            settled.append((calendars.period(place), book.settlements[proposal_id]))
    settled.sort(key=lambda each: each[0].start_on)
    done: list[Recomputed] = []
    histories = Histories(book)
    for period, settlement in settled:
        version = settlement.content.scheme_version
        scheme = book.scheme_version(scheme_id, version)
        if party_id:
            scheme = personally(book, scheme, party_id)
        rules = settlement.content.rules_version
        inputs = inputs_for(book, scheme, period, calendars, histories, rules)
        inputs = replace(inputs, used=used_by(done, scheme, period, calendars))
        found = evaluate(scheme.terms, inputs, rules)
        done.append(Recomputed(period, scheme, settlement.settlement_id, found))
    return tuple(done)


def used_by(
    done: Sequence[Recomputed], scheme: Scheme, period: Period, calendars: Calendars
) -> dict[str, Fraction]:
    """What each party gets in the year's earlier periods, by what was recomputed of them."""
    year = year_of(scheme.terms, calendars, period)
    used: dict[str, Fraction] = {}
    for each in done:
        if year_of(scheme.terms, calendars, each.period) == year:
            for key, part in _parts(each).items():
                used[key] = used.get(key, Fraction(0)) + part.value
    return used


def _parts(each: Recomputed) -> dict[str, Money]:
    return dict(zip(each.scheme.terms.party_ids(), each.found.parts, strict=True))


def trued_up(
    book: Book,
    agreed: Scheme,
    period_key: str,
    settlement_id: str,
    party_id: str,
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """The true-up of all that comes out otherwise now, settled in a later period.

    With a party, of what its personal terms gave it.

    Raises NothingRestated, TrueUpTooEarly, PeriodUnknown.
    """
    calendars = calendars_for(book, agreed.terms)
    period = calendars.period(period_key)
    changed = []
    for each in recomputed(book, agreed.scheme_id, calendars, party_id):
        given = book.given[agreed.scheme_id, each.period.key]
        before = {key: had for key, had in given.items() if party_id in ("", key)}
        if _parts(each) != before:
            changed.append((each, before))
    if not changed:
        raise NothingRestated("schemeId")
    last = changed[-1][0].period
    if period.start_on <= last.start_on:
        raise TrueUpTooEarly("period", period=period_key, corrected=last.key)
    nobody = Money(agreed.terms.currency, 0)
    party_ids = list(agreed.terms.party_ids())
    for each, before in changed:
        party_ids += [
            key for key in (*each.scheme.terms.party_ids(), *before) if key not in party_ids
        ]
    corrected, trace = [], []
    sums = dict.fromkeys(party_ids, 0)
    for each, before in changed:
        now = _parts(each)
        trace += [replace(step, period=each.period.key) for step in each.found.trace]
        for key in party_ids:
            one, other = now.get(key, nobody), before.get(key, nobody)
            sums[key] += one.amount_minor - other.amount_minor
            used = (TraceInput("comes out at", one.value), TraceInput("was given", other.value))
            rule = "what the period comes out at now, less what was given for it"
            difference = one.value - other.value
            trace.append(TraceStep("true-up", key, rule, used, difference, each.period.key))
        corrected.append(
            Corrected(
                each.period.key,
                each.settlement_id,
                tuple(before.get(key, nobody) for key in party_ids),
                tuple(now.get(key, nobody) for key in party_ids),
            )
        )
    amounts = {key: Money(agreed.terms.currency, each) for key, each in sums.items()}
    kind = SettlementKind.TRUE_UP
    found = tuple(corrected)
    return content_of_amounts(agreed, kind, period, amounts, trace, settlement_id, rules, found)


def earned_back(
    book: Book,
    agreed: Scheme,
    period_key: str,
    settlement_id: str,
    party_id: str,
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """What of the year's losses comes back, settled with the year's last period.

    A party's loss in a period belongs to its items in proportion to what each took from it.
    Raises YearNotOver, NothingEarnedBack, PeriodUnknown.
    """
    calendars = calendars_for(book, agreed.terms)
    period = calendars.period(period_key)
    year = year_of(agreed.terms, calendars, period)
    after = replace(period, start_on=period.end_on)
    if year_of(agreed.terms, calendars, after) == year:
        raise YearNotOver("period", period=period_key)
    done = [
        each
        for each in recomputed(book, agreed.scheme_id, calendars, party_id)
        if year_of(agreed.terms, calendars, each.period) == year
    ]
    if not done or done[-1].period.key != period_key:
        raise NothingEarnedBack("period", period=period_key, reason="the year is not settled")
    trace: list[TraceStep] = []
    exact = dict.fromkeys(agreed.terms.party_ids(), Fraction(0))
    for rule in agreed.terms.earn_backs:
        if _is_met(book, rule, agreed, done, calendars, trace):
            _add_losses(book, rule, done, exact, trace)
    if not any(exact.values()):
        raise NothingEarnedBack("period", period=period_key, reason="no loss meets its condition")
    given = tuple(exact.values())
    parts = rounded(given, agreed.terms.rounding, agreed.terms.currency, rules)
    amounts = dict(zip(exact, parts, strict=True))
    for key, part in amounts.items():
        inputs = (TraceInput("exact amount", exact[key]),)
        trace.append(TraceStep("stake", key, "rounded as the terms say", inputs, part.value))
    kind = SettlementKind.EARN_BACK
    return content_of_amounts(agreed, kind, period, amounts, trace, settlement_id, rules)


def _is_met(
    book: Book,
    rule: EarnBack,
    agreed: Scheme,
    done: Sequence[Recomputed],
    calendars: Calendars,
    trace: list[TraceStep],
) -> bool:
    """Whether the mean of the year's results meets the level; its step."""
    series = inputs_for(book, agreed, done[-1].period, calendars).series[rule.indicator_id]
    results = series[-len(done) :]
    mean = sum((each.value for each in results), Fraction(0)) / len(results)
    level = levelled(rule.level, results[-1])
    lower = results[-1].lower_is_better
    is_met = meets(mean, level, rule.boundary, lower_is_better=lower)
    used = [TraceInput("value", each.value, each.index) for each in results]
    used.append(TraceInput("level", level))
    said = "the year's mean meets the level" if is_met else "the year's mean misses the level"
    trace.append(TraceStep("earn-back", rule.indicator_id, said, tuple(used), mean))
    return is_met


def _add_losses(
    book: Book,
    rule: EarnBack,
    done: Sequence[Recomputed],
    exact: dict[str, Fraction],
    trace: list[TraceStep],
) -> None:
    """Add to each party what comes back of its losses on an item."""
    for each in done:
        given = book.given[each.scheme.scheme_id, each.period.key]
        for place, key in enumerate(each.scheme.terms.party_ids()):
            losses = {
                item: min(row.at(place), Fraction(0)) for item, row in each.found.by_item.items()
            }
            whole = sum(losses.values(), Fraction(0))
            loss = given[key].value if key in given else Fraction(0)
            if loss >= 0 or whole == 0 or key not in exact:
                continue
            share = losses.get(rule.indicator_id, Fraction(0)) / whole
            back = -loss * share * rule.share
            exact[key] += back
            used = (
                TraceInput("loss", loss),
                TraceInput("the item's part of it", share),
                TraceInput("share that comes back", rule.share),
            )
            said = "loss times the item's part of it times the share that comes back"
            trace.append(TraceStep("own earn-back", key, said, used, back, each.period.key))


def penalised(
    book: Book,
    agreed: Scheme,
    period_key: str,
    now: datetime,
    settlement_id: str,
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """What parties owe for parts of a period that came late, or have not come by `now`.

    Raises NobodyLate, PeriodUnknown.
    """
    calendars = calendars_for(book, agreed.terms)
    period = calendars.period(period_key)
    rule = agreed.terms.reporting_penalty
    trace: list[TraceStep] = []
    amounts = dict.fromkeys(agreed.terms.party_ids(), 0)
    if rule is not None:
        for indicator_id in agreed.terms.item_ids():
            for key in _late(book, agreed, indicator_id, period, rule, now):
                amounts[key] -= rule.amount.amount_minor
                said = f"its part of {indicator_id} came more than {rule.grace_days} days late"
                used = (TraceInput("grace days", Fraction(rule.grace_days)),)
                trace.append(TraceStep("penalty", key, said, used, -rule.amount.value))
    if not trace:
        raise NobodyLate("period", period=period_key)
    owed = {key: Money(agreed.terms.currency, each) for key, each in amounts.items()}
    kind = SettlementKind.REPORTING_PENALTY
    return content_of_amounts(agreed, kind, period, owed, trace, settlement_id, rules)


def _late(
    book: Book,
    agreed: Scheme,
    indicator_id: str,
    period: Period,
    rule: ReportingPenalty,
    now: datetime,
) -> list[str]:
    """Sharers that own an indicator and whose part of a period first came after the grace."""
    version = book.current_indicator(indicator_id)
    owners = version.terms.owner_ids() if version else frozenset()
    until = replace(period, end_on=period.end_on + timedelta(days=rule.grace_days)).ends_at
    came: Mapping[str, datetime] = book.reported.get((indicator_id, period.key), Map())
    return [key for key in agreed.terms.party_ids() if key in owners and came.get(key, now) > until]
