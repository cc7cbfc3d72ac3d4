"""What-if: a scheme run over past periods, old terms beside new ones, and pilots' shadow stakes.

The one rule: what is computed here is notional: it enters nothing, posts nothing, and says so.
Each period stands by the results that are agreed now. Source: `domain.md` section 6.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ledger.amounts import Money
from ledger.basis import (
    Histories,
    calendars_for,
    presence_in,
    protections_in,
    year_of,
)
from ledger.book import Book
from ledger.curve import ValueInNoRow
from ledger.evaluation import Evaluation, Inputs, evaluate
from ledger.partner import PartnerTerms, is_confidential, nominal, personal
from ledger.periods import Calendars, Period
from ledger.reading import NothingToRead
from ledger.scheme import Scheme
from ledger.terms import SchemeTerms

MAX_PERIODS = 120


@dataclass(frozen=True, slots=True)
class Notional:
    """What terms give for a period, or why they give nothing (`reason`)."""

    period: str
    party_ids: tuple[str, ...]
    found: Evaluation | None
    reason: str

    def minor_of(self, party_id: str) -> int:
        """What a party gets, in minor units; nothing where there is nothing."""
        if self.found is None or party_id not in self.party_ids:
            return 0
        return self.found.parts[self.party_ids.index(party_id)].amount_minor


@dataclass(frozen=True, slots=True)
class Compared:
    """A past period by the terms in force and by the proposed ones; either may give nothing."""

    period: str
    old: Notional | None
    new: Notional


def measured_periods(book: Book, terms: SchemeTerms, calendars: Calendars) -> tuple[Period, ...]:
    """The periods of which everything that the terms read is agreed, oldest first.

    The newest MAX_PERIODS of them, whether or not the terms hold in them.
    """
    needed = terms.indicator_ids()
    keys = book.measured_periods(needed[0])
    whole = [key for key in keys if all((each, key) in book.results for each in needed)]
    periods = sorted((calendars.period(key) for key in whole), key=lambda each: each.start_on)
    return tuple(periods[-MAX_PERIODS:])


def notional(
    book: Book, terms: SchemeTerms, periods: Sequence[Period], calendars: Calendars
) -> tuple[Notional, ...]:
    """What the terms give for past periods, in order; a year's cap counts their own amounts."""
    done: list[Notional] = []
    years: dict[int, dict[str, Fraction]] = {}
    party_ids, known = terms.party_ids(), Histories(book)
    for period in periods:
        year = year_of(terms, calendars, period)
        used = years.setdefault(year, {})
        inputs = Inputs(
            series={key: known.upto(key, period.start_on) for key in terms.indicator_ids()},
            presence=presence_in(book, period),
            protections=protections_in(book, terms),
            used=dict(used),
            year=max(year, 1),
        )
        try:
            found = evaluate(terms, inputs)
        except (NothingToRead, ValueInNoRow) as refusal:
            done.append(Notional(period.key, party_ids, None, refusal.message))
            continue
        for key, part in zip(party_ids, found.parts, strict=True):
            used[key] = used.get(key, Fraction(0)) + part.value
        done.append(Notional(period.key, party_ids, found, ""))
    return tuple(done)


def what_if(book: Book, old: SchemeTerms | None, new: SchemeTerms) -> tuple[Compared, ...]:
    """Every past period that the new terms can be run over, by them and by the old ones.

    A confidential scheme is run as if each party had 100 at stake: a partner's own terms are run
    as an open scheme of its own. Raises PeriodUnknown where the indicators have no such
    `valid_from_period`.
    """
    new = nominal(new) if is_confidential(new) else new
    old = nominal(old) if old is not None and is_confidential(old) else old
    calendars = calendars_for(book, new)
    periods = measured_periods(book, new, calendars)
    before: dict[str, Notional] = {}
    if old is not None:
        known = set(measured_periods(book, old, calendars_for(book, old)))
        both = [period for period in periods if period in known]
        before = {each.period: each for each in notional(book, old, both, calendars)}
    return tuple(
        Compared(each.period, before.get(each.period), each)
        for each in notional(book, new, periods, calendars)
    )


def parts_seen(book: Book, scheme: Scheme, viewer: str) -> dict[str, PartnerTerms]:
    """The partners' own parts of a confidential scheme that a party may see, by partner."""
    parts = book.sealed.parts_of(scheme.proposal_id)
    return {key: each.part for key, each in sorted(parts.items()) if viewer in each.audience}


def personal_what_if(
    book: Book, old: Scheme, new: SchemeTerms, parts: Mapping[str, PartnerTerms], viewer: str
) -> Iterator[tuple[str, tuple[Compared, ...]]]:
    """Each partner's own old terms beside new ones, of those whose part the viewer may see.

    `parts` are proposed ones; who has none of these keeps its part, where the new terms name it.
    """
    for key, part in parts_seen(book, old, viewer).items():
        if key in new.party_ids():
            proposed = personal(new, parts.get(key, part))
            yield key, what_if(book, personal(old.terms, part), proposed)


def difference(compared: Sequence[Compared], party_id: str, currency: str) -> Money:
    """What the new terms would have given a party more than the old ones, over all periods."""
    new = sum(each.new.minor_of(party_id) for each in compared)
    old = sum(each.old.minor_of(party_id) for each in compared if each.old is not None)
    return Money(currency, new - old)
