"""The scorecard: side by side at a date, the watermelon in real figures, and the dip."""

import csv
import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.indicator import Direction, Perspective, Standing
from ledger.measurement import Measurement
from ledger.periods import Calendar, CalendarKind
from ledger.scorecard import Cell, Verdict, dip, ended_by, watermelon
from tests.auditor import audit
from tests.measures.declared import agreed, part, terms
from tests.measures.test_rail import railway_periods
from tests.shared import needs_shared
from tests.test_acceptance_rail import DATA
from tests.world import PROPOSED, World, indicator_terms

AVANTI = "Avanti West Coast"
YEAR = "2023-24"
SCORECARD = """query($on: Date!, $history: Int!, $asOf: DateTime) {
  scorecard(on: $on, history: $history, asOfInstant: $asOf) {
    experience { ...cell } operational { ...cell }
    watermelon { verdict green { name } red { name } } } }
  fragment cell on ScorecardCell { indicator { current { name } } target period { key start end }
    measurement { displayed standing change } series { periodKey standing } }"""


def cell(perspective: str, standing: Standing | None) -> Cell:
    """A cell that stands so, or without a result."""
    stated = terms(perspective=perspective)
    if standing is None:
        return Cell(stated, ())
    return Cell(stated, (measured("2024-02", "1", standing),))


def measured(period: str, value: str, standing: Standing = Standing.GREEN) -> Measurement:
    """An agreed value of a period."""
    found = agreed(terms(), [part(value=value)]).measurement
    changed: dict[str, Any] = {"period": period, "standing": standing}
    return Measurement(**{name: getattr(found, name) for name in found.__slots__} | changed)


GREEN, AMBER, RED, NONE = Standing.GREEN, Standing.AMBER, Standing.RED, Standing.NONE


@pytest.mark.parametrize(
    ("outside", "inside", "verdict"),
    [
        ([GREEN, GREEN], [RED], Verdict.WATERMELON),
        ([GREEN, GREEN], [GREEN, RED], Verdict.WATERMELON),
        ([GREEN, None, NONE], [RED], Verdict.WATERMELON),
        ([GREEN, AMBER], [RED], Verdict.CONSISTENT),
        ([GREEN], [AMBER], Verdict.CONSISTENT),
        ([RED, GREEN], [GREEN], Verdict.REVERSE),
        ([RED], [RED], Verdict.CONSISTENT),
        ([GREEN], [], Verdict.UNKNOWN),
        ([None], [RED], Verdict.UNKNOWN),
    ],
)
def test_the_watermelon_is_green_outside_and_red_inside(
    outside: list[Standing | None], inside: list[Standing | None], verdict: Verdict
) -> None:
    """And its reverse; what has no value says nothing."""
    cells = [cell(Perspective.OPERATIONAL, each) for each in outside]
    cells += [cell(Perspective.EXPERIENCE, each) for each in inside]

    assert watermelon(cells).verdict is verdict


@given(st.dates(date(2023, 1, 1), date(2025, 12, 31)), st.integers(1, 5))
def test_a_cell_is_the_latest_period_that_had_ended(on: date, count: int) -> None:
    """Monthly and yearly ones side by side; beside counting months by hand."""
    calendars = {
        "monthly": Calendar(CalendarKind.MONTH, "UTC"),
        "yearly": Calendar(CalendarKind.YEAR, "UTC", first_month=4),
    }
    months = [f"{year}-{month:02}" for year in (2023, 2024) for month in range(1, 13)]
    keys = {"monthly": months[::-1], "yearly": ["2023-24", "2022-23", "2020"], "gone": ["2023"]}

    found = ended_by(keys, calendars, on, count)

    ended = [key for key in months if f"{on:%Y-%m}" > key]
    years = [key for key in ("2022-23", "2023-24") if on >= date(int(key[:4]) + 1, 4, 1)]
    assert found == {"monthly": ended[-count:], "yearly": years[-count:]}


