"""Scorecards: ten years of fifty indicators that twelve parties own, at a date and as charts."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from graph.context import Context, Doors, in_house
from graph.receipts import fingerprint
from graph.schema import build
from ledger.actor import Actor, Role
from ledger.agreement import Consent
from ledger.amounts import Rounding
from ledger.batch import Pending, Request
from ledger.commands import Command
from ledger.distribution import Bin
from ledger.figures import Figures
from ledger.ids import EcosystemId, PartyId
from ledger.indicator import (
    Attribution,
    Boundary,
    Direction,
    IndicatorTerms,
    Levels,
    LowSample,
    Owner,
    Perspective,
    ProposeIndicator,
    RoundingStage,
    RoundingTerms,
    Stage,
    WorkedExample,
)
from ledger.measurement import ProposeMeasurement
from ledger.method import AnswerTerms, Denominator, Method, MethodTerms
from ledger.part import SubmitPart
from ledger.periods import Calendar, CalendarKind
from ledger.statistic import MarginKind
from ledger.theme import Theme
from ops.bench.bare import refresh_statistics
from ops.bench.figure import at_most
from ops.bench.frame import Run, bench, in_turn
from ops.bench.growth import fold, pending_at, step
from ops.bench.workload import EVIDENCE, period
from ops.demo import Chain, bare
from service.app import open_doors

INDICATORS = 50
PARTIES = 12
A_TENTH = 10
ROUNDS = 5
FLATTEST = 2.0
QUERY = """query($on: Date!, $history: Int!) { scorecard(on: $on, history: $history) {
  experience { ...cell } operational { ...cell } watermelon { verdict red { name } } } }
  fragment cell on ScorecardCell { target period { key }
    indicator { current { name owners { weight party { name } } } }
    measurement { displayed standing change margin { low high }
      contributions { value share party { name } } }
    series { periodKey displayed standing } }"""


@dataclass(frozen=True, slots=True)
class Card:
    """A founded chain whose parties own some indicators together."""

    ecosystem_id: EcosystemId
    parties: tuple[str, ...]
    doors: Doors
    months: int

    def actor(self, party_id: str) -> Actor:
        """A system of a party."""
        roles = frozenset({Role.REPORTER, Role.APPROVER, Role.VIEWER})
        return Actor(self.ecosystem_id, PartyId(party_id), "bench", roles)

    def request(self, party_id: str, command: Command, key: str) -> Request:
        """A command of a party."""
        print_of = fingerprint(type(command).__name__, command)
        return Request(command, self.actor(party_id), key, print_of)

    def agree(self, pending: Pending, command: Command, key: str) -> None:
        """The first party proposes, and all consent."""
        proposal_id = step(pending, self.request(self.parties[0], command, key)).object_id
        for party_id in self.parties:
            step(pending, self.request(party_id, Consent(proposal_id), f"{key}/{party_id}"))

    def terms(self, number: int) -> IndicatorTerms:
        """One of the indicators: satisfaction with one of the chain's services."""
        owners = tuple(Owner(each, Fraction(1, len(self.parties))) for each in self.parties)
        perspective = Perspective.EXPERIENCE if number % 2 else Perspective.OPERATIONAL
        return IndicatorTerms(
            name=f"Service {number}",
            why="What a customer feels is everybody's.",
            theme=list(Theme)[number % len(Theme)],
            perspective=perspective,
            unit="%",
            direction=Direction.HIGHER_IS_BETTER,
            boundary=Boundary.INCLUSIVE,
            owners=owners,
            attribution=Attribution.ATTRIBUTED,
            method=MethodTerms(
                Method.TOP_TWO_BOX,
                Fraction(100),
                "csat",
                "",
                MarginKind.WILSON,
                AnswerTerms(Denominator.VALID_ANSWERS),
            ),
            rounding=RoundingTerms(
                Rounding.HALF_UP, Fraction(1, 10), RoundingStage.AFTER_COMPARING
            ),
            calendar=Calendar(CalendarKind.MONTH, "Europe/London"),
            levels=Levels(Fraction(60), Fraction(65), Fraction(75), Fraction(90)),
            minimum_sample=30,
            low_sample=LowSample.PAY_NOTHING,
            stage=Stage.LIVE,
            live_from=period(0),
            worked_examples=(WorkedExample((answered(self.parties[0], 3),), Fraction(75)),),
        )


