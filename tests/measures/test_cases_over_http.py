"""Public worked cases through the public API, each also with drawn inputs beside an oracle.

A case is JSON terms and JSON parts; what it must give comes from its source. Each input of a case
is a month of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from tests.auditor import audit
from tests.measures.surveys import BUYER, DESK, OWNERS, SITE, opened, survey_terms
from tests.shared import case
from tests.world import PROPOSED, World

SHOWN = f"""measurement {{ value displayed standing sampleSize margin {{ half }}
  contributions {{ value party {{ name }} }} inputs {{ weight }} }} {PROPOSED}"""
DRAWS = 4
CHANCE = Random(29)
SUM = {"kind": "SUM", "margin": "NONE", "series": "s"}
RATIO = {"kind": "POOLED_RATIO", "margin": "NONE", "series": "s", "scale": "100"}
Part = dict[str, Any]


@dataclass
class Joint:
    """An indicator of two owners, shadowed, and what its months give."""

    world: World
    indicator: str
    months: int = 0

    @classmethod
    async def of(cls, world: World, method: dict[str, Any], first: str, **stated: Any) -> "Joint":
        """Agreed; its worked example is one value (out of as many), or what is stated."""
        part: Part = {"partyId": world.parties[DESK], "value": first}
        if method["kind"] == "POOLED_RATIO":
            part["denominator"] = first
        example = {"parts": [part], "expected": "100" if "denominator" in part else first}
        terms = survey_terms(world, method, workedExamples=[example], stage="SHADOW", liveFrom="")
        terms |= {"attribution": "SOLIDARY", "boundary": "INCLUSIVE"} | level("0")
        return cls(world, await opened(world, terms | stated))

    async def gives(self, mine: Part, other: Part | None = None) -> dict[str, Any]:
        """What a month of these parts gives, as it is proposed."""
        proposed = await self.proposed(mine, other)
        found: dict[str, Any] = proposed["measurement"]
        return found

    async def proposed(self, mine: Part, other: Part | None = None) -> dict[str, Any]:
        """The payload of the next month's measurement."""
        self.months += 1
        place = {"indicatorId": self.indicator, "period": month(self.months)}
        nothing: Part = {"value": "0"} | ({"denominator": "0"} if "denominator" in mine else {})
        if "answers" in mine or "sampleSize" in mine:
            nothing = {"value": "0", "sampleSize": 0}
        for party, part in ((DESK, mine), (SITE, other or nothing)):
            figures = {"partyId": self.world.parties[party], **part}
            declared = {"figures": figures, "evidenceSha256": "0" * 64}
            await self.world.done(party, "submitPart", place | {"declared": declared})
        return await self.world.done(DESK, "proposeMeasurement", place, SHOWN)

    async def agreed(self, mine: Part) -> None:
        """A month that binds."""
        await self.world.agree((await self.proposed(mine))["proposal"], *OWNERS)


def month(number: int) -> str:
    """The key of the n-th month of 2020 and after."""
    return f"{2020 + (number - 1) // 12}-{(number - 1) % 12 + 1:02}"


def level(target: str) -> dict[str, Any]:
    """Levels of which only the target matters."""
    names = ("baseline", "minimum", "target", "stretch")
    return {"levels": dict.fromkeys(names, target)}


def rounding(mode: str, step: str, stage: str = "AFTER_COMPARING") -> dict[str, Any]:
    """How values are rounded."""
    return {"rounding": {"mode": mode, "step": step, "stage": stage}}


def rounded(value: Decimal, step: str, mode: str) -> Fraction:
    """The oracle: the standard library's own rounding to a step."""
    how = {"HALF_UP": ROUND_HALF_UP, "HALF_EVEN": ROUND_HALF_EVEN}[mode]
    unit = Decimal(step)
    return Fraction((value / unit).quantize(Decimal(1), how) * unit)


def drawn(count: int = DRAWS) -> list[Decimal]:
    """Values with two decimals, half of them halfway between tenths."""
    return [Decimal(CHANCE.randrange(2000)) / 20 + Decimal(n % 2) / 100 for n in range(count)]


