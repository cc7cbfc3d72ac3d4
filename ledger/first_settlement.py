"""The first settlements: what version 1 of the event held, and how the first rules computed it.

The one rule: this file is not changed any more: an audit recomputes by it what was settled then.
Source: `ledger-format.md`, "old evaluators stay, so old cents replay as they were".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from ledger import first_terms
from ledger.amounts import Money
from ledger.errors import Fault
from ledger.proposal import Opening
from ledger.reference import creditor_reference
from ledger.retention import Stake
from ledger.scheme import Scheme
from ledger.settlement import (
    Measured,
    SettlementContent,
    SettlementProposed,
)
from ledger.trace import TraceStep


@dataclass(frozen=True, slots=True)
class SettlementContentV1:
    """Version 1: of a period, and by the first rules."""

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

    def upgraded(self) -> SettlementContent:
        """What it means in the newest version."""
        return SettlementContent(
            scheme_id=self.scheme_id,
            scheme_version=self.scheme_version,
            scheme_index=self.scheme_index,
            period=self.period,
            total_score=self.total_score,
            pool=self.pool,
            payout=self.payout,
            stakes=self.stakes,
            unallocated=self.unallocated,
            trace=self.trace,
            rules_version=self.rules_version,
            due_on=self.due_on,
        )


@dataclass(frozen=True, slots=True)
class SettlementProposedV1:
    """Version 1, with the first content."""

    opening: Opening
    settlement_id: str
    content: SettlementContentV1

    def upgraded(self) -> SettlementProposed:
        """What it means in the newest version."""
        return SettlementProposed(self.opening, self.settlement_id, self.content.upgraded())


def compute_first(
    scheme: Scheme, measured: Mapping[str, Measured], period: str, settlement_id: str
) -> SettlementContent:
    """The settlement of a period as version 1 of the rules computed it.

    `measured` holds an agreed result for each of the scheme's indicators.
    """
    terms = scheme.first
    if terms is None:
        raise Fault("version 1 of the rules reads the first terms")
    results = {
        indicator_id: first_terms.Result(
            value=each.measurement.value,
            displayed=each.measurement.displayed,
            target=each.terms.levels.target,
            is_low_sample=each.measurement.is_low_sample,
            low_sample=each.terms.low_sample,
            index=each.measurement.index,
        )
        for indicator_id, each in measured.items()
    }
    found = first_terms.evaluate(terms, results)
    last_day = max(each.terms.calendar.period(period).end_on for each in measured.values())
    stakes = tuple(
        Stake(share.party_id, part, creditor_reference(settlement_id, share.party_id))
        for share, part in zip(terms.shares, found.parts, strict=True)
    )
    return SettlementContent(
        scheme_id=scheme.scheme_id,
        scheme_version=scheme.version,
        scheme_index=scheme.index,
        period=period,
        total_score=found.total_score,
        pool=terms.pool,
        payout=found.payout,
        stakes=stakes,
        unallocated=found.unallocated,
        trace=found.trace,
        rules_version=first_terms.RULES_VERSION,
        due_on=last_day + timedelta(days=terms.due_days),
    )
