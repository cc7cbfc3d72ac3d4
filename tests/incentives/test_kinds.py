"""Kinds of settlements over HTTP: each has its own place, is agreed, posted, and audited."""

from pathlib import Path
from typing import Any

from ops.verify import verify
from tests.auditor import audit
from tests.incentives.declared import declared, given, item, line, shared, stated
from tests.incentives.test_api import indicators, named
from tests.trust.steps import exported
from tests.world import PROPOSED, World

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
SHOWN = f"""settlement {{ id kind corrected {{ periodKey }} correctedBy {{ id }}
  stakes {{ party {{ name }} amount {{ amount }} }} trace {{ name sentence }} }} {PROPOSED}"""


async def agreed(world: World) -> str:
    """A scheme with a penalty for late reports, its indicator measured for one month."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    place = {"indicatorId": ids["i0"], "period": "2024-04"}
    figures = {"partyId": world.parties["P0"], "value": "50"}
    part = {"figures": figures, "evidenceSha256": "0" * 64}
    await world.done("P0", "submitPart", place | {"declared": part})
    payload = await world.done("P0", "proposeMeasurement", place, PROPOSED)
    await world.agree(payload["proposal"], "P0")
    example = {"values": [given(0, "100")], "expected": {"amount": "10000.00", "currency": "EUR"}}
    penalty = {"amount": {"amount": "250.00", "currency": "EUR"}, "graceDays": 10}
    terms = declared(
        [item(0, {"line": line([["0", "0"], ["100", "1"]])})],
        split=shared("0.6", "0.4"),
        reportingPenalty=penalty,
        validFromPeriod="2024-04",
        workedExamples=[example],
    )
    given_terms = named(world, ids, terms)
    payload = await world.done(BUYER, "proposeScheme", given_terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    found: str = payload["scheme"]["id"]
    return found


async def settled(world: World, scheme: str, **asked: Any) -> dict[str, Any]:
    """A settlement that those it concerns agreed."""
    given_kind = {"schemeId": scheme, "period": "2024-04", **asked}
    payload = await world.done(BUYER, "proposeSettlement", given_kind, SHOWN)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    found: dict[str, Any] = payload["settlement"]
    return found


async def test_a_period_and_its_late_reports_are_settled_side_by_side(
    world: World, tmp_path: Path
) -> None:
    """The owner reported years late and owes 250.00; the month's incentive stands beside it."""
    scheme = await agreed(world)

    incentive = await settled(world, scheme)
    penalty = await settled(world, scheme, kind="REPORTING_PENALTY")

    amounts = [
        {each["party"]["name"]: each["amount"]["amount"] for each in found["stakes"]}
        for found in (incentive, penalty)
    ]
    assert amounts == [{"P0": "3000.00", "P1": "2000.00"}, {"P0": "-250.00", "P1": "0.00"}]
    assert (incentive["kind"], penalty["kind"]) == ("INCENTIVE", "REPORTING_PENALTY")
    assert any("10 days late" in step["sentence"] for step in penalty["trace"])
    await audit(world.settings, world.ecosystem_id)
    path = tmp_path / "whole.ndjson"
    verdict = verify(path, await exported(world, "P1", path))
    assert (verdict.findings, verdict.sealed) == ([], 0)
    assert verdict.replayed == verdict.entries


async def test_what_cannot_be_settled_is_refused_with_its_reason(world: World) -> None:
    """Twice, as another kind, without anything to correct, before the year is over."""
    scheme = await agreed(world)
    await settled(world, scheme)
    for kind, code in (
        (None, "ALREADY_SETTLED"),
        ("INCENTIVE", "ALREADY_SETTLED"),
        ("CREDIT", "ALREADY_SETTLED"),
        ("TRUE_UP", "NOTHING_RESTATED"),
        ("EARN_BACK", "YEAR_NOT_OVER"),
    ):
        asked = {"schemeId": scheme, "period": "2024-04", "kind": kind}

        problem = await world.refused(BUYER, "proposeSettlement", asked)

        assert problem["code"] == code
    other = {"schemeId": scheme, "period": "2024-05", "kind": "CREDIT"}
    assert (await world.refused(BUYER, "proposeSettlement", other))["code"] == "KIND_DIFFERS"
    await audit(world.settings, world.ecosystem_id)


async def test_credits_of_a_year_come_back_by_half(world: World, tmp_path: Path) -> None:
    """Three quarters at 97, one at 91: a credit of 100.00, and the year's mean earns half back."""
    await world.found(BUYER, *PARTNERS)
    calendar = {"kind": "QUARTER", "timeZone": "UTC"}
    ids = await indicators(world, calendar=calendar, liveFrom="2024-Q1")
    missed = {"level": stated("95"), "boundary": "INCLUSIVE", "earnedWhen": "MISSED"}
    back = {"indicatorId": "i0", "level": stated("95"), "boundary": "INCLUSIVE", "share": "0.5"}
    example = {"values": [given(0, "91")], "expected": {"amount": "-100.00", "currency": "EUR"}}
    terms = declared(
        [item(0, {"attainment": missed})],
        kind="CREDIT",
        funding={"pool": {"amount": "100.00", "currency": "EUR"}},
        split=shared("0.6", "0.4"),
        earnBacks=[back],
        validFromPeriod="2024-Q1",
        workedExamples=[example],
    )
    show = f"scheme {{ id }} {PROPOSED}"
    payload = await world.done(BUYER, "proposeScheme", named(world, ids, terms), show)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    scheme, kinds = payload["scheme"]["id"], []
    for quarter, value in enumerate(("97", "97", "91", "97"), start=1):
        place = {"indicatorId": ids["i0"], "period": f"2024-Q{quarter}"}
        figures = {"partyId": world.parties["P0"], "value": value}
        part = {"figures": figures, "evidenceSha256": "0" * 64}
        await world.done("P0", "submitPart", place | {"declared": part})
        payload = await world.done("P0", "proposeMeasurement", place, PROPOSED)
        await world.agree(payload["proposal"], "P0")
        kinds.append((await settled(world, scheme, period=place["period"]))["kind"])

    earned = await settled(world, scheme, period="2024-Q4", kind="EARN_BACK")

    assert kinds == ["CREDIT"] * 4
    assert [each["amount"]["amount"] for each in earned["stakes"]] == ["30.00", "20.00"]
    path = tmp_path / "whole.ndjson"
    assert verify(path, await exported(world, "P1", path)).findings == []
    await audit(world.settings, world.ecosystem_id)
