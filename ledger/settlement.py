"""Settlement: what a scheme pays for a period, one joint result and one stake a partner.

The one rule: a settlement follows from agreed measurements and an agreed scheme alone, and names
both by their ledger entries, so that anybody recomputes it to the cent. Source: `domain.md`
sections 6 and 8; ISO 11649 (creditor references).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from ledger.agreement import opening
from ledger.amounts import Money
from ledger.errors import Fault, Refusal
from ledger.evaluation import COUNTS_PERIODS, RULES_VERSION, Evaluation, Inputs, evaluate
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.indicator import IndicatorTerms
from ledger.measurement import Measurement
from ledger.partner import SealedAt
from ledger.periods import Calendar, Calendars, Period
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus
from ledger.reference import creditor_reference
from ledger.retention import Stake
from ledger.scheme import Scheme
from ledger.terms import SchemeKind
from ledger.trace import TraceStep


class MeasurementMissing(Refusal):
    """Period {period} has no agreed measurement of {indicator}. -> Agree the measurement first."""


class IndicatorInShadow(Refusal):
    """The indicator {indicator} is not live in this period. -> Pilots are measured, not paid."""


class AlreadySettled(Refusal):
    """Period {period} is settled under this scheme. -> A later correction is a true-up."""


class KindDiffers(Refusal):
    """The scheme settles {own}, not {kind}. -> Leave the kind out, or name a correction's kind."""


class PeriodBeforeScheme(Refusal):
    """The scheme holds from {valid_from} on, not for {period}. -> Settle a later period."""


class SettlementKind(StrEnum):
    """What a settlement pays for.

    INCENTIVE, CREDIT: a period, by the scheme's kind. TRUE_UP: the difference that restated results
    make to settled periods. EARN_BACK: losses of a year that come back. REPORTING_PENALTY: parts
    reported late.
    """

    INCENTIVE = "INCENTIVE"
    CREDIT = "CREDIT"
    TRUE_UP = "TRUE_UP"
    EARN_BACK = "EARN_BACK"
    REPORTING_PENALTY = "REPORTING_PENALTY"
    REVERSAL = "REVERSAL"


@dataclass(frozen=True, slots=True)
class Corrected:
    """A settled period that is corrected or taken back: what each party had for it, and has now.

    `settlement_id` is the period's own settlement. Parties are in the order of the stakes.
    """

    period: str
    settlement_id: str
    before: tuple[Money, ...]
    after: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class SettlementContent:
    """A computed settlement with everything it follows from. `due_on` is the last day to pay.

    `corrected` are the periods of a true-up, oldest first, or that of a reversal. `sealed` are
    the entries of the stakes of a confidential one; it has none of its own then.
    """

    scheme_id: str
    scheme_version: int
    scheme_index: int
    period: str
    total_score: Fraction
    pool: Money
    payout: Money
    stakes: tuple[Stake, ...]
    unallocated: Money
    trace: tuple[TraceStep, ...]
    rules_version: int
    due_on: date
    kind: SettlementKind = SettlementKind.INCENTIVE
    corrected: tuple[Corrected, ...] = ()
    sealed: tuple[SealedAt, ...] = ()

    def concerned(self, outsourcer_id: str, signing_ids: frozenset[str]) -> frozenset[str]:
        """Whose consent it needs: the outsourcer's and that of all who have a stake.

        Who signs no more, for it left, is asked where it gets or owes something. Rules before
        COUNTS_PERIODS asked it for nothing too.
        """
        asks_all = self.rules_version < COUNTS_PERIODS
        stakes = {
            stake.party_id
            for stake in self.stakes
            if asks_all or not stake.is_nothing or stake.party_id in signing_ids
        }
        sealed = {place.party_id for place in self.sealed}
        return frozenset({outsourcer_id} | stakes | sealed)

    def stake_of(self, party_id: str) -> Stake:
        """A party's own. Raises StopIteration."""
        return next(each for each in self.stakes if each.party_id == party_id)

    @property
    def place(self) -> str:
        """What of the scheme is settled: one agreed settlement a place."""
        return place_of(self.kind, self.period)


def place_of(kind: SettlementKind, period: str) -> str:
    """A period's place for its own settlement; the other kinds have places beside it."""
    is_own = kind in (SettlementKind.INCENTIVE, SettlementKind.CREDIT)
    return period if is_own else f"{kind.lower()}/{period}"


@dataclass(frozen=True, slots=True)
class ProposeSettlement:
    """Command: have the engine settle a period, and propose the result to those it concerns.

    `kind` None is the scheme's own, INCENTIVE or CREDIT.
    """

    scheme_id: str
    period: str
    replaces: str = ""
    kind: SettlementKind | None = None


