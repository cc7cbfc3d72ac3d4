"""Steps of finance's stories: a period measured, settled and posted, and what each side states."""

from typing import Any

from tests.test_story import BUYER, PARTNERS, agreed_indicator, agreed_scheme, measured, settled
from tests.world import World

DUES = """query($on: Date!) { reconciliation(on: $on) {
  totals { ageing count open { amount currency } }
  dues(first: 100) { nodes { reference status ageing(on: $on) daysOverdue(on: $on) dueOn
    open { amount } reported { amount } received { amount } cleared { amount }
    payee { name } payments { nodes { id status } } } } } }"""


async def posted(world: World) -> dict[str, Any]:
    """An agreed and posted settlement of the story's period."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    return await settled(world, await agreed_scheme(world, indicator))


def stake_of(settlement: dict[str, Any], party: str) -> dict[str, Any]:
    """A partner's stake."""
    found: dict[str, Any] = next(s for s in settlement["stakes"] if s["party"]["name"] == party)
    return found


def report_of(
    world: World, settlement: dict[str, Any], party: str, amount: str, on: str = "2024-05-20"
) -> dict[str, Any]:
    """The input of a report that the outsourcer paid a partner."""
    return {
        "settlementId": settlement["id"],
        "payeeId": world.parties[party],
        "amount": {"amount": amount, "currency": "GBP"},
        "paidOn": on,
    }


async def dues(world: World, party: str, on: str = "2024-06-01") -> dict[str, dict[str, Any]]:
    """Dues as a party sees them on a day, by payee."""
    data = await world.read(party, DUES, on=on)
    return {each["payee"]["name"]: each for each in data["reconciliation"]["dues"]["nodes"]}


async def balance(world: World, owner: str, kind: str, counterparty: str, **how: Any) -> str:
    """A balance by the API; "0.00" where there is no account."""
    data = await world.read(
        owner,
        """query($owner: ID!, $asOf: Index, $at: DateTime) {
          accounts(first: 100, ownerId: $owner, asOf: $asOf, asOfInstant: $at) { nodes {
            kind balance { amount } counterparty { name } } } }""",
        owner=world.parties[owner],
        **how,
    )
    found: list[str] = [
        each["balance"]["amount"]
        for each in data["accounts"]["nodes"]
        if (each["kind"], each["counterparty"]["name"]) == (kind, counterparty)
    ]
    return found[0] if found else "0.00"
