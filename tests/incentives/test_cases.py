"""Every public incentive case as declared terms: through the engine, and through the API."""

from fractions import Fraction
from typing import Any

import pytest

from ledger.amounts import Rounding, round_to
from ledger.evaluation import Evaluation
from ledger.indicator import Levels, LowSample
from ledger.shape import SchemeMalformed
from tests.incentives.declared import declared, given, item, run, told
from tests.incentives.public_cases import CONTRACTS, Contract, Run, at_risk, table
from tests.shared import case


def known_of(contract: Contract) -> dict[str, Any]:
    """What the contract's indicators state, as the engine reads it."""
    levels = {name: Fraction(value) for name, value in contract.levels.items()}
    return {
        "levels": Levels(
            levels["baseline"], levels["minimum"], levels["target"], levels["stretch"]
        ),
        "lower_is_better": contract.lower_is_better,
        "low_sample": LowSample(contract.low_sample),
    }


def weights_of(found: Evaluation) -> list[Fraction]:
    """The weights that items without a score changed."""
    return [step.result for step in found.trace if step.name == "weight"]


def check(expected: Run, found: Evaluation) -> None:
    """The engine gives what the source says, to the digit; the trace is told where it does not."""
    if expected.payout is not None:
        assert found.payout.render() == expected.payout, told(found)
    if expected.parts is not None:
        assert [part.render() for part in found.parts] == expected.parts, told(found)
    if expected.score is not None:
        assert found.total_score == expected.score, told(found)
    if expected.weights is not None:
        assert weights_of(found) == expected.weights, told(found)


@pytest.mark.parametrize("number", range(len(CONTRACTS)))
def test_the_engine_gives_what_the_contract_says(number: int) -> None:
    """To the digit, with the trace in the message of a failure."""
    contract = CONTRACTS[number]()

    for each in contract.runs:
        found = run(contract.terms, each.values, **known_of(contract))
        check(each, found)
        assert found.trace[-1].name == "unallocated"


def test_displayed_weights_follow_from_the_exact_ones() -> None:
    """13.3, 33.3 and 53.3 are shown; what is settled on adds up to 1."""
    expected = case("cms-reweight")["expected"]
    contract = CONTRACTS[3]()

    weights = weights_of(run(contract.terms, contract.runs[0].values))

    shown = [round_to(weight * 100, Fraction(1, 10), Rounding.HALF_UP) for weight in weights]
    assert shown == [Fraction(each) for each in expected["displayed"]]
    assert sum(weights) * 100 == Fraction(expected["exact_sum"])


def test_the_cap_tells_what_it_took() -> None:
    """12,000 before, 10,000 after."""
    expected = case("dir-cap")["expected"]
    contract = CONTRACTS[1]()

    found = run(contract.terms, contract.runs[0].values)

    [step] = [step for step in found.trace if step.name == "period cap"]
    named = {each.name: each.value for each in step.inputs}
    assert named["before"] == -Fraction(expected["uncapped"]), told(found)
    assert step.result == -Fraction(expected["credited"]), told(found)


@pytest.mark.parametrize(
    ("step", "periods", "hole"), [(None, 1, "7.5"), ("1", 1, "6"), ("5", 2, "7.5"), ("2", 1, "")]
)
def test_a_table_with_a_hole_is_refused_with_its_place(
    step: str | None, periods: int, hole: str
) -> None:
    """12 is in no row: refused when it is proposed, not when it is settled."""
    reading = {"of": "VALUE", "stage": "EXACT", "periods": periods}
    terms = declared(
        [item(0, {"steps": table("UNDEFINED", step)}, reading=reading)],
        kind="CREDIT",
        funding=at_risk("1", "100000"),
    )

    with pytest.raises(SchemeMalformed) as refused:
        run(terms, [given(0, "12")])

    assert refused.value.path == "items[0].scoring.steps.rows"
    assert hole in refused.value.message


def test_a_table_of_what_can_occur_has_no_hole() -> None:
    """Points in fives need no rule for what lies between."""
    terms = declared(
        [item(0, {"steps": table("UNDEFINED", "5")})],
        kind="CREDIT",
        funding=at_risk("1", "100000"),
    )

    assert run(terms, [given(0, "20")]).payout.render() == "-6000.00"
