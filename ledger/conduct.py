"""Conduct: what each party did that trust can rest on, and the profile that follows from it. Pure.

The one rule: every figure is computed from the ledger's own entries by a stated formula and names
the entries it comes from; nothing is weighed into a score. The outsourcer has a profile like any
other. Source: `domain.md` section 9.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from statistics import median

from ledger.answer import ProposalConsented, ProposalNoticed, ProposalObjected
from ledger.book import Book
from ledger.dispute import DisputeEscalated, DisputeOpened
from ledger.due import Due
from ledger.fact import Placed
from ledger.part import PartSubmitted
from ledger.proposal import Opening, Proposal

REPORTING_DAYS = 10
"""Calendar days after a period's end within which a part is on time where no terms say so."""
NO_LADDER = 0


class ConductKind(StrEnum):
    """What was seen of a party. Times are the entries' own."""

    ASKED = "ASKED"
    NOTIFIED = "NOTIFIED"
    ANSWERED = "ANSWERED"
    REPORTED = "REPORTED"
    DISPUTED = "DISPUTED"


@dataclass(frozen=True, slots=True)
class Conduct:
    """One thing that a party did, or that was asked of it.

    `subject` is a proposal's id, or "indicator/period" of a part. `is_good`: a report in time, an
    answer that consents. `rung` is the highest that a dispute reached, from 1; 0: no ladder.
    """

    party_id: str
    kind: ConductKind
    subject: str
    index: int
    at: datetime
    is_good: bool = True
    rung: int = NO_LADDER

    @property
    def object_id(self) -> str:
        """What it replaces: the earlier of its kind and subject; a report replaces nothing."""
        last = str(self.index) if self.kind is ConductKind.REPORTED else self.subject
        return f"{self.kind}/{last}/{self.party_id}"


def conducts(book: Book, placed: Placed, opening: Opening | None) -> Iterator[Conduct]:
    """What an entry shows of the parties, `book` being the one after it."""
    index, at = placed.index, placed.at
    if opening is not None:
        for party_id in opening.signatories:
            yield Conduct(party_id, ConductKind.ASKED, opening.proposal_id, index, at)
        return
    match placed.event:
        case ProposalNoticed(proposal_id=key, party_id=party_id):
            yield Conduct(party_id, ConductKind.NOTIFIED, key, index, at)
        case ProposalConsented(proposal_id=key, on_behalf_of=absent):
            yield Conduct(absent or placed.party, ConductKind.ANSWERED, key, index, at)
        case ProposalObjected(proposal_id=key, on_behalf_of=absent):
            party_id = absent or placed.party
            yield Conduct(party_id, ConductKind.ANSWERED, key, index, at, is_good=False)
            yield Conduct(party_id, ConductKind.DISPUTED, key, index, at, is_good=False)
        case DisputeOpened(proposal_id=key) | DisputeEscalated(proposal_id=key):
            proposal = book.agreements.proposals[key]
            for party_id in _objectors(proposal):
                rung = proposal.rung
                yield Conduct(party_id, ConductKind.DISPUTED, key, index, at, False, rung)
        case PartSubmitted(indicator_id=indicator_id, version=version, period=period):
            terms = book.indicator_version(indicator_id, version).terms
            ends_at = terms.calendar.period(period).ends_at
            in_time = at <= ends_at + timedelta(days=_grace(book, indicator_id))
            subject = f"{indicator_id}/{period}"
            yield Conduct(placed.party, ConductKind.REPORTED, subject, index, at, in_time)
        case _:
            pass


def _grace(book: Book, indicator_id: str) -> int:
    """Days for a report: the fewest that a scheme in force grants for the indicator, if any."""
    agreed = (book.schemes[key].terms for key in book.current_schemes.values())
    stated = [
        terms.reporting_penalty.grace_days
        for terms in agreed
        if terms.reporting_penalty is not None and indicator_id in terms.item_ids()
    ]
    return min(stated, default=REPORTING_DAYS)


def _objectors(proposal: Proposal) -> list[str]:
    return [answer.party_id for answer in proposal.answers if not answer.is_consent]


class FigureCode(StrEnum):
    """What a figure of a trust profile tells."""

    ON_TIME_REPORTING = "ON_TIME_REPORTING"
    AGREED_WITHOUT_DISPUTE = "AGREED_WITHOUT_DISPUTE"
    MEDIAN_SECONDS_TO_SIGN = "MEDIAN_SECONDS_TO_SIGN"
    CORRECTIONS_PER_HUNDRED = "CORRECTIONS_PER_HUNDRED"
    PAYMENTS_ON_TIME = "PAYMENTS_ON_TIME"
    DISPUTES = "DISPUTES"


