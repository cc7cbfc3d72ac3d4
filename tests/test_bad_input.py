"""Bad input: each a clear, typed answer that changes nothing; the ledger audits clean after it."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from ledger.actor import Role
from service import embedded
from service.embedded import Embedded
from tests.auditor import audit
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN, agreed_indicator
from tests.world import PROPOSED, World, indicator_terms, scheme_terms

VIEWER_ONLY = (Role.VIEWER,)


@pytest_asyncio.fixture
async def told(world: World) -> AsyncIterator[World]:
    """A founded ecosystem, whose ledger must audit clean whatever a test threw at it."""
    await world.found(BUYER, *PARTNERS)
    yield world
    await audit(world.settings, world.ecosystem_id)


@pytest_asyncio.fixture
async def untouched(told: World) -> AsyncIterator[World]:
    """The same, for requests after which the ledger must be exactly as long as before."""
    size = await told.size()
    yield told
    assert await told.size() == size


async def test_an_unknown_or_expired_token_is_answered_401(untouched: World) -> None:
    """In GraphQL's shape, with a code of its own."""
    for header in (
        "Bearer nonsense",
        "Basic abc",
        "Bearer " + untouched.token(TRACK)[:-4] + "AAAA",
    ):
        response = await untouched.client.post(
            "/graphql", json={"query": "{ viewer { subject } }"}, headers={"authorization": header}
        )
        assert response.status_code == 401
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_wrong_role_is_refused_with_the_one_needed(told: World) -> None:
    """A viewer proposes nothing."""
    terms = indicator_terms(told, {TRACK: "1"})
    token = told.token(TRACK, *VIEWER_ONLY)

    problem = await told.refused(TRACK, "proposeIndicator", terms, token=token)

    assert problem["__typename"] == "NotPermitted"
    assert problem["code"] == "NOT_PERMITTED"
    assert "REPORTER" in problem["message"]


async def test_another_ecosystems_id_is_not_found(told: World) -> None:
    """Neither as a node nor to act on, nor with a token that claims membership there."""
    terms = indicator_terms(told, {TRACK: "1"})
    theirs = await told.done(TRACK, "proposeIndicator", terms, PROPOSED)
    elsewhere = World(told.settings, told.client, count=1000)
    await elsewhere.found("Other buyer", "Other partner")
    proposal = {"proposalId": theirs["proposal"]["id"]}

    problem = await elsewhere.refused("Other partner", "consentToProposal", proposal)
    assert problem["code"] == "NOT_FOUND"
    node = "query($id: ID!) { node(id: $id) { id } }"
    data = await elsewhere.read("Other partner", node, id=theirs["proposal"]["id"])
    assert data == {"node": None}
    data = await elsewhere.read("Other partner", node, id=told.ecosystem_id)
    assert data == {"node": None}
    intruder = elsewhere.token("Other partner", ecosystem=told.ecosystem_id.partition(":")[2])
    for asked in (
        "{ ecosystem { name } }",
        "{ entries { nodes { index } } }",
        "{ measurements { nodes { id } } }",
        "{ proposals { nodes { id } } }",
        "{ accounts { nodes { id } } }",
        "{ postings { nodes { index } } }",
        "{ checkpoint { size } }",
        '{ observationTotals(series: "s") { value } }',
    ):
        answer = await told.ask(asked, token=intruder)
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_founding_that_is_refused_leaves_nothing(told: World, database: Embedded) -> None:
    """Not even a row for its ledger's head."""
    given = {"name": "Alone", "parties": [{"name": "Alone", "role": "PARTNER"}]}

    payload = await told.do("", "foundEcosystem", given)

    assert [each["code"] for each in payload["problems"]] == ["PARTIES_MALFORMED"]
    superuser = await asyncpg.connect(database.url("postgres"))
    assert await superuser.fetchval("SELECT count(*) FROM ledger_head") == 1
    await superuser.close()


async def test_a_consent_twice_and_an_answer_by_a_stranger_are_refused(told: World) -> None:
    """Under another key; under the same key it is the same answer."""
    terms = indicator_terms(told, {TRACK: "0.5", TRAIN: "0.5"})
    opened = await told.done(TRACK, "proposeIndicator", terms, PROPOSED)
    given = {"proposalId": opened["proposal"]["id"]}
    first = await told.done(TRACK, "consentToProposal", given, key="once")

    again = await told.done(TRACK, "consentToProposal", given, key="once")
    assert again["receipt"]["isRepeat"]
    assert again["receipt"]["index"] == first["receipt"]["index"]
    assert (await told.refused(TRACK, "consentToProposal", given))["code"] == "CONSENT_TWICE"
    assert (await told.refused(OTHERS, "consentToProposal", given))["code"] == "NOT_A_SIGNATORY"
    other = {**given, "commitment": "AAAA"}
    assert (await told.refused(TRAIN, "consentToProposal", other))["code"] == "COMMITMENT_DIFFERS"


