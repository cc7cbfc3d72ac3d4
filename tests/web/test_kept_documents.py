"""Documents: kept by hash, named by id; the registered ones alone where the operator says so."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect

from graph import documents
from graph.documents import DocumentRefused, Documents
from graph.schema import build
from service.app import CannotStart, schema_of
from service.settings import Settings
from tests.test_story import BUYER, PARTNERS, TRACK
from tests.world import World, serving

TEXT = "query Mine($n: Int = 1) { parties(first: $n) { nodes { name } } }"
OTHER = "query Other { ecosystem { name } }"
ID = sha256(TEXT.encode()).hexdigest()


async def send(world: World, body: dict[str, Any], **how: Any) -> dict[str, Any]:
    """The answer to a request as TRACK."""
    headers = {"authorization": f"Bearer {world.token(TRACK)}", **how}
    answer: dict[str, Any] = (
        await world.client.post("/graphql", json=body, headers=headers)
    ).json()
    return answer


def code(answer: dict[str, Any]) -> str:
    """The code of the one error."""
    [error] = answer["errors"]
    assert "data" not in answer
    found: str = error["extensions"]["code"]
    return found


def registering(settings: Settings, folder: Path, *, only: bool = False) -> Settings:
    """Settings with TEXT registered, as graphql-codegen writes it."""
    path = folder / "persisted-documents.json"
    path.write_text(json.dumps({ID: TEXT}))
    return settings.model_copy(update={"documents": path, "registered_only": only})


async def test_a_document_that_was_sent_once_is_named_by_its_hash_afterwards(world: World) -> None:
    """Before that the id is of nothing; it stands for this text alone."""
    await world.found(BUYER, *PARTNERS)
    named = {"documentId": f"sha256:{ID}", "variables": {"n": 2}}

    assert code(await send(world, named)) == "DOCUMENT_UNKNOWN"
    assert code(await send(world, {**named, "query": OTHER})) == "BAD_REQUEST"
    first = await send(world, {**named, "query": TEXT})
    assert len(first["data"]["parties"]["nodes"]) == 2
    assert await send(world, named) == first
    bare = {"documentId": ID, "variables": {"n": 2}}
    assert await send(world, bare) == first
    assert await send(world, {**bare, "query": ""}) == first


async def test_apollos_clients_find_what_they_look_for(world: World) -> None:
    """Automatic persisted queries: asked by hash, told that it is not there, sent with its text."""
    await world.found(BUYER, *PARTNERS)
    hashed = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": ID}}}

    missing = await send(world, hashed)
    assert code(missing) == "PERSISTED_QUERY_NOT_FOUND"
    assert missing["errors"][0]["message"] == "PersistedQueryNotFound"
    assert "errors" not in await send(world, {**hashed, "query": TEXT})
    assert "errors" not in await send(world, hashed)


async def test_a_registered_document_is_there_from_the_start(
    settings: Settings, tmp_path: Path
) -> None:
    """Over HTTP and over a socket; others may still be written out."""
    async with serving(registering(settings, tmp_path)) as world:
        await world.found(BUYER, *PARTNERS)
        assert "errors" not in await send(world, {"documentId": ID})
        assert "errors" not in await send(world, {"query": OTHER})

        url = f"ws://{settings.host}:{settings.port}/graphql"
        protocol: Any = ["graphql-transport-ws"]
        async with connect(url, subprotocols=protocol) as socket, asyncio.timeout(20):
            init = {"authorization": f"Bearer {world.token(TRACK)}"}
            await socket.send(orjson.dumps({"type": "connection_init", "payload": init}).decode())
            assert orjson.loads(await socket.recv())["type"] == "connection_ack"
            for number, named in enumerate((ID, "0" * 64)):
                payload = {"documentId": named, "query": ""}  # as graphql-ws's clients must
                message = {"type": "subscribe", "id": str(number), "payload": payload}
                await socket.send(orjson.dumps(message).decode())
            told = [orjson.loads(await socket.recv()) for _ in range(3)]
        by_type = {each["type"]: each for each in told}
        assert by_type["next"]["payload"]["data"]["parties"]["nodes"]
        [error] = by_type["error"]["payload"]
        assert error["extensions"]["code"] == "DOCUMENT_UNKNOWN"


async def test_the_registered_only_mode_runs_nothing_else(
    settings: Settings, tmp_path: Path
) -> None:
    """Not even a question about the schema, and nothing by the hash of what was refused."""
    async with serving(registering(settings, tmp_path, only=True)) as world:
        token = world.token()
        headers = {"authorization": f"Bearer {token}"}

        async def asked(body: dict[str, Any]) -> str:
            answer = await world.client.post("/graphql", json=body, headers=headers)
            errors = answer.json().get("errors", [{"extensions": {"code": ""}}])
            found: str = errors[0]["extensions"]["code"]
            return found

        assert await asked({"query": "{ __schema { types { name } } }"}) == (
            "DOCUMENT_NOT_REGISTERED"
        )
        assert await asked({"query": OTHER}) == "DOCUMENT_NOT_REGISTERED"
        hashed = sha256(OTHER.encode()).hexdigest()
        assert await asked({"documentId": hashed}) == "DOCUMENT_UNKNOWN"
        for body in ({"documentId": ID}, {"query": TEXT}):
            assert await asked(body) not in {"DOCUMENT_UNKNOWN", "DOCUMENT_NOT_REGISTERED"}


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({ID: "{ nothing }"}, "not the SHA-256"),
        ({sha256(b"{ nothing }").hexdigest(): "{ nothing }"}, "Cannot query field"),
        ([TEXT], "no object"),
        ({ID: 5}, "no object"),
    ],
)
async def test_documents_that_cannot_be_run_stop_the_start(
    settings: Settings, tmp_path: Path, listed: object, said: str
) -> None:
    """With the file or the id, and the reason."""
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(listed))

    with pytest.raises(CannotStart, match=said):
        schema_of(settings.model_copy(update={"documents": tmp_path}))


def kept(**how: Any) -> Documents:
    """Documents of the schema."""
    return Documents(build()._schema, {}, registered_only=False, introspection=True, **how)


def test_the_store_is_bounded_in_number_and_in_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one that was not asked for longest goes first; what is refused takes no place."""
    monkeypatch.setattr(documents, "MAX_KEPT", 3)
    store = kept()
    texts = [f"query Q{number} {{ ecosystem {{ name }} }}" for number in range(4)]
    ids = [sha256(each.encode()).hexdigest() for each in texts]
    for each in texts[:3]:
        store.read(each)
    assert store.text(ids[0]) == texts[0]
    with pytest.raises(DocumentRefused):
        store.read("{ nothing }")
    store.read(texts[3])
    assert [store.text(each) is not None for each in ids] == [True, False, True, True]

    monkeypatch.setattr(documents, "MAX_KEPT_CHARACTERS", len(texts[0]) * 2)
    store.read("query Q9 { ecosystem { name } }")
    assert [store.text(each) is not None for each in ids] == [False, False, False, True]


def test_a_kept_document_is_not_read_again() -> None:
    """The very same tree."""
    store = kept()

    assert store.read(TEXT) is store.read(TEXT)
