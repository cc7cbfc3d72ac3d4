"""Innovation: indicators that count what the ledger's entries say about initiatives."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.agreement import Objection, Withdrawal
from ledger.answer import ProposalAgreed, ProposalLapsed, ProposalWithdrawn
from ledger.audit import check
from ledger.distribution import Bin, Interpolation
from ledger.exclusion import ExclusionMalformed, ExclusionReason, ProposeExclusion, Window
from ledger.figures import Figures
from ledger.indicator import Attribution, Direction, Levels, ProposeIndicator, WorkedExample
from ledger.initiative import (
    Aim,
    InitiativeProposed,
    InitiativeStage,
    InitiativeTerms,
    ProposeInitiative,
    ProposeStage,
    StageProposed,
)
from ledger.measurement import ProposeMeasurement
from ledger.method import (
    AnswerTerms,
    Denominator,
    Method,
    MethodMalformed,
    MethodTerms,
    PercentileTerms,
    Source,
    WeightedInput,
)
from ledger.method import check as check_method
from ledger.part import BasisKind, PartDerived, PartSubmitted, SubmitPart
from ledger.rule import RuleBroken
from ledger.theme import Theme
from tests.parties.chain import Chain
from tests.parties.terms import delay_minutes

BUYER, NET, SMALL = "Buyer", "Network", "Small"
IDEA, TRIAL, ADOPTED, STOPPED = InitiativeStage
LONDON = ZoneInfo("Europe/London")
APRIL = "2026-04"
SPRING = (datetime(2026, 4, 1, tzinfo=LONDON), datetime(2026, 5, 1, tzinfo=LONDON))
LEAD = Source.INITIATIVE_LEAD_DAYS
COUNTS = [
    each for each in Source if each not in (Source.OBSERVATIONS, LEAD, Source.INITIATIVE_EFFECTS)
]


def counting(chain: Chain, source: Source, kind: Method = Method.SUM, **how: Any) -> str:
    """An agreed indicator of a network and a small partner that reads a source."""
    method = MethodTerms(kind, Fraction(1), "", "", source=source, **how)
    part = Figures(chain.ids[NET], Fraction(3), None, 4)
    if kind is Method.POOLED_RATIO:
        part = replace(part, denominator=Fraction(4))
    elif kind is not Method.SUM:
        part = replace(part, answers=(Bin(Fraction(0), 1), Bin(Fraction(1), 3)))
    shown = {Method.SUM: "3", Method.MEDIAN: "1"}.get(kind, "0.8")
    terms = delay_minutes(
        chain,
        NET,
        SMALL,
        name=f"{source} {kind}",
        theme=Theme.INNOVATION,
        direction=Direction.HIGHER_IS_BETTER,
        attribution=Attribution.SOLIDARY,
        levels=Levels(Fraction(0), Fraction(1), Fraction(2), Fraction(3)),
        method=method,
        worked_examples=(WorkedExample((part,), Fraction(shown)),),
    )
    before = set(chain.book.current_indicators)
    chain.agreed(NET, ProposeIndicator(terms))
    [made] = set(chain.book.current_indicators) - before
    return made


@dataclass(frozen=True)
class Step:
    """What one initiative does, and how many hours after the step before."""

    who: str
    path: tuple[InitiativeStage, ...]
    ends: str
    hours: tuple[int, ...]


PATHS = [(), (STOPPED,), (TRIAL,), (TRIAL, STOPPED), (TRIAL, ADOPTED), (TRIAL, ADOPTED, STOPPED)]
steps = st.builds(
    Step,
    st.sampled_from([NET, SMALL]),
    st.sampled_from(PATHS),
    st.sampled_from(["agreed", "open", "withdrawn", "rejected"]),
    st.tuples(*[st.integers(0, 400)] * 5),
)


def lived(chain: Chain, aim: str, listed: Iterable[Step]) -> None:
    """Initiatives one after the other, each beginning where the one before ended."""
    for number, step in enumerate(listed):
        other = SMALL if step.who == NET else NET
        terms = InitiativeTerms(
            f"Initiative {number}",
            "Doors close later.",
            (chain.ids[other],),
            (Aim(aim, Fraction(-5)),),
            date(2026, 4, 20),
        )
        proposal_id = chain.do(step.who, ProposeInitiative(terms))
        chain.now += timedelta(hours=step.hours[0])
        if step.ends == "withdrawn":
            chain.do(step.who, Withdrawal(proposal_id))
        elif step.ends == "rejected":
            chain.do(other, Objection(proposal_id, "We have no time."))
        elif step.ends == "agreed":
            chain.agree(proposal_id)
            key = chain.book.agreements.get(proposal_id).subject.removeprefix("initiative/")
            for stage, hours in zip(step.path, step.hours[1:], strict=False):
                chain.now += timedelta(hours=hours)
                chain.agreed(step.who, ProposeStage(key, stage, "A reason."))


class Told:
    """The oracle: what the entries alone tell of one initiative, read one by one."""

    def __init__(self, chain: Chain, proposed: InitiativeProposed, at: datetime, by: str) -> None:
        self.by, self.proposed_at = by, at
        self.decided: tuple[datetime, bool] | None = None
        self.stages: list[tuple[InitiativeStage, datetime]] = []
        moves: dict[str, InitiativeStage] = {}
        for placed in chain.placed:
            event = placed.event
            if isinstance(event, StageProposed) and event.initiative_id == proposed.initiative_id:
                moves[event.opening.proposal_id] = event.stage
            key = getattr(event, "proposal_id", "")
            if isinstance(event, ProposalAgreed) and key in moves:
                self.stages.append((moves[key], placed.at))
            if key == proposed.opening.proposal_id:
                if isinstance(event, ProposalAgreed):
                    self.decided = (placed.at, True)
                    self.stages.append((IDEA, placed.at))
                if isinstance(event, ProposalWithdrawn | ProposalLapsed):
                    self.decided = (placed.at, False)

    def at(self, stage: InitiativeStage) -> datetime | None:
        """When it reached a stage."""
        return next((at for each, at in self.stages if each is stage), None)

    def value(self, source: Source) -> int | None:
        """What a source counts of it in April; None: nothing."""
        start, end = SPRING
        left = [at for _, at in self.stages[1:]]
        names = [stage for stage, _ in self.stages]
        done = next((at for stage, at in self.stages if stage in (ADOPTED, STOPPED)), None)
        alive = bool(self.stages) and self.stages[0][1] < end and (done is None or done >= start)
        standing = [stage for stage, at in self.stages if at < end]
        trial = self.at(TRIAL)
        match source:
            case Source.INITIATIVES_PROPOSED:
                return 1 if start <= self.proposed_at < end else None
            case Source.INITIATIVES_AGREED:
                within = self.decided is not None and start <= self.decided[0] < end
                return int(self.decided[1]) if within and self.decided else None
            case Source.INITIATIVES_TRIED:
                return int(names[1] is TRIAL) if left and start <= left[0] < end else None
            case Source.INITIATIVES_ADOPTED:
                is_decided = len(left) > 1 and start <= left[1] < end
                return int(names[2] is ADOPTED) if is_decided else None
            case Source.INITIATIVES_RUNNING:
                return int(standing[-1] is TRIAL) if alive else None
            case Source.INITIATIVES_COMPLETED:
                return int(done is not None and done < end) if alive else None
            case _:
                if trial is None or not start <= trial < end:
                    return None
                idea = self.at(IDEA)
                assert idea is not None
                return (trial.astimezone(LONDON).date() - idea.astimezone(LONDON).date()).days


def told(chain: Chain) -> list[Told]:
    """Of each initiative."""
    return [
        Told(chain, placed.event, placed.at, placed.party)
        for placed in chain.placed
        if isinstance(placed.event, InitiativeProposed)
    ]


def submitted(chain: Chain, name: str, indicator: str) -> PartSubmitted:
    """A party's part of April."""
    chain.do(name, SubmitPart(indicator, APRIL))
    event = chain.placed[-1].event
    assert isinstance(event, PartSubmitted)
    return event


