"""Priorities are limited on purpose: a theme is full when the policy says so."""

from typing import Any

from tests.auditor import audit
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.world import PROPOSED, World, indicator_terms

CONTINUITY = "BUSINESS_CONTINUITY"
POLICY = "policy { themeCaps { theme cap } } " + PROPOSED


async def capped(world: World, cap: int) -> None:
    """All agree that so many may be live on continuity."""
    given = {
        "signatures": [],
        "witnesses": [],
        "quorum": 0,
        "themeCaps": [{"theme": CONTINUITY, "cap": cap}],
    }
    payload = await world.done(BUYER, "proposePolicy", given, POLICY)
    assert payload["policy"]["themeCaps"] == [{"theme": CONTINUITY, "cap": cap}]
    await world.agree(payload["proposal"], BUYER, *PARTNERS)


def named(world: World, name: str, **changed: Any) -> dict[str, Any]:
    """Terms of an indicator that two partners own."""
    return indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"}) | {"name": name} | changed


async def live(world: World, name: str, **changed: Any) -> str:
    """An indicator that its owners agreed; its id."""
    terms = named(world, name, **changed)
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], TRACK, TRAIN)
    data = await world.read(TRACK, "{ indicators(last: 1) { nodes { id } } }")
    found: str = data["indicators"]["nodes"][0]["id"]
    return found


async def test_a_full_theme_takes_no_other_live_indicator(world: World) -> None:
    """The error names what is live now; a pilot, another theme and a next version have room."""
    await world.found(BUYER, *PARTNERS)
    await capped(world, 2)
    first = await live(world, "Delay minutes")
    await live(world, "Cancellations")

    problem = await world.refused(TRACK, "proposeIndicator", named(world, "Crowding"))

    assert problem["code"] == "THEME_FULL"
    assert problem["path"] == "theme"
    assert "Cancellations, Delay minutes" in problem["message"]
    await live(world, "Crowding, a pilot", stage="SHADOW", liveFrom="")
    await live(world, "Answers", theme="CUSTOMER_SATISFACTION")
    await live(world, "Delay minutes", indicatorId=first)
    await audit(world.settings, world.ecosystem_id)


async def test_the_last_consent_finds_the_theme_full_meanwhile(world: World) -> None:
    """Two were proposed while there was room for one: the second does not bind."""
    await world.found(BUYER, *PARTNERS)
    await capped(world, 1)
    proposals = [
        (await world.done(TRACK, "proposeIndicator", named(world, name), PROPOSED))["proposal"]
        for name in ("Delay minutes", "Cancellations")
    ]
    await world.agree(proposals[0], TRACK, TRAIN)
    await world.consent(TRACK, proposals[1])
    answer = {"proposalId": proposals[1]["id"], "commitment": proposals[1]["commitment"]}

    problem = await world.refused(TRAIN, "consentToProposal", answer)

    assert problem["code"] == "THEME_FULL"
    assert "live now: Delay minutes" in problem["message"]
    await audit(world.settings, world.ecosystem_id)


async def test_a_lower_cap_binds_what_comes_later_alone(world: World) -> None:
    """What is live stays live, and a proposal lives under the policy it was opened with."""
    await world.found(BUYER, *PARTNERS)
    await live(world, "Delay minutes")
    open_one = await world.done(TRACK, "proposeIndicator", named(world, "Cancellations"), PROPOSED)
    await capped(world, 0)

    await world.agree(open_one["proposal"], TRACK, TRAIN)

    data = await world.read(BUYER, "{ indicators { nodes { current { name stage } } } }")
    assert [each["current"]["stage"] for each in data["indicators"]["nodes"]] == ["LIVE", "LIVE"]
    problem = await world.refused(TRACK, "proposeIndicator", named(world, "Crowding"))
    assert "room for 0; live now: Cancellations, Delay minutes" in problem["message"]
    await audit(world.settings, world.ecosystem_id)


async def test_caps_that_cannot_hold_are_refused(world: World) -> None:
    """A theme named twice, a number that is none."""
    await world.found(BUYER, *PARTNERS)
    bare = {"signatures": [], "witnesses": [], "quorum": 0}
    for caps, path in (
        ([(CONTINUITY, 1), (CONTINUITY, 2)], "themeCaps[1].theme"),
        ([(CONTINUITY, -1)], "themeCaps[0].cap"),
        ([(CONTINUITY, 101)], "themeCaps[0].cap"),
    ):
        listed = [{"theme": theme, "cap": cap} for theme, cap in caps]
        problem = await world.refused(BUYER, "proposePolicy", bare | {"themeCaps": listed})
        assert (problem["code"], problem["path"]) == ("THEME_CAP_MALFORMED", path)
