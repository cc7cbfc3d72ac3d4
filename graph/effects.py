"""Effects of initiatives: what came of each aim, and what follows from them for an indicator."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import strawberry
from strawberry import field

from graph.context import Info
from graph.indicators import Indicator, load_indicator
from graph.measurements import Measurement, measurement_of
from ledger.attained import Attained, attained, places
from ledger.book import Indicator as VersionState
from ledger.figures import Figures
from ledger.initiative import Initiative
from ledger.innovation import judged, rows, summed_up
from ledger.measurement import Measurement as MeasurementState
from ledger.method import MethodTerms, Source
from ledger.part import figures_of
from ledger.periods import Period
from ledger.proposal import ProposalStatus
from ledger.read import MAX_PAGE, Narrowed, Window
from ledger.result import Neighbour
from ledger.statistic import Change


@strawberry.type(description="What came of one aim of an initiative; nothing of it is stored.")
class AttainedEffect:
    """Computed from agreed measurements, never declared."""

    indicator_key: strawberry.Private[str]
    as_of: strawberry.Private[int | None]
    expected_change: Fraction = field(description="What was expected, in the indicator's unit.")
    before: Measurement | None = field(
        description="The last agreed period that had ended when the trial began; null without one."
    )
    after: Measurement | None = field(
        description="The newest agreed period that began after that, and ended before the "
        "initiative was stopped; null without one."
    )
    moved_by: Fraction | None = field(
        description="After less before, exact; null where there are no two comparable values."
    )
    verdict: Change = field(
        description="Whether it moved by more than its noise, and which way; FIRST where there are "
        "no two comparable values."
    )
    is_reached: bool | None = field(
        description="Whether it moved as far as expected, the expected way and, where margins are "
        "agreed, beyond the noise; null where there is nothing to compare."
    )

    @field(description="The indicator at which it aims, as it stands.")
    async def indicator(self, info: Info) -> Indicator | None:
        """With its version in force."""
        return await load_indicator(info, self.indicator_key, self.as_of)


async def attained_effects(
    info: Info, initiative: Initiative, on: date, as_of: int | None = None
) -> list[AttainedEffect]:
    """The effects of an initiative, by periods that had ended by a day."""
    return [
        AttainedEffect(
            indicator_key=each.aim.indicator_id,
            as_of=as_of,
            expected_change=each.aim.expected_change,
            before=_shown(each.before, as_of),
            after=_shown(each.after, as_of),
            moved_by=each.moved_by,
            verdict=each.verdict,
            is_reached=each.is_reached,
        )
        for each in await _effects(info, initiative, on, as_of)
    ]


async def derived_figures(
    info: Info, method: MethodTerms, period: Period, owners: Sequence[str]
) -> tuple[Figures, ...]:
    """What the entries say of a period to a method that reads them, an owner each."""
    known = await _initiatives(info)
    found = []
    for party_id in owners:
        effects: dict[str, tuple[Attained, ...]] = {}
        if method.source is Source.INITIATIVE_EFFECTS:
            for each in judged(known, period, party_id):
                found_effects = await _effects(info, each, each.terms.judged_on, None)
                effects[each.initiative_id] = tuple(found_effects)
        counted = rows(method.source, known, period, party_id, effects)
        found.append(figures_of(party_id, method.kind, summed_up(method.kind, counted)))
    return tuple(found)


async def load_neighbour(
    info: Info, indicator_id: str, period: str, as_of: int | None = None
) -> Neighbour | None:
    """An agreed result with the terms of the version that it was measured by, or None."""
    place = f"{indicator_id}/{period}"
    measured = await info.context.load("result", place, MeasurementState, as_of)
    if measured is None:
        return None
    page = await info.context.doors.reader.page(
        info.context.actor,
        "indicator_version",
        VersionState,
        Window(first=MAX_PAGE),
        Narrowed(indicator_id, status=ProposalStatus.AGREED),
        as_of,
    )
    for state in page.items:
        if state.value.version.version == measured.value.version:
            return Neighbour(measured.value, state.value.version.terms)
    return None


async def _effects(
    info: Info, initiative: Initiative, on: date, as_of: int | None
) -> list[Attained]:
    keys = await info.context.doors.gathering.result_keys(info.context.actor, as_of)
    found = []
    for aim in initiative.terms.aims:
        key = aim.indicator_id
        state = await info.context.load("indicator", key, VersionState, as_of)
        sides: tuple[str | None, str | None] = (None, None)
        if state is not None:
            listed = [each.period for each in keys if each.indicator_id == key]
            sides = places(initiative, state.value.version.terms.calendar, listed, on)
        before, after = [
            None if each is None else await load_neighbour(info, key, each, as_of) for each in sides
        ]
        found.append(attained(aim, before, after))
    return found


async def _initiatives(info: Info) -> list[Initiative]:
    """Every initiative, proposed or agreed."""
    found: list[Initiative] = []
    after, more = None, True
    while more:
        page = await info.context.doors.reader.page(
            info.context.actor, "initiative", Initiative, Window(first=MAX_PAGE, after=after)
        )
        found += [each.value for each in page.items]
        more = page.has_next
        after = (page.items[-1].first_index, page.items[-1].object_id) if page.items else None
    return found


def _shown(side: Neighbour | None, as_of: int | None) -> Measurement | None:
    return None if side is None else measurement_of(side.measurement, as_of)
