"""What cannot be read is told with what was found, where it stands, and a form that is read."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.subscriptions.follower import ENTRIES, following
from tests.world import World

BUYER, TRACK = "Rail Funder", "Track"
PAY = """mutation($given: ReportPaymentInput!) {
  reportPayment(input: $given) { problems { code } } }"""
RECORD = """mutation($given: RecordObservationsInput!) {
  recordObservations(input: $given) { problems { code } } }"""
PAID = """mutation { reportPayment(input: {idempotencyKey: "k", settlementId: "s", payeeId: "p",
  amount: {amount: AMOUNT, currency: "EUR"}, paidOn: ON}) { problems { code } } }"""
RECORDED = """mutation { recordObservations(input: {idempotencyKey: "k", series: "s", rows: [
  {reference: "a", period: "2024-04", value: "1"},
  {reference: "b", at: "2024-04-31T00:00:00Z", value: "1"}]}) { problems { code } } }"""
MEASURED = "{ measurements(WHERE) { nodes { id } } }"
DATE = '"31.3.2026" is no Date: write a full date of RFC 3339, such as "2026-03-31".'
INSTANT = 'no DateTime: write RFC 3339 with an offset, such as "2026-03-31T12:00:00Z".'
DECIMAL = 'no Decimal: write a string of at most 30 digits, such as "1234.50", or "55/3"'


def paid(amount: str, on: str) -> dict[str, Any]:
    """Variables of `PAY`."""
    whom = {"idempotencyKey": "k", "settlementId": "s", "payeeId": "p"}
    return {"given": {**whom, "amount": {"amount": amount, "currency": "EUR"}, "paidOn": on}}


def recorded(*rows: dict[str, Any]) -> dict[str, Any]:
    """Variables of `RECORD`: rows of a month."""
    full = [{"reference": str(n), "period": "2024-04", **each} for n, each in enumerate(rows)]
    return {"given": {"idempotencyKey": "k", "series": "s", "rows": full}}


@pytest_asyncio.fixture
async def founded(world: World) -> AsyncIterator[World]:
    """An ecosystem whose ledger must be exactly as long afterwards."""
    await world.found(BUYER, TRACK)
    size = await world.size()
    yield world
    assert await world.size() == size


async def error_of(
    world: World, document: str, variables: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The one error that answers a request, of which nothing was run."""
    answer = await world.ask(document, variables, world.token(TRACK))
    assert "data" not in answer
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    found: dict[str, Any] = error
    return found


def column(document: str, text: str) -> list[dict[str, int]]:
    """Where a text stands in a document, as an error's `locations` say it."""
    before = document[: document.index(text)].split("\n")
    return [{"line": len(before), "column": len(before[-1]) + 1}]


@pytest.mark.parametrize(
    ("document", "path", "text", "said"),
    [
        (MEASURED.replace("WHERE", 'asOfInstant: "now"'), "asOfInstant", '"now"', INSTANT),
        (MEASURED.replace("WHERE", "asOf: -1"), "asOf", "-1", "-1 is no Index: write a whole"),
        (MEASURED.replace("WHERE", 'first: "x"'), "first", '"x"', "non-integer value"),
        (
            PAID.replace("AMOUNT", '"1.00"').replace("ON", '"31.3.2026"'),
            "input.paidOn",
            '"31.3.2026"',
            f"Argument 'input' has invalid value at .paidOn: {DATE}",
        ),
        (
            PAID.replace("AMOUNT", "12.5").replace("ON", '"2026-03-31"'),
            "input.amount.amount",
            "12.5",
            f"12.5 is {DECIMAL}; a JSON number would lose digits",
        ),
        (RECORDED, "input.rows[1].at", '"2024-04-31T00:00:00Z"', INSTANT),
        (
            'query($at: DateTime = "now") { ' + MEASURED.replace("WHERE", "asOfInstant: $at")[2:],
            "at",
            '"now"',
            "Variable '$at' has invalid default value: \"now\" is " + INSTANT,
        ),
        (
            MEASURED.replace("WHERE", f"asOf: {'9' * 5_000}"),
            "asOf",
            "999",
            "Argument 'asOf' has invalid value",
        ),
    ],
    ids=["instant", "index", "int", "nested date", "nested number", "in a list", "default", "huge"],
)
async def test_a_literal_that_cannot_be_read_is_told_with_its_place(
    founded: World, document: str, path: str, text: str, said: str
) -> None:
    """Path, line and column of the very value; what it is; an example."""
    error = await error_of(founded, document)

    assert error["extensions"]["path"] == path
    assert error["locations"] == column(document, text)
    assert said in error["message"]


