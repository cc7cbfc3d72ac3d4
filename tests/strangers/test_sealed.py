"""What is for two alone: no field, argument, id, route or event tells it to a third.

The sealed terms, stake, due, payment, postings and remark of one partner are looked for in every
answer that the schema can give to the others, and to one that left.
"""

import json
from pathlib import Path

import pytest

from ledger.actor import Role
from tests.parties.steps import SMALL
from tests.strangers.crawler import Crawler, coordinates, text_of
from tests.strangers.full import AUDITOR, Full, full
from tests.strangers.reading import NOWHERE, answers_of, first_of, said
from tests.strangers.routes import PLACES, fetched
from tests.subscriptions.follower import following
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import World

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
FOLLOWED = "subscription { entries(fromStart: true) { index annex opening { body } } }"


def sealed_ids(made: Full) -> list[str]:
    """What only the two may find by its id."""
    return [made[each] for each in ("sealed payment", "sealed due", "sealed remark")]


async def heard(made: Full, party: str) -> list[str]:
    """All that a party can hear: queries with and without the sealed ids, routes, nodes, events."""
    world, token = made.world, made.world.token(party)
    plain = Crawler(said(made, first_of(made, [])))
    texts = [text for each in (await answers_of(world, token, plain)).values() for text in each]
    assert plain.read == coordinates()
    found = first_of(made, texts)
    sealed = {"Scheme": "sealed scheme", "Settlement": "sealed settlement"}
    found |= {kind: made[name] for kind, name in sealed.items()}
    found |= {"Payment": made["sealed payment"], "Party": world.parties[TRACK]}
    crawler = Crawler(said(made, found))
    asked = await answers_of(world, token, crawler, names_ids=True)
    texts += [text for each in asked.values() for text in each]
    texts += [text for place in PLACES for text in await fetched(made, place, token)]
    size = await world.size()
    async with following(world, token) as follower:
        await follower.subscribe(FOLLOWED)
        seen = [(await follower.event())["entries"]]
        while seen[-1]["index"] < size - 1 and party != SMALL:
            seen.append((await follower.event())["entries"])
    return [*texts, json.dumps(seen)]


async def test_no_third_party_hears_what_is_sealed(world: World, tmp_path: Path) -> None:
    """The two hear every piece of it; the others none, though they ask for it by its ids."""
    made = await full(world, tmp_path)
    secrets = made.inputs["sealed"]
    assert len(secrets) == 6
    for party in (BUYER, TRACK):
        text = "".join(await heard(made, party))
        assert {each for each in secrets if each in text} == secrets, party
    for party in (TRAIN, OTHERS, SMALL):
        asked_for = {each.partition(":")[2] for each in sealed_ids(made)}
        for text in await heard(made, party):
            known = text
            for each in asked_for:  # an error repeats what was asked for
                known = known.replace(f"has the id {each}", "")
            assert not {each for each in secrets if each in known}, (party, text[:300])


@pytest.mark.parametrize("party", [TRAIN, OTHERS, SMALL])
async def test_what_is_sealed_and_what_is_nowhere_answer_alike(
    world: World, tmp_path: Path, party: str
) -> None:
    """By node, by nodes, and in every role."""
    made = await full(world, tmp_path)
    ids = sealed_ids(made)
    nowhere = [f"{each.partition(':')[0]}:{NOWHERE}" for each in ids]
    for role in Role:
        if role is not Role.FOUNDER:
            token = world.token(party, role)
            answers = [await text_of(world, token, NODES, {"ids": each}) for each in (ids, nowhere)]
            assert answers[0] == answers[1], role
    assert AUDITOR in world.parties
