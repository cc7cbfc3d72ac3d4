"""A next version takes something from those who hold the one in force: they are asked too."""

from tests.auditor import audit
from tests.test_story import (
    BUYER,
    FIGURES,
    OTHERS,
    PARTNERS,
    TRACK,
    TRAIN,
    agreed_indicator,
    agreed_scheme,
    measured,
)
from tests.world import PROPOSED, World, indicator_terms, scheme_terms


async def test_no_owner_is_put_out_of_its_indicator_by_a_version_that_names_others(
    world: World,
) -> None:
    """One owner proposes a version of its own alone: it binds once all owners of before agreed."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    terms = indicator_terms(world, {TRACK: "1"}) | {"indicatorId": indicator}

    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    alone = await world.consent(TRACK, payload["proposal"])

    assert alone["proposal"]["status"] == "OPEN"
    await world.agree(payload["proposal"], TRAIN, OTHERS)
    await audit(world.settings, world.ecosystem_id)


async def test_no_stranger_makes_the_next_version_of_an_indicator(world: World) -> None:
    """Who never owned it cannot make it its own either."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    terms = indicator_terms(world, {BUYER: "1"}) | {"indicatorId": indicator}

    payload = await world.done(BUYER, "proposeIndicator", terms, PROPOSED)
    alone = await world.consent(BUYER, payload["proposal"])

    assert alone["proposal"]["status"] == "OPEN"


async def test_what_replaces_a_next_version_is_a_next_version_itself(world: World) -> None:
    """Who takes its proposal back by another that names no indicator asks the owners all the same.

    The replacement is of the same indicator: it follows the version in force, not the void.
    """
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    second = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"}) | {"indicatorId": indicator}
    payload = await world.done(TRACK, "proposeIndicator", second, PROPOSED)
    alone = indicator_terms(world, {TRACK: "1"}) | {"replaces": payload["proposal"]["id"]}

    shown = PROPOSED + " indicatorVersion { version }"
    replaced = await world.done(TRACK, "proposeIndicator", alone, shown)
    answered = await world.consent(TRACK, replaced["proposal"])

    assert replaced["indicatorVersion"]["version"] == 2
    assert answered["proposal"]["status"] == "OPEN"
    await world.agree(replaced["proposal"], TRAIN, OTHERS)
    await audit(world.settings, world.ecosystem_id)


async def test_what_replaces_a_next_scheme_is_a_next_scheme_itself(world: World) -> None:
    """The sharers of the version in force are asked, and its currency is kept."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    scheme = await agreed_scheme(world, indicator)
    second = scheme_terms(world, indicator, {TRACK: "0.5", TRAIN: "0.5"}) | {"schemeId": scheme}
    payload = await world.done(BUYER, "proposeScheme", second, PROPOSED)
    alone = scheme_terms(world, indicator, {TRACK: "1"})
    alone |= {"replaces": payload["proposal"]["id"]}

    replaced = await world.done(BUYER, "proposeScheme", alone, PROPOSED)
    for party in (BUYER, TRACK):
        answered = await world.consent(party, replaced["proposal"])

    assert answered["proposal"]["status"] == "OPEN"
    await world.agree(replaced["proposal"], TRAIN, OTHERS)
    await audit(world.settings, world.ecosystem_id)


async def test_a_proposal_is_replaced_by_one_about_the_same_alone(world: World) -> None:
    """Not by another kind, nor by another indicator."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    terms = indicator_terms(world, {TRACK: "1"})
    second = await world.done(
        TRACK, "proposeIndicator", terms | {"indicatorId": indicator}, PROPOSED
    )
    another = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    scheme = scheme_terms(world, indicator, {TRACK: "1"})

    for mutation, given in (
        ("proposeScheme", scheme | {"replaces": second["proposal"]["id"]}),
        (
            "proposeIndicator",
            terms | {"indicatorId": indicator, "replaces": another["proposal"]["id"]},
        ),
    ):
        refused = await world.refused(TRACK, mutation, given)
        assert (refused["code"], refused["path"]) == ("ANOTHER_SUBJECT", "replaces")


async def test_no_sharer_is_left_out_of_a_scheme_without_its_consent(world: World) -> None:
    """A version without one of the sharers asks it too."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    scheme = await agreed_scheme(world, indicator)
    terms = scheme_terms(world, indicator, {TRACK: "0.5", TRAIN: "0.5"}) | {"schemeId": scheme}

    payload = await world.done(BUYER, "proposeScheme", terms, PROPOSED)
    for party in (BUYER, TRACK, TRAIN):
        answered = await world.consent(party, payload["proposal"])

    assert answered["proposal"]["status"] == "OPEN"
    await world.agree(payload["proposal"], OTHERS)
    await audit(world.settings, world.ecosystem_id)


async def test_who_agreed_a_result_is_asked_when_it_is_taken_back(world: World) -> None:
    """Even if it owns the indicator no more: its money hung on that result."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    terms = indicator_terms(world, {TRACK: "1"}) | {"indicatorId": indicator}
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], *PARTNERS)

    place = {"indicatorId": indicator, "period": "2024-04"}
    explained = {"reason": "CORRECTED_DECLARATION", "explanation": "Counted anew."}
    payload = await world.done(TRACK, "proposeRestatement", place | explained, PROPOSED)
    alone = await world.consent(TRACK, payload["proposal"])

    assert alone["proposal"]["status"] == "OPEN"
    await world.agree(payload["proposal"], TRAIN, OTHERS)
    await audit(world.settings, world.ecosystem_id)
    assert FIGURES[TRACK]


async def test_whom_a_proposal_does_not_concern_does_not_replace_it(world: World) -> None:
    """Who proposed it may, and who is asked; a stranger takes it from nobody's table."""
    await world.found(BUYER, *PARTNERS)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    other = indicator_terms(world, {OTHERS: "1"}) | {"replaces": payload["proposal"]["id"]}

    refused = await world.refused(OTHERS, "proposeIndicator", other)

    assert (refused["code"], refused["path"]) == ("NOT_A_SIGNATORY", "replaces")
    mine = terms | {"replaces": payload["proposal"]["id"]}
    again = await world.done(TRAIN, "proposeIndicator", mine, PROPOSED)
    await world.agree(again["proposal"], TRACK, TRAIN)
    await audit(world.settings, world.ecosystem_id)


async def test_a_scheme_keeps_its_currency(world: World) -> None:
    """A true-up of a month in pounds would be settled in as many yen."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    scheme = await agreed_scheme(world, indicator)
    terms = scheme_terms(world, indicator, {TRACK: "1"}) | {"schemeId": scheme}
    terms["funding"] = {"pool": {"amount": "10000", "currency": "JPY"}}
    terms["rounding"] = {"mode": "HALF_UP", "step": "1", "stage": "TOTAL"}
    [example] = terms["workedExamples"]
    example["expected"] = {"amount": "7500", "currency": "JPY"}

    refused = await world.refused(BUYER, "proposeScheme", terms)

    assert (refused["code"], refused["path"]) == ("SCHEME_MALFORMED", "funding")
    del terms["schemeId"]
    await world.done(BUYER, "proposeScheme", terms, PROPOSED)