@pytest.fixture
async def chain(world: World) -> World:
    """A buyer and two partners."""
    await world.found(BUYER, *OWNERS)
    return world


@pytest.mark.parametrize(
    ("name", "key", "mode", "step"),
    [
        ("rounding-mode", "half_even", "HALF_EVEN", "1"),
        ("rounding-mode", "half_up", "HALF_UP", "1"),
        ("rounding-step", "to_1", "HALF_UP", "1"),
        ("rounding-step", "to_0.001", "HALF_UP", "0.001"),
    ],
)
async def test_mode_and_step_of_rounding(
    chain: World, name: str, key: str, mode: str, step: str
) -> None:
    """As the source prints it; and whatever else is rounded."""
    known = case(name)
    joint = await Joint.of(chain, SUM, "7", **rounding(mode, step))

    found = await joint.gives({"value": known["inputs"]["value"]})

    assert Fraction(found["displayed"]) == Fraction(known["expected"][key])
    for value in drawn():
        found = await joint.gives({"value": str(value)})
        assert Fraction(found["displayed"]) == rounded(value, step, mode)


async def test_an_improvement_is_rounded_before_it_is_compared(chain: World) -> None:
    """2.05 earns 2.1."""
    known = case("improvement-rounding")
    target, expected = known["inputs"]["target"], known["expected"]
    stated = rounding("HALF_UP", "0.1", "BEFORE_COMPARING") | level(target)
    joint = await Joint.of(chain, SUM, "7", **stated)
    pairs = [[Decimal(each) for each in pair] for pair in known["inputs"]["pairs"]]
    told = list(zip(expected["improvement"], expected["earned"], strict=True))
    for now, before in zip(drawn(), drawn(), strict=True):
        pairs.append([now, before])
        improved = rounded(now - before, "0.1", "HALF_UP")
        told.append((improved, improved >= Fraction(target)))

    for (now, before), (improvement, is_earned) in zip(pairs, told, strict=True):
        found = await joint.gives({"value": str(now)}, {"value": str(-before)})
        assert Fraction(found["displayed"]) == Fraction(improvement)
        assert (found["standing"] == "GREEN") == is_earned


async def test_shares_of_few_and_targets_that_only_perfection_meets(chain: World) -> None:
    """Two late of 40 and of 35; one late of 30 at 99 %."""
    cliff, alone = case("small-n-cliff"), case("unreachable-target")
    as_shown = rounding("HALF_UP", "1", "BEFORE_COMPARING")
    joint = await Joint.of(chain, RATIO, "1", **as_shown, **level(cliff["inputs"]["target"]))
    strict = await Joint.of(
        chain, RATIO, "1", **as_shown, **level(alone["inputs"]["target"]), name="Strict"
    )
    late, asked = cliff["inputs"]["late"], cliff["inputs"]["n"]
    drawn_pairs = [(n, CHANCE.randrange(n)) for n in (7, 30, 211)]
    told = [(n, late) for n in asked] + drawn_pairs
    share = list(cliff["expected"]["share_displayed"])
    share += [str(rounded(Decimal(100) * (n - k) / n, "1", "HALF_UP")) for n, k in drawn_pairs]

    for (n, missed), shown in zip(told, share, strict=True):
        found = await joint.gives({"value": str(n - missed), "denominator": str(n)})
        assert Fraction(found["displayed"]) == Fraction(shown)
        is_met = Fraction(shown) >= Fraction(cliff["inputs"]["target"])
        assert (found["standing"] == "GREEN") == is_met
    assert [Fraction(each) >= 95 for each in share[:2]] == cliff["expected"]["met"]
    n, missed = alone["inputs"]["n"], alone["inputs"]["late"]
    found = await strict.gives({"value": str(n - missed), "denominator": str(n)})
    assert found["displayed"] == alone["expected"]["share_displayed"]
    query = "query($id: ID!, $n: Int!) { indicator(id: $id) { current { missesAllowed(n: $n) } } }"
    data = await chain.read(BUYER, query, id=strict.indicator, n=n)
    allowed = data["indicator"]["current"]["missesAllowed"]
    assert (allowed >= missed) is alone["expected"]["reachable_with_one_miss"]


