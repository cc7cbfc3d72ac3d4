"""Real figures: delay in three parts over 88 periods, and a published revision as a restatement."""

import csv
import json
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.auditor import audit
from tests.measures.surveys import MEASURED
from tests.shared import SHARED, needs_shared
from tests.test_acceptance_rail import COLUMNS, DATA, record, rows
from tests.world import PROPOSED, World, indicator_terms

OPERATOR = "Great Western Railway"
REVISED = "2023-24/P01"
REVISION = 48_472
"""Claims that the publisher's cover sheet adds to the period later."""


def railway_periods(keys: list[str]) -> list[dict[str, str]]:
    """13 periods a year in their order: P01 from 1 April to the last Saturday, the rest 28 days.

    The source names periods without dates, so those stated here only order them.
    """
    listed = []
    for key in keys:
        year, number = int(key[:4]), int(key[-2:])
        last = date(year, 4, 30)
        second = last - timedelta(days=(last.weekday() - 5) % 7) + timedelta(days=1)
        starts = [date(year, 4, 1), *(second + timedelta(28 * n) for n in range(12))]
        ends = [*starts[1:], date(year + 1, 4, 1)]
        listed.append({"key": key, "start": str(starts[number - 1]), "end": str(ends[number - 1])})
    return listed


async def opened(world: World, terms: dict[str, Any], *owners: str) -> str:
    """The id of an indicator that its owners agreed to."""
    payload = await world.done(owners[0], "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], *owners)
    data = await world.read(owners[0], "{ indicators { nodes { id } } }")
    found: str = data["indicators"]["nodes"][-1]["id"]
    return found


@needs_shared
async def test_every_minute_of_88_periods_is_somebodys(world: World) -> None:
    """Three parts that add up to the total, in all 88 periods, signed by the three parties."""
    published = [row for row in rows() if row["operator"] == "ScotRail"]
    facts = json.loads((DATA / "expected.json").read_text())
    shares = {each["period"]: each for each in facts["ScotRail_2024_25_by_period"]}
    keys = sorted(row["period"] for row in published)
    assert len(keys) == 88
    await world.found("Funder", *COLUMNS)
    await record(world, published)
    calendar = {"kind": "LIST", "timeZone": "Europe/London", "periods": railway_periods(keys)}
    owners = dict(zip(COLUMNS, ("0.5", "0.4", "0.1"), strict=True))
    terms = indicator_terms(world, owners) | {"calendar": calendar, "liveFrom": keys[0]}
    indicator = await opened(world, terms, *COLUMNS)

    for row in sorted(published, key=lambda each: each["period"]):
        place = {"indicatorId": indicator, "period": row["period"]}
        for party in COLUMNS:
            await world.done(party, "submitPart", place)
        payload = await world.done("Network Rail", "proposeMeasurement", place, MEASURED)
        await world.agree(payload["proposal"], *COLUMNS)
        found = payload["measurement"]
        parts = {each["party"]["name"]: each for each in found["contributions"]}
        assert {name: Fraction(each["value"]) for name, each in parts.items()} == {
            party: Fraction(row[column]) for party, column in COLUMNS.items()
        }
        assert sum(Fraction(each["value"]) for each in parts.values()) == Fraction(found["value"])
        if row["period"] in shares:
            share = Fraction(parts["Network Rail"]["share"])
            assert round(float(share), 4) == shares[row["period"]]["network_rail_share"]

    await audit(world.settings, world.ecosystem_id)


def claims() -> tuple[list[str], int]:
    """Keys of the operator's periods, and the revised figure of one."""
    with (DATA / "delay_compensation_claims_periodic.csv").open() as file:
        listed = [row for row in csv.DictReader(file) if row["operator"] == OPERATOR]
    [revised] = [row for row in listed if row["period"] == REVISED]
    return sorted(row["period"] for row in listed), int(Fraction(revised["claims_received"]))


@needs_shared
async def test_a_published_revision_is_entered_as_a_restatement(world: World) -> None:
    """48,472 claims more than was first published; the first figure stays readable."""
    assert (SHARED / "data").is_dir()
    keys, after = claims()
    await world.found("Funder", OPERATOR)
    calendar = {"kind": "LIST", "timeZone": "Europe/London", "periods": railway_periods(keys)}
    method = {"kind": "SUM", "margin": "NONE", "series": "claims"}
    terms = indicator_terms(world, {OPERATOR: "1"}) | {
        "name": "Claims received",
        "unit": "claims",
        "method": method,
        "calendar": calendar,
        "liveFrom": REVISED,
    }
    indicator = await opened(world, terms, OPERATOR)
    place = {"indicatorId": indicator, "period": REVISED}

    async def published(claims_received: int, revision: int) -> None:
        row = {"reference": REVISED, "period": REVISED, "value": str(claims_received)}
        given = {"series": "claims", "rows": [row | {"revision": revision}]}
        await world.done(OPERATOR, "recordObservations", given)

    await published(after - REVISION, 1)
    await world.done(OPERATOR, "submitPart", place)
    first = await world.done(OPERATOR, "proposeMeasurement", place, MEASURED)
    await world.agree(first["proposal"], OPERATOR)
    await published(after, 2)
    await world.done(OPERATOR, "submitPart", place | {"isCorrection": True})
    given = place | {
        "reason": "CORRECTED_OBSERVATIONS",
        "explanation": "The publisher revised the period upward by 48,472 claims.",
    }
    second = await world.done(OPERATOR, "proposeRestatement", given, MEASURED)
    await world.agree(second["proposal"], OPERATOR)

    values = [each["measurement"]["value"] for each in (first, second)]
    assert int(values[1]) - int(values[0]) == REVISION
    query = "query($at: Index) { measurements(asOf: $at) { nodes { value } } }"
    before = await world.read("Funder", query, at=second["measurement"]["index"])
    now = await world.read("Funder", query, at=None)
    assert before["measurements"]["nodes"] == [{"value": values[0]}]
    assert now["measurements"]["nodes"] == [{"value": values[1]}]
    await audit(world.settings, world.ecosystem_id)
