"""Steps that the stories about parties share: joining, a zone in which it is noon, leaving."""

from datetime import date, timedelta
from typing import Any

from ledger.commit import system_clock
from tests.world import PROPOSED, World

SMALL = "Small"


def noon() -> tuple[str, date]:
    """A zone in which it is about noon now, and its date: no test runs into midnight."""
    now = system_clock()
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}", (now + timedelta(hours=ahead)).date()


def protections(*gates: date, zone: str = "UTC") -> dict[str, Any]:
    """Terms of a small partner."""
    return {
        "timeZone": zone,
        "cap": {"amount": "5000.00", "currency": "GBP"},
        "isGainOnly": True,
        "exitGates": [gate.isoformat() for gate in gates],
        "noticeDays": 0,
    }


async def admitted(
    world: World,
    name: str,
    terms: dict[str, Any],
    *signing: str,
    role: str = "PARTNER",
    joined_on: str = "2024-04-01",
) -> dict[str, Any]:
    """A party that all who sign admitted."""
    given = {"name": name, "role": role, "joinedOn": joined_on, "terms": terms}
    payload = await world.done(signing[0], "proposeAdmission", given, PROPOSED)
    await world.agree(payload["proposal"], *signing)
    show = "{ parties(last: 1) { nodes { id name role joinedOn leftOn allowedActions } } }"
    data = await world.read(signing[0], show)
    party: dict[str, Any] = data["parties"]["nodes"][0]
    assert (party["name"], party["role"]) == (name, role)
    world.parties[name] = party["id"]
    return party


async def joined_for_a_day(world: World, *signing: str) -> str:
    """A small partner whose exit gate is today; the gate."""
    zone, today = noon()
    gates = (today, today + timedelta(days=365))
    await admitted(world, SMALL, protections(*gates, zone=zone), *signing)
    return today.isoformat()


async def left(world: World, gate: str) -> dict[str, Any]:
    """The small partner leaves by its own act."""
    show = "party { name leftOn leftIndex }"
    payload = await world.done(SMALL, "leaveAtGate", {"leftOn": gate}, show)
    assert payload["party"]["leftOn"] == gate
    party: dict[str, Any] = payload["party"]
    return party
