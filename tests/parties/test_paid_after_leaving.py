"""A partner that left in the middle of a month is settled by its days, and paid after it left."""

from datetime import date
from pathlib import Path
from typing import Any

from ops.verify import verify
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.auditor import audit
from tests.parties.steps import SMALL, admitted, protections
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.trust.steps import exported
from tests.world import PROPOSED, World, indicator_terms, scheme_terms

ALL = (BUYER, *PARTNERS)
GATE = date(2024, 4, 16)
"""Exclusive: of the thirty days of April 2024 it was a member on fifteen."""


async def joint(world: World) -> tuple[str, str]:
    """An indicator of the small partner and a large one, and a scheme that shares it in halves."""
    await world.found(*ALL)
    await admitted(world, SMALL, protections(GATE), *ALL)
    halves = {TRACK: "0.5", SMALL: "0.5"}
    terms = indicator_terms(world, halves)
    payload = await world.done(SMALL, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], TRACK, SMALL)
    data = await world.read(BUYER, "{ indicators { nodes { id } } }")
    key: str = data["indicators"]["nodes"][0]["id"]
    given = scheme_terms(world, key, halves)
    payload = await world.done(BUYER, "proposeScheme", given, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, TRACK, SMALL)
    return key, payload["scheme"]["id"]


async def settled(world: World, key: str, scheme: str) -> dict[str, Any]:
    """April, as both owners reported and agreed it after one of them had left."""
    place = {"indicatorId": key, "period": "2024-04"}
    for party in (TRACK, SMALL):
        row = {"reference": "r", "period": "2024-04", "segment": "ScotRail", "value": "29000"}
        await world.done(party, "recordObservations", {"series": "delay-minutes", "rows": [row]})
        await world.done(party, "submitPart", place)
    measured = (await world.done(TRACK, "proposeMeasurement", place, PROPOSED))["proposal"]
    await world.agree(measured, TRACK, SMALL)
    show = f"""settlement {{ id stakes {{ party {{ name }} amount {{ amount }} reference }} }}
      {PROPOSED}"""
    given = {"schemeId": scheme, "period": "2024-04"}
    payload = await world.done(BUYER, "proposeSettlement", given, show)
    await world.agree(payload["proposal"], BUYER, TRACK, SMALL)
    found: dict[str, Any] = payload["settlement"]
    return found


async def paid(world: World, settlement: dict[str, Any], stake: dict[str, Any]) -> None:
    """The buyer reports it, and the leaver says that it arrived: its due is matched."""
    report = {
        "settlementId": settlement["id"],
        "payeeId": world.parties[SMALL],
        "amount": {"amount": stake["amount"]["amount"], "currency": "GBP"},
        "paidOn": "2024-05-20",
    }
    payload = await world.done(BUYER, "reportPayment", report, "payment { id reference }")
    assert payload["payment"]["reference"] == stake["reference"]
    confirm = {"paymentId": payload["payment"]["id"]}
    payload = await world.done(SMALL, "confirmPayment", confirm, "payment { status }")
    assert payload["payment"]["status"] == "CLEARED"


async def test_who_left_is_settled_pro_rata_and_paid_after_leaving(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """Half the month, half its share; to a balance of zero.

    58,000 minutes score 0.75 + 8,000/16,000 x 0.25 = 0.875: of 10,000.00 that is 8,750.00, half of
    it 4,375.00, and for fifteen of thirty days 2,187.50.
    """
    async with shifting(settings, database, "2024-04-02T09:00") as (world, shift):
        key, scheme = await joint(world)
        await world.done(SMALL, "leaveAtGate", {"leftOn": GATE.isoformat()})
        await shift.to("2024-05-02T09:00")
        gone = await world.refused(SMALL, "makeRemark", {"text": "Hello?"})
        assert gone["code"] == "MEMBERSHIP_ENDED"

        settlement = await settled(world, key, scheme)

        stakes = {each["party"]["name"]: each for each in settlement["stakes"]}
        amounts = {name: each["amount"]["amount"] for name, each in stakes.items()}
        assert (amounts[TRACK], amounts[SMALL]) == ("4375.00", "2187.50")
        await shift.to("2024-05-21T09:00")
        await paid(world, settlement, stakes[SMALL])

        query = "{ accounts(first: 100) { nodes { kind owner { name } balance { amount } } } }"
        data = await world.read(SMALL, query)
        mine = {
            each["kind"]: each["balance"]["amount"]
            for each in data["accounts"]["nodes"]
            if each["owner"]["name"] == SMALL
        }
        assert mine["RECEIVABLE"] == "0.00"
        assert mine["INCENTIVE_INCOME"] == "-2187.50"
        own = tmp_path / "own.ndjson"
        whole = tmp_path / "whole.ndjson"
        for name, path in ((BUYER, whole), (SMALL, own)):
            verdict = verify(path, await exported(world, name, path))
            assert verdict.findings == []
        await audit(world.settings, world.ecosystem_id)