def test_the_dip_has_a_depth_a_length_and_an_area() -> None:
    """Baseline 80: two months below, 30 and 31 days, back in June."""
    stated = terms(levels={"baseline": "80", "minimum": "0", "target": "0", "stretch": "0"})
    values = {"2024-02": "70", "2024-03": "82", "2024-04": "60", "2024-05": "75", "2024-06": "80"}
    results = [measured(period, value) for period, value in values.items()]

    found = dip(stated, results, date(2024, 3, 1))

    assert found is not None
    assert found.periods == ("2024-04", "2024-05")
    assert found.depth == 20
    assert (found.deepest_in, found.days) == ("2024-04", 61)
    assert found.area == 20 * 30 + 5 * 31
    assert found.recovered_in == "2024-06"
    assert dip(stated, results, date(2024, 6, 1)) is None


def test_a_dip_of_delays_is_a_rise_and_may_not_be_over() -> None:
    """Lower is better: above the baseline is the dip."""
    levels = {"baseline": "10", "minimum": "0", "target": "0", "stretch": "0"}
    stated = terms(direction="LOWER_IS_BETTER", levels=levels)
    assert stated.direction is Direction.LOWER_IS_BETTER

    found = dip(stated, [measured("2024-02", "12")], date(2024, 2, 1))

    assert found is not None
    assert found.depth == 2
    assert (found.days, found.recovered_in) == (29, None)


async def opened(world: World, name: str, calendar: dict[str, Any], **stated: Any) -> str:
    """An agreed indicator of the operator's own."""
    described = indicator_terms(world, {AVANTI: "1"}) | {
        "name": name,
        "attribution": "SOLIDARY",
        "method": {"kind": "SUM", "margin": "NONE", "series": name},
        "calendar": {"timeZone": "Europe/London", **calendar},
        "stage": "SHADOW",
        "liveFrom": "",
    }
    payload = await world.done(AVANTI, "proposeIndicator", described | stated, PROPOSED)
    await world.agree(payload["proposal"], AVANTI)
    data = await world.read(AVANTI, "{ indicators(first: 100) { nodes { id } } }")
    found: str = data["indicators"]["nodes"][-1]["id"]
    return found


async def entered(world: World, indicator: str, series: str, values: dict[str, str]) -> None:
    """Published figures as observations, each period agreed."""
    rows = [{"reference": key, "period": key, "value": each} for key, each in values.items()]
    await world.done(AVANTI, "recordObservations", {"series": series, "rows": rows})
    for period in values:
        place = {"indicatorId": indicator, "period": period}
        await world.done(AVANTI, "submitPart", place)
        payload = await world.done(AVANTI, "proposeMeasurement", place, PROPOSED)
        await world.agree(payload["proposal"], AVANTI)


def levels(minimum: str, target: str) -> dict[str, str]:
    """Staged levels: the publisher has none."""
    return {"baseline": minimum, "minimum": minimum, "target": target, "stretch": target}


def percent(share: str) -> str:
    """A published share, whose last binary digits are noise, in percent with two decimals."""
    return f"{float(share) * 100:.2f}"


def published_claims() -> dict[str, str]:
    """Claims closed within 20 working days, in percent, by the periods of the year."""
    with (DATA / "delay_compensation_claims_periodic.csv").open() as file:
        listed = [row for row in csv.DictReader(file) if row["operator"] == AVANTI]
    found = {row["period"]: percent(row["share_closed_20_working_days"]) for row in listed}
    return {key: found[key] for key in sorted(found) if key.startswith(YEAR)}


