"""The main job in one story: from an empty ledger to an agreed, settled, paid and proved period."""

from base64 import b64decode
from typing import Any

import pytest

from ledger.checkpoint import open_checkpoint, parse_verifier
from ledger.tree import verify_inclusion
from tests.auditor import audit
from tests.world import PROPOSED, World, indicator_terms, scheme_terms

BUYER, TRACK, TRAIN, OTHERS = "Buyer", "Network", "Operator", "Others"
PARTNERS = (TRACK, TRAIN, OTHERS)
# ScotRail, 2024-25 P01, minutes by responsible party. Source: Office of Rail and Road.
FIGURES = {TRACK: "37245.6", TRAIN: "21346.5", OTHERS: "3517.0"}


async def test_three_parties_agree_a_period_settle_it_and_pay(world: World) -> None:
    """Founding, indicator, parts, an objection and its replacement, scheme, settlement, payment."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    scheme = await agreed_scheme(world, indicator)
    settlement = await settled(world, scheme)
    await paid(world, settlement)
    await proved(world)
    await audit(world.settings, world.ecosystem_id)


async def agreed_indicator(world: World) -> str:
    """An indicator that its three owners agreed."""
    owners = {TRACK: "0.5", TRAIN: "0.4", OTHERS: "0.1"}
    terms = indicator_terms(world, owners)
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], *PARTNERS)
    data = await world.read(BUYER, "{ indicators { nodes { id current { why status } } } }")
    [indicator] = data["indicators"]["nodes"]
    assert indicator["current"]["status"] == "AGREED"
    found: str = indicator["id"]
    return found


async def measured(world: World, indicator: str) -> None:
    """A period measured, objected to, replaced and agreed."""
    place = {"indicatorId": indicator, "period": "2024-04"}
    for party, value in FIGURES.items():
        row = {"reference": "P01", "period": "2024-04", "segment": "ScotRail", "value": value}
        batch = {"series": "delay-minutes", "rows": [row]}
        await world.done(party, "recordObservations", batch, "batch { count root }")
        payload = await world.done(
            party, "submitPart", place, "part { basis rowCount figures { value } }"
        )
        assert payload["part"]["figures"]["value"] == value.removesuffix(".0")
    show = f"measurement {{ displayed standing }} {PROPOSED}"
    first = await world.done(TRAIN, "proposeMeasurement", place, show)
    assert first["measurement"] == {"displayed": "62109.1", "standing": "GREEN"}
    await world.consent(TRACK, first["proposal"])
    objection = {"proposalId": first["proposal"]["id"], "reason": "A train was counted twice."}
    disputed = await world.done(OTHERS, "objectToProposal", objection, PROPOSED)
    assert disputed["proposal"]["status"] == "DISPUTED"
    corrected = {"reference": "P01", "revision": 2, "period": "2024-04", "segment": "ScotRail"}
    batch = {"series": "delay-minutes", "rows": [{**corrected, "value": "3500.0"}]}
    await world.done(OTHERS, "recordObservations", batch)
    await world.done(OTHERS, "submitPart", place)
    again = {**place, "replaces": first["proposal"]["id"]}
    second = await world.done(TRAIN, "proposeMeasurement", again, show)
    assert second["measurement"]["displayed"] == "62092.1"
    await world.agree(second["proposal"], *PARTNERS)


async def agreed_scheme(world: World, indicator: str) -> str:
    """A scheme that all who pay and are paid agreed."""
    terms = scheme_terms(world, indicator, {TRACK: "0.5", TRAIN: "0.4", OTHERS: "0.1"})
    payload = await world.done(BUYER, "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, *PARTNERS)
    found: str = payload["scheme"]["id"]
    return found


async def settled(world: World, scheme: str) -> dict[str, Any]:
    """A settlement to the cent."""
    show = f"""settlement {{ id payout {{ amount currency }} unallocated {{ amount }} totalScore
      stakes {{ party {{ name }} amount {{ amount }} reference }} trace {{ sentence }} }}
      {PROPOSED}"""
    given = {"schemeId": scheme, "period": "2024-04"}
    payload = await world.done(BUYER, "proposeSettlement", given, show)
    await world.agree(payload["proposal"], BUYER, *PARTNERS)
    settlement: dict[str, Any] = payload["settlement"]
    # 0.75 + (66000 - 62092.1) / 16000 * 0.25 = 0.8110609375; of 10,000.00 that is 8,110.61
    assert settlement["totalScore"] == "0.8110609375"
    assert settlement["payout"] == {"amount": "8110.61", "currency": "GBP"}
    assert settlement["unallocated"] == {"amount": "1889.39"}
    stakes = {each["party"]["name"]: each["amount"]["amount"] for each in settlement["stakes"]}
    assert stakes == {TRACK: "4055.31", TRAIN: "3244.24", OTHERS: "811.06"}
    assert any("straight line" in step["sentence"] for step in settlement["trace"])
    return settlement


async def paid(world: World, settlement: dict[str, Any]) -> None:
    """Every stake reported, confirmed, and nothing left open."""
    for stake in settlement["stakes"]:
        name = stake["party"]["name"]
        report = {
            "settlementId": settlement["id"],
            "payeeId": world.parties[name],
            "amount": {"amount": stake["amount"]["amount"], "currency": "GBP"},
            "paidOn": "2024-05-20",
        }
        payload = await world.done(BUYER, "reportPayment", report, "payment { id reference }")
        assert payload["payment"]["reference"] == stake["reference"]
        confirm = {"paymentId": payload["payment"]["id"]}
        payload = await world.done(name, "confirmPayment", confirm, "payment { status }")
        assert payload["payment"]["status"] == "CLEARED"
    data = await world.read(
        BUYER, "{ accounts(first: 100) { nodes { kind balance { amount } owner { name } } } }"
    )
    open_balances = [
        each["balance"]["amount"]
        for each in data["accounts"]["nodes"]
        if each["kind"] in ("PAYABLE", "RECEIVABLE")
    ]
    assert open_balances == ["0.00"] * 6


async def proved(world: World) -> None:
    """Every step is an entry, with an inclusion proof that leads to a signed root."""
    data = await world.read(
        OTHERS,
        """{ ecosystem { size origin logKey } checkpoint { note } entries(first: 100) { nodes {
          index leafHash inclusionProof { treeSize hashes checkpoint { note } } } } }""",
    )
    ecosystem, nodes = data["ecosystem"], data["entries"]["nodes"]
    assert [each["index"] for each in nodes] == list(range(ecosystem["size"]))
    for each in nodes:
        proof = each["inclusionProof"]
        opened = open_checkpoint(
            proof["checkpoint"]["note"], ecosystem["origin"], parse_verifier(ecosystem["logKey"])
        )
        hashes = [b64decode(digest) for digest in proof["hashes"]]
        leaf = b64decode(each["leafHash"])
        checkpoint = opened.checkpoint
        verify_inclusion(each["index"], proof["treeSize"], leaf, hashes, checkpoint.root)


@pytest.mark.parametrize("asked", ["{ ecosystem { id } }", "{ viewer { subject } }"])
async def test_without_a_token_nothing_is_told(world: World, asked: str) -> None:
    """Authentication has a code of its own."""
    answer = await world.ask(asked)

    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
