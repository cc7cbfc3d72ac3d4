"""Every bench runs: a small one of each, so that none rots. How fast is not asked here."""

from pathlib import Path

import pytest

from ops.bench.figure import Figure, Laps, at_least, at_most, table
from ops.bench.frame import NoSuchBench, Run, benches, in_turn
from service.embedded import Embedded


@pytest.mark.parametrize("name", [each.name for each in benches()])
async def test_each_bench_runs_and_states_figures(
    name: str, server: Embedded, tmp_path: Path
) -> None:
    """As `make bench` runs it, of the smallest size."""
    [chosen] = benches([name])
    run = Run(chosen.smoke_size, server, tmp_path, lambda _: None)

    await chosen.measure(run)

    assert chosen.compares
    assert run.figures
    assert all(each.value > 0 for each in run.figures)
    assert len(table(name, run.figures).rows) == len(run.figures)


def test_an_aim_holds_for_the_ratio_where_something_stands_beside() -> None:
    """Else for the figure itself; without an aim nothing is said."""
    assert Figure("f", 100, "/s", 10, "it", at_least(10)).is_met is True
    assert Figure("f", 100, "/s", 11, "it", at_least(10)).is_met is False
    assert Figure("f", 40, "ms", aim=at_most(50)).is_met is True
    assert Figure("f", 60, "ms", aim=at_most(50)).is_met is False
    assert Figure("f", 60, "ms").is_met is None


def test_a_percentile_is_one_of_the_laps() -> None:
    """The smallest that the share of all does not exceed."""
    laps = Laps()
    laps.seconds = [float(number) for number in range(100, 0, -1)]

    assert (laps.percentile(0.99), laps.percentile(0.5), laps.percentile(1)) == (99, 50, 100)


async def test_sides_take_turns() -> None:
    """Whatever disturbs the machine disturbs both."""
    order: list[str] = []

    async def ours() -> None:
        order.append("ours")

    async def theirs() -> None:
        order.append("theirs")

    laps = await in_turn(2, ours, theirs)

    assert order == ["ours", "theirs"] * 2
    assert [len(each.seconds) for each in laps] == [2, 2]


def test_a_name_that_is_no_bench_is_refused_with_the_names_there_are() -> None:
    """A typing error costs no run."""
    with pytest.raises(NoSuchBench, match="append"):
        benches(["apend"])