@settings(deadline=None, max_examples=40)
@given(st.lists(steps, max_size=6), st.sampled_from([*COUNTS, LEAD]), st.booleans())
def test_a_part_counts_what_the_entries_say(
    listed: list[Step], source: Source, is_share: bool
) -> None:
    """Whatever became of the initiatives: beside the entries read one by one."""
    chain = Chain.of(BUYER, NET, SMALL)
    chain.now = datetime(2026, 3, 14, 9, tzinfo=UTC)
    chain.agreed(NET, ProposeIndicator(delay_minutes(chain, NET, SMALL)))
    [aim] = chain.book.current_indicators
    kind = Method.POOLED_RATIO if is_share else Method.SUM
    indicator = counting(chain, source, kind)
    lived(chain, aim, listed)
    chain.now = max(chain.now, datetime(2026, 5, 1, tzinfo=UTC))

    for name in (NET, SMALL):
        part = submitted(chain, name, indicator)

        counted = [each.value(source) for each in told(chain) if each.by == chain.ids[name]]
        values = [each for each in counted if each is not None]
        assert part.figures.value == sum(values)
        assert part.figures.sample_size == part.basis.row_count == len(values)
        assert part.figures.denominator == (len(values) if is_share else None)
        assert part.basis.kind is BasisKind.LEDGER
        assert all(chain.placed[index].at < SPRING[1] for index in part.basis.batches)
    assert chain.replayed() == chain.book


