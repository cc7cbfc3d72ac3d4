"""Following the scorecard: an event whenever a result changes it, and at no other time."""

from typing import Any

from tests.auditor import audit
from tests.subscriptions.follower import following, streaming
from tests.test_story import (
    BUYER,
    PARTNERS,
    TRACK,
    TRAIN,
    agreed_indicator,
    measured,
)
from tests.world import PROPOSED, World, bare, indicator_terms

SCORECARD = """subscription($on: Date!, $history: Int = 1, $e: ID) {
  scorecard(on: $on, history: $history, ecosystem: $e) {
    watermelon { verdict }
    operational { indicator { current { name } } measurement { displayed standing } } } }"""
READ = SCORECARD.replace("subscription(", "query(").replace(", ecosystem: $e", "")
READ = READ.replace(", $e: ID", "")


def cell(displayed: str | None) -> dict[str, Any]:
    """The story's scorecard with a result, or without one."""
    found = None if displayed is None else {"displayed": displayed, "standing": "GREEN"}
    line = {"indicator": {"current": {"name": "Delay minutes"}}, "measurement": found}
    return {"watermelon": {"verdict": "UNKNOWN"}, "operational": [line]}


async def test_the_scorecard_comes_at_once_and_whenever_a_result_changes_it(world: World) -> None:
    """Parts, proposals, objections and remarks send nothing; who comes anew gets it as it is."""
    await world.found(BUYER, *PARTNERS)
    async with following(world, world.token(TRAIN)) as follower:
        await follower.subscribe(SCORECARD, on="2024-06-01")
        empty = {"watermelon": {"verdict": "UNKNOWN"}, "operational": []}
        assert (await follower.event())["scorecard"] == empty
        indicator = await agreed_indicator(world)
        assert (await follower.event())["scorecard"] == cell(None)

        await measured(world, indicator)
        assert (await follower.event())["scorecard"] == cell("62092.1")
        await world.done(BUYER, "makeRemark", {"text": "well done"})
        terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"}) | {"name": "Another"}
        proposed = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
        await world.agree(proposed["proposal"], TRACK, TRAIN)
        seen = (await follower.event())["scorecard"]["operational"]
        assert [each["measurement"] is None for each in seen] == [False, True]
    listed = await world.read(TRAIN, READ, on="2024-06-01")
    async with streaming(world, world.token(TRAIN), SCORECARD, on="2024-06-01") as events:
        assert (await anext(events))[1]["data"] == listed
    await audit(world.settings, world.ecosystem_id)


async def test_a_date_before_the_first_result_shows_none(world: World) -> None:
    """The scorecard of a date is of that date, whatever is agreed later."""
    await world.found(BUYER, *PARTNERS)
    await measured(world, await agreed_indicator(world))
    async with following(world, world.token(TRAIN)) as follower:
        await follower.subscribe(SCORECARD, on="2024-04-15")
        assert (await follower.event())["scorecard"] == cell(None)


async def test_what_cannot_be_followed_is_refused(world: World) -> None:
    """A series without end, and somebody else's ecosystem."""
    await world.found(BUYER, TRACK)
    for wrong, code in (
        ({"history": 0}, "BAD_REQUEST"),
        ({"history": 131}, "BAD_REQUEST"),
        ({"e": f"Ecosystem:{bare(world.parties[BUYER])}"}, "NOT_FOUND"),
    ):
        async with following(world, world.token(TRACK)) as follower:
            await follower.subscribe(SCORECARD, on="2024-06-01", **wrong)
            assert await follower.refusal() == code
