"""Real answers: 3,882 single ones of patients, uploaded by 11 practices, measured jointly."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from ops.verify import verify
from tests.auditor import audit
from tests.ops.test_verify import exported as exported_as_buyer
from tests.shared import SHARED, needs_shared
from tests.test_story import BUYER
from tests.uploads.steps import push
from tests.uploads.test_rows import download
from tests.world import PROPOSED, World, indicator_terms

DATA = SHARED / "data" / "gp-fft"
GOOD = {"Extremely likely", "Likely"}
SERIES = "would-recommend"
FEBRUARY = "2024-02"
SMALL = ("The Abingdon Health Centre", "The Good Practice", "Earls Court Medical Centre")
MINIMUM = 30


def published() -> list[dict[str, str]]:
    """The answers as published, one a row."""
    with (DATA / "fft_responses.csv").open() as file:
        return list(csv.DictReader(file))


def file_of(rows: list[dict[str, str]]) -> bytes:
    """A practice's answers in our columns; 1 is positive."""
    lines = [
        f"{row['response_no']},{row['time']},{int(row['rating'] in GOOD)},1,1\n" for row in rows
    ]
    return ("reference,at,value,denominator,sampleSize\n" + "".join(lines)).encode()


def terms_of(world: World, name: str, owners: list[str]) -> dict[str, Any]:
    """The share of positive answers among all, in per cent; owned in equal parts."""
    shares = {owner: f"1/{len(owners)}" if len(owners) > 1 else "1" for owner in owners}
    return indicator_terms(world, shares) | {
        "name": name,
        "why": "A patient who would not recommend any one of us is lost to all of us.",
        "theme": "CUSTOMER_SATISFACTION",
        "perspective": "EXPERIENCE",
        "unit": "%",
        "direction": "HIGHER_IS_BETTER",
        "method": {"kind": "POOLED_RATIO", "margin": "NONE", "series": SERIES, "scale": "100"},
        "rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "BEFORE_COMPARING"},
        "levels": {"baseline": "85", "minimum": "85", "target": "90", "stretch": "95"},
        "minimumSample": MINIMUM,
        "liveFrom": FEBRUARY,
        "workedExamples": [
            {
                "parts": [
                    {"partyId": world.parties[owner], "value": "9", "denominator": "10"}
                    for owner in owners
                ],
                "expected": "90",
            }
        ],
    }


async def measured(world: World, name: str, owners: list[str], period: str) -> dict[str, Any]:
    """The agreed measurement of an indicator of its own."""
    opened = await world.done(
        owners[0],
        "proposeIndicator",
        terms_of(world, name, owners),
        PROPOSED,
    )
    await world.agree(opened["proposal"], *owners)
    data = await world.read(BUYER, "{ indicators(first: 100) { nodes { id current { name } } } }")
    [indicator] = [
        each["id"] for each in data["indicators"]["nodes"] if each["current"]["name"] == name
    ]
    place = {"indicatorId": indicator, "period": period}
    for owner in owners:
        await world.done(owner, "submitPart", place)
    show = f"""measurement {{ value displayed standing isLowSample sampleSize
      parts {{ figures {{ value denominator party {{ name }} }} }} }} {PROPOSED}"""
    payload = await world.done(owners[0], "proposeMeasurement", place, show)
    await world.agree(payload["proposal"], *owners)
    found: dict[str, Any] = payload["measurement"]
    return found


@needs_shared
async def test_eleven_practices_are_measured_as_one(world: World, tmp_path: Path) -> None:
    """Pooled, not a mean of means; equal answers are all kept; small samples are flagged."""
    rows, facts = published(), json.loads((DATA / "expected.json").read_text())
    practices = sorted({row["surgery"] for row in rows})
    assert (len(rows), len(practices)) == (3882, 11)
    await world.found(BUYER, *practices)
    entered = 0
    for practice in practices:
        theirs = [row for row in rows if row["surgery"] == practice]
        declared = {"unit": "positive answers", "minimum": "0", "maximum": "1"}
        terms = {"series": SERIES, "timeZone": "Europe/London", "declared": declared}
        entered += (await push(world, file_of(theirs), practice, **terms))["rowsEntered"]
    contents = Counter((row["time"], row["surgery"], row["rating"]) for row in rows)
    assert sum(contents.values()) - len(contents) == 335
    assert entered == 3882
    data = await world.read(
        BUYER, f'{{ observationTotals(series: "{SERIES}") {{ value rowCount }} }}'
    )
    totals = data["observationTotals"]
    assert sum(each["rowCount"] for each in totals) == facts["responses"]
    assert sum(int(each["value"]) for each in totals) == facts["overall"]["positive"]

    for period, value in ((FEBRUARY, "89.93"), ("2024-03", "90.34")):
        joint = await measured(world, f"Recommended {period}", practices, period)
        assert joint["displayed"] == value
        published_parts = {
            each["surgery"]: (str(each["positive"]), str(each["n"]))
            for each in facts["surgery_month_2024_02_03"]
            if each["m"] == period
        }
        assert published_parts == {
            each["figures"]["party"]["name"]: (
                each["figures"]["value"],
                each["figures"]["denominator"],
            )
            for each in joint["parts"]
        }
        assert not joint["isLowSample"]
    for practice in (*SMALL, "Earls Court Surgery"):
        own = await measured(world, f"Recommended: {practice}", [practice], FEBRUARY)
        assert own["isLowSample"] == (practice in SMALL)

    key = await exported_as_buyer(world, tmp_path / "ledger")
    await download(world, "Earls Court Surgery", tmp_path / "rows")
    verdict = verify(tmp_path / "ledger", key, observations=tmp_path / "rows")
    assert verdict.findings == []
    assert "3 parts follow from them" in str(verdict.notes)
    await audit(world.settings, world.ecosystem_id)