@pytest.mark.parametrize(("kind", "expected"), [(Method.MEAN, "3"), (Method.MEDIAN, "2")])
def test_lead_times_are_single_values_that_means_and_percentiles_read(
    kind: Method, expected: str
) -> None:
    """Two days, two and five: nobody reports them."""
    chain = Chain.of(BUYER, NET, SMALL)
    chain.agreed(NET, ProposeIndicator(delay_minutes(chain, NET, SMALL)))
    [aim] = chain.book.current_indicators
    how: dict[str, Any] = {"answers": AnswerTerms(Denominator.VALID_ANSWERS)}
    if kind is Method.MEDIAN:
        how["percentile"] = PercentileTerms(Fraction(1, 2), Interpolation.LINEAR)
    indicator = counting(chain, LEAD, kind, **how)
    chain.now = datetime(2026, 4, 2, tzinfo=UTC)
    lived(chain, aim, [Step(NET, (TRIAL,), "agreed", (0, days * 24)) for days in (2, 2)])
    lived(chain, aim, [Step(SMALL, (TRIAL,), "agreed", (0, 5 * 24))])
    chain.now = datetime(2026, 5, 1, tzinfo=UTC)
    for name in (NET, SMALL):
        submitted(chain, name, indicator)

    chain.agreed(NET, ProposeMeasurement(indicator, APRIL))

    found = chain.book.agreed_measurement(indicator, APRIL)
    assert found is not None
    assert (found.value, found.sample_size) == (Fraction(expected), 3)


def test_a_replaced_proposal_is_the_same_initiative_since_the_first() -> None:
    """Proposed in March, replaced in April: it is not proposed in April again."""
    chain = Chain.of(BUYER, NET, SMALL)
    chain.now = datetime(2026, 3, 27, tzinfo=UTC)
    chain.agreed(NET, ProposeIndicator(delay_minutes(chain, NET, SMALL)))
    [aim] = chain.book.current_indicators
    indicator = counting(chain, Source.INITIATIVES_PROPOSED)
    lived(chain, aim, [Step(NET, (), "open", (0,))])
    [first] = chain.book.governance.initiatives.values()
    chain.now = datetime(2026, 4, 3, tzinfo=UTC)
    chain.agreed(NET, ProposeInitiative(first.terms, replaces=first.proposal_id))
    chain.now = datetime(2026, 5, 1, tzinfo=UTC)

    assert submitted(chain, NET, indicator).figures.value == 0


def test_a_forged_count_is_found() -> None:
    """One initiative more, another entry, or a declaration in its place: each a finding."""
    chain = Chain.of(BUYER, NET, SMALL)
    chain.agreed(NET, ProposeIndicator(delay_minutes(chain, NET, SMALL)))
    [aim] = chain.book.current_indicators
    indicator = counting(chain, Source.INITIATIVES_ADOPTED)
    chain.now = datetime(2026, 4, 2, tzinfo=UTC)
    lived(chain, aim, [Step(NET, (TRIAL, ADOPTED), "agreed", (0, 1, 1))])
    chain.now = datetime(2026, 5, 1, tzinfo=UTC)
    before = chain.replayed()
    event = submitted(chain, NET, indicator)
    honest = chain.placed[-1]
    for forged in (
        replace(event, figures=replace(event.figures, value=Fraction(2))),
        replace(event, basis=replace(event.basis, batches=(1,))),
        replace(event, basis=replace(event.basis, kind=BasisKind.OBSERVATIONS)),
        replace(event, basis=replace(event.basis, kind=BasisKind.DECLARED)),
    ):
        with pytest.raises(RuleBroken):
            check(before, replace(honest, event=forged))
    check(before, honest)


def test_nothing_is_said_beside_the_period_and_no_window_is_left_out() -> None:
    """What follows from entries is not declared, attributed, or excluded."""
    chain = Chain.of(BUYER, NET, SMALL)
    chain.agreed(NET, ProposeIndicator(delay_minutes(chain, NET, SMALL)))
    indicator = counting(chain, Source.INITIATIVES_ADOPTED)
    chain.now = datetime(2026, 5, 1, tzinfo=UTC)
    own = Figures(chain.ids[NET], Fraction(7))
    plain = SubmitPart(indicator, APRIL)
    for command, path in (
        (replace(plain, declared=own, evidence_sha256="0" * 64), "declared"),
        (replace(plain, invited=5), "invited"),
        (replace(plain, is_empty=True), "isEmpty"),
    ):
        assert chain.refused(NET, command, PartDerived).path == path
    window = Window(SPRING[0], SPRING[1])
    reason = ExclusionReason.PLANNED_WORK
    chain.refused(
        NET, ProposeExclusion(indicator, APRIL, window, reason, "Works.", ()), ExclusionMalformed
    )


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"kind": Method.NET_PROMOTER_SCORE}, "method.source"),
        ({"kind": Method.WEAKEST_LINK, "inputs": (WeightedInput("i", Fraction(1)),)}, "source"),
        ({"series": "s"}, "method.series"),
        ({"segment": "north"}, "method.segment"),
        ({"source": Source.OBSERVATIONS}, "method.series"),
    ],
)
def test_a_method_reads_rows_or_entries(changed: dict[str, Any], path: str) -> None:
    """A series where there are rows, none where there are not; no survey is made of entries."""
    plain = MethodTerms(Method.SUM, Fraction(1), "", "", source=Source.INITIATIVES_ADOPTED)
    if changed.get("kind") is Method.NET_PROMOTER_SCORE:
        changed = changed | {"answers": AnswerTerms(Denominator.VALID_ANSWERS)}
    check_method(plain)

    with pytest.raises(MethodMalformed) as refused:
        check_method(replace(plain, **changed))

    assert refused.value.path.endswith(path)
