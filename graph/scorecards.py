"""Scorecards: every joint indicator at a date, experience beside operational."""

from datetime import date
from fractions import Fraction
from typing import Annotated

import strawberry
from graphql import GraphQLError
from strawberry import field

from graph.calendars import Period, period_of
from graph.context import Info
from graph.enums import describe
from graph.indicators import Indicator, IndicatorVersion, indicator_of, load_indicator
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.measurements import Measurement, measurement_of
from graph.nodes import local_id
from ledger import scorecard as rules
from ledger.actor import NotFound
from ledger.book import Indicator as State
from ledger.indicator import Perspective
from ledger.measurement import Measurement as MeasurementState
from ledger.read import MAX_PAGE, Window
from ledger.scorecard import Cell, Verdict
from ledger.theme import Theme

MAX_HISTORY = 130
"""Periods of a chart in one query: ten years of railway periods."""

describe(
    Verdict,
    "What operational and experience indicators say together.",
    WATERMELON="All operational ones are GREEN, an experience one is RED: red inside.",
    REVERSE="An operational one is RED, all experience ones are GREEN: green inside.",
    CONSISTENT="Neither.",
    UNKNOWN="One of the two sides has no result.",
)


OnDate = Annotated[date, strawberry.argument(description="Periods count that ended by it.")]
OfTheme = Annotated[Theme | None, strawberry.argument(description="Only indicators of this theme.")]
SeriesLength = Annotated[int, strawberry.argument(description="Results in each series, 1 to 130.")]


@strawberry.type(description="An indicator at a date.")
class ScorecardCell:
    """Its latest result that had ended by then, marked with its own period."""

    indicator: Indicator = field(description="The indicator with its version in force.")
    measurement: Measurement | None = field(
        description="The latest agreed result: value, standing, change, margin, parts. Null "
        "where nothing had ended by then."
    )
    period: Period | None = field(description="The period of that result.")
    target: Fraction = field(description="In the indicator's unit.")
    series: list[Measurement] = field(
        description="The results before it and itself, oldest first, as many as were asked for."
    )


@strawberry.type(description="Whether the outside and the inside agree.")
class Watermelon:
    """Five times green in the chain is not a satisfied customer."""

    verdict: Verdict = field(description="What the indicators say together.")
    green: list[IndicatorVersion] = field(description="The side that is all GREEN.")
    red: list[IndicatorVersion] = field(description="Those of the other side that are RED.")


@strawberry.type(description="Every joint indicator at a date, experience beside operational.")
class Scorecard:
    """Derived from the ledger; nothing of it is stored."""

    on: date = field(description="The date that was asked for.")
    experience: list[ScorecardCell] = field(description="What the user feels.")
    operational: list[ScorecardCell] = field(description="What service levels measure.")
    watermelon: Watermelon = field(description="Whether the two sides agree.")


@strawberry.type(description="The dip after a transition, against the baseline.")
class TransitionDip:
    """The bathtub: from the first period that is worse to the first that is not."""

    periods: list[Period] = field(description="The periods below the baseline.")
    depth: Fraction = field(description="The largest shortfall, in the indicator's unit.")
    deepest_in: Period = field(description="The period of the largest shortfall.")
    days: int = field(description="Days of the periods below the baseline.")
    area: Fraction = field(description="Shortfall times days, in unit-days.")
    recovered_in: Period | None = field(
        description="The first period back at the baseline; null while there is none."
    )


