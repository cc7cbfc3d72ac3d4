"""Settlement: what a scheme pays for a period, one joint result and one stake a partner.

The one rule: a settlement follows from agreed measurements and an agreed scheme alone, and names
both by their ledger entries, so that anybody recomputes it to the cent. Source: `domain.md`
sections 6 and 8; ISO 11649 (creditor references).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from ledger.agreement import opening
from ledger.amounts import Money
from ledger.errors import Fault, Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.indicator import IndicatorTerms
from ledger.measurement import Measurement
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus
from ledger.scheme import Scheme
from ledger.terms import RULES_VERSION, Result, TraceStep, evaluate

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REFERENCE_DIGITS = 16


class MeasurementMissing(Refusal):
    """Period {period} has no agreed measurement of {indicator}. -> Agree the measurement first."""


class IndicatorInShadow(Refusal):
    """The indicator {indicator} is not live in this period. -> Pilots are measured, not paid."""


class AlreadySettled(Refusal):
    """Period {period} is settled under this scheme. -> A later correction is a true-up."""


class PeriodBeforeScheme(Refusal):
    """The scheme holds from {valid_from} on, not for {period}. -> Settle a later period."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What one partner receives (a malus: owes), and the reference its payment carries."""

    party_id: str
    amount: Money
    reference: str


@dataclass(frozen=True, slots=True)
class SettlementContent:
    """A computed settlement with everything it follows from. `due_on` is the last day to pay."""

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


@dataclass(frozen=True, slots=True)
class ProposeSettlement:
    """Command: have the engine settle a period, and propose the result to those it concerns."""

    scheme_id: str
    period: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class SettlementProposed:
    """A computed settlement is proposed to the outsourcer and all who share."""

    opening: Opening
    settlement_id: str
    content: SettlementContent


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement as it stands; it binds, and is posted, when its status is AGREED."""

    proposal_id: str
    settlement_id: str
    content: SettlementContent
    index: int
    status: ProposalStatus


@dataclass(frozen=True, slots=True)
class Measured:
    """An agreed measurement and the terms of the indicator version that it is of."""

    measurement: Measurement
    terms: IndicatorTerms


def creditor_reference(settlement_id: str, party_id: str) -> str:
    """The RF reference of a stake: "RF", two check digits, 16 letters or digits of its identity.

    Source: ISO 11649, ISO 7064 (mod 97-10).
    """
    number = int.from_bytes(sha256(f"{settlement_id}/{party_id}".encode()).digest(), "big")
    text = ""
    for _ in range(_REFERENCE_DIGITS):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    reference = f"RF{mod_97_10.calc_check_digits(text + 'RF')}{text}"
    if not iso11649.is_valid(reference):
        raise Fault(f"{reference} is no creditor reference")
    return reference


def compute(
    scheme: Scheme, measured: Mapping[str, Measured], period: str, settlement_id: str
) -> SettlementContent:
    """The settlement of a period: a pure function, so that an audit can repeat it.

    `measured` holds an agreed result for each of the scheme's indicators.
    """
    results = {
        indicator_id: Result(
            value=each.measurement.value,
            displayed=each.measurement.displayed,
            target=each.terms.levels.target,
            is_low_sample=each.measurement.is_low_sample,
            low_sample=each.terms.low_sample,
            index=each.measurement.index,
        )
        for indicator_id, each in measured.items()
    }
    evaluation = evaluate(scheme.terms, results)
    last_day = max(each.terms.calendar.period(period).end_on for each in measured.values())
    stakes = tuple(
        Stake(share.party_id, part, creditor_reference(settlement_id, share.party_id))
        for share, part in zip(scheme.terms.shares, evaluation.parts, strict=True)
    )
    return SettlementContent(
        scheme_id=scheme.scheme_id,
        scheme_version=scheme.version,
        scheme_index=scheme.index,
        period=period,
        total_score=evaluation.total_score,
        pool=scheme.terms.pool,
        payout=evaluation.payout,
        stakes=stakes,
        unallocated=evaluation.unallocated,
        trace=evaluation.trace,
        rules_version=RULES_VERSION,
        due_on=last_day + timedelta(days=scheme.terms.due_days),
    )


def propose(
    command: ProposeSettlement,
    scheme: Scheme,
    measured: Mapping[str, Measured],
    outsourcer_id: str,
    agreements: Agreements,
    seed: Seed,
    *,
    is_settled: bool,
) -> tuple[Fact, ...]:
    """Facts that propose the computed settlement.

    `measured` holds what is agreed, by indicator. Raises AlreadySettled, MeasurementMissing,
    IndicatorInShadow, PeriodBeforeScheme, PeriodUnknown, SubjectBusy.
    """
    if is_settled:
        raise AlreadySettled("period", period=command.period)
    for item in scheme.terms.items:
        each = measured.get(item.indicator_id)
        if each is None:
            raise MeasurementMissing("period", period=command.period, indicator=item.indicator_id)
        if not each.terms.is_live_in(command.period):
            raise IndicatorInShadow("period", indicator=each.terms.name)
        calendar, valid_from = each.terms.calendar, scheme.terms.valid_from_period
        if calendar.position(command.period) < calendar.position(valid_from):
            raise PeriodBeforeScheme("period", valid_from=valid_from, period=command.period)
    settlement_id = seed.new_id()
    subject = f"settlement/{command.scheme_id}/{command.period}"
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.SETTLEMENT,
        subject=subject,
        signatories={outsourcer_id, *scheme.terms.sharer_ids()},
        replaces=command.replaces,
    )
    content = compute(scheme, measured, command.period, settlement_id)
    return (*superseded, Fact(SettlementProposed(terms, settlement_id, content)))
