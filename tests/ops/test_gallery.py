"""The gallery: every state that a screen has to show is there; entered twice it adds nothing."""

from typing import Any

import pytest

from ledger.due import DueStatus
from ledger.indicator import Standing
from ledger.payment import PaymentStatus
from ledger.proposal import ProposalStatus
from ops import gallery, stage
from ops.stage import BUYER, CREWS, DESK, NIGHT
from service import clockwork
from service.app import open_doors
from service.settings import Settings
from tests.auditor import audit
from tests.world import World, serving

STATES = """query($on: Date!, $later: Date!) {
  proposals(first: 100) { nodes { kind status dispute { rung } silence allowedActions
    answers { isSilent } } }
  inbox { until isTold proposal { kind } }
  measurements(of: EVERY_PROPOSAL, first: 100) { nodes { standing status isLowSample isNotional
    displayed restates restatedBy touchedSettlements { id } } }
  now: reconciliation(on: $on) { dues(first: 100) { nodes { status ageing(on: $on)
    payments(first: 10) { nodes { status } } } } }
  early: reconciliation(on: $later) { dues(first: 100) { nodes { ageing(on: $later) } } }
  pilots { nodes { status promotedIds evaluatedOn } }
  parties { nodes { name leftOn } }
  remarks { nodes { text } }
  entries(last: 100) { nodes { kind annex opening { body } } }
  bankLines { nodes { outcome } }
  closedThrough
  delegations { nodes { endsAt } }
}"""


async def seeded(settings: Settings, **more: int) -> stage.Gallery:
    """The gallery, entered by the command's own steps."""
    clock = stage.StagedClock()
    async with open_doors(settings, clock, max_drift=stage.STAGED) as doors:
        return await gallery.seed(doors, clock, lambda _: None, **more)


def seen_by(world: World, made: stage.Gallery) -> World:
    """The users of the gallery."""
    return World(world.settings, world.client, made.ecosystem_id, made.parties)


def nodes(data: dict[str, Any], *path: str) -> list[dict[str, Any]]:
    """The nodes of a list."""
    found: Any = data
    for name in path:
        found = found[name]
    listed: list[dict[str, Any]] = found["nodes"]
    return listed


async def test_every_state_of_a_screen_is_there(settings: Settings) -> None:
    """As a frontend asks for them, by the public schema alone."""
    made = await seeded(settings)
    async with serving(settings) as world:
        users = seen_by(world, made)
        by = {
            name: await users.read(name, STATES, on="2025-05-20", later="2025-03-31")
            for name in (BUYER, DESK, CREWS)
        }
    buyer, desk, crews = by[BUYER], by[DESK], by[CREWS]

    proposals = nodes(buyer, "proposals")
    assert {each["status"] for each in proposals} == {str(each) for each in ProposalStatus}
    assert any(each["dispute"] for each in proposals if each["status"] == "DISPUTED")
    waiting = [each["proposal"]["kind"] for each in crews["inbox"]]
    assert "MEASUREMENT" in waiting
    assert any(each["until"] and each["isTold"] for each in crews["inbox"])

    measured = nodes(buyer, "measurements")
    assert {each["standing"] for each in measured} == {str(each) for each in Standing}
    assert {each["status"] for each in measured} >= {"OPEN", "DISPUTED", "AGREED"}
    assert {each["isLowSample"] for each in measured} == {True, False}
    assert {each["isNotional"] for each in measured} == {True, False}
    assert any(each["displayed"] is None for each in measured)
    assert any(each["restates"] is not None and each["touchedSettlements"] for each in measured)
    assert any(each["restatedBy"] is not None for each in measured)

    dues = nodes(buyer, "now", "dues")
    assert {each["status"] for each in dues} == {str(each) for each in DueStatus}
    payments = {pay["status"] for each in dues for pay in nodes(each, "payments")}
    assert payments == {str(each) for each in PaymentStatus}
    late = {each["ageing"] for each in dues}
    assert late >= {"SETTLED", "DAYS_1_TO_30", "DAYS_31_TO_60", "DAYS_61_TO_90"}
    assert "NOT_DUE" in {each["ageing"] for each in nodes(buyer, "early", "dues")}

    assert [(e["status"], e["promotedIds"]) for e in nodes(buyer, "pilots")] == [("AGREED", [])]
    left = {each["name"] for each in nodes(buyer, "parties") if each["leftOn"]}
    assert left == {NIGHT}
    assert None in {each["text"] for each in nodes(desk, "remarks")}
    hidden = [each["kind"] for each in nodes(buyer, "entries") if each["opening"] is None]
    assert "remark.made" in hidden
    assert [each["outcome"] for each in nodes(desk, "bankLines")] == ["MATCHED"]
    assert [each["outcome"] for each in nodes(crews, "bankLines")] == ["UNKNOWN"]
    assert buyer["closedThrough"] == "2025-01-31"
    assert nodes(crews, "delegations")
    await audit(settings, made.ecosystem_id)


async def test_its_scorecard_is_green_inside_and_red_outside(settings: Settings) -> None:
    """Each supplier's repairs are done, and the customers complain."""
    made = await seeded(settings)
    asked = """{ scorecard(on: "2025-06-01") { watermelon { verdict
      green { name } red { name } } } }"""
    async with serving(settings) as world:
        found = (await seen_by(world, made).read(BUYER, asked))["scorecard"]["watermelon"]
    assert found == {
        "verdict": "WATERMELON",
        "green": [{"name": "Open repairs"}],
        "red": [{"name": "Complaints"}],
    }


async def test_a_service_beside_it_does_not_end_what_is_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often its timer looks: by its clock every day of the story is long over."""
    monkeypatch.setattr(clockwork, "PAUSE_SECONDS", 0.001)
    made = await seeded(world.settings)
    users = seen_by(world, made)

    told = await users.read(BUYER, "{ proposals(first: 100) { nodes { status } } }")
    statuses = {each["status"] for each in nodes(told, "proposals")}
    assert statuses == {str(each) for each in ProposalStatus}


@pytest.mark.parametrize("more", [{}, {"months": 3, "indicators": 2}])
async def test_entered_twice_it_adds_nothing(world: World, more: dict[str, int]) -> None:
    """Large is the same with more months of more indicators."""
    made = await seeded(world.settings, **more)
    size = await seen_by(world, made).size()
    await seeded(world.settings, **more)

    assert await seen_by(world, made).size() == size
    listed = await seen_by(world, made).read(
        BUYER,
        "{ indicators(first: 100) { nodes { id } } measurements(first: 100) { nodes { id } } }",
    )
    assert len(nodes(listed, "indicators")) == 3 + more.get("indicators", 0)
    districts = more.get("months", 0) * more.get("indicators", 0)
    assert len(nodes(listed, "measurements")) == 9 + districts
    await audit(world.settings, made.ecosystem_id)
