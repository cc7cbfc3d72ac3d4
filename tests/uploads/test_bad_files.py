"""Bad files over real sockets: refused with line and reason, nothing half-loaded, nobody harmed."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from ledger.actor import Role
from service.embedded import Embedded
from tests.auditor import audit
from tests.uploads.steps import (
    BUYER,
    PROGRESS,
    SHOWN,
    TRACK,
    TRAIN,
    answers,
    begin,
    csv,
    push,
    send,
    turned_down,
    zipped,
)
from tests.world import World, bare

GOOD = "g,2024-02-01T10:00:00Z,1"


@pytest_asyncio.fixture
async def told(world: World, database: Embedded) -> AsyncIterator[World]:
    """A founded ecosystem; after each test no row lies about that no entry commits to."""
    await world.found(BUYER, TRACK, TRAIN)
    yield world
    superuser = await asyncpg.connect(database.url("postgres"))
    shown = await superuser.fetchval("SELECT count(*) FROM observation")
    assert await superuser.fetchval("SELECT count(*) FROM observation_row") == shown
    await superuser.close()
    await push(world, csv(["after,2024-02-01T10:00:00Z,1"]), declared=None)
    await audit(world.settings, world.ecosystem_id)


LINES = [
    ("reference", "reference,at,value", ",2024-02-01T10:00:00Z,1", "it is empty"),
    ("reference", "reference,at,value", f"{'x' * 121},2024-02-01T10:00:00Z,1", "longer than 120"),
    ("value", "reference,at,value", "a,2024-02-01T10:00:00Z,NaN", "'NaN' is no plain decimal"),
    ("value", "reference,at,value", "a,2024-02-01T10:00:00Z,", "'' is no plain decimal"),
    ("value", "reference,at,value", "a,2024-02-01T10:00:00Z,1e3", "is no plain decimal"),
    ("value", "reference,at,value", "a,2024-02-01T10:00:00Z,Infinity", "is no plain decimal"),
    ("value", "reference,at,value", f"a,2024-02-01T10:00:00Z,{'9' * 31}", "at most 30 digits"),
    ("value", "reference,at,value", f"a,2024-02-01T10:00:00Z,{'9' * 20}.{'9' * 11}", "30 digits"),
    ("value", "reference,at,value", "a,2024-02-01T10:00:00Z,11", "11 is impossible"),
    ("value", "reference,at,value", "a,2024-02-01T10:00:00Z,-1", "-1 is impossible"),
    ("at", "reference,at,value", "a,2024-02-01T10:00:00,1", "has no offset"),
    ("at", "reference,at,value", "a,2024-02-30T10:00:00Z,1", "is no day of the calendar"),
    ("at", "reference,at,value", "a,2023-02-29T10:00:00Z,1", "is no day of the calendar"),
    ("at", "reference,at,value", "a,yesterday,1", "is no instant"),
    ("at", "reference,at,value", "a,2024-03-01T00:00:00Z,1", "outside the upload's bounds"),
    ("at", "reference,at,value", "a,2024-01-31T23:59:59.999999Z,1", "outside the upload's bounds"),
    ("at", "reference,at,value", "a,,1", "give either the period's key or the instant"),
    ("at", "reference,at,period,value", "a,2024-02-01T10:00:00Z,2024-02,1", "not both"),
    ("revision", "reference,at,value,revision", "a,2024-02-01T10:00:00Z,1,0", "whole number"),
    ("revision", "reference,at,value,revision", "a,2024-02-01T10:00:00Z,1,2147483648", "below"),
    ("denominator", "reference,at,value,denominator", "a,2024-02-01T10:00:00Z,1,-1", "from 0"),
    ("sampleSize", "reference,at,value,sampleSize", "a,2024-02-01T10:00:00Z,1,1.5", "whole number"),
    ("unit", "reference,at,value,unit", "a,2024-02-01T10:00:00Z,1,stars", "unit 'points'"),
    ("attribution", "reference,at,value,attribution", "a,2024-02-01T10:00:00Z,1,Nobody", "member"),
    ("", "reference,at,value", "a,2024-02-01T10:00:00Z", "has 2 columns, the header 3"),
    ("", "reference,at,value", 'a,"2024-02-01T10:00:00Z,1', "quotes do not close"),
    ("", "reference,at,value", "a\0,2024-02-01T10:00:00Z,1", "the character NUL"),
]


@pytest.mark.parametrize(("column", "header", "line", "reason"), LINES)
async def test_a_line_that_is_no_observation_is_named(
    told: World, column: str, header: str, line: str, reason: str
) -> None:
    """By its number, its column and what is wrong; the good lines before it do not enter either."""
    good = GOOD + "," * (header.count(",") - 2)
    if header.startswith("reference,at,period"):
        good = "g,2024-02-01T10:00:00Z,,1"
    terms: dict[str, Any] = {
        "declared": {"unit": "points", "minimum": "0", "maximum": "10"},
        "notBefore": "2024-02-01T00:00:00Z",
        "before": "2024-03-01T00:00:00Z",
    }
    if re.search(r"9{20}", line):
        terms.pop("declared")

    problems = await turned_down(told, csv([good, line], header), **terms)

    assert [(number, place) for number, place, _ in problems] == [(3, column)]
    assert reason in problems[0][2]


async def test_an_hour_that_the_clocks_skip_is_no_time(told: World) -> None:
    """On the last Sunday of March nobody answers between two and three, unless by an offset."""
    lines = [
        "a,2024-03-31T01:59:59,1",
        "b,2024-03-31T02:00:00,1",
        "c,2024-03-31T02:59:59.999999,1",
        "d,2024-03-31T03:00:00,1",
        "e,2024-03-31T02:30:00+01:00,1",
        "f,2024-10-27T02:30:00,1",
    ]

    problems = await turned_down(told, csv(lines), timeZone="Europe/Amsterdam", declared=None)

    assert [(number, place) for number, place, _ in problems] == [(3, "at"), (4, "at")]
    assert "no time in Europe/Amsterdam: its clocks skip it" in problems[0][2]


FILES = [
    (b"\xef\xbb\xbf" + answers(1), {}, 1, "", "byte order mark"),
    (answers(1).decode().encode("utf-16"), {}, 1, "", "byte order mark"),
    (b"reference,at,value\na,\xff,1\n", {}, 2, "", "byte 3 is not UTF-8"),
    (b"reference;at;value\na;2024-02-01T10:00:00Z;1\n", {}, 1, "", "not separated by commas"),
    (b"reference,at\na,2024-02-01T10:00:00Z\n", {}, 1, "value", "the column is missing"),
    (b"reference,value\na,1\n", {}, 1, "at", "one of them is needed"),
    (b"reference,at,value,score\n", {}, 1, "score", "there is no such column"),
    (b"reference,at,value,at\n", {}, 1, "at", "the column stands twice"),
    (b"", {}, 1, "", "the file has no row"),
    (b"reference,at,value\n", {}, 1, "", "the file has no row"),
    (b"reference,at,value\n" + b"x" * 70_000, {}, 2, "", "longer than 65536 bytes"),
    (csv([GOOD, GOOD]), {}, 3, "reference", "stands in line 2 already"),
    (zipped(answers(5000))[:-20], {"coding": "gzip"}, None, "", "the file was cut"),
    (b"no gzip at all", {"coding": "gzip"}, 1, "", "the gzip coding is broken"),
    (answers(1), {"coding": "br"}, 1, "", "is not gzip"),
    (b'{"reference":"a","value":1}\n', {"format": "NDJSON"}, 1, "at", "give either"),
    (b'{"reference":"a","valu":1}\n', {"format": "NDJSON"}, 1, "valu", "unknown field"),
    (b'{"reference":"a","value":NaN}\n', {"format": "NDJSON"}, 1, "", "no JSON object"),
    (b'{"reference":"a","value":[1]}\n', {"format": "NDJSON", "period": "p"}, 1, "value", "[1]"),
    (b'{"reference":"a","value":1,"period":"q"}', {"format": "NDJSON", "period": "p"}, 1, "period",
     "outside the upload's period p"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "terms", "line", "column", "reason"), FILES)
async def test_a_file_that_is_none_is_refused(
    told: World, body: bytes, terms: dict[str, Any], line: int | None, column: str, reason: str
) -> None:
    """With the line that was reached."""
    problems = await turned_down(told, body, **terms)

    assert len(problems) == 1
    assert problems[0][0] == (line or problems[0][0])
    assert problems[0][0] > 0
    assert problems[0][1] == column
    assert reason in problems[0][2]


async def test_the_first_hundred_lines_are_named_and_the_others_counted(told: World) -> None:
    """In the order of the file, whatever is wrong with each."""
    lines = [f"r{n},2024-02-01T10:00:00Z,{'x' if n % 2 else '1,2'}" for n in range(300)]
    begun = await begin(told)

    status, answer = await send(told, begun, csv(lines))

    assert (status, answer["rowsRefused"], answer["moreProblems"]) == (422, 300, 200)
    assert [each["line"] for each in answer["problems"]] == list(range(2, 102))
    shown = (await told.read(TRACK, PROGRESS, id=begun["upload"]["id"]))["observationUpload"]
    assert (shown["state"], shown["rowsRefused"], shown["moreProblems"]) == ("REFUSED", 300, 200)
    assert shown["problems"] == answer["problems"]
    assert (await send(told, begun, answers(2)))[0] == 200  # the same address takes a mended file


async def endless(piece: bytes, count: int) -> AsyncIterator[bytes]:
    """A body of so many pieces."""
    for _ in range(count):
        yield piece
        await asyncio.sleep(0)


async def test_ten_gigabytes_of_one_line_are_refused_at_its_first_bytes(told: World) -> None:
    """The answer comes long before the end of the body."""
    begun = await begin(told)
    head = f"PUT /{begun['url']} HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000000\r\n\r\n"
    reader, writer = await asyncio.open_connection(told.settings.host, told.settings.port)
    writer.write(head.encode() + b"reference,at,value\n")
    sent = 0

    async def pour() -> None:
        nonlocal sent
        try:
            while True:
                writer.write(b"x" * 2**20)
                sent += 2**20
                await writer.drain()
        except ConnectionError:
            return

    pouring = asyncio.create_task(pour())
    answer = await reader.readuntil(b"\r\n")
    pouring.cancel()
    writer.close()
    assert b"422" in answer
    assert sent < 200 * 2**20
    shown = (await told.read(TRACK, PROGRESS, id=begun["upload"]["id"]))["observationUpload"]
    assert shown["problems"][0]["reason"] == "the line is longer than 65536 bytes"


async def test_a_bomb_costs_what_it_weighs(told: World) -> None:
    """A gigabyte in a megabyte: refused by its ratio, or by its one line."""
    one_line = gzip.compress(b"reference,at,value\n" + b"1" * 200_000_000, 9)
    row = b"r,2024-02-01T10:00:00Z,1\n"
    rows = gzip.compress(b"reference,at,value\n" + row * 4_000_000, 9)

    [(line, _, reason)] = await turned_down(told, one_line, coding="gzip")
    assert (line, reason) == (2, "the line is longer than 65536 bytes")
    [(_, _, reason)] = await turned_down(told, rows, coding="gzip")
    assert reason == "the file is over 200 times as large as its coding"


async def test_a_body_that_is_cut_leaves_nothing(told: World) -> None:
    """The upload says so, and its address takes the whole file again."""
    begun = await begin(told)
    head = f"PUT /{begun['url']} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    _, writer = await asyncio.open_connection(told.settings.host, told.settings.port)
    writer.write(head.encode() + answers(20))
    await writer.drain()
    await running(told, begun)
    busy = await send(told, begun, answers(20))
    writer.close()

    assert busy[0] == 409
    assert busy[1]["errors"][0]["extensions"]["code"] == "UPLOAD_BUSY"
    for _ in range(500):
        shown = (await told.read(TRACK, PROGRESS, id=begun["upload"]["id"]))["observationUpload"]
        if shown["state"] == "FAILED":
            break
        await asyncio.sleep(0.01)
    assert shown["state"] == "FAILED"
    assert (await send(told, begun, answers(20)))[0] == 200


async def running(world: World, begun: dict[str, Any]) -> None:
    """Until an attempt at the upload runs."""
    for _ in range(500):
        shown = (await world.read(TRACK, PROGRESS, id=begun["upload"]["id"]))["observationUpload"]
        if shown["state"] == "RECEIVING":
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the attempt did not start")


async def test_no_more_files_at_once_than_the_service_bears(told: World) -> None:
    """The next is told to try again; GraphQL goes on as if nothing were."""
    writers = []
    for _ in range(2):
        begun = await begin(told)
        head = f"PUT /{begun['url']} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        _, writer = await asyncio.open_connection(told.settings.host, told.settings.port)
        writer.write(head.encode())
        await running(told, begun)
        writers.append(writer)
    third = await begin(told)

    assert (await send(told, third, answers(1)))[0] == 503
    for writer in writers:
        writer.close()
    for _ in range(500):
        status, _ = await send(told, third, answers(1))
        if status != 503:
            break
        await asyncio.sleep(0.01)
    assert status == 200


async def test_addresses_of_nothing_and_terms_that_cannot_be(told: World) -> None:
    """A wrong secret, a stranger's upload, a series without a name, a zone that is none."""
    begun = await begin(told)
    wrong = {**begun, "url": begun["url"][:-3] + "AAA"}
    assert (await send(told, wrong, answers(1)))[0] == 404
    assert (await send(told, {"url": "uploads/a/b/c"}, answers(1)))[0] == 404
    nobody = f"uploads/{bare(told.parties[TRACK])}/" + begun["url"].partition("/")[2][37:]
    assert (await send(told, {"url": nobody}, answers(1)))[0] == 404
    for given, code in (
        ({"series": " "}, "BATCH_MALFORMED"),
        ({"series": " padded"}, "UPLOAD_MALFORMED"),
        ({"timeZone": "Mars/Base"}, "TIME_ZONE_UNKNOWN"),
        ({"period": "2024-02", "timeZone": "Europe/London"}, "UPLOAD_MALFORMED"),
        (
            {"notBefore": "2024-03-01T00:00:00Z", "before": "2024-02-01T00:00:00Z"},
            "UPLOAD_MALFORMED",
        ),
    ):
        full = {"series": "s", "format": "CSV", **given}
        assert (await told.refused(TRACK, "beginObservationUpload", full))["code"] == code
    viewer = told.token(TRACK, Role.VIEWER)
    payload = await told.do(
        TRACK, "beginObservationUpload", {"series": "s", "format": "CSV"}, SHOWN, token=viewer
    )
    assert payload["problems"][0]["code"] == "NOT_PERMITTED"
