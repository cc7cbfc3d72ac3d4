"""Terms through the API: every public case, refused terms with their place, sentences, versions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ledger.amounts import parse_number
from tests.auditor import audit
from tests.incentives.declared import EXACT, declared, given, item, line, shared, stated
from tests.incentives.public_cases import CONTRACTS, Run, at_risk, table
from tests.world import PROPOSED, World, indicator_terms

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
LOWER = {"baseline": "0", "minimum": "100", "target": "50", "stretch": "10"}
PREVIEW = """query($terms: SchemeTermsInput!, $assumed: [ExampleValueInput!]!) {
  previewScheme(terms: $terms, assumed: $assumed) {
    problems { code path message } warnings { path message } sentences
    evaluation { totalScore payout { amount currency } parts { amount { amount } party { name } }
      unallocated { amount } trace { name result sentence } } } }"""
SCHEME = """scheme { id version status sentences terms { kind allocation
  items { indicatorId weight scoring { line { points { at score } } steps { step } } }
  funding { pool { amount } earnedIn } adjustments { gate { factor indicatorId } } } }
  warnings { path message }"""
LINE = {"line": line([["0", "0"], ["100", "1"]])}


async def indicators(world: World, count: int = 1, **other: Any) -> dict[str, str]:
    """Agreed monthly indicators "i0", "i1" ... owned by the first partner; their ids by name."""
    for number in range(count):
        terms = indicator_terms(world, {"P0": "1"})
        terms |= {"name": f"i{number}", "direction": "HIGHER_IS_BETTER", "liveFrom": "2024-04"}
        levels = {"baseline": "0", "minimum": "50", "target": "100", "stretch": "120"}
        payload = await world.done(
            "P0", "proposeIndicator", terms | {"levels": levels} | other, PROPOSED
        )
        await world.agree(payload["proposal"], "P0")
    listed = await world.read(BUYER, "{ indicators(last: 20) { nodes { id current { name } } } }")
    return {each["current"]["name"]: each["id"] for each in listed["indicators"]["nodes"]}


def named(world: World, ids: Mapping[str, str], declared_terms: Any) -> Any:
    """Declared terms with the world's ids of indicators and parties."""
    text = json.dumps(declared_terms)
    for name, known in ids.items():
        text = text.replace(f'"{name}"', f'"{known}"')
    for number, name in enumerate(PARTNERS):
        text = text.replace(f'"p{number}"', f'"{world.parties[name]}"')
    return json.loads(text)


async def preview(
    world: World, ids: Mapping[str, str], terms: Any, values: Sequence[Any]
) -> dict[str, Any]:
    """What the API computes of assumed results."""
    variables = {"terms": named(world, ids, terms), "assumed": named(world, ids, values)}
    data = await world.read(BUYER, PREVIEW, **variables)
    found: dict[str, Any] = data["previewScheme"]
    return found


def check_shown(expected: Run, found: Mapping[str, Any]) -> None:
    """The API shows what the source says; the trace is told where it does not."""
    trace = "\n" + "\n".join(step["sentence"] for step in found["trace"])
    if expected.payout is not None:
        assert found["payout"]["amount"] == expected.payout, trace
    if expected.parts is not None:
        assert [part["amount"]["amount"] for part in found["parts"]] == expected.parts, trace
    if expected.score is not None:
        assert parse_number(found["totalScore"]) == expected.score, trace
    if expected.weights is not None:
        weights = [step["result"] for step in found["trace"] if step["name"] == "weight"]
        assert [parse_number(weight) for weight in weights] == expected.weights, trace


async def test_the_api_gives_what_every_contract_says(world: World) -> None:
    """All public cases as declared JSON terms, each run to the digit."""
    await world.found(BUYER, *PARTNERS)
    for build in CONTRACTS:
        contract = build()
        known: dict[str, Any] = {"levels": dict(contract.levels), "lowSample": contract.low_sample}
        if contract.lower_is_better:
            known |= {"direction": "LOWER_IS_BETTER", "levels": LOWER}
        ids = await indicators(world, len(contract.terms["items"]), **known)

        for each in contract.runs:
            found = await preview(
                world, ids, contract.terms | {"validFromPeriod": "2024-04"}, each.values
            )
            assert found["problems"] == [], (contract.name, found["problems"])
            check_shown(each, found["evaluation"])
            assert found["sentences"]


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("weights", {"items": [item(0, LINE, weight="0.9")]}, "items"),
    (
        "twice",
        {"items": [item(0, LINE, weight="0.5"), item(0, LINE, weight="0.5")]},
        "items[1].indicatorId",
    ),
    ("shares", {"split": shared("0.5", "0.4")}, "split.shares"),
    (
        "over the pool",
        {"items": [item(0, {"line": line([["0", "0"], ["100", "1.5"]])})]},
        "adjustments",
    ),
    (
        "a turning curve",
        {"items": [item(0, {"line": line([["0", "1"], ["100", "0.5"]])})]},
        "items[0].scoring.line.points[1].score",
    ),
    ("a hole", {"items": [item(0, {"steps": table("UNDEFINED")})]}, "items[0].scoring.steps.rows"),
    ("no pool to cap", {"funding": at_risk("1.5", "1")}, "funding.atRisk.schedule[0].share"),
    (
        "a base unknown",
        {
            "funding": {
                "atRisk": {
                    "currency": "EUR",
                    "schedule": [{"fromYear": 1, "share": "0.1"}],
                    "baseIndicatorId": "none",
                    "retention": "NOT_WITHHELD",
                }
            }
        },
        "funding.atRisk.baseIndicatorId",
    ),
    (
        "a gate unknown",
        {
            "adjustments": [
                {
                    "gate": {
                        "indicatorId": "none",
                        "level": stated("1"),
                        "boundary": "INCLUSIVE",
                        "factor": "0",
                        "side": "GAINS",
                    }
                }
            ]
        },
        "adjustments[0].gate.indicatorId",
    ),
    (
        "a stage",
        {"rounding": {"mode": "HALF_UP", "step": "0.01", "stage": "EACH_PART"}},
        "rounding.stage",
    ),
    (
        "a step",
        {"rounding": {"mode": "HALF_UP", "step": "0.001", "stage": "TOTAL"}},
        "rounding.step",
    ),
    ("a period", {"validFromPeriod": "2024-13"}, "validFromPeriod"),
    (
        "a mean",
        {"items": [item(0, LINE, reading=EXACT | {"periods": 0})]},
        "items[0].reading.periods",
    ),
    (
        "a late item cap",
        {
            "adjustments": [
                {"periodCap": {"side": "BOTH", "limit": {"shareOfPool": "1"}}},
                {"itemCap": {"side": "BOTH", "limit": {"shareOfPool": "1"}}},
            ]
        },
        "adjustments[1].itemCap",
    ),
    (
        "a stranger protected",
        {"adjustments": [{"gainOnly": {"partyIds": ["p4"]}}]},
        "adjustments[0].gainOnly.partyIds",
    ),
    ("a money form", {"funding": {"earnedIn": "EUR"}}, "items[0].scoring"),
)