@dataclass(frozen=True, slots=True)
class SettlementProposed:
    """A computed settlement is proposed to the outsourcer and all who share."""

    opening: Opening
    settlement_id: str
    content: SettlementContent


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement as it stands; it binds, and is posted, when its status is AGREED.

    `corrected_by` are the agreed true-ups that correct it, or its reversal, oldest first.
    """

    proposal_id: str
    settlement_id: str
    content: SettlementContent
    index: int
    status: ProposalStatus
    corrected_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """An agreed measurement, the terms of the indicator version that it is of, all calendars."""

    measurement: Measurement
    terms: IndicatorTerms
    calendars: Calendars


def compute(
    scheme: Scheme,
    inputs: Inputs,
    period: Period,
    settlement_id: str,
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """The settlement of a period: a pure function, so that an audit can repeat it.

    Raises what `evaluation.evaluate` raises.
    """
    found = evaluate(scheme.terms, inputs, rules)
    kind, party_ids = own_kind(scheme), scheme.terms.party_ids()
    return content_of(scheme, kind, period, party_ids, found, settlement_id, rules=rules)


def own_kind(scheme: Scheme) -> SettlementKind:
    """What a scheme's periods are settled as."""
    is_credit = scheme.terms.kind is SchemeKind.CREDIT
    return SettlementKind.CREDIT if is_credit else SettlementKind.INCENTIVE


def content_of(
    scheme: Scheme,
    kind: SettlementKind,
    period: Period,
    party_ids: Sequence[str],
    found: Evaluation,
    settlement_id: str,
    corrected: tuple[Corrected, ...] = (),
    rules: int = RULES_VERSION,
) -> SettlementContent:
    """What an evaluation gives those parties, as the content of a settlement."""
    withholdings = found.withholdings or (None,) * len(found.parts)
    return SettlementContent(
        scheme_id=scheme.scheme_id,
        scheme_version=scheme.version,
        scheme_index=scheme.index,
        period=period.key,
        total_score=found.total_score,
        pool=found.pool,
        payout=found.payout,
        stakes=tuple(
            Stake(party_id, part, creditor_reference(settlement_id, party_id), held)
            for party_id, part, held in zip(party_ids, found.parts, withholdings, strict=True)
        ),
        unallocated=found.unallocated,
        trace=found.trace,
        rules_version=rules,
        due_on=period.end_on + timedelta(days=scheme.terms.payment.due_days),
        kind=kind,
        corrected=corrected,
    )


def content_of_amounts(
    scheme: Scheme,
    kind: SettlementKind,
    period: Period,
    amounts: Mapping[str, Money],
    trace: Sequence[TraceStep],
    settlement_id: str,
    rules: int,
    corrected: tuple[Corrected, ...] = (),
) -> SettlementContent:
    """A settlement of stated amounts: no pool is drawn on, nothing is left."""
    nothing = Money(scheme.terms.currency, 0)
    whole = Money(scheme.terms.currency, sum(each.amount_minor for each in amounts.values()))
    parts = tuple(amounts.values())
    found = Evaluation(Fraction(0), nothing, whole, parts, nothing, tuple(trace), {})
    keys = tuple(amounts)
    return content_of(scheme, kind, period, keys, found, settlement_id, corrected, rules)


def require_settleable(
    scheme: Scheme, measured: Mapping[str, Measured], period: str, rules: int = RULES_VERSION
) -> Period:
    """The period, if all that the scheme reads is agreed, and what moves money live in it.

    Raises MeasurementMissing, IndicatorInShadow, PeriodBeforeScheme, PeriodUnknown.
    """
    calendar: Calendar | None = None
    terms = scheme.terms  # rules before COUNTS_PERIODS let a gate read a pilot
    live = terms.paying_ids() if rules >= COUNTS_PERIODS else terms.item_ids()
    for indicator_id in terms.indicator_ids():
        each = measured.get(indicator_id)
        if each is None:
            raise MeasurementMissing("period", period=period, indicator=indicator_id)
        if indicator_id in live and not each.terms.is_live_in(period):
            raise IndicatorInShadow("period", indicator=each.terms.name)
        calendar, valid_from = each.terms.calendar, terms.valid_from_period
        if calendar.position(period) < each.calendars.position(valid_from):
            raise PeriodBeforeScheme("period", valid_from=valid_from, period=period)
    if calendar is None:
        raise Fault("a scheme has items")
    return calendar.period(period)


def propose(
    content: SettlementContent,
    settlement_id: str,
    outsourcer_id: str,
    signing_ids: frozenset[str],
    agreements: Agreements,
    replaces: str,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a settlement. Raises what `agreement.opening` raises."""
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.SETTLEMENT,
        subject=subject_of(content),
        signatories=content.concerned(outsourcer_id, signing_ids),
        replaces=replaces,
    )
    return (*superseded, Fact(SettlementProposed(terms, settlement_id, content)))


def given_by(content: SettlementContent) -> dict[str, dict[str, Money]]:
    """What each party has for which period once a settlement binds: by period, by party.

    A true-up says so of every period that it corrects; an earn-back and a penalty of none.
    """
    stakes = {stake.party_id: stake.amount for stake in content.stakes}
    match content.kind:
        case SettlementKind.INCENTIVE | SettlementKind.CREDIT:
            return {content.period: stakes}
        case SettlementKind.TRUE_UP:
            return {
                each.period: dict(zip(stakes, each.after, strict=True))
                for each in content.corrected
            }
        case _:
            return {}


def subject_of(content: SettlementContent) -> str:
    """What a settlement's proposal is about: one pending a place."""
    return f"settlement/{content.scheme_id}/{content.place}"
