"""Uploads that go in: one entry commits to every row, and a second time changes nothing."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import datetime
from fractions import Fraction

import asyncpg
import pytest
import pytest_asyncio

from ledger import tree
from ledger.observation import Observation, row_bytes, row_leaf
from service.embedded import Embedded
from tests.auditor import audit
from tests.uploads.steps import (
    BUYER,
    PROGRESS,
    SERIES,
    SHOWN,
    TRACK,
    TRAIN,
    answers,
    begin,
    csv,
    push,
    send,
    zipped,
)
from tests.world import World, bare


@pytest_asyncio.fixture
async def told(world: World) -> AsyncIterator[World]:
    """A founded ecosystem, whose ledger must audit clean whatever was uploaded."""
    await world.found(BUYER, TRACK, TRAIN)
    yield world
    await audit(world.settings, world.ecosystem_id)


async def test_one_entry_commits_to_all_rows_of_a_file(told: World) -> None:
    """With their count, and they add up at once."""
    begun = await begin(told)
    assert begun["upload"]["state"] == "WAITING"
    assert begun["receipt"] is None
    before = await told.size()

    status, answer = await send(told, begun, answers(500))

    assert (status, answer["state"], answer["rowsEntered"]) == (200, "ENTERED", 500)
    assert answer["index"] == before
    assert await told.size() == before + 1
    query = f'{{ observationTotals(series: "{SERIES}") {{ value rowCount }} }}'
    data = await told.read(BUYER, query)
    assert data["observationTotals"] == [{"value": "3500", "rowCount": 500}]
    shown = (await told.read(TRACK, PROGRESS, id=begun["upload"]["id"]))["observationUpload"]
    assert (shown["state"], shown["index"], shown["rowsLoaded"]) == ("ENTERED", before, 500)
    assert shown["bytesReceived"] == len(answers(500))


ODD = [
    ("plain", 1, "2024-02-01T10:00:00Z", "", "7", "", ""),
    ('quote " and \\ back', 3, "2024-02-29T23:59:59.123456+02:00", "a,b", "-0.50", "2.50", "9"),
    ("tab\tand é 漢 🙂 \x7f\u2028", 2147483647, "1999-12-31T23:59:59-14:00", "\x01", "0", "0", "0"),
    ("big", 1, "9998-01-01T00:00:00Z", "", "123456789012345678901234567890", "0.1", "1"),
    ("small", 1, "2024-02-01 10:00+01:00", "", "0.00000000000000000000000000001", "10", "100"),
]


async def test_the_rows_hash_in_sql_as_the_format_says(told: World, database: Embedded) -> None:
    """The same bytes as the pure function: texts, instants, numbers, whatever is in them."""
    lines = [
        json.dumps(
            {
                "reference": reference,
                "revision": revision,
                "at": at,
                "segment": segment,
                "value": value,
                "denominator": denominator or None,
                "sampleSize": sample or None,
                "attribution": " ".join(sorted(map(bare, told.parties.values()))[:revision]),
            }
        )
        for reference, revision, at, segment, value, denominator, sample in ODD
    ]
    answer = await push(told, "\n".join(lines).encode(), format="NDJSON")

    superuser = await asyncpg.connect(database.url("postgres"))
    found = await superuser.fetch("SELECT salt, leaf_hash FROM observation ORDER BY number")
    await superuser.close()
    rows = [
        Observation(
            reference,
            revision,
            "",
            datetime.fromisoformat(at),
            segment,
            Fraction(value),
            Fraction(denominator) if denominator else None,
            int(sample) if sample else None,
            tuple(sorted(map(bare, told.parties.values()))[:revision]),
        )
        for reference, revision, at, segment, value, denominator, sample in ODD
    ]
    salts = [each["salt"] for each in found]
    assert len(set(salts)) == len(rows)
    leaves = [row_leaf(salt, row_bytes(SERIES, row)) for salt, row in zip(salts, rows, strict=True)]
    assert [row["leaf_hash"] for row in found] == leaves
    entry = await told.read(
        TRACK, "query($i: Index!) { entry(index: $i) { opening { body } } }", i=answer["index"]
    )
    assert b64decode(json.loads(entry["entry"]["opening"]["body"])["root"]) == tree.root(leaves)


async def test_the_same_file_again_changes_nothing(told: World) -> None:
    """Under the same address, and under a new one; new rows of it go in alone."""
    begun = await begin(told)
    _, first = await send(told, begun, answers(10))
    size = await told.size()

    assert await send(told, begun, answers(10)) == (200, first)
    again = await push(told, answers(10))
    assert (again["state"], again["rowsUnchanged"]) == ("UNCHANGED", 10)
    assert await told.size() == size
    more = await push(told, answers(15))
    assert (more["state"], more["rowsUnchanged"], more["rowsEntered"]) == ("ENTERED", 10, 5)
    query = f'{{ observationTotals(series: "{SERIES}") {{ rowCount }} }}'
    assert (await told.read(BUYER, query))["observationTotals"] == [{"rowCount": 15}]


async def test_other_content_of_a_reference_needs_a_higher_revision(told: World) -> None:
    """The line that differs is refused; its next revision takes its place."""
    await push(told, answers(3))
    begun = await begin(told)

    status, answer = await send(told, begun, answers(2) + b"r2,2024-02-03T10:00:00Z,8\n")
    assert (status, answer["rowsRefused"]) == (422, 1)
    assert (answer["problems"][0]["line"], answer["problems"][0]["column"]) == (4, "reference")
    assert "push a higher revision" in answer["problems"][0]["reason"]
    mended = csv(["r2,2,2024-02-03T10:00:00Z,8"], "reference,revision,at,value")
    assert (await send(told, begun, mended))[0] == 200  # the address holds until it is entered
    query = f'{{ observationTotals(series: "{SERIES}") {{ value }} }}'
    assert (await told.read(BUYER, query))["observationTotals"] == [{"value": "22"}]


async def test_two_equal_answers_are_two_answers(told: World) -> None:
    """Content is never a key."""
    answer = await push(told, csv(f"r{n},2024-02-01T10:00:00Z,7" for n in range(5)))

    assert answer["rowsEntered"] == 5


async def test_a_file_may_be_zipped_local_and_of_one_period(told: World) -> None:
    """Gzip of several members, instants in a stated zone, one period, no last newline."""
    twice = zipped(csv(["a,2024-03-31T02:30:00,1"])) + zipped(b"b,2024-04-01T00:00:00,2")
    begun = await begin(told, timeZone="Europe/London")
    status, _ = await send(told, begun, twice, **{"content-encoding": "gzip"})
    assert status == 200
    rows = b'{"value":"1.50","reference":"c"}\r\n\r\n{"reference":"d","value":2,"period":"2024-03"}'
    await push(told, rows, format="NDJSON", period="2024-03")

    query = (
        f'{{ observationTotals(series: "{SERIES}", periods: ["2024-03"]) {{ value rowCount }} }}'
    )
    assert (await told.read(BUYER, query))["observationTotals"] == [{"value": "3.5", "rowCount": 2}]


async def test_a_declaration_holds_for_later_batches(told: World) -> None:
    """Of an upload and of a mutation, until it is replaced on purpose."""
    declared = {"unit": "points", "minimum": "0", "maximum": "10"}
    await push(told, answers(1), declared=declared)
    row = {"reference": "x", "period": "2024-02", "value": "11"}

    problem = await told.refused(TRACK, "recordObservations", {"series": SERIES, "rows": [row]})
    assert (problem["code"], problem["path"]) == ("BATCH_MALFORMED", "rows[0].value")
    begun = await begin(told)
    status, answer = await send(told, begun, answers(3, "11"))
    assert (status, answer["problems"][0]["column"]) == (422, "value")
    begun = await begin(told, declared={"unit": "stars", "maximum": "5"})
    status, answer = await send(told, begun, answers(3, "4"))
    assert (status, answer["errors"][0]["extensions"]["code"]) == (422, "SERIES_DIFFERS")
    wider = {"unit": "points", "minimum": "0", "maximum": "100", "replaces": True}
    await told.done(
        TRACK, "recordObservations", {"series": SERIES, "rows": [row], "declared": wider}
    )


async def test_a_mutation_takes_a_thousand_rows_and_refuses_what_a_file_would(told: World) -> None:
    """One more is too many; what cannot be read as an input never reaches the ledger."""
    rows = [{"reference": f"m{n}", "at": "2024-02-01T10:00:00Z", "value": "7"} for n in range(1001)]
    points = {"series": "mutated", "declared": {"unit": "points", "minimum": "0", "maximum": "10"}}
    many = await told.refused(TRACK, "recordObservations", points | {"rows": rows})
    payload = await told.done(
        TRACK, "recordObservations", points | {"rows": rows[:1000]}, "batch { count }"
    )
    one = {**rows[0], "reference": "x"}
    refused = [
        await told.refused(TRACK, "recordObservations", points | {"rows": [one | change]})
        for change in ({"value": "11"}, {"attribution": ["Party:nobody"]}, {"period": "2024-02"})
    ]

    assert (many["code"], many["path"]) == ("BATCH_MALFORMED", "rows")
    assert payload["batch"] == {"count": 1000}
    paths = ["rows[0].value", "rows[0].attribution", "rows[0]"]
    assert [each["path"] for each in refused] == paths
    query = """mutation($given: RecordObservationsInput!) {
      recordObservations(input: $given) { problems { code } } }"""
    for change in ({"value": "NaN"}, {"at": "2024-02-01T10:00:00"}, {"at": "yesterday"}):
        given = points | {"rows": [one | change], "idempotencyKey": "bad"}
        answer = await told.ask(query, {"given": given}, told.token(TRACK))
        assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_dry_run_and_a_repeated_key_begin_nothing_twice(told: World) -> None:
    """The same key gives the same upload at a fresh address; the earlier one is void."""
    given = {"series": SERIES, "format": "CSV"}
    dry = await told.done(TRACK, "beginObservationUpload", given, SHOWN, key="k", dry_run=True)
    assert (dry["upload"], dry["url"]) == (None, None)
    first = await told.done(TRACK, "beginObservationUpload", given, SHOWN, key="k")
    second = await told.done(TRACK, "beginObservationUpload", given, SHOWN, key="k")
    other = {"series": "other", "format": "CSV"}

    problem = await told.refused(TRACK, "beginObservationUpload", other, key="k")
    assert problem["code"] == "IDEMPOTENCY_CONFLICT"
    assert first["upload"]["id"] == second["upload"]["id"]
    assert (await send(told, first, answers(1)))[0] == 404
    assert (await send(told, second, answers(1)))[0] == 200


@pytest.mark.parametrize("party", [TRAIN, BUYER])
async def test_an_upload_is_its_own_partys_alone(told: World, party: str) -> None:
    """Nobody else sees that it exists, its progress or its problems."""
    begun = await begin(told)

    data = await told.read(party, PROGRESS, id=begun["upload"]["id"])
    assert data == {"observationUpload": None}
    listed = "{ observationUploads { nodes { id } } }"
    assert await told.read(party, listed) == {"observationUploads": {"nodes": []}}
    found = await told.read(TRACK, listed)
    assert found == {"observationUploads": {"nodes": [{"id": begun["upload"]["id"]}]}}


async def test_uploads_are_listed_in_the_order_in_which_they_were_begun(told: World) -> None:
    """Forward and backward, page by page, each once."""
    begun = [(await begin(told))["upload"]["id"] for _ in range(5)]
    query = """query($first: Int, $after: String, $last: Int, $before: String) {
      observationUploads(first: $first, after: $after, last: $last, before: $before) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    forward: list[str] = []
    after = None
    while True:
        page = (await told.read(TRACK, query, first=2, after=after))["observationUploads"]
        forward += [each["id"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    newest = (await told.read(TRACK, query, last=2))["observationUploads"]
    cursor = newest["pageInfo"]["startCursor"]
    older = (await told.read(TRACK, query, last=100, before=cursor))["observationUploads"]

    assert forward == begun
    assert [each["id"] for each in older["nodes"] + newest["nodes"]] == begun
    assert newest["pageInfo"]["hasPreviousPage"]
    assert not older["pageInfo"]["hasPreviousPage"]