async def composed(
    chain: World, weights: Sequence[str], inputs: Sequence[Joint], **stated: Any
) -> str:
    """A weighted composite of indicators, agreed."""
    ids = [each.indicator for each in inputs]
    listed = [{"indicatorId": key, "weight": w} for key, w in zip(ids, weights, strict=True)]
    method = {"kind": "WEIGHTED_COMPOSITE", "margin": "NONE", "inputs": listed}
    assumed = [{"indicatorId": key, "value": "50"} for key in ids]
    terms = survey_terms(
        chain,
        method,
        name="Composite",
        attribution="SOLIDARY",
        stage="SHADOW",
        liveFrom="",
        workedExamples=[{"inputs": assumed, "expected": "50"}],
    )
    return await opened(chain, terms | level("0") | stated)


async def test_a_weighted_mean_of_exact_values(chain: World) -> None:
    """59 and 66 of the source, and drawn rows."""
    known = case("weighted-mean")
    rows = [(row["values"], row["weights"]) for row in known["inputs"]["rows"]]
    weights = rows[0][1]
    assert all(each == weights for _, each in rows)
    told = [Fraction(each) for each in known["expected"]["displayed"]]
    for _ in range(2):
        values = drawn(len(weights))
        rows.append(([str(each) for each in values], weights))
        whole = sum(Decimal(w) * x for w, x in zip(weights, values, strict=True)) / 100
        told.append(rounded(Decimal(whole), "1", "HALF_UP"))
    inputs = [await Joint.of(chain, SUM, "7", name=f"Input {n}") for n in range(len(weights))]
    composite = await composed(chain, weights, inputs, **rounding("HALF_UP", "1"))

    for number, ((values, _), expected) in enumerate(zip(rows, told, strict=True), 1):
        for joint, value in zip(inputs, values, strict=True):
            await joint.agreed({"value": value})
        place = {"indicatorId": composite, "period": month(number)}
        payload = await chain.done(DESK, "proposeMeasurement", place, SHOWN)
        assert Fraction(payload["measurement"]["displayed"]) == expected


@pytest.mark.parametrize(
    ("name", "rule"), [("cms-reweight", "IN_PROPORTION"), ("equal-reweight", "EQUALLY")]
)
async def test_the_weight_of_what_has_too_little_data(chain: World, name: str, rule: str) -> None:
    """Spread as the terms say; with another input dropped, beside the formula."""
    known = case(name)
    weights, dropped = known["inputs"]["weights"], known["inputs"]["dropped"]
    csat = {
        "kind": "TOP_TWO_BOX",
        "margin": "NONE",
        "series": "s",
        "scale": "100",
        "answers": {"denominator": "VALID_ANSWERS"},
    }
    part = {"partyId": chain.parties[DESK], "answers": [{"value": "4", "count": 5}]}
    stated = {"minimumSample": 5, "lowSample": f"NO_SCORE_REWEIGHT_{rule}"}
    stated["workedExamples"] = [{"parts": [part], "expected": "100"}]
    inputs = [await Joint.of(chain, csat, "", name=f"Q{n}", **stated) for n in range(len(weights))]
    composite = await composed(chain, weights, inputs)

    for number, gone in enumerate((dropped, 2), 1):
        for which, joint in enumerate(inputs):
            count = 1 if which == gone else 5
            await joint.agreed({"answers": [{"value": "4", "count": count}]})
        place = {"indicatorId": composite, "period": month(number)}
        payload = await chain.done(DESK, "proposeMeasurement", place, SHOWN)
        found = [Fraction(each["weight"]) * 100 for each in payload["measurement"]["inputs"]]
        left = [Fraction(w) for n, w in enumerate(weights) if n != gone]
        extra = Fraction(weights[gone]) / len(left) if rule == "EQUALLY" else Fraction(0)
        assert found == [100 * (w + extra) / (sum(left) + extra * len(left)) for w in left]
        if number == 1 and rule == "EQUALLY":
            assert found == [Fraction(each) for each in known["expected"]["exact"]]
        if number == 1 and rule == "IN_PROPORTION":
            tenths = [rounded(Decimal(float(each)), "0.1", "HALF_UP") for each in found]
            assert tenths == [Fraction(each) for each in known["expected"]["displayed"]]
            assert sum(found) == Fraction(known["expected"]["exact_sum"])


