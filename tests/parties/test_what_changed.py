"""What a proposal changes is told against what stood: promoted, restated, sealed, of two Smalls."""

from copy import deepcopy
from typing import Any

from tests.incentives.test_api import named
from tests.incentives.test_confidential_schemes import PART_0, PART_1, common
from tests.incentives.test_confidential_schemes import agreed as confidential
from tests.measures.surveys import BUYER as ASKER
from tests.measures.surveys import DESK, SITE, answered, chain, measured, proposed
from tests.parties.steps import SMALL, admitted, joined_for_a_day, left, protections
from tests.parties.test_small_partner import in_shadow, piloted
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.world import PROPOSED, World, indicator_terms

CHANGES = "query($id: ID!) { proposalChanges(id: $id) { path before after } }"


async def changes(world: World, party: str, proposal: dict[str, Any]) -> dict[str, Any]:
    """What a party is told that a proposal changes, by place."""
    data = await world.read(party, CHANGES, id=proposal["id"])
    return {each["path"]: (each["before"], each["after"]) for each in data["proposalChanges"]}


async def test_what_takes_a_promoted_indicator_back_to_shadow_says_so(world: World) -> None:
    """It was agreed in SHADOW and is live by a promotion: no version says LIVE."""
    await world.found(BUYER, *PARTNERS)
    await joined_for_a_day(world, BUYER, *PARTNERS)
    indicator = await in_shadow(world)
    promotion = {"pilotId": await piloted(world, indicator), "indicatorId": indicator}
    payload = await world.done(
        TRACK, "proposePromotion", promotion | {"liveFrom": "2024-04"}, PROPOSED
    )
    await world.agree(payload["proposal"], TRACK, SMALL)
    back = indicator_terms(world, {TRACK: "0.5", SMALL: "0.5"})
    back |= {"stage": "SHADOW", "liveFrom": "", "name": "Door delays", "indicatorId": indicator}

    payload = await world.done(TRACK, "proposeIndicator", back, PROPOSED)

    told = await changes(world, SMALL, payload["proposal"])
    assert told == {"terms.stage": ("LIVE", "SHADOW"), "terms.live_from": ("2024-04", "")}


async def test_a_restatement_is_told_against_the_result_that_it_takes_the_place_of(
    world: World,
) -> None:
    """The value that was agreed, and the one that would be."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5])
    await measured(world, indicator, "2024-02")
    await answered(world, DESK, "2024-02-09", [1, 2, 1], batch="late")
    place = {"indicatorId": indicator, "period": "2024-02"}
    await world.done(DESK, "submitPart", place | {"isCorrection": True})
    reason = {"reason": "LATE_OBSERVATIONS", "explanation": "They came by post."}

    payload = await proposed(world, indicator, "2024-02", "proposeRestatement", **reason)

    told = await changes(world, ASKER, payload["proposal"])
    assert (told["value"], told["sample_size"]) == (("80", "50"), ("5", "8"))
    assert told["standing"] == ("GREEN", "RED")


async def test_a_newcomer_of_an_old_name_is_no_one_who_left(world: World) -> None:
    """Its sponsor in place of the leaver's is a change, though both are called Small."""
    all_sign = (BUYER, *PARTNERS)
    await world.found(*all_sign)
    gate = await joined_for_a_day(world, *all_sign)
    old = world.parties[SMALL]
    policy = {"signatures": [], "witnesses": [], "quorum": 0}
    rung = {"level": "EXECUTIVE", "days": 5, "sponsors": [{"partyId": old}]}
    ladder = {"rungs": [rung], "lastWord": "STATUS_QUO"}
    given = policy | {"ladder": ladder}
    payload = await world.done(BUYER, "proposePolicy", given, PROPOSED)
    await world.agree(payload["proposal"], *all_sign, SMALL)
    await left(world, gate)
    await admitted(world, SMALL, protections(), *all_sign)
    rung["sponsors"] = [{"partyId": world.parties[SMALL]}]

    payload = await world.done(BUYER, "proposePolicy", given, PROPOSED)

    told = await changes(world, TRACK, payload["proposal"])
    ids = {key.partition(":")[2] for key in (old, world.parties[SMALL])}
    named_so = {f"{SMALL} {key}" for key in ids}
    who = {side for both in told.values() for side in both if side}
    assert who == named_so


async def test_what_changes_a_first_membership_is_told_against_what_stood(world: World) -> None:
    """A founding party had no terms of its own: it bore a malus, and had no cap."""
    await world.found(BUYER, *PARTNERS)
    given = {"partyId": world.parties[TRACK], "terms": {"isGainOnly": True}}

    payload = await world.done(TRACK, "proposeMembership", given, PROPOSED)

    told = await changes(world, BUYER, payload["proposal"])
    assert told == {"terms.is_gain_only": ("no", "yes")}


async def test_a_sealed_part_that_changes_is_told_to_whom_it_is_open(world: World) -> None:
    """The partner and the outsourcer see its new base; the other partner that nothing changed."""
    ids, scheme = await confidential(world)
    more = deepcopy(PART_0) | {"base": {"amount": "200000.00", "currency": "EUR"}}
    more["workedExamples"][0]["expected"]["amount"] = "12000.00"
    terms = named(world, ids, common() | {"parts": [more, PART_1]})

    payload = await world.done(BUYER, "proposeScheme", terms | {"schemeId": scheme}, PROPOSED)

    path = "parts[P0].base.amount"
    for party in (BUYER, "P0"):
        told = await changes(world, party, payload["proposal"])
        assert told[path] == ("100000.00", "200000.00")
        assert all(each.startswith("parts[P0].") for each in told)
    assert await changes(world, "P1", payload["proposal"]) == {}