def answered(party_id: str, good: int) -> Figures:
    """So many satisfied, and one that is not."""
    bins = (Bin(Fraction(2), 1), Bin(Fraction(5), good))
    return Figures(party_id, Fraction(2 + 5 * good), None, 1 + good, 4 * (1 + good), bins)


async def carded(run: Run, open_now: AsyncExitStack, indicators: int, months: int) -> Card:
    """A chain with its indicators, all periods of which are agreed."""
    settings = run.settings()
    doors = await open_now.enter_async_context(open_doors(settings))
    chain = Chain(doors, "card")
    names = {f"Partner {number}": "PARTNER" for number in range(PARTIES)}
    await chain.found("Card", {"Buyer": "OUTSOURCER", **names})
    key = EcosystemId(bare(chain.ecosystem_id))
    card = Card(key, tuple(bare(chain.parties[name]) for name in names), doors, months)
    for number, pending in enumerate(await _grown(card, indicators)):
        if number and number % A_TENTH == 0:
            run.say(f"growing: {number:,} of {months:,} months")
        async with doors.ledger.database.writing(key) as connection:
            await pending.write(connection)
    assert settings.owner_url is not None
    await refresh_statistics(settings.owner_url)
    return card


async def _grown(card: Card, indicators: int) -> Iterator[Pending]:
    """What makes the chain: its indicators, then month by month."""
    folded = await fold(card.doors.ledger.database, card.ecosystem_id)

    def grow() -> Iterator[Pending]:
        pending = pending_at(folded, card.doors.ledger.log_identity)
        for number in range(indicators):
            card.agree(pending, ProposeIndicator(card.terms(number)), f"indicator/{number}")
        yield pending
        known = list(pending.book.current_indicators)
        for month in range(card.months):
            last = replace(folded, book=pending.book, frontier=pending.frontier)
            pending = pending_at(last, card.doors.ledger.log_identity)
            for number, indicator_id in enumerate(known):
                _measure(card, pending, indicator_id, month, number)
            yield pending

    return grow()


def _measure(card: Card, pending: Pending, indicator_id: str, month: int, number: int) -> None:
    place = f"{indicator_id}/{month}"
    for rank, party_id in enumerate(card.parties):
        figures = answered(party_id, 3 + (month + number + rank) % 7)
        part = SubmitPart(indicator_id, period(month), figures, EVIDENCE)
        step(pending, card.request(party_id, part, f"{place}/part/{rank}"))
    card.agree(pending, ProposeMeasurement(indicator_id, period(month)), place)


class Screen:
    """What a viewer asks for, each time at another day, so that no kept answer is met."""

    def __init__(self, card: Card) -> None:
        self.schema = build()
        self.card = card
        self.day = 0

    async def show(self, history: int) -> dict[str, Any]:
        """The scorecard after the last period."""
        self.day = self.day % 27 + 1
        on = date.fromisoformat(f"{period(self.card.months + 1)}-{self.day:02}")
        viewer = in_house(self.card.actor(self.card.parties[0]))
        result = await self.schema.execute(
            QUERY,
            variable_values={"on": on.isoformat(), "history": history},
            context_value=Context(self.card.doors, viewer, "bench"),
        )
        assert not result.errors, result.errors
        found: dict[str, Any] = (result.data or {})["scorecard"]
        return found


@bench("scorecard", size=120, smoke_size=2)
async def scorecard(run: Run) -> None:
    """The scorecard of 50 indicators that 12 parties own over so many months, beside a tenth.

    The same question to two ledgers on one server, in turn; and the charts of all their months.
    """
    indicators = INDICATORS if run.size > A_TENTH else 2
    async with AsyncExitStack() as open_now:
        few = Screen(await carded(run, open_now, indicators, max(run.size // A_TENTH, 1)))
        many = Screen(await carded(run, open_now, indicators, run.size))
        shown = await many.show(run.size)
        cells = shown["experience"] + shown["operational"]
        assert [len(each["series"]) for each in cells] == [run.size] * indicators
        small, large = await in_turn(ROUNDS, lambda: few.show(1), lambda: many.show(1))
        [charts] = await in_turn(ROUNDS, lambda: many.show(run.size))
    run.figure(
        f"a scorecard over {run.size} months",
        large.median * 1000,
        "ms",
        beside=small.median * 1000,
        than=f"over {few.card.months}",
        aim=at_most(FLATTEST),
    )
    results = indicators * run.size
    run.figure(f"charts of {results:,} results in one query", charts.median, "s", aim=at_most(5))