async def test_joint_minutes_are_in_equal_parts(chain: World) -> None:
    """Forty of two are twenty each; drawn ones beside sole and nobody's, without a rest."""
    known = case("joint-attribution")
    stated = {"attribution": "ATTRIBUTED", "direction": "LOWER_IS_BETTER", "unit": "minutes"}
    joint = await Joint.of(chain, SUM, "7", **stated)
    shares = [{"partyId": chain.parties[each]} for each in OWNERS]
    assert known["inputs"]["parties"] == len(shares)
    minutes = [(Decimal(known["inputs"]["joint_minutes"]), Decimal(0), Decimal(0))]
    minutes += [tuple(drawn(3)) for _ in range(DRAWS)]  # type: ignore[misc]  # three of each

    for number, (shared, sole, nobodys) in enumerate(minutes):
        lines: list[dict[str, Any]] = [
            {"kind": "JOINT", "value": str(shared), "shares": shares},
            {"kind": "SOLE", "value": str(sole), "shares": shares[:1]},
            {"kind": "UNATTRIBUTED", "value": str(nobodys)},
        ]
        part = {"value": str(shared + sole + nobodys), "attribution": lines}
        found = (await joint.gives(part))["contributions"]
        whose = {each["party"] and each["party"]["name"]: Fraction(each["value"]) for each in found}
        assert whose[SITE] == Fraction(shared) / 2
        assert whose[DESK] == Fraction(shared) / 2 + Fraction(sole)
        assert whose.get(None, 0) == Fraction(nobodys)
        if number == 0:
            each = Fraction(known["expected"]["each"])
            assert (whose[DESK], whose[SITE]) == (each, each)
    await audit(chain.settings, chain.ecosystem_id)


async def test_a_net_promoter_score_with_its_plain_margin(chain: World) -> None:
    """33.3 with 8.1 at 324 answers; drawn ones beside the variance answer by answer."""
    known = case("nps-moe")
    nps = {
        "kind": "NET_PROMOTER_SCORE",
        "margin": "WALD",
        "series": "s",
        "scale": "100",
        "answers": {"denominator": "VALID_ANSWERS"},
    }
    part = {"partyId": chain.parties[DESK], "answers": [{"value": "9", "count": 1}]}
    example = {"workedExamples": [{"parts": [part], "expected": "100"}]}
    joint = await Joint.of(chain, nps, "", **example, **rounding("HALF_UP", "0.1"))
    n = known["inputs"]["n"][1]
    names = ("promoters", "passives", "detractors")
    told = [[int(Fraction(known["inputs"][name]) * n) for name in names]]
    told += [[CHANCE.randrange(1, 300) for _ in names] for _ in range(DRAWS)]

    for number, counts in enumerate(told):
        scored = list(zip(("10", "8", "3"), counts, strict=True))
        answers = [{"value": value, "count": count} for value, count in scored]
        found = await joint.gives({"answers": answers})
        size = sum(counts)
        mean = (counts[0] - counts[2]) / size
        spread = sum(
            count * (score - mean) ** 2 for score, count in zip((1, 0, -1), counts, strict=True)
        )
        assert float(Fraction(found["value"])) == pytest.approx(100 * mean)
        half = float(Fraction(found["margin"]["half"]))
        assert half == pytest.approx(195.9964 * (spread / size / size) ** 0.5, rel=1e-5)
        if number == 0:
            assert found["displayed"] == known["expected"]["nps"]
            assert f"{half:.1f}" == known["expected"]["moe95"][1]
