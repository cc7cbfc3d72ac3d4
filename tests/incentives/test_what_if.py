"""What-if and shadow stakes over HTTP: notional, before anybody signs, never in the books."""

from typing import Any

from ledger.actor import Role
from tests.auditor import audit
from tests.incentives.declared import declared, given, item, line, shared
from tests.incentives.test_api import indicators, named
from tests.world import PROPOSED, World

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
MONTHS = {"2024-04": "60", "2024-05": "100", "2024-06": "0"}
NOTIONAL = """period { key start end } isNotional reason evaluation { payout { amount }
  parts { amount { amount } party { name } } }"""
WHAT_IF = f"""query($terms: SchemeTermsInput!, $old: ID) {{
  whatIfScheme(terms: $terms, schemeId: $old) {{
  problems {{ code path }} periods {{ period {{ key }} old {{ {NOTIONAL} }} new {{ {NOTIONAL} }} }}
  differences {{ party {{ name }} difference {{ amount }} }} }} }}"""
SHADOW = f"query($id: ID!) {{ shadowStakes(schemeId: $id) {{ {NOTIONAL} }} }}"


def terms_of(**other: Any) -> dict[str, Any]:
    """A pool of 10,000.00 shared by two, by a straight line from 0 to 100."""
    example = {"values": [given(0, "100")], "expected": {"amount": "10000.00", "currency": "EUR"}}
    scoring = {"line": line([["0", "0"], ["100", "1"]])}
    plain = {"validFromPeriod": "2024-04", "split": shared("0.5", "0.5")}
    return declared([item(0, scoring)], **{"workedExamples": [example], **plain, **other})


async def pilot(world: World) -> tuple[dict[str, str], str]:
    """An indicator in the shadow, three measured months and an agreed scheme."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world, stage="SHADOW", liveFrom="")
    for period, value in MONTHS.items():
        place = {"indicatorId": ids["i0"], "period": period}
        figures = {"partyId": world.parties["P0"], "value": value}
        part = {"figures": figures, "evidenceSha256": "0" * 64}
        await world.done("P0", "submitPart", place | {"declared": part})
        payload = await world.done("P0", "proposeMeasurement", place, PROPOSED)
        await world.agree(payload["proposal"], "P0")
    terms = named(world, ids, terms_of())
    payload = await world.done(
        BUYER, "proposeScheme", terms, f"scheme {{ id }} warnings {{ message }} {PROPOSED}"
    )
    assert "notional" in payload["warnings"][0]["message"]
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    return ids, payload["scheme"]["id"]


async def test_a_pilot_shows_what_it_would_have_paid_and_pays_nothing(world: World) -> None:
    """Every measured month, marked notional; a settlement is refused, nothing is posted."""
    _, scheme = await pilot(world)

    shown = (await world.read("P1", SHADOW, id=scheme))["shadowStakes"]

    assert [each["period"]["key"] for each in shown] == list(MONTHS)
    assert shown[0]["period"] == {"key": "2024-04", "start": "2024-04-01", "end": "2024-05-01"}
    assert all(each["isNotional"] for each in shown)
    paid = [each["evaluation"]["payout"]["amount"] for each in shown]
    assert paid == ["6000.00", "10000.00", "0.00"]
    asked = {"schemeId": scheme, "period": "2024-04"}
    problem = await world.refused(BUYER, "proposeSettlement", asked)
    assert problem["code"] == "INDICATOR_IN_SHADOW"
    accounts = await world.read(BUYER, "{ accounts { nodes { id } } }")
    assert accounts["accounts"]["nodes"] == []
    await audit(world.settings, world.ecosystem_id)


async def test_proposed_terms_are_run_over_the_past_beside_the_old_ones(world: World) -> None:
    """Old and new a month and party, and what it would have changed for each."""
    ids, scheme = await pilot(world)
    cap = {"side": "GAINS", "limit": {"amount": {"amount": "7000.00", "currency": "EUR"}}}
    new = terms_of(split=shared("0.7", "0.3"), adjustments=[{"periodCap": cap}], workedExamples=[])
    size = await world.size()

    answer = await world.ask(
        WHAT_IF,
        {"terms": named(world, ids, new), "old": scheme},
        world.token("P1", Role.VIEWER),
    )

    found = answer["data"]["whatIfScheme"]
    assert found["problems"] == []
    old_and_new = {
        each["period"]["key"]: (
            each["old"]["evaluation"]["payout"]["amount"],
            each["new"]["evaluation"]["payout"]["amount"],
        )
        for each in found["periods"]
    }
    assert old_and_new == {
        "2024-04": ("6000.00", "6000.00"),
        "2024-05": ("10000.00", "7000.00"),
        "2024-06": ("0.00", "0.00"),
    }
    changed = {each["party"]["name"]: each["difference"]["amount"] for each in found["differences"]}
    assert changed == {"P0": "1100.00", "P1": "-4100.00"}
    assert await world.size() == size


async def test_terms_that_cannot_stand_have_no_what_if(world: World) -> None:
    """The problem and its place, as at a proposal."""
    ids, scheme = await pilot(world)
    wrong = named(world, ids, terms_of(split=shared("0.7", "0.4")))

    data = await world.read(BUYER, WHAT_IF, terms=wrong, old=scheme)

    [problem] = data["whatIfScheme"]["problems"]
    assert problem["path"] == "split.shares"
    assert data["whatIfScheme"]["periods"] == []
