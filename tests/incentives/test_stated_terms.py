"""Terms state every choice, and hang on no pilot; each number names the entry it comes from."""

import copy
from typing import Any

import pytest

from tests.incentives.declared import EXACT, declared, item, line, stated
from tests.incentives.test_api import PREVIEW, indicators, named
from tests.incentives.test_kinds import agreed
from tests.world import PROPOSED, World

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
GATE = {
    "indicatorId": "i1",
    "level": stated("10"),
    "boundary": "INCLUSIVE",
    "factor": "0",
    "side": "GAINS",
}
CAP = {"side": "BOTH", "limit": {"shareOfPool": "1"}}
FULL = declared(
    [item(0, {"line": line([["0", "0"], ["100", "1"]])})],
    adjustments=[{"gate": GATE}, {"periodCap": CAP}],
    validFromPeriod="2024-04",
)
BANDS = {"mode": "MARGINAL", "baseline": stated("0"), "boundary": "INCLUSIVE", "bands": []}
CHOICES = (
    "kind",
    "allocation",
    "reweighting",
    "residual",
    "unallocated",
    "yearStartsIn",
    "validFromPeriod",
    "rounding.mode",
    "rounding.step",
    "rounding.stage",
    "split.kind",
    "split.proRata",
    "split.fallsFree",
    "payment.dueDays",
    "payment.malus",
    "items.0.basis",
    "items.0.denominator",
    "items.0.reading.of",
    "items.0.reading.stage",
    "items.0.reading.periods",
    "items.0.scoring.line.boundary",
    "items.0.scoring.line.before",
    "items.0.scoring.line.after",
    "adjustments.0.gate.boundary",
    "adjustments.0.gate.side",
    "adjustments.1.periodCap.side",
)


def without(terms: dict[str, Any], path: str) -> dict[str, Any]:
    """The terms less one choice."""
    found = copy.deepcopy(terms)
    *way, last = path.split(".")
    place: Any = found
    for step in way:
        place = place[int(step)] if step.isdecimal() else place[step]
    del place[last]
    return found


async def test_no_choice_has_a_default(world: World) -> None:
    """Each one left out is refused by the schema itself, with its name; with all it computes."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world, 2)
    asked = {"assumed": [{"indicatorId": ids[f"i{i}"], "value": "50"} for i in (0, 1)]}
    token = world.token(BUYER)

    whole = await world.ask(PREVIEW, asked | {"terms": named(world, ids, FULL)}, token)
    assert whole["data"]["previewScheme"]["problems"] == []
    for path in CHOICES:
        terms = named(world, ids, without(FULL, path))
        answer = await world.ask(PREVIEW, asked | {"terms": terms}, token)
        assert path.rpartition(".")[2] in answer["errors"][0]["message"], (path, answer)


@pytest.mark.parametrize("choice", ["mode", "boundary"])
async def test_bands_state_their_mode_and_boundary(world: World, choice: str) -> None:
    """Marginal, retrospective and growth-only pay three different amounts."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    form = {key: value for key, value in BANDS.items() if key != choice}
    terms = named(world, ids, declared([item(0, {"bands": form})]))

    answer = await world.ask(PREVIEW, {"terms": terms, "assumed": []}, world.token(BUYER))

    assert choice in answer["errors"][0]["message"]


async def test_what_moves_money_hangs_on_no_pilot(world: World) -> None:
    """A gate on an indicator in its shadow is refused, a multiplier warned of, with its place."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    ids |= {"i1": (await indicators(world, 1, stage="SHADOW", liveFrom=""))["i0"]}
    asked = {"assumed": [{"indicatorId": ids[f"i{i}"], "value": "50"} for i in (0, 1)]}
    curve = line([["0", "0.5"], ["100", "1"]])
    multiplier = {"indicatorId": "i1", "reading": EXACT, "line": curve, "side": "GAINS"}
    multiplied = FULL | {"adjustments": [{"multiplier": multiplier}]}

    found = []
    for terms in (FULL, multiplied):
        given = asked | {"terms": named(world, ids, terms)}
        answer = await world.ask(PREVIEW, given, world.token(BUYER))
        found.append(answer["data"]["previewScheme"])

    assert found[0]["problems"][0]["path"] == "adjustments[0].gate.indicatorId"
    assert found[1]["problems"] == []
    [warning] = found[1]["warnings"]
    assert warning["path"] == "adjustments[0].multiplier.indicatorId"
    assert "not live" in warning["message"]


async def test_every_number_names_the_entry_it_comes_from(world: World) -> None:
    """The value that is scored is that of the agreed measurement's entry."""
    scheme = await agreed(world)
    given = {"schemeId": scheme, "period": "2024-04"}
    show = f"settlement {{ trace {{ name result inputs {{ name value index }} }} }} {PROPOSED}"

    payload = await world.done(BUYER, "proposeSettlement", given, show)

    [score] = [step for step in payload["settlement"]["trace"] if step["name"] == "score"]
    [value] = [each for each in score["inputs"] if each["index"] is not None]
    query = """query($i: Index!) { entry(index: $i) { kind }
      indicators { nodes { id } } }"""
    data = await world.read(BUYER, query, i=value["index"])
    assert (data["entry"]["kind"], value["value"]) == ("measurement.proposed", "50")
    assert score["result"] == "0.5"
