"""Neighbours: nothing of one ecosystem is told to, or changed by, a party of another.

Schema-driven: every query with every field, every mutation, every subscription, every node id.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.actor import Role
from tests.auditor import audit
from tests.strangers.attempts import attempts
from tests.strangers.crawler import Crawler, coordinates, marks, root_fields, schema, text_of
from tests.strangers.full import Full, full
from tests.strangers.reading import NOWHERE, answers_of, first_of, ids_in, node_types, nowhere, said
from tests.subscriptions.follower import following, streaming
from tests.test_story import OTHERS, TRACK
from tests.world import World

NEXT, ITS_PARTNER = "Next door", "Its partner"
FOLLOWED = {
    "entries": ("", "{ index opening { body } }"),
    "inbox": ("", "{ proposal { id } }"),
    "scorecard": ('on: "2024-06-01"', "{ on experience { indicator { id } } }"),
}
"""Every subscription: what it has to be told, and what of it is read."""


async def neighbours(world: World) -> World:
    """Another ecosystem of the same service."""
    made = World(world.settings, world.client, count=world.count)
    await made.found(NEXT, ITS_PARTNER)
    return made


async def told(made: Full, *parties: str) -> list[str]:
    """All that the schema tells parties of the full ecosystem, every kind of node among it."""
    crawler = Crawler(said(made, first_of(made, [])))
    texts: list[str] = []
    for party in parties:
        answers = await answers_of(made.world, made.world.token(party), crawler)
        texts += [text for each in answers.values() for text in each]
    assert crawler.read == coordinates()
    texts.append(json.dumps([{"id": each} for each in made.ids.values()]))
    assert {each.name for each in node_types()} <= set(ids_in(texts))
    return texts


async def test_no_query_and_no_node_id_tells_a_neighbour_anything(
    world: World, tmp_path: Path
) -> None:
    """What is next door and what is nowhere answer alike, by every field with every argument."""
    made = await full(world, tmp_path)
    theirs = await told(made, TRACK, OTHERS)
    found = first_of(made, theirs)
    next_door = await neighbours(world)
    bare = Crawler(said(made, nowhere(found)))
    naming = Crawler(said(made, found))
    token = next_door.token(NEXT)
    own = await answers_of(world, token, bare)
    mine = {mark for texts in own.values() for text in texts for mark in marks(text)}
    secret = {mark for text in theirs for mark in marks(text)} - mine
    assert len(secret) > 100

    tried = await answers_of(world, token, naming, names_ids=True)
    missed = await answers_of(world, token, bare, names_ids=True)
    for name in root_fields():
        for one, other in zip(tried[name], missed[name], strict=True):
            assert _without_ids(one, found) == _without_ids(other, found), name
            given = marks(json.dumps(naming.values, default=str))
            assert not (marks(one) - given) & secret, name

    every = [each for ids in ids_in(theirs).values() for each in ids]
    assert len(every) > 80
    for start in range(0, len(every), 100):
        some = every[start : start + 100]
        answer = await text_of(
            world, token, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": some}
        )
        seen = [each["id"] for each in json.loads(answer)["data"]["nodes"] if each]
        # entries and bank statements are counted in each ecosystem: those are the neighbour's own
        assert all(each.startswith("Entry:") for each in seen), seen
        assert not marks("".join(seen)) & secret


def _without_ids(text: str, found: dict[str, str]) -> str:
    """An answer apart from the ids that were asked for, which an error repeats."""
    for each in found.values():
        _, _, key = each.partition(":")
        text = text.replace(key, NOWHERE)
    return text


async def test_a_token_of_no_member_and_no_token_at_all_are_told_nothing(
    world: World, tmp_path: Path
) -> None:
    """A neighbour that names this ecosystem is nobody here; without a token nobody is anybody."""
    made = await full(world, tmp_path)
    next_door = await neighbours(world)
    world.parties[NEXT] = next_door.parties[NEXT]
    crawler = Crawler(said(made, first_of(made, [])))
    for token, code in ((world.token(NEXT), "NOT_FOUND"), ("", "UNAUTHENTICATED")):
        for name in root_fields():
            for document, variables in crawler.documents(name):
                answer = json.loads(await text_of(world, token, document, variables))
                if name == "viewer" and token:
                    continue  # says who the token is, and then that it is nobody's here
                where = (name, answer)
                if name in PREVIEWS and token:  # they say no in their own problems
                    shown = answer["data"][name]
                    del shown["__typename"]
                    assert {each["code"] for each in shown.pop("problems", [])} <= {code}, where
                    assert not any(shown.values()), where
                    continue
                told = set(leaves(answer.get("data"))) - {str(each) for each in variables.values()}
                assert not told, where  # nothing but what it said itself
                assert "errors" in answer or name in NULLABLE or variables, where
                codes = {each["extensions"]["code"] for each in answer.get("errors", [])}
                assert codes <= {code}, where


def leaves(value: Any) -> Iterator[str]:
    """Every plain value of an answer, but for names of types."""
    match value:
        case dict():
            for key, each in value.items():
                if key != "__typename":
                    yield from leaves(each)
        case list():
            for each in value:
                yield from leaves(each)
        case None:
            return
        case _:
            yield str(value)


PREVIEWS = {"previewScheme", "whatIfScheme"}
NULLABLE = {"node", "nodes", "observationUpload"}
"""Single things, of which nothing is said but that there is nothing."""


async def test_no_mutation_reaches_next_door(world: World, tmp_path: Path) -> None:
    """A neighbour sends, in every role at once, what would be right if the ids were its own."""
    made = await full(world, tmp_path)
    next_door = await neighbours(world)
    secret = marks(json.dumps(made.ids))
    before, root = await world.size(), schema().mutation_type
    token = next_door.token(NEXT, *(each for each in Role if each is not Role.FOUNDER))
    assert root is not None
    assert set(attempts(made)) == set(root.fields)
    for name, attempt in attempts(made).items():
        fields = root.fields[name].args["input"].type.of_type.fields
        key = {"idempotencyKey": name} if "idempotencyKey" in fields else {}
        kind = f"{name[0].upper()}{name[1:]}Input"
        document = f"""mutation($i: {kind}!) {{ {name}(input: $i) {{
          problems {{ code message path remedy }} }} }}"""
        variables = {"i": {**key, **attempt.given}}
        text = await text_of(world, token, document, variables)
        assert not (marks(text) - marks(json.dumps(variables))) & secret, (name, text)
        named = marks(json.dumps(attempt.given)) & secret
        if named:
            assert json.loads(text)["data"][name]["problems"], (name, text)
        assert await world.size() == before, name
    await audit(world.settings, world.ecosystem_id)


async def test_no_subscription_follows_next_door(world: World, tmp_path: Path) -> None:
    """Over sockets and over SSE; the ecosystem of the token is followed, or nothing."""
    made = await full(world, tmp_path)
    next_door = await neighbours(world)
    world.parties[NEXT] = next_door.parties[NEXT]
    root = schema().subscription_type
    assert root is not None
    assert set(root.fields) == set(FOLLOWED)
    named = f'ecosystem: "{world.ecosystem_id}"'
    for token, given in ((next_door.token(NEXT), named), (world.token(NEXT), "")):
        for name, (needed, shown) in FOLLOWED.items():
            said = ", ".join(each for each in (needed, given) if each)
            document = f"subscription {{ {name}{f'({said})' if said else ''} {shown} }}"
            async with following(world, token) as follower:
                await follower.subscribe(document)
                assert await follower.refusal() == "NOT_FOUND", name
            async with streaming(world, token, document) as events:
                _, event = await anext(events)
                assert event["errors"][0]["extensions"]["code"] == "NOT_FOUND", name
                assert not event.get("data"), name
    size = 1
    async with following(world, next_door.token(NEXT)) as follower:
        await follower.subscribe(
            "subscription { entries(fromStart: true) { index opening { body } } }"
        )
        seen = [(await follower.event())["entries"] for _ in range(size)]
    assert not marks(json.dumps(seen)) & marks(json.dumps(made.ids))
