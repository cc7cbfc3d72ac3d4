"""Hostile words in every text that the API takes: SQL, forged cursors and ids, what no text holds.

Schema-driven: every argument and input field of type String or ID, each by itself where all else is
as it should be, and all together in inputs made up from the schema.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_argument,
)

from graph.paging import encode_cursor
from ledger.actor import Role
from service.embedded import Embedded
from tests.auditor import audit
from tests.strangers.attempts import attempts
from tests.strangers.crawler import Crawler, root_fields, schema, text_of
from tests.strangers.full import Full, full
from tests.strangers.reading import first_of, said
from tests.test_story import BUYER
from tests.world import World

HUGE = "9" * 40
HOSTILE = (
    "'; DROP TABLE entry; --",
    "' OR '1'='1",
    '"; SELECT pg_sleep(600); --',
    "$1 $2::uuid {} %s \\",
    "a\0b",
    "\u202e\ufeff\x1b[2J",
    "x" * 20_000,
    f"Entry:{HUGE}",
    f"BankStatement:{HUGE}",
    f"Party:{'9' * 5000}",
    encode_cursor(HUGE, "x"),
    encode_cursor(-1, "'"),
    encode_cursor(3, "\0"),
    encode_cursor(3, HUGE),
    encode_cursor(2**53 - 1, "9" * 5000),
    "9" * 5000,
)
OURS = {"INTERNAL", "FAULT", "TRY_LATER", "WRITES_STOPPED"}
TOLD = ("at or near", "asyncpg", "Traceback", "relation ", "pg_catalog", "SELECT ecosystem")
"""What an answer never says of what is behind it."""
AT_ONCE = 8
NESTED = 7
"""How deep an input that is made up goes."""


def is_text(kind: GraphQLInputType) -> bool:
    """Whether a word can be put there."""
    return get_named_type(kind).name in ("String", "ID")


def swapped(kind: GraphQLInputType, value: Any, word: str) -> Iterator[Any]:
    """The value with one of its texts replaced, each in turn."""
    match kind:
        case GraphQLNonNull():
            yield from swapped(kind.of_type, value, word)
        case GraphQLList() if isinstance(value, list):
            for place, item in enumerate(value):
                for other in swapped(kind.of_type, item, word):
                    yield [*value[:place], other, *value[place + 1 :]]
        case GraphQLInputObjectType() if isinstance(value, Mapping):
            for name, field in kind.fields.items():
                given = value.get(name, "" if is_text(field.type) else None)
                if get_named_type(field.type).name == "ID" and isinstance(field.type, GraphQLList):
                    given = [""]
                for other in swapped(field.type, given, word):
                    yield {**value, name: other}
        case _ if is_text(kind) and value is not None:
            yield word


def made_up(kind: GraphQLInputType, word: str, depth: int = NESTED) -> Any:
    """A value of a type in which every text is the word."""
    match kind:
        case GraphQLNonNull():
            return made_up(kind.of_type, word, depth)
        case GraphQLList():
            return [made_up(kind.of_type, word, depth)]
        case GraphQLEnumType():
            return next(iter(kind.values))
        case GraphQLInputObjectType():
            fields = list(kind.fields.items())
            if kind.is_one_of:
                fields = fields[:1]
            return {
                name: made_up(each.type, word, depth - 1)
                for name, each in fields
                if isinstance(each.type, GraphQLNonNull) or kind.is_one_of or depth > 0
            }
        case _:
            plain = {"Int": 1, "Boolean": True, "Index": 1, "Decimal": "1", "Base64": "AAAA"}
            plain |= {"Date": "2024-04-01", "DateTime": "2024-04-01T00:00:00Z"}
            return plain.get(kind.name, word)


def queries(made: Full) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each query with each word in each of its texts."""
    crawler = Crawler(said(made, first_of(made, [])))
    for name, field in root_fields().items():
        document = next(crawler.documents(name, names_ids=True))[0]
        body = document.partition("{ " + name)[2]
        body = "{" + body.partition(" {")[2] if " {" in body else "}"
        needed = {
            key: crawler.value(name, key)
            for key, argument in field.args.items()
            if is_required_argument(argument)
        }
        for key, argument in field.args.items():
            given = needed.get(key, "" if is_text(argument.type) else None)
            for word in HOSTILE:
                for other in swapped(argument.type, given, word):
                    variables = {**needed, key: other}
                    declared = ", ".join(f"${each}: {field.args[each].type}" for each in variables)
                    passed = ", ".join(f"{each}: ${each}" for each in variables)
                    yield f"query({declared}) {{ {name}({passed}) {body}", variables


def mutations(made: Full) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each mutation, dry where it can be, with each word in each text, and in all at once."""
    root = schema().mutation_type
    assert root is not None
    for name, attempt in attempts(made).items():
        field = root.fields[name]
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        key = {"idempotencyKey": f"words {name}"} if "idempotencyKey" in kind.fields else {}
        dry = ", dryRun: true" if "dryRun" in field.args else ""
        document = f"""mutation($i: {kind.name}!) {{ {name}(input: $i{dry}) {{
          problems {{ code message path remedy }} }} }}"""
        for word in HOSTILE:
            for other in swapped(kind, {**key, **attempt.given}, word):
                yield document, {"i": other}
            yield document, {"i": made_up(kind, word)}


@pytest.mark.parametrize("which", [queries, mutations], ids=["queries", "mutations"])
async def test_no_word_is_more_than_a_word(
    world: World, database: Embedded, tmp_path: Path, caplog: pytest.LogCaptureFixture, which: Any
) -> None:
    """Found nothing, refused, or taken as it is: never run, no error of ours, nothing told."""
    made = await full(world, tmp_path)
    token = world.token(BUYER, *(role for role in Role if role is not Role.FOUNDER))
    before, tables, gate = await world.size(), await _tables(database), asyncio.Semaphore(AT_ONCE)
    sent = 0

    async def ask(document: str, variables: dict[str, Any]) -> None:
        nonlocal sent
        async with gate:
            text = await text_of(world, token, document, variables)
        sent += 1
        answer = json.loads(text)
        where = (document[:200], str(variables)[:300], text[:1500])
        codes = {each["extensions"]["code"] for each in answer.get("errors", [])}
        assert not codes & OURS, where
        given = json.dumps(variables)
        assert not any(each in text and each not in given for each in TOLD), where

    with caplog.at_level(logging.WARNING):
        async with asyncio.TaskGroup() as tasks:
            for document, variables in which(made):
                tasks.create_task(ask(document, variables))
    assert sent > 500
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == []
    assert (await world.size(), await _tables(database)) == (before, tables)
    await audit(world.settings, world.ecosystem_id)


async def _tables(database: Embedded) -> list[str]:
    connection = await asyncpg.connect(database.url("postgres"))
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        )
    finally:
        await connection.close()
    return [str(row["relname"]) for row in rows]