FORMULAS = {
    FigureCode.ON_TIME_REPORTING: "100 x first reports of a period within the days that a scheme "
    f"in force grants before its reporting penalty ({REPORTING_DAYS} where none does) / first "
    "reports",
    FigureCode.AGREED_WITHOUT_DISPUTE: "100 x answers that consent / answers",
    FigureCode.MEDIAN_SECONDS_TO_SIGN: "median of seconds from the notice of a proposal (its "
    "opening where none was given before) to the party's answer",
    FigureCode.CORRECTIONS_PER_HUNDRED: "100 x later reports of the same indicator and period / "
    "first reports",
    FigureCode.PAYMENTS_ON_TIME: "100 x dues paid in full by their due date, by the last day that "
    "a payment of theirs was made / dues that were due or paid in full by the day asked about",
    FigureCode.DISPUTES: "disputes that an objection of the party opened, by the highest rung "
    "that they reached (0: the policy had no ladder)",
}
"""How each figure is computed, in words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: `value` is None where there is nothing to compute it from.

    `good` of `total` things; `indices` are the entries that it comes from. `rung` tells of which
    rung disputes are.
    """

    code: FigureCode
    value: Fraction | None
    good: int
    total: int
    indices: tuple[int, ...]
    rung: int | None = None


def profile(conduct: Sequence[Conduct], dues: Sequence[Due], on: date) -> tuple[Figure, ...]:
    """The figures of a party, from its conduct in order and the dues that it has to pay."""
    reports = [each for each in conduct if each.kind is ConductKind.REPORTED]
    first: dict[str, Conduct] = {}
    for each in sorted(reports, key=lambda one: one.index):
        first.setdefault(each.subject, each)
    answers = [each for each in conduct if each.kind is ConductKind.ANSWERED]
    return (
        _share(FigureCode.ON_TIME_REPORTING, [(e.is_good, e.index) for e in first.values()]),
        _share(FigureCode.AGREED_WITHOUT_DISPUTE, [(e.is_good, e.index) for e in answers]),
        _time_to_sign(conduct, answers),
        _corrections(reports, first),
        _payments(dues, on),
        *_disputes(conduct),
    )


def _share(code: FigureCode, things: Sequence[tuple[bool, int]]) -> Figure:
    good = sum(is_good for is_good, _ in things)
    value = Fraction(100 * good, len(things)) if things else None
    return Figure(code, value, good, len(things), tuple(sorted(index for _, index in things)))


def _time_to_sign(conduct: Sequence[Conduct], answers: Sequence[Conduct]) -> Figure:
    begun: dict[str, Conduct] = {}
    for each in conduct:
        if each.kind is ConductKind.ASKED:
            begun.setdefault(each.subject, each)
    for each in conduct:
        if each.kind is ConductKind.NOTIFIED:
            begun[each.subject] = each
    asked = {each.subject: each for each in conduct if each.kind is ConductKind.ASKED}
    seconds, indices = [], []
    for answer in answers:
        start = begun.get(answer.subject)
        if start is None or start.index > answer.index:
            start = asked.get(answer.subject)
        if start is not None:
            waited = answer.at - start.at
            seconds.append(Fraction(waited // timedelta(microseconds=1), 10**6))
            indices += [start.index, answer.index]
    value = median(seconds) if seconds else None
    code = FigureCode.MEDIAN_SECONDS_TO_SIGN
    return Figure(code, value, len(seconds), len(answers), tuple(sorted(set(indices))))


def _corrections(reports: Sequence[Conduct], first: dict[str, Conduct]) -> Figure:
    known = {each.index for each in first.values()}
    later = [each.index for each in reports if each.index not in known]
    value = Fraction(100 * len(later), len(first)) if first else None
    indices = tuple(sorted(later))
    return Figure(FigureCode.CORRECTIONS_PER_HUNDRED, value, len(later), len(first), indices)


def _payments(dues: Sequence[Due], on: date) -> Figure:
    things = []
    for due in dues:
        if due.payable_minor == 0:
            continue  # taken back, or set off: nothing was to be paid
        paid = max(due.reported_minor, due.received_minor) >= due.payable_minor
        if paid or due.due_on < on:
            in_time = paid and due.last_paid_on is not None and due.last_paid_on <= due.due_on
            things.append((in_time, due.index))
    return _share(FigureCode.PAYMENTS_ON_TIME, things)


def _disputes(conduct: Sequence[Conduct]) -> Iterator[Figure]:
    disputed = [each for each in conduct if each.kind is ConductKind.DISPUTED]
    for rung in sorted({each.rung for each in disputed}):
        indices = tuple(sorted(each.index for each in disputed if each.rung == rung))
        count = len(indices)
        yield Figure(FigureCode.DISPUTES, Fraction(count), count, len(disputed), indices, rung)
