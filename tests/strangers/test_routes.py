"""Downloads and uploads: each address tells and takes only what is the caller's own."""

import json
from pathlib import Path

import pytest

from service.settings import Settings
from tests.auditor import audit
from tests.strangers.crawler import marks
from tests.strangers.full import full
from tests.strangers.routes import PLACES, addresses, fetched, known
from tests.test_story import BUYER, OTHERS, TRACK
from tests.world import World, bare

PATHS = (
    "/graphql/assets/../index.html",
    "/graphql/assets/..%2f..%2fapp.py",
    "/graphql/assets/%2e%2e%2f%2e%2e%2fidentity.py",
    "/graphql/assets/....//identity.py",
    "/graphql/assets/%2fetc%2fpasswd",
    "/graphql/assets/..%5c..%5capp.py",
    "/graphql/assets/index.html%00.js",
    "/journal.csv%2f..%2f..%2fetc%2fpasswd",
    "/journal...%2f..%2fkey",
    "/journal.%00",
    "/statement.%2e%2e",
    "//etc/passwd",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
)
OURS = ("import ", "PRIVATE", "root:", "[project]")
"""What stands in files that are nobody's business."""


def test_every_address_of_the_service_is_thought_about(settings: Settings) -> None:
    """A new route without a row fails here."""
    assert addresses(settings) == known()


async def test_no_address_tells_a_neighbour_or_a_stranger_anything(
    world: World, tmp_path: Path
) -> None:
    """401 without a token, 404 for what is not one's own, and one's own for the rest."""
    made = await full(world, tmp_path)
    next_door = World(world.settings, world.client, count=world.count)
    await next_door.found("Next door", "Its partner")
    world.parties["Next door"] = next_door.parties["Next door"]
    secret = marks(json.dumps(made.ids)) | {bare(each) for each in world.parties.values()}
    secret -= {bare(next_door.parties["Next door"])}
    for place in PLACES:
        texts = await fetched(made, place, world.token(BUYER))
        texts += await fetched(made, place, world.token(TRACK))
        assert any(each.startswith("200") for each in texts), place
        for text in await fetched(made, place, ""):
            assert text.startswith("401"), (place, text)
            assert not marks(text) & secret, (place, text)
        for text in await fetched(made, place, world.token("Next door")):
            assert text.startswith("404"), (place, text)
        for asked, text in zip(
            place.asked, await fetched(made, place, next_door.token("Next door")), strict=True
        ):
            is_narrowing = "party=" in asked  # of one's own dues: then there are none
            assert "{track}" not in asked or is_narrowing or text.startswith("404"), (place, text)
            given = {bare(world.parties[TRACK])} if "{track}" in asked else set()
            assert not (marks(text) & secret) - given, (place, text)


async def test_an_upload_goes_where_it_was_begun_and_nowhere_else(
    world: World, tmp_path: Path
) -> None:
    """Another ecosystem, another upload, a guessed secret, an id that is a path: not found."""
    made = await full(world, tmp_path)
    next_door = World(world.settings, world.client, count=world.count)
    await next_door.found("Next door", "Its partner")
    _, ecosystem, upload, secret = made["upload url"].split("/")
    before = await world.size(), await next_door.size()
    for path in (
        (bare(next_door.ecosystem_id), upload, secret),
        (ecosystem, bare(next_door.ecosystem_id), secret),
        (ecosystem, upload, secret[:-1]),
        (ecosystem, upload, secret + "A"),
        (ecosystem, upload, "%00"),
        (ecosystem, upload, "..%2f..%2fkeys"),
        (ecosystem, "..", secret),
        ("%2e%2e", upload, secret),
        (ecosystem.upper(), upload, secret),
        ("'; DROP TABLE entry; --", upload, secret),
    ):
        body = b"reference,at,value\nx,2024-02-01T10:00:00Z,1\n"
        response = await world.client.put("/uploads/" + "/".join(path), content=body)
        assert response.status_code == 404, (path, response.text)
        assert secret not in response.text
    assert (await world.size(), await next_door.size()) == before
    await audit(world.settings, world.ecosystem_id)


@pytest.mark.parametrize("path", PATHS)
async def test_no_path_leads_out_of_the_house(world: World, path: str) -> None:
    """Sent as it is: a client that tidies paths would hide the question."""
    await world.found(BUYER, OTHERS)
    request = world.client.build_request(
        "GET", "/", headers={"authorization": f"Bearer {world.token(BUYER)}"}
    )
    request.url = request.url.copy_with(raw_path=path.encode())
    response = await world.client.send(request)
    assert response.status_code in (400, 401, 404), response.text
    assert not any(each in response.text for each in OURS)


async def test_a_name_that_is_a_path_names_a_file_all_the_same(world: World) -> None:
    """Nor is it a header of its own."""
    evil = '../../etc/" set-cookie: a=b =cmd|x'
    await world.found(BUYER, evil)
    headers = {"authorization": f"Bearer {world.token(evil)}"}
    mine = await world.client.get("/journal.csv", headers=headers)
    assert mine.status_code == 200
    name = mine.headers["content-disposition"].partition('filename="')[2]
    assert "/" not in name
    assert name.count('"') == 1
    assert "set-cookie" not in mine.headers