@strawberry.type
class ScorecardQuery:
    """Reading."""

    @field(
        description="Every agreed indicator at a date with its latest result that had ended by "
        "then, and its series for charts."
    )
    async def scorecard(
        self,
        info: Info,
        on: OnDate,
        theme: OfTheme = None,
        history: SeriesLength = 1,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Scorecard:
        """In the order in which indicators were agreed."""
        require_history(history)
        size = await ledger_size(info, as_of, as_of_instant)
        return scorecard_of(await seen(info, on, theme, history, size), on, size)

    @field(
        description="The dip of an indicator after a transition, against its baseline; null where "
        "there was none."
    )
    async def transition_dip(
        self,
        info: Info,
        indicator_id: Annotated[
            strawberry.ID, strawberry.argument(description="An agreed indicator.")
        ],
        transition_on: Annotated[
            date, strawberry.argument(description="Periods count that start on it or later.")
        ],
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> TransitionDip | None:
        """Over all agreed results since."""
        size = await ledger_size(info, as_of, as_of_instant)
        key = local_id(indicator_id, "Indicator", "indicatorId")
        found = await load_indicator(info, key, size)
        if found is None:
            raise NotFound("indicatorId", what="agreed indicator", id=key)
        state = found.current.state
        [cell] = await _cells(info, [state], date.max, 10**6, size)
        dip = rules.dip(state.version.terms, cell.results, transition_on)
        if dip is None:
            return None
        calendar = state.version.terms.calendar
        return TransitionDip(
            periods=[period_of(calendar, each) for each in dip.periods],
            depth=dip.depth,
            deepest_in=period_of(calendar, dip.deepest_in),
            days=dip.days,
            area=dip.area,
            recovered_in=period_of(calendar, dip.recovered_in) if dip.recovered_in else None,
        )


Seen = list[tuple[State, Cell]]
"""What a scorecard shows: equal where nothing of it changed."""


def require_history(history: int) -> None:
    """Return if a series may be so long. Raises BAD_REQUEST."""
    if not 1 <= history <= MAX_HISTORY:
        raise GraphQLError(
            f"A series has 1 to {MAX_HISTORY} results, not {history}.",
            extensions={"code": "BAD_REQUEST"},
        )


async def seen(info: Info, on: date, theme: Theme | None, history: int, size: int | None) -> Seen:
    """The indicators of a theme, or all, with their newest results that had ended by a date."""
    states = [
        each
        for each in await _indicators(info, size)
        if theme is None or each.version.terms.theme is theme
    ]
    return list(zip(states, await _cells(info, states, on, history, size), strict=True))


def scorecard_of(found: Seen, on: date, size: int | None) -> Scorecard:
    """What was seen, as the API shows it."""
    judged = rules.watermelon([cell for _, cell in found])
    shown = [_cell_of(state, cell, size) for state, cell in found]
    return Scorecard(
        on=on,
        experience=_side(shown, Perspective.EXPERIENCE),
        operational=_side(shown, Perspective.OPERATIONAL),
        watermelon=Watermelon(
            verdict=judged.verdict,
            green=[shown[place].indicator.current for place in judged.green],
            red=[shown[place].indicator.current for place in judged.red],
        ),
    )


async def _indicators(info: Info, size: int | None) -> list[State]:
    """Every agreed indicator, in the order of agreement."""
    found: list[State] = []
    after, more = None, True
    while more:
        page = await info.context.doors.reader.page(
            info.context.actor, "indicator", State, Window(first=MAX_PAGE, after=after), as_of=size
        )
        found += [each.value for each in page.items]
        more = page.has_next
        after = (page.items[-1].first_index, page.items[-1].object_id) if page.items else None
    return found


async def _cells(
    info: Info, states: list[State], on: date, count: int, size: int | None
) -> list[Cell]:
    """Each indicator with its newest results: their keys first, then those that are shown."""
    actor, gathering = info.context.actor, info.context.doors.gathering
    keys: dict[str, list[str]] = {}
    for each in await gathering.result_keys(actor, size):
        keys.setdefault(each.indicator_id, []).append(each.period)
    calendars = {state.version.indicator_id: state.version.terms.calendar for state in states}
    wanted = rules.ended_by(keys, calendars, on, count)
    places = [f"{key}/{period}" for key, periods in wanted.items() for period in periods]
    found = await gathering.many(actor, "result", places, MeasurementState, size)
    return [
        Cell(
            state.version.terms,
            tuple(
                found[f"{state.version.indicator_id}/{period}"].value
                for period in wanted.get(state.version.indicator_id, [])
            ),
        )
        for state in states
    ]


def _cell_of(state: State, cell: Cell, size: int | None) -> ScorecardCell:
    latest = cell.latest
    return ScorecardCell(
        indicator=indicator_of(state),
        measurement=None if latest is None else measurement_of(latest, size),
        period=None if latest is None else period_of(cell.terms.calendar, latest.period),
        target=cell.terms.levels.target,
        series=[measurement_of(each, size) for each in cell.results],
    )


def _side(cells: list[ScorecardCell], perspective: Perspective) -> list[ScorecardCell]:
    return [each for each in cells if each.indicator.current.perspective is perspective]
