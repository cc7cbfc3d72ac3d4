"""The entrance: whoever comes without knowing anything learns where to go, and nothing else."""

import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from service import bankfiles, entrance, exports
from service.app import build
from service.settings import Settings
from tests.test_story import BUYER, PARTNERS
from tests.world import World

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


async def test_a_program_is_told_in_json_where_everything_is(world: World) -> None:
    """Each address that is named answers: anybody, or who has a token alone."""
    answer = await world.client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    closed = {each.name: each.path for each in entrance.WITH_A_TOKEN}
    assert closed.items() <= told.items()
    assert set(told) - set(closed) == {"what", "graphql", "schema", "sandbox", "live", "ready"}
    for name in set(told) - {"what", "graphql", *closed}:
        assert (await world.client.get(told[name])).status_code == 200, name
    for name, path in closed.items():
        method = "POST" if name.startswith("bankStatements") else "GET"
        assert (await world.client.request(method, path)).status_code == 401, name
    page = await world.client.get(told["graphql"], headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    question = {"query": "{ __typename }"}
    assert (await world.client.post(told["graphql"], json=question)).json()["data"]


def test_no_address_is_left_out(settings: Settings) -> None:
    """Whatever is answered is told, but for what another answer leads to."""
    led_to = {
        "/",
        "/graphql/examples.graphql",  # by GraphiQL
        "/graphql/assets/{name}",
        "/uploads/{ecosystem}/{upload}/{secret}",  # by `beginUpload`
        "/sandbox/jwks",  # by the sandbox's configuration
        "/sandbox/token",
    }
    told = [each.path for each in entrance.places(settings)]
    answered = [each for each in build(settings).routes if isinstance(each, Route)]

    for each in answered:
        assert each.path in led_to or any(map(each.path_regex.match, told)), each.path
    for path in told:
        assert any(each.path_regex.match(path) for each in answered), path
    kinds = {path.rpartition(".")[2] for path in told if path.startswith("/journal.")}
    assert kinds == set(exports.JOURNALS)
    kinds = {path.rpartition(".")[2] for path in told if path.startswith("/bank-statements.")}
    assert kinds == set(bankfiles.KINDS)
    assert len(set(told)) == len(told)


async def test_a_browser_gets_a_page_that_runs_nothing(world: World) -> None:
    """The same addresses as links, in a page that may load nothing from anywhere."""
    answer = await world.client.get("/", headers=BROWSER)

    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "accept" in answer.headers["vary"]
    links = re.findall(r'href="([^"]*)"', answer.text)
    assert {"graphql", "schema.graphql", "live", "ready"} <= set(links)
    assert "<script" not in answer.text
    for link in links:
        followed = await world.client.get(f"/{link}", headers=BROWSER)
        assert followed.status_code == 200, link


@pytest.mark.parametrize("headers", [BROWSER, {}])
async def test_it_says_the_same_to_everybody(world: World, headers: dict[str, str]) -> None:
    """Before and after a founding, with a token and without: nobody's name stands there."""
    before = await world.client.get("/", headers=headers)
    await world.found(BUYER, *PARTNERS)
    token = {"authorization": f"Bearer {world.token(BUYER)}"}
    after = await world.client.get("/", headers=headers | token)

    assert before.text == after.text
    assert BUYER not in after.text
    assert "version" not in after.text.lower()


async def test_what_is_closed_does_not_stand_there(settings: Settings) -> None:
    """Neither GraphiQL nor the sandbox, where the operator did not open them."""
    closed = settings.model_copy(update={"graphiql": False, "dev_issuer": False})
    transport = httpx.ASGITransport(Starlette(routes=[entrance.route(closed)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        told = (await client.get("/")).json()
        page = (await client.get("/", headers=BROWSER)).text

    opened = set(told) - {each.name for each in entrance.WITH_A_TOKEN}
    assert opened == {"what", "graphql", "schema", "live", "ready"}
    assert "GraphiQL" not in page
    assert "sandbox" not in page


async def test_an_address_where_nothing_is_tells_of_the_entrance(world: World) -> None:
    """In the form of every other error; so does one that takes another method."""
    nowhere = await world.client.get("/nothing/here")
    other = await world.client.request("DELETE", "/live")

    assert (nowhere.status_code, other.status_code) == (404, 405)
    for answer in (nowhere, other):
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": "NO_SUCH_ADDRESS"}
    assert "GET /" in nowhere.json()["errors"][0]["message"]
    assert set(other.headers["allow"].split(", ")) == {"GET", "HEAD"}