@pytest.mark.parametrize(
    ("document", "given", "path", "said"),
    [
        (
            "query($at: DateTime!) { " + MEASURED.replace("WHERE", "asOfInstant: $at")[2:],
            {"at": "2026-03-31T12:00:00"},
            "at",
            f'"2026-03-31T12:00:00" is {INSTANT}',
        ),
        (
            "query($at: DateTime!) { " + MEASURED.replace("WHERE", "asOfInstant: $at")[2:],
            {},
            "at",
            "to be provided",
        ),
        (
            "query($at: DateTime) { " + MEASURED.replace("WHERE", "asOfInstant: $at")[2:],
            {"at": {"a": [[]] * 9}},
            "at",
            f"An object is {INSTANT}",
        ),
        (
            "query($size: Index) { " + MEASURED.replace("WHERE", "asOf: $size")[2:],
            {"size": "7"},
            "size",
            '"7" is no Index: write a whole number from 0 to 2^53 - 1, such as 42.',
        ),
        (PAY, paid("1,00", "2026-03-31"), "given.amount.amount", f'"1,00" is {DECIMAL}'),
        (
            PAY,
            paid("1.00", "31.3.2026"),
            "given.paidOn",
            f"Variable '$given' has invalid value at .paidOn: {DATE}",
        ),
        (
            RECORD,
            recorded({"value": "1"}, {"value": "9" * 31}),
            "given.rows[1].value",
            f'"{"9" * 31}" is {DECIMAL}',
        ),
        (RECORD, recorded({"value": "1", "valu": "1"}), "given.rows[0]", "unknown field 'valu'"),
    ],
    ids=["instant", "missing", "object", "index", "amount", "date", "in a list", "unknown field"],
)
async def test_a_variable_that_cannot_be_read_is_told_with_its_place(
    founded: World, document: str, given: dict[str, Any], path: str, said: str
) -> None:
    """From the variable's name on, as the sender's own code reaches it."""
    error = await error_of(founded, document, given)

    assert error["extensions"]["path"] == path
    assert said in error["message"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("aGVsbG8", '"aGVsbG8" is no Base64: write the canonical form with padding, such as "aGVs'),
        (7, "7 is no Base64"),
        ("é" * 41, f'"{"é" * 40}..." is no Base64'),
        ([], "A list is no Base64"),
    ],
)
async def test_bytes_are_told_alike(founded: World, wrong: object, said: str) -> None:
    """Of a long text the beginning."""
    consent = """mutation($given: ConsentToProposalInput!) {
      consentToProposal(input: $given) { problems { code } } }"""
    given = {"idempotencyKey": "k", "proposalId": "p", "commitment": wrong}

    error = await error_of(founded, consent, {"given": given})

    assert error["extensions"]["path"] == "given.commitment"
    assert said in error["message"]


async def test_a_hash_of_a_document_is_told_alike(founded: World) -> None:
    """With how to get one."""
    document = """query($sum: Sha256!) {
      rulingStatement(proposalId: "p", outcome: BINDS, documentSha256: $sum) { __typename } }"""
    error = await error_of(founded, document, {"sum": "A" * 64})

    assert error["extensions"]["path"] == "sum"
    assert "no Sha256: write 64 lower-case hexadecimal digits, as sha256sum" in error["message"]


async def test_each_of_several_is_told(founded: World) -> None:
    """One answer, so that one mends all of them at once."""
    document = PAID.replace("AMOUNT", '"x"').replace("ON", '"y"')
    answer = await founded.ask(document, token=founded.token(TRACK))

    paths = [each["extensions"]["path"] for each in answer["errors"]]
    assert sorted(paths) == ["input.amount.amount", "input.paidOn"]


async def test_a_variable_that_cannot_be_read_is_status_400(founded: World) -> None:
    """To who reads the newer media type: nothing ran, so there is no `data` either."""
    sent = {"query": PAY, "variables": paid("1,00", "2026-03-31")}
    headers = {
        "authorization": f"Bearer {founded.token(TRACK)}",
        "accept": "application/graphql-response+json",
    }

    response = await founded.client.post("/graphql", json=sent, headers=headers)

    assert response.status_code == 400
    assert "data" not in response.json()


async def test_a_follower_is_told_alike(founded: World) -> None:
    """Over a socket: of a variable, and of a literal."""
    literal = 'subscription { entries(after: "one") { index } }'
    for document, given, path in (
        (ENTRIES, {"after": "one"}, "after"),
        (literal, {}, "after"),
    ):
        async with following(founded, founded.token(TRACK)) as follower:
            await follower.subscribe(document, **given)
            message = await follower.hear()
        payload = message["payload"]
        [error] = payload["errors"] if isinstance(payload, dict) else payload
        assert error["extensions"] == {"code": "BAD_REQUEST", "path": path}
        assert '"one" is no Index: write a whole number' in error["message"]
