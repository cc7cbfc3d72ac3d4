"""A settlement whose undisputed part was posted is replaced: what was posted stays, once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ops.verify import verify
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.agreement.test_dispute_window import DAYS, OPENED, dispute, opened, pay, shown
from tests.auditor import audit
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN
from tests.trust.steps import exported
from tests.world import PROPOSED, World

ACCOUNTS = "{ accounts(first: 100) { nodes { owner { name } kind balance { amount } } } }"


async def restated(world: World, minutes: str) -> None:
    """Others reported wrongly: the month is measured anew while its settlement is disputed."""
    indicator = (await world.read(BUYER, "{ indicators { nodes { id } } }"))["indicators"]
    place = {"indicatorId": indicator["nodes"][0]["id"], "period": "2024-04"}
    row = {"reference": "P01", "revision": 3, "period": "2024-04", "segment": "ScotRail"}
    batch = {"series": "delay-minutes", "rows": [{**row, "value": minutes}]}
    await world.done(OTHERS, "recordObservations", batch)
    await world.done(OTHERS, "submitPart", {**place, "isCorrection": True})
    why = {"reason": "CORRECTED_OBSERVATIONS", "explanation": "The third log was missing."}
    payload = await world.done(OTHERS, "proposeRestatement", {**place, **why}, PROPOSED)
    await world.agree(payload["proposal"], *PARTNERS)


async def balances(world: World) -> dict[str, str]:
    """What stands in the track's books."""
    data = await world.read(TRACK, ACCOUNTS)
    return {
        each["kind"]: each["balance"]["amount"]
        for each in data["accounts"]["nodes"]
        if each["owner"]["name"] == TRACK
    }


async def replaced(world: World, proposal: dict[str, Any]) -> dict[str, Any]:
    """A settlement of the restated month in place of the disputed one."""
    data = await world.read(BUYER, "{ schemes(first: 1) { nodes { id } } }")
    scheme = data["schemes"]["nodes"][0]["id"]
    given = {"schemeId": scheme, "period": "2024-04", "replaces": proposal["id"]}
    show = f"settlement {{ id stakes {{ party {{ name }} amount {{ amount }} }} }} {PROPOSED}"
    payload = await world.done(BUYER, "proposeSettlement", given, show)
    assert (await shown(world, proposal))["status"] == "SUPERSEDED"
    found: dict[str, Any] = payload
    return found


def stake_of(payload: dict[str, Any], name: str) -> str:
    """A party's stake of a proposed settlement."""
    [found] = [e for e in payload["settlement"]["stakes"] if e["party"]["name"] == name]
    amount: str = found["amount"]["amount"]
    return amount


@pytest.mark.parametrize(
    ("minutes", "stake"),
    [
        # 37,245.6 + 21,346.5 + 1,500.0 = 60,092.1: 0.84231..., half of 8,423.11 is 4,211.56
        ("1500.0", "4211.56"),
        # 37,245.6 + 21,346.5 + 19,000.0 = 77,592.1: 0.33599..., half of 3,359.96 is 1,679.98
        ("19000.0", "1679.98"),
    ],
)
async def test_a_replacement_posts_the_rest_whatever_was_posted_before(
    settings: Settings, database: Embedded, tmp_path: Path, minutes: str, stake: str
) -> None:
    """More than the undisputed 3,000.00, or less: the books end at what all agreed to."""
    async with shifting(settings, database, OPENED) as (world, shift):
        proposal, settlement = await opened(world)
        await shift.to(DAYS[10])
        await world.done(BUYER, "objectToProposal", dispute(world, proposal, "1055.31"))
        assert (await balances(world))["RECEIVABLE"] == "3000.00"
        assert (await pay(world, settlement, "3000.00", "2026-04-10"))["problems"] == []
        await restated(world, minutes)

        payload = await replaced(world, proposal)
        assert stake_of(payload, TRACK) == stake
        assert (await balances(world))["RECEIVABLE"] == "3000.00"  # a proposal posts nothing
        await world.agree(payload["proposal"], BUYER, *PARTNERS)

        after = {kind: Decimal(each) for kind, each in (await balances(world)).items()}
        earned = after["INCENTIVE_INCOME"] + after.get("INCENTIVE_EXPENSE", Decimal(0))
        owed = after["RECEIVABLE"] + after.get("PAYABLE", Decimal(0))
        assert (-earned, owed) == (Decimal(stake), Decimal(stake))
        path = tmp_path / "ledger.ndjson"
        verdict = verify(path, await exported(world, OTHERS, path))
        assert verdict.findings == []
        await audit(world.settings, world.ecosystem_id)


async def test_what_bound_stays_though_the_replacement_comes_to_nothing(
    settings: Settings, database: Embedded
) -> None:
    """It is withdrawn: the undisputed part is owed and paid, and the month can be settled anew."""
    async with shifting(settings, database, OPENED) as (world, shift):
        proposal, settlement = await opened(world)
        await shift.to(DAYS[10])
        await world.done(BUYER, "objectToProposal", dispute(world, proposal, "1055.31"))
        await restated(world, "1500.0")
        payload = await replaced(world, proposal)
        await world.done(BUYER, "withdrawProposal", {"proposalId": payload["proposal"]["id"]})

        assert (await balances(world))["RECEIVABLE"] == "3000.00"
        assert (await pay(world, settlement, "3000.00", "2026-04-10"))["problems"] == []

        data = await world.read(BUYER, "{ schemes(first: 1) { nodes { id } } }")
        given = {"schemeId": data["schemes"]["nodes"][0]["id"], "period": "2024-04"}
        again = await world.done(TRAIN, "proposeSettlement", given, PROPOSED)
        await world.agree(again["proposal"], BUYER, *PARTNERS)
        assert (await balances(world))["RECEIVABLE"] == "4211.56"
        await audit(world.settings, world.ecosystem_id)


async def test_a_disputed_settlement_without_a_ladder_ends_with_its_undisputed_part(
    settings: Settings, database: Embedded
) -> None:
    """Its days are over: what bound goes on binding, and nothing more is posted."""
    async with shifting(settings, database, OPENED) as (world, shift):
        proposal, _ = await opened(world, climbs=False)
        await shift.to(DAYS[10])
        await world.done(BUYER, "objectToProposal", dispute(world, proposal, "1055.31"))
        now = await shown(world, proposal)
        assert (now["status"], now["dispute"]) == ("DISPUTED", None)

        await shift.to("2026-09-30T10:00")  # half a year and a few days later
        late = await world.do(BUYER, "consentToProposal", {"proposalId": proposal["id"]})

        assert late["problems"][0]["code"] == "CONSENT_TWICE"
        ended = await shown(world, proposal)
        assert (ended["status"], ended["isPartial"]) == ("AGREED", True)
        assert (await balances(world))["RECEIVABLE"] == "3000.00"
        await audit(world.settings, world.ecosystem_id)
