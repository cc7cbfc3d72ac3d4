"""Closing the books: agreed by all, with balances that an entry fixes; then only open periods."""

from typing import Any

from tests.auditor import audit
from tests.finance.steps import balance, posted, report_of
from tests.test_story import (
    BUYER,
    OTHERS,
    PARTNERS,
    TRACK,
    TRAIN,
    agreed_indicator,
    agreed_scheme,
    measured,
)
from tests.world import PROPOSED, World

CLOSE = f"""periodClose {{ id through status closedIndex }} {PROPOSED}"""
MEMBERS = (BUYER, *PARTNERS)


async def closed(world: World, through: str) -> dict[str, Any]:
    """The books closed by all."""
    payload = await world.done(TRACK, "proposePeriodClose", {"through": through}, CLOSE)
    await world.agree(payload["proposal"], *MEMBERS)
    found: dict[str, Any] = payload["periodClose"]
    return found


async def test_a_close_is_agreed_by_all_and_fixes_the_balances(world: World) -> None:
    """Payments go on; the balances of the close do not move."""
    settlement = await posted(world)
    close = await closed(world, "2024-04-30")

    show = """query($id: ID!) { closedThrough node(id: $id) { ... on PeriodClose { closedIndex
      balances { kind sequence balance { amount } owner { name } counterparty { name } } } } }"""
    await world.done(BUYER, "reportPayment", report_of(world, settlement, TRACK, "4055.31"))
    data = await world.read(OTHERS, show, id=close["id"])
    assert data["closedThrough"] == "2024-04-30"
    balances = {
        (each["owner"]["name"], each["counterparty"]["name"], each["kind"]): each["balance"]
        for each in data["node"]["balances"]
    }
    assert len(balances) == 12
    assert balances[BUYER, TRACK, "PAYABLE"] == {"amount": "-4055.31"}
    assert await balance(world, BUYER, "PAYABLE", TRACK) == "0.00"
    index = data["node"]["closedIndex"]
    assert await balance(world, BUYER, "PAYABLE", TRACK, asOf=index + 1) == "-4055.31"
    before = await world.read(BUYER, "query($n: Index!) { closedThrough(asOf: $n) }", n=index - 1)
    assert before["closedThrough"] is None
    await audit(world.settings, world.ecosystem_id)


async def test_a_closed_period_is_never_settled(world: World) -> None:
    """The problem tells through which day the books are closed."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    scheme = await agreed_scheme(world, indicator)
    await closed(world, "2024-04-30")

    query = """mutation($given: ProposeSettlementInput!) { proposeSettlement(input: $given) {
      problems { code ... on PeriodClosed { closedThrough } } } }"""
    given = {"idempotencyKey": "late", "schemeId": scheme, "period": "2024-04"}
    answer = await world.ask(query, {"given": given}, world.token(BUYER))
    assert answer["data"]["proposeSettlement"]["problems"] == [
        {"code": "PERIOD_CLOSED", "closedThrough": "2024-04-30"}
    ]
    await audit(world.settings, world.ecosystem_id)


async def test_a_close_waits_for_settlements_that_are_not_decided(world: World) -> None:
    """When it is proposed, and again when the last one signs."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    scheme = await agreed_scheme(world, indicator)
    close = await world.done(TRACK, "proposePeriodClose", {"through": "2024-04-30"}, CLOSE)
    given = {"schemeId": scheme, "period": "2024-04"}
    settlement = await world.done(BUYER, "proposeSettlement", given, PROPOSED)

    for party in (BUYER, TRACK, TRAIN):
        await world.consent(party, close["proposal"])
    last = {"proposalId": close["proposal"]["id"], "commitment": close["proposal"]["commitment"]}
    refused = await world.refused(OTHERS, "consentToProposal", last)
    assert refused["code"] == "SETTLEMENT_PENDING"
    again = {"through": "2024-05-31", "replaces": close["proposal"]["id"]}
    assert (await world.refused(TRACK, "proposePeriodClose", again))["code"] == refused["code"]
    earlier = {"through": "2024-04-29", "replaces": close["proposal"]["id"]}
    dry = await world.do(TRACK, "proposePeriodClose", earlier, "preview { kind }", dry_run=True)
    assert [each["kind"] for each in dry["preview"]][-1] == "close.proposed v1"
    await world.agree(settlement["proposal"], *MEMBERS)
    closing = await world.consent(OTHERS, close["proposal"])
    assert closing["proposal"]["status"] == "AGREED"
    assert closing["receipt"]["entryCount"] == 3
    await audit(world.settings, world.ecosystem_id)


async def test_the_books_close_forward_and_never_ahead_of_the_day(world: World) -> None:
    """Nor twice."""
    await world.found(BUYER, *PARTNERS)

    ahead = await world.refused(BUYER, "proposePeriodClose", {"through": "2999-01-01"})
    assert (ahead["code"], ahead["path"]) == ("CLOSE_TOO_EARLY", "through")
    await closed(world, "2024-05-31")
    for through in ("2024-05-31", "2024-04-30"):
        back = await world.refused(BUYER, "proposePeriodClose", {"through": through})
        assert back["code"] == "CLOSE_GOES_BACK"
    await closed(world, "2024-06-30")
    data = await world.read(BUYER, "{ closedThrough periodCloses { nodes { through status } } }")
    assert data["closedThrough"] == "2024-06-30"
    assert [each["status"] for each in data["periodCloses"]["nodes"]] == ["AGREED", "AGREED"]
    await audit(world.settings, world.ecosystem_id)