async def test_terms_that_cannot_hold_are_refused_with_their_place(world: World) -> None:
    """When they are proposed, not when they are settled; nothing changes."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    example = {"values": [given(0, "100")], "expected": {"amount": "10000.00", "currency": "EUR"}}
    for what, wrong, place in BAD:
        terms = declared([item(0, LINE)], workedExamples=[example], validFromPeriod="2024-04")

        problem = await world.refused(BUYER, "proposeScheme", named(world, ids, terms | wrong))

        assert problem["path"] == place, (what, problem)
    await audit(world.settings, world.ecosystem_id)


@pytest.mark.parametrize("forms", [{}, {"line": LINE["line"], "steps": table("ROW_BEFORE")}])
async def test_a_scoring_is_exactly_one_form(world: World, forms: dict[str, Any]) -> None:
    """None and two are refused by the schema itself."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    terms = named(world, ids, declared([item(0, forms)]))

    answer = await world.ask(PREVIEW, {"terms": terms, "assumed": []}, world.token(BUYER))

    assert "exactly one" in answer["errors"][0]["message"].lower()


async def test_a_scheme_is_shown_with_its_terms_sentences_and_warnings(world: World) -> None:
    """What was declared comes back; 30 cases at 99 % are warned of; a second version counts on."""
    await world.found(BUYER, *PARTNERS)
    plain = indicator_terms(world, {"P0": "1"})["method"]
    ratio = plain | {"kind": "POOLED_RATIO", "scale": "100"}
    levels = {"baseline": "0", "minimum": "90", "target": "99", "stretch": "100"}
    part = {"partyId": world.parties["P0"], "value": "1", "denominator": "2"}
    ids = await indicators(
        world,
        method=ratio,
        levels=levels,
        minimumSample=30,
        workedExamples=[{"parts": [part], "expected": "50"}],
    )
    gate = {"indicatorId": "i0", "level": {"name": "MINIMUM"}, "boundary": "INCLUSIVE"}
    example = {"values": [given(0, "100")], "expected": {"amount": "10000.00", "currency": "EUR"}}
    terms = declared(
        [item(0, LINE)],
        adjustments=[{"gate": gate | {"factor": "0.5", "side": "GAINS"}}],
        workedExamples=[example],
        validFromPeriod="2024-04",
    )

    payload = await world.done(
        BUYER, "proposeScheme", named(world, ids, terms), f"{SCHEME} {PROPOSED}"
    )
    await world.agree(payload["proposal"], BUYER, "P0")

    scheme = payload["scheme"]
    assert scheme["terms"]["items"] == [
        {
            "indicatorId": ids["i0"],
            "weight": "1",
            "scoring": {
                "line": {"points": [{"at": "0", "score": "0"}, {"at": "100", "score": "1"}]},
                "steps": None,
            },
        }
    ]
    assert scheme["terms"]["adjustments"] == [{"gate": {"factor": "0.5", "indicatorId": ids["i0"]}}]
    said = " ".join(scheme["sentences"])
    for words in (
        "out of a pool of 10000.00 EUR",
        "P0 has a share of 100 %",
        "gains are multiplied by 0.5",
    ):
        assert words in said
    [warning] = payload["warnings"]
    assert warning["path"] == "items[0]"
    assert "only perfection meets it; a miss is allowed from at least 100 on" in warning["message"]
    again = named(world, ids, terms) | {"schemeId": scheme["id"]}
    second = await world.done(BUYER, "proposeScheme", again, f"{SCHEME} {PROPOSED}")
    assert second["scheme"]["version"] == 2
    await audit(world.settings, world.ecosystem_id)