async def published_year(world: World) -> None:
    """Avanti's published figures of the year: claims by period, punctuality and complaints."""
    facts = json.loads((DATA / "expected.json").read_text())["Avanti_2023_24_year"]
    claims = published_claims()
    assert len(claims) == 13
    await world.found("Funder", AVANTI)
    yearly = {"kind": "YEAR", "firstMonth": 4}
    felt = {"perspective": "EXPERIENCE", "theme": "CUSTOMER_SATISFACTION"}
    up = {"unit": "%", "direction": "HIGHER_IS_BETTER"}
    closed = await opened(
        world,
        "Claims closed in time",
        {"kind": "LIST", "periods": railway_periods(list(claims))},
        levels=levels("90", "95"),
        **up,
    )
    punctual = await opened(world, "Stops on time", yearly, levels=levels("60", "70"), **felt, **up)
    complaints = await opened(
        world,
        "Complaints per 100,000 journeys",
        yearly,
        unit="complaints",
        levels=levels("60", "30"),
        **felt,
    )
    await entered(world, closed, "Claims closed in time", claims)
    await entered(world, punctual, "Stops on time", {YEAR: str(facts["on_time_pct"])})
    count = {YEAR: str(facts["complaints_per_100k_journeys"])}
    await entered(world, complaints, "Complaints per 100,000 journeys", count)


@needs_shared
async def test_avanti_was_a_watermelon_in_2023_24(world: World) -> None:
    """Claims closed in time in all 13 periods; four in ten stops on time, complaints piling up."""
    await published_year(world)

    data = await world.read("Funder", SCORECARD, on="2024-04-01", history=13)
    early = await world.read("Funder", SCORECARD, on="2024-03-31", history=1)
    founding = await world.read(
        "Funder", SCORECARD, on="2024-04-01", history=1, asOf="2020-01-01T00:00:00Z"
    )

    card = data["scorecard"]
    [outside] = card["operational"]
    assert [each["standing"] for each in outside["series"]] == ["GREEN"] * 13
    assert outside["period"]["key"] == f"{YEAR}/P13"
    inside = {each["indicator"]["current"]["name"]: each for each in card["experience"]}
    assert inside["Stops on time"]["period"] == {
        "key": YEAR,
        "start": "2023-04-01",
        "end": "2024-04-01",
    }
    assert Fraction(inside["Stops on time"]["measurement"]["displayed"]) == Fraction("43.5")
    assert {each["measurement"]["standing"] for each in inside.values()} == {"RED"}
    assert card["watermelon"]["verdict"] == "WATERMELON"
    assert [each["name"] for each in card["watermelon"]["green"]] == ["Claims closed in time"]
    assert len(card["watermelon"]["red"]) == 2
    assert early["scorecard"]["watermelon"]["verdict"] == "UNKNOWN"
    assert early["scorecard"]["operational"][0]["period"]["key"] == f"{YEAR}/P12"
    assert founding["scorecard"]["operational"] == []
    await audit(world.settings, world.ecosystem_id)


async def test_a_dip_is_told_over_the_api(world: World) -> None:
    """Two years below the baseline of 60, and not over yet."""
    await world.found("Funder", AVANTI)
    yearly = {"kind": "YEAR", "firstMonth": 4}
    name = "Stops on time"
    up = "HIGHER_IS_BETTER"
    indicator = await opened(world, name, yearly, unit="%", direction=up, levels=levels("60", "70"))
    await entered(world, indicator, name, {"2021-22": "61", "2022-23": "45", "2023-24": "43.5"})
    query = """query($id: ID!, $on: Date!) { transitionDip(indicatorId: $id, transitionOn: $on) {
      periods { key start end } depth deepestIn { key } days area recoveredIn { key } } }"""

    data = await world.read("Funder", query, id=indicator, on="2021-04-01")
    none = await world.read("Funder", query, id=indicator, on="2024-04-01")

    assert data["transitionDip"] == {
        "periods": [
            {"key": "2022-23", "start": "2022-04-01", "end": "2023-04-01"},
            {"key": "2023-24", "start": "2023-04-01", "end": "2024-04-01"},
        ],
        "depth": "16.5",
        "deepestIn": {"key": "2023-24"},
        "days": 731,
        "area": str(15 * 365 + Fraction("16.5") * 366),
        "recoveredIn": None,
    }
    assert none["transitionDip"] is None
