"""Real figures: all of Great Britain's attributed rail delay as observations, a year agreed."""

import csv
import json
from datetime import date, timedelta
from typing import Any

from tests.auditor import audit
from tests.shared import SHARED, needs_shared
from tests.world import PROPOSED, World, indicator_terms

DATA = SHARED / "data" / "uk-rail-orr"
COLUMNS = {
    "Network Rail": "network_rail_minutes",
    "ScotRail": "operator_minutes",
    "Other operators": "other_operators_minutes",
}
BATCH = 1000
YEAR = "2024-25"


def rows() -> list[dict[str, str]]:
    """The published rows: a period and an operator each."""
    with (DATA / "delay_minutes_by_party_periodic.csv").open() as file:
        return list(csv.DictReader(file))


def periods() -> list[dict[str, Any]]:
    """The 13 railway periods of 2024-25; the first and the last are no 28 days."""
    starts = [date(2024, 4, 1), *(date(2024, 4, 28) + timedelta(28 * n) for n in range(12))]
    ends = [*starts[1:], date(2025, 4, 1)]
    return [
        {"key": f"{YEAR}/P{n:02}", "start": str(start), "end": str(end)}
        for n, (start, end) in enumerate(zip(starts, ends, strict=True), start=1)
    ]


async def record(world: World, published: list[dict[str, str]]) -> None:
    """Every row by each responsible party, in batches."""
    for party, column in COLUMNS.items():
        observations = [
            {
                "reference": f"{row['period']} {row['operator']}",
                "period": row["period"],
                "segment": row["operator"],
                "value": row[column],
            }
            for row in published
        ]
        for start in range(0, len(observations), BATCH):
            batch = {"series": "delay-minutes", "rows": observations[start : start + BATCH]}
            await world.done(party, "recordObservations", batch)


@needs_shared
async def test_scotrails_year_is_agreed_on_the_published_figures(world: World) -> None:
    """2,140 rows, 88 periods, 26 operators; ScotRail's 13 periods to the decimal."""
    published = rows()
    facts = json.loads((DATA / "expected.json").read_text())
    assert len(published) == 2140
    assert len({row["period"] for row in published}) == 88
    assert len({row["operator"] for row in published}) == 26
    await world.found("Funder", *COLUMNS)
    await record(world, published)
    owners = dict(zip(COLUMNS, ("0.5", "0.4", "0.1"), strict=True))
    terms = indicator_terms(world, owners)
    listed = {"kind": "LIST", "timeZone": "Europe/London", "periods": periods()}
    terms |= {"calendar": listed, "liveFrom": f"{YEAR}/P01"}
    opened = await world.done("ScotRail", "proposeIndicator", terms, PROPOSED)
    await world.agree(opened["proposal"], *COLUMNS)
    data = await world.read("Funder", "{ indicators { nodes { id } } }")
    indicator = data["indicators"]["nodes"][0]["id"]

    for expected in facts["ScotRail_2024_25_by_period"]:
        place = {"indicatorId": indicator, "period": expected["period"]}
        for party in COLUMNS:
            await world.done(party, "submitPart", place)
        show = f"measurement {{ displayed }} {PROPOSED}"
        measured = await world.done("Network Rail", "proposeMeasurement", place, show)
        assert float(measured["measurement"]["displayed"]) == expected["total"]
        await world.agree(measured["proposal"], *COLUMNS)

    await totals(world, facts)
    await audit(world.settings, world.ecosystem_id)


async def totals(world: World, facts: dict[str, Any]) -> None:
    """ScotRail's year by party, its worst period, and all of Great Britain."""
    keys = [each["key"] for each in periods()]
    query = """query($segment: String!, $periods: [String!]!) {
      observationTotals(series: "delay-minutes", segment: $segment, periods: $periods) {
        value party { name } } }"""
    data = await world.read("Funder", query, segment="ScotRail", periods=keys)
    found = {each["party"]["name"]: each["value"] for each in data["observationTotals"]}
    assert found == {
        "Network Rail": "456702.6",
        "ScotRail": "348361.7",
        "Other operators": "51505",
    }
    data = await world.read("Funder", query, segment="", periods=keys)
    found = {each["party"]["name"]: float(each["value"]) for each in data["observationTotals"]}
    known = facts["GB_2024_25_minutes"]
    assert found == {party: known[column] for party, column in COLUMNS.items()}
    data = await world.read(
        "Funder",
        """{ measurements(first: 100) { nodes { periodKey displayed
          parts { figures { value party { name } } } } } }""",
    )
    nodes = data["measurements"]["nodes"]
    worst = max(nodes, key=lambda each: float(each["displayed"]))
    assert (worst["periodKey"], worst["displayed"]) == (f"{YEAR}/P08", "107449.5")
    parts = [part["figures"]["value"] for part in worst["parts"]]
    assert parts == ["59299.4", "42650.3", "5499.8"]
    assert round(sum(float(each["displayed"]) for each in nodes), 1) == 856569.3
