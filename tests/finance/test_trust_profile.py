"""Trust profiles: figures with formulas, from the entries alone, for the outsourcer too."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from ledger.conduct import Conduct, ConductKind, FigureCode, conducts, profile
from tests.auditor import audit
from tests.finance.steps import posted, report_of
from tests.incentives.chronicle import MONTHS, Chronicle, after
from tests.incentives.declared import declared, engine_terms, item, stated
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import World

SHOW = """query($of: ID!, $on: Date!, $asOf: Index) {
  trustProfile(partyId: $of, on: $on, asOf: $asOf) { party { name } on
    figures { code formula value good total rung entryCount entries } } }"""
MET = {"level": stated("95"), "boundary": "INCLUSIVE", "earnedWhen": "MET"}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def seen(kind: ConductKind, subject: str, index: int, seconds: int, good: bool = True) -> Conduct:
    """A thing seen of a party so many seconds after the beginning."""
    return Conduct("p", kind, subject, index, BEGAN + timedelta(seconds=seconds), good)


async def figures(world: World, viewer: str, party: str, on: str, **how: Any) -> dict[str, Any]:
    """A party's figures by code; disputes by rung."""
    data = await world.read(viewer, SHOW, of=world.parties[party], on=on, **how)
    assert data["trustProfile"]["party"] == {"name": party}
    assert all(each["formula"] for each in data["trustProfile"]["figures"])
    return {
        f"{each['code']}/{each['rung']}" if each["rung"] is not None else each["code"]: each
        for each in data["trustProfile"]["figures"]
    }


async def test_figures_follow_from_what_a_party_did(world: World) -> None:
    """One objected once and corrected its part; the buyer paid one on time, one late, one not."""
    settlement = await posted(world)
    await world.done(BUYER, "reportPayment", report_of(world, settlement, TRACK, "4055.31"))
    late = report_of(world, settlement, TRAIN, "3244.24", "2024-06-05")
    await world.done(BUYER, "reportPayment", late)

    others = await figures(world, TRACK, OTHERS, "2024-07-01")
    assert others["AGREED_WITHOUT_DISPUTE"]["value"] == "80"
    assert (others["DISPUTES/0"]["value"], others["DISPUTES/0"]["entryCount"]) == ("1", 1)
    assert others["CORRECTIONS_PER_HUNDRED"]["value"] == "100"
    assert others["ON_TIME_REPORTING"]["value"] == "0"
    assert others["MEDIAN_SECONDS_TO_SIGN"]["good"] == 5
    assert others["PAYMENTS_ON_TIME"]["value"] is None
    track = await figures(world, OTHERS, TRACK, "2024-07-01")
    assert track["AGREED_WITHOUT_DISPUTE"]["value"] == "100"
    assert track["CORRECTIONS_PER_HUNDRED"]["value"] == "0"
    buyer = await figures(world, TRAIN, BUYER, "2024-07-01")
    assert buyer["PAYMENTS_ON_TIME"]["value"] == "100/3"
    assert buyer["ON_TIME_REPORTING"]["value"] is None
    on_the_day = await figures(world, TRAIN, BUYER, "2024-05-31")
    assert on_the_day["PAYMENTS_ON_TIME"]["value"] == "50"
    await audit(world.settings, world.ecosystem_id)


async def test_each_figure_names_entries_that_anybody_can_read(world: World) -> None:
    """And the profile of an earlier ledger is answered as it was."""
    await posted(world)

    others = await figures(world, TRACK, OTHERS, "2024-07-01")
    [index] = others["DISPUTES/0"]["entries"]
    show = "query($i: Index!) { entry(index: $i) { kind party { name } } }"
    entry = (await world.read(TRACK, show, i=index))["entry"]
    assert entry == {"kind": "proposal.objected", "party": {"name": OTHERS}}
    before = await figures(world, TRACK, OTHERS, "2024-07-01", asOf=index)
    assert "DISPUTES/0" not in before
    assert before["AGREED_WITHOUT_DISPUTE"]["value"] == "100"
    answer = await world.ask(SHOW, {"of": "Party:x", "on": "2024-07-01"}, world.token(TRACK))
    assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_time_to_sign_runs_from_the_notice_where_there_was_one() -> None:
    """The median of 5, 10 and 60 seconds; an answer before its notice counts from the opening."""
    conduct = [
        seen(ConductKind.ASKED, "a", 1, 0),
        seen(ConductKind.NOTIFIED, "a", 2, 100),
        seen(ConductKind.ANSWERED, "a", 3, 105),
        seen(ConductKind.ASKED, "b", 4, 200),
        seen(ConductKind.ANSWERED, "b", 5, 210),
        seen(ConductKind.NOTIFIED, "b", 6, 220),
        seen(ConductKind.ASKED, "c", 7, 300),
        seen(ConductKind.ANSWERED, "c", 8, 360, good=False),
    ]

    found = {each.code: each for each in profile(conduct, [], date(2026, 1, 1))}

    signed = found[FigureCode.MEDIAN_SECONDS_TO_SIGN]
    assert (signed.value, signed.good) == (Fraction(10), 3)
    assert signed.indices == (2, 3, 4, 5, 7, 8)
    assert found[FigureCode.AGREED_WITHOUT_DISPUTE].value == Fraction(200, 3)


@pytest.mark.parametrize(("grace", "in_time"), [(None, True), (20, True), (5, False)])
def test_in_time_is_what_the_terms_in_force_say(grace: int | None, in_time: bool) -> None:
    """A part of the eighth day after its period: ten days are granted where no terms say else."""
    told = Chronicle("p0", "p1")
    told.indicator("i0")
    amount = {"amount": "250.00", "currency": "EUR"}
    penalty = None if grace is None else {"amount": amount, "graceDays": grace}
    told.scheme(engine_terms(declared([item(0, {"attainment": MET})], reportingPenalty=penalty)))

    told.report("i0", MONTHS[0], "p0", after(8))

    placed = told.last
    [seen_of] = conducts(told.book, placed, None)
    assert (seen_of.kind, seen_of.is_good) == (ConductKind.REPORTED, in_time)


def test_where_nothing_happened_nothing_is_claimed() -> None:
    """No hundred percent of nothing."""
    assert all(each.value is None for each in profile([], [], date(2026, 1, 1)))