async def test_a_measurement_needs_an_agreed_indicator_and_an_ended_period(told: World) -> None:
    """And all parts, from those that co-own it."""
    nobody = {"indicatorId": "Indicator:00000000-0000-8000-8000-000000000000", "period": "2024-04"}
    problem = await told.refused(TRACK, "proposeMeasurement", nobody)
    assert problem["code"] == "INDICATOR_NOT_AGREED"
    terms = indicator_terms(told, {TRACK: "0.5", TRAIN: "0.5"})
    opened = await told.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await told.agree(opened["proposal"], TRACK, TRAIN)
    data = await told.read(TRACK, "{ indicators { nodes { id } } }")
    indicator = data["indicators"]["nodes"][0]["id"]
    place = {"indicatorId": indicator, "period": "2024-04"}

    future = {**place, "period": "2099-01"}
    assert (await told.refused(TRACK, "proposeMeasurement", future))["code"] == "PERIOD_NOT_ENDED"
    unknown = {**place, "period": "April"}
    assert (await told.refused(TRACK, "submitPart", unknown))["code"] == "PERIOD_UNKNOWN"
    assert (await told.refused(TRACK, "proposeMeasurement", place))["code"] == "PARTS_MISSING"
    evidence = {"evidenceSha256": "ab" * 32}
    declared = {"figures": {"partyId": told.parties[OTHERS], "value": "1"}, **evidence}
    part = {**place, "declared": declared}
    assert (await told.refused(OTHERS, "submitPart", part))["code"] == "NOT_A_CO_OWNER"
    assert (await told.refused(TRACK, "submitPart", place))["code"] == "NOTHING_MEASURED"


async def test_a_part_cannot_be_declared_for_another_party(told: World) -> None:
    """What a party reports is its own."""
    indicator = await agreed_indicator(told)
    figures = {"partyId": told.parties[TRAIN], "value": "1"}
    declared = {"figures": figures, "evidenceSha256": "ab" * 32}
    part = {"indicatorId": indicator, "period": "2024-04", "declared": declared}

    problem = await told.refused(TRACK, "submitPart", part)

    assert problem["code"] == "NOT_YOUR_PART"


async def test_too_many_decimals_are_refused_with_their_place(told: World) -> None:
    """Nothing is rounded behind anybody's back."""
    indicator = await agreed_indicator(told)
    terms = scheme_terms(told, indicator, {TRACK: "1"})
    terms["funding"]["pool"]["amount"] = "100.001"

    problem = await told.refused(BUYER, "proposeScheme", terms)

    assert problem["code"] == "TOO_MANY_DECIMALS"
    assert problem["path"] == "funding.pool"
    assert "Round" in problem["remedy"]


async def test_a_worked_example_that_fails_is_refused(told: World) -> None:
    """Of an indicator and of a scheme; the message says what the engine computed."""
    terms = indicator_terms(told, {TRACK: "1"})
    terms["workedExamples"][0]["expected"] = "2"
    problem = await told.refused(TRACK, "proposeIndicator", terms)
    assert problem["code"] == "EXAMPLE_FAILS"
    assert "1.5" in problem["message"]
    terms = indicator_terms(told, {TRACK: "1"}) | {"why": "  "}
    assert (await told.refused(TRACK, "proposeIndicator", terms))["code"] == "WHY_MISSING"
    indicator = await agreed_indicator(told)
    scheme = scheme_terms(told, indicator, {TRACK: "1"})
    scheme["workedExamples"][0]["expected"]["amount"] = "1.00"
    assert (await told.refused(BUYER, "proposeScheme", scheme))["code"] == "EXAMPLE_FAILS"


async def test_a_key_reused_with_another_input_is_refused(told: World) -> None:
    """And the refusal consumes no key."""
    terms = indicator_terms(told, {TRACK: "1"})
    await told.done(TRACK, "proposeIndicator", terms, key="k")

    problem = await told.refused(TRACK, "proposeIndicator", terms | {"name": "Other"}, key="k")
    assert problem["__typename"] == "IdempotencyConflict"
    await told.refused(TRACK, "proposeIndicator", terms | {"why": ""}, key="free")
    await told.done(TRACK, "proposeIndicator", terms | {"name": "Third"}, key="free")
    for key in ("", "x" * 201):
        problem = await told.refused(TRACK, "proposeIndicator", terms, key=key or " " * 201)
        assert problem["code"] == "KEY_MALFORMED"


