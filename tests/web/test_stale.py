"""Stale screens: who builds on what is not current any more is told which version is."""

from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN, agreed_indicator
from tests.world import PROPOSED, World, indicator_terms, scheme_terms


async def test_a_version_on_an_older_one_is_refused_with_the_current(world: World) -> None:
    """Of an indicator: two screens had version 1 open, and one was agreed first."""
    await world.found(BUYER, *PARTNERS)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    nobody_before = await world.refused(TRACK, "proposeIndicator", terms | {"expectedVersion": 1})
    assert nobody_before["code"] == "VERSION_CONFLICT"
    first = await world.done(TRACK, "proposeIndicator", terms | {"expectedVersion": 0}, PROPOSED)
    await world.agree(first["proposal"], TRACK, TRAIN)
    data = await world.read(TRACK, "{ indicators { nodes { id } } }")
    changed = terms | {"indicatorId": data["indicators"]["nodes"][0]["id"], "expectedVersion": 1}
    second = await world.done(TRACK, "proposeIndicator", changed | {"why": "Clearer."}, PROPOSED)
    await world.agree(second["proposal"], TRACK, TRAIN)

    show = "problems { __typename code message path ... on VersionConflict { currentVersion } }"
    payload = await world.do(TRAIN, "proposeIndicator", changed | {"why": "Shorter."}, show)

    [problem] = payload["problems"]
    assert problem["__typename"] == "VersionConflict"
    assert problem["currentVersion"] == 2
    assert problem["path"] == "expectedVersion"
    assert payload["receipt"] is None
    await world.done(TRAIN, "proposeIndicator", changed | {"expectedVersion": 2})


async def test_a_policy_on_an_older_one_is_refused_with_the_current(world: World) -> None:
    """The founding's is version 0 until another is agreed."""
    await world.found(BUYER, *PARTNERS)
    given = {"signatures": [], "quorum": 0, "witnesses": []}
    current = (await world.read(BUYER, "{ policy { version } }"))["policy"]["version"]

    refused = await world.refused(BUYER, "proposePolicy", given | {"expectedVersion": current + 1})

    assert refused["code"] == "VERSION_CONFLICT"
    assert str(current) in refused["message"]
    await world.done(BUYER, "proposePolicy", given | {"expectedVersion": current})


async def test_a_scheme_on_an_older_one_is_refused_with_the_current(world: World) -> None:
    """Before anything else is said of its terms."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    terms = scheme_terms(world, indicator, {TRACK: "1"})
    none_yet = await world.refused(BUYER, "proposeScheme", terms | {"expectedVersion": 1})
    assert none_yet["code"] == "VERSION_CONFLICT"
    show = f"scheme {{ id }} {PROPOSED}"
    first = await world.done(BUYER, "proposeScheme", terms | {"expectedVersion": 0}, show)
    await world.agree(first["proposal"], BUYER, TRACK)
    changed = terms | {"schemeId": first["scheme"]["id"], "name": "Anew"}

    refused = await world.refused(BUYER, "proposeScheme", changed | {"expectedVersion": 2})

    assert (refused["code"], refused["path"]) == ("VERSION_CONFLICT", "expectedVersion")
    await world.done(BUYER, "proposeScheme", changed | {"expectedVersion": 1})
