"""Innovation: what entries about initiatives say to an indicator of a period. Pure.

The one rule: nobody reports it; each co-owner's part counts the initiatives that it proposed, as
the ledger has them, so that an audit counts the same.

======================  ==================================  ======================================
source                  one row for each                    its value
======================  ==================================  ======================================
INITIATIVES_PROPOSED    proposed in the period              1
INITIATIVES_AGREED      decided in the period               1 if it was agreed, else 0
INITIATIVES_TRIED       that left IDEA in the period        1 if for TRIAL, 0 if it was stopped
INITIATIVES_RUNNING     agreed, not completed before it     1 if in TRIAL at the period's end
INITIATIVES_COMPLETED   agreed, not completed before it     1 if adopted or stopped by its end
INITIATIVES_ADOPTED     that left TRIAL in the period       1 if ADOPTED, 0 if it was stopped
INITIATIVE_LEAD_DAYS    that reached TRIAL in the period    calendar days since it was an IDEA
INITIATIVE_EFFECTS      aim of one judged in the period     1 if the expected effect was reached
======================  ==================================  ======================================

SUM counts them, POOLED_RATIO is their share of the rows, MEAN and percentiles read single values.
A proposal that replaces a pending one is of the same initiative, proposed when the first was.
Source: `domain.md` section 7.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from ledger.attained import Attained
from ledger.distribution import Bin
from ledger.initiative import Initiative, InitiativeStage
from ledger.method import HISTOGRAMS, MOMENTS, Method, Source
from ledger.observation import Aggregate
from ledger.periods import Period
from ledger.proposal import ProposalStatus

_COMPLETED = (InitiativeStage.ADOPTED, InitiativeStage.STOPPED)


@dataclass(frozen=True, slots=True)
class Row:
    """What is counted of one initiative, and the entries that say so."""

    value: Fraction
    indices: tuple[int, ...]


def judged(
    initiatives: Iterable[Initiative], period: Period, party_id: str
) -> tuple[Initiative, ...]:
    """A party's initiatives that are judged in a period and were tried at all."""
    return tuple(
        each
        for each in _own(initiatives, party_id)
        if period.start_on <= each.terms.judged_on < period.end_on
        and each.reached(InitiativeStage.TRIAL) is not None
    )


def rows(
    source: Source,
    initiatives: Iterable[Initiative],
    period: Period,
    party_id: str,
    effects: Mapping[str, tuple[Attained, ...]],
) -> tuple[Row, ...]:
    """What a source counts of a party's initiatives in a period that has ended.

    `effects` are those of the `judged` ones, by initiative.
    """
    own = _own(initiatives, party_id)
    if source is Source.INITIATIVE_EFFECTS:
        return tuple(
            _effect_row(each, effect)
            for each in judged(own, period, party_id)
            for effect in effects[each.initiative_id]
        )
    found = (_row(source, each, period) for each in own)
    return tuple(each for each in found if each is not None)


def summed_up(method: Method, counted: Sequence[Row]) -> Aggregate:
    """Rows as a method reads them, like rows of observations."""
    values = [each.value for each in counted]
    count = len(values)
    found = Aggregate(
        value=sum(values, Fraction(0)),
        denominator=Fraction(count) if method is Method.POOLED_RATIO else None,
        sample_size=count,
        row_count=count,
        batches=tuple(sorted({index for each in counted for index in each.indices})),
        seen_batch=0,
    )
    if method in HISTOGRAMS | MOMENTS:
        bins = sorted(Counter(values).items())
        return replace(found, answers=tuple(Bin(value, times) for value, times in bins))
    return found


def _own(initiatives: Iterable[Initiative], party_id: str) -> list[Initiative]:
    """A party's initiatives, each as its last proposal has it."""
    ordered = sorted(initiatives, key=lambda initiative: initiative.index)
    newest = {each.initiative_id: each for each in ordered}
    return [each for each in newest.values() if each.proposer == party_id]


def _row(source: Source, each: Initiative, period: Period) -> Row | None:
    idea, trial = each.reached(InitiativeStage.IDEA), each.reached(InitiativeStage.TRIAL)
    left_idea = each.stages[1] if len(each.stages) > 1 else None
    left_trial = each.stages[2] if trial and len(each.stages) > 2 else None  # noqa: PLR2004
    match source:
        case Source.INITIATIVES_PROPOSED if _lies_in(each.proposed_at, period):
            return Row(Fraction(1), (each.index,))
        case Source.INITIATIVES_AGREED if each.decided_at and _lies_in(each.decided_at, period):
            is_agreed = each.status is ProposalStatus.AGREED
            agreed_by = (idea.index,) if idea else ()
            return Row(Fraction(is_agreed), (each.index, *agreed_by))
        case Source.INITIATIVES_TRIED if left_idea and _lies_in(left_idea.at, period):
            is_tried = left_idea.stage is InitiativeStage.TRIAL
            return Row(Fraction(is_tried), (left_idea.index,))
        case Source.INITIATIVES_ADOPTED if left_trial and _lies_in(left_trial.at, period):
            is_adopted = left_trial.stage is InitiativeStage.ADOPTED
            return Row(Fraction(is_adopted), (left_trial.index,))
        case Source.INITIATIVE_LEAD_DAYS if idea and trial and _lies_in(trial.at, period):
            days = _day(trial.at, period) - _day(idea.at, period)
            return Row(Fraction(days), (idea.index, trial.index))
        case Source.INITIATIVES_RUNNING | Source.INITIATIVES_COMPLETED:
            return _alive_row(source, each, period)
        case _:
            return None


def _alive_row(source: Source, each: Initiative, period: Period) -> Row | None:
    """The row of an initiative that was agreed by a period's end and not completed before it."""
    known = [stage for stage in each.stages if stage.at < period.ends_at]
    done = next((stage for stage in known if stage.stage in _COMPLETED), None)
    if not known or (done is not None and done.at < period.starts_at):
        return None
    if source is Source.INITIATIVES_COMPLETED:
        return Row(Fraction(done is not None), (known[-1].index,))
    is_running = known[-1].stage is InitiativeStage.TRIAL
    return Row(Fraction(is_running), (known[-1].index,))


def _effect_row(initiative: Initiative, effect: Attained) -> Row:
    sides = [side.index for side in (effect.before, effect.after) if side is not None]
    return Row(Fraction(bool(effect.is_reached)), (initiative.index, *sides))


def _lies_in(at: datetime, period: Period) -> bool:
    return period.starts_at <= at < period.ends_at


def _day(at: datetime, period: Period) -> int:
    """The local date of an instant, as a number."""
    return at.astimezone(ZoneInfo(period.time_zone)).date().toordinal()