async def test_a_replayed_key_is_authorised_anew(told: World) -> None:
    """What was allowed to an approver yesterday is not shown to a viewer today."""
    terms = indicator_terms(told, {TRACK: "1"})
    await told.done(TRACK, "proposeIndicator", terms, key="k")

    payload = await told.do(
        TRACK, "proposeIndicator", terms, key="k", token=told.token(TRACK, *VIEWER_ONLY)
    )

    assert payload["problems"][0]["code"] == "NOT_PERMITTED"
    assert payload["receipt"] is None


async def test_a_dry_run_decides_and_writes_nothing(told: World) -> None:
    """Its key stays free."""
    terms = indicator_terms(told, {TRACK: "1"})
    size = await told.size()

    show = "preview { kind body }"
    payload = await told.done(TRACK, "proposeIndicator", terms, show, key="k", dry_run=True)

    assert payload["receipt"] is None
    assert [each["kind"] for each in payload["preview"]] == ["indicator.proposed v3"]
    assert await told.size() == size
    done = await told.done(TRACK, "proposeIndicator", terms, key="k")
    assert done["receipt"]["index"] == size


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[]", b"5", b'{"query": 5}', b'{"query": "{ x }", "variables": []}', b"\xff"],
)
async def test_malformed_json_is_answered_400(untouched: World, body: bytes) -> None:
    """In GraphQL's shape."""
    headers = {
        "content-type": "application/json",
        "authorization": f"Bearer {untouched.token(TRACK)}",
    }

    response = await untouched.client.post("/graphql", content=body, headers=headers)

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query", ["{", "{ nothing }", "{ ecosystem { name(x: 1) } }", "mutation { x }", "{ a" * 20]
)
async def test_a_malformed_document_names_its_fault(untouched: World, query: str) -> None:
    """Validated before anything runs."""
    answer = await untouched.ask(query, token=untouched.token(TRACK))

    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_number_that_is_none_is_refused_before_anything_runs(untouched: World) -> None:
    """Neither a float nor words."""
    for value in (1.5, "many", "1e5", "NaN", "9" * 40):
        row = {"reference": "a", "period": "2024-04", "value": value}
        given = {"idempotencyKey": "n", "series": "s", "rows": [row]}
        answer = await untouched.ask(
            "mutation($g: RecordObservationsInput!) { recordObservations(input: $g) "
            "{ receipt { index } } }",
            {"g": given},
            untouched.token(TRACK),
        )
        assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_body_of_50_mb_is_refused_while_it_is_read(untouched: World) -> None:
    """413, by its declared length and by what really comes."""
    data = b'{"query":"' + b" " * 50_000_000 + b'"}'

    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 2**20):
            yield data[start : start + 2**20]

    for content in (data, stream()):
        response = await untouched.client.post(
            "/graphql", content=content, headers={"content-type": "application/json"}
        )
        assert response.status_code == 413
        assert response.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


async def test_a_batch_with_one_bad_row_changes_nothing(told: World) -> None:
    """All or nothing, with the row's place."""
    good: dict[str, Any] = {"reference": "a", "period": "2024-04", "value": "1"}
    for bad, place in (
        ({**good, "reference": ""}, "rows[1].reference"),
        ({**good}, "rows[1].reference"),
        ({**good, "reference": "b", "at": "2024-04-01T00:00:00Z"}, "rows[1]"),
        ({**good, "reference": "b", "value": "1/3"}, "rows[1].value"),
    ):
        given = {"series": "s", "rows": [good, bad]}
        problem = await told.refused(TRACK, "recordObservations", given)
        assert (problem["code"], problem["path"]) == ("BATCH_MALFORMED", place)
    given = {"series": "s", "rows": [good]}
    await told.done(TRACK, "recordObservations", given)
    problem = await told.refused(TRACK, "recordObservations", given)
    assert problem["code"] == "REFERENCE_TAKEN"


async def test_a_database_that_goes_away_is_told_and_comes_back(
    told: World, server: Embedded
) -> None:
    """In the middle of a request: try later, with the same key; nothing acknowledged is lost."""
    terms = indicator_terms(told, {TRACK: "1"})
    size = await told.size()
    embedded.stop(server, "immediate")
    try:
        query = (
            "mutation($g: ProposeIndicatorInput!) { proposeIndicator(input: $g) { __typename } }"
        )
        full = {"idempotencyKey": "k", **terms}
        answer = await told.ask(query, {"g": full}, told.token(TRACK))
        assert answer["errors"][0]["extensions"]["code"] == "TRY_LATER"
        assert (await told.client.get("/ready")).status_code == 503
        assert (await told.client.get("/live")).status_code == 200
    finally:
        embedded.start(server.data, lambda _: None)
    done = await told.done(TRACK, "proposeIndicator", terms, key="k")
    assert done["receipt"]["index"] == size
