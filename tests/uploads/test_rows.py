"""Rows out again: the file of a party's rows proves what its batches and parts are made of."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from ledger.actor import Role
from ledger.observation import row_leaf
from ops.verdict import Verdict
from ops.verify import verify
from service.embedded import Embedded
from tests.auditor import audit
from tests.ops.test_verify import exported
from tests.test_story import BUYER, PARTNERS, TRACK, agreed_indicator, measured
from tests.uploads.steps import csv, push
from tests.world import PROPOSED, World, bare, indicator_terms

MINUTES = csv(
    (f"m{n},2024-05,ScotRail,{n}.5" for n in range(300)), "reference,period,segment,value"
)


ANSWERS = {
    "answers": [
        {"value": "0", "count": 1},
        {"value": "9", "count": 1},
        {"value": "10", "count": 1},
    ],
}


@pytest_asyncio.fixture
async def told(world: World, tmp_path: Path) -> AsyncIterator[World]:
    """A period that was measured, from an uploaded file among others; its export beside."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    await push(world, MINUTES, TRACK, series="delay-minutes")
    await world.done(TRACK, "submitPart", {"indicatorId": indicator, "period": "2024-05"})
    (tmp_path / "key").write_text(await exported(world, tmp_path / "ledger"))
    yield world


async def download(world: World, party: str, path: Path, **asked: str) -> None:
    """The file of a party's rows."""
    token = {"authorization": f"Bearer {world.token(party)}"}
    response = await world.client.get("/observations.ndjson", params=asked, headers=token)
    assert response.status_code == 200, response.text
    await asyncio.to_thread(path.write_bytes, response.content)


def verdict(folder: Path) -> Verdict:
    """What the export and the rows say together."""
    key = (folder / "key").read_text()
    return verify(folder / "ledger", key, observations=folder / "rows")


async def test_a_part_is_shown_to_follow_from_exactly_its_rows(told: World, tmp_path: Path) -> None:
    """Rows, batches and parts are counted; what other parties' rows say is said to be open."""
    await download(told, TRACK, tmp_path / "rows")

    found = verdict(tmp_path)

    assert found.findings == []
    assert found.rows == 301
    assert "2 batches are of exactly the rows in the file, and 2 parts follow from them" in str(
        found.notes
    )
    assert "3 parts of other parties rest on their rows" in found.not_checked


def rewritten(path: Path, change: Any) -> None:
    """The file with its lines changed and its digest made anew, as a forger would."""
    lines = [json.loads(line) for line in path.read_text().splitlines()][:-1]
    change(lines)
    data = b"".join(
        json.dumps(line, separators=(",", ":"), sort_keys=True).encode() + b"\n" for line in lines
    )
    path.write_bytes(data + b'{"sha256":"' + sha256(data).hexdigest().encode() + b'"}\n')


def altered(lines: list[dict[str, Any]]) -> None:
    """Another value."""
    lines[5]["row"] = lines[5]["row"].replace('"value":"1.5"', '"value":"4.5"')


def fewer(lines: list[dict[str, Any]]) -> None:
    """The last row is left out."""
    del lines[-1]


def swapped(lines: list[dict[str, Any]]) -> None:
    """Two rows in each other's place."""
    lines[5]["row"], lines[6]["row"] = lines[6]["row"], lines[5]["row"]


def salted(lines: list[dict[str, Any]]) -> None:
    """Another row's salt."""
    lines[5]["salt"] = lines[6]["salt"]


def another(lines: list[dict[str, Any]]) -> None:
    """Another entry's rows."""
    lines[1]["batch"] = 0


@pytest.mark.parametrize("change", [altered, fewer, swapped, salted, another])
async def test_rows_that_were_changed_are_found(told: World, tmp_path: Path, change: Any) -> None:
    """Also when the file's digest was mended."""
    await download(told, TRACK, tmp_path / "rows")
    rewritten(tmp_path / "rows", change)

    found = verdict(tmp_path)

    assert not found.is_good
    assert "batch" in found.findings[0]


async def test_a_byte_that_is_lost_is_found(told: World, tmp_path: Path) -> None:
    """By the digest, whatever it was."""
    await download(told, TRACK, tmp_path / "rows")
    whole = (tmp_path / "rows").read_bytes()
    for cut in (whole[:-1], whole[: len(whole) // 2], whole.replace(b"m7", b"m8", 1), b""):
        (tmp_path / "rows").write_bytes(cut)
        assert not verdict(tmp_path).is_good


async def test_a_download_goes_on_where_it_was_cut(told: World, tmp_path: Path) -> None:
    """After the last batch held; of one series, of a size; nobody else's rows."""
    await download(told, TRACK, tmp_path / "all")
    batches = [
        json.loads(line)["batch"]
        for line in (tmp_path / "all").read_text().splitlines()
        if line.startswith('{"batch"')
    ]
    await download(told, TRACK, tmp_path / "rest", after=str(batches[0]), series="delay-minutes")
    rest = (tmp_path / "rest").read_text().splitlines()
    assert [json.loads(line)["batch"] for line in rest if "batch" in line] == batches[1:]
    await download(told, BUYER, tmp_path / "none")
    assert len((tmp_path / "none").read_text().splitlines()) == 2
    wrong = await told.client.get("/observations.ndjson", headers={"authorization": "Bearer x"})
    assert wrong.status_code == 401
    token = {"authorization": f"Bearer {told.token(TRACK)}"}
    wrong = await told.client.get("/observations.ndjson?after=x", headers=token)
    assert wrong.status_code == 400


async def test_single_answers_are_counted_again_from_their_rows(
    told: World, tmp_path: Path
) -> None:
    """Recommendations on 0 to 10, the last revision of each, by how often each was given."""
    lines = [f"a{n},1,2024-05-{n % 28 + 1:02}T10:00:00Z,{n % 11}" for n in range(50)]
    revised = "a7,2,2024-06-01T10:00:00Z,7"  # moved out of the period by its revision
    file = csv([*lines, revised], "reference,revision,at,value")
    await push(told, file, TRACK, series="recommend")
    terms = indicator_terms(told, {TRACK: "1"}) | {
        "name": "Would recommend",
        "perspective": "EXPERIENCE",
        "theme": "CUSTOMER_SATISFACTION",
        "unit": "points",
        "direction": "HIGHER_IS_BETTER",
        "attribution": "SOLIDARY",
        "method": {
            "kind": "NET_PROMOTER_SCORE",
            "margin": "ADJUSTED_WALD",
            "series": "recommend",
            "segment": "",
            "scale": "100",
            "answers": {"denominator": "VALID_ANSWERS"},
        },
        "levels": {"baseline": "0", "minimum": "0", "target": "10", "stretch": "20"},
        "workedExamples": [
            {"parts": [ANSWERS | {"partyId": told.parties[TRACK]}], "expected": "33.3"}
        ],
    }
    opened = await told.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await told.agree(opened["proposal"], TRACK)
    data = await told.read(BUYER, "{ indicators { nodes { id current { name } } } }")
    [indicator] = [
        each["id"]
        for each in data["indicators"]["nodes"]
        if each["current"]["name"] == "Would recommend"
    ]
    await told.done(TRACK, "submitPart", {"indicatorId": indicator, "period": "2024-05"})
    (tmp_path / "key").write_text(await exported(told, tmp_path / "ledger"))
    await download(told, TRACK, tmp_path / "rows")

    found = verdict(tmp_path)

    assert found.findings == []
    assert "3 parts follow from them" in str(found.notes)


DROP = {"series": "delay-minutes", "references": ["m7", "m9", "unknown"]}
DROPPED = "rowCount"


async def test_a_dropped_row_leaves_its_salted_hash(
    told: World, tmp_path: Path, database: Embedded
) -> None:
    """Content and salt are nowhere; batches still prove themselves; later parts count without."""
    admin = told.token(TRACK, Role.ADMIN)
    payload = await told.done(TRACK, "dropObservations", DROP, DROPPED, token=admin, key="gone")
    assert payload["rowCount"] == 2
    again = await told.done(TRACK, "dropObservations", DROP, DROPPED, token=admin, key="gone")
    assert again["receipt"]["isRepeat"]
    superuser = await asyncpg.connect(database.url("postgres"))
    gone = "SELECT count(*) FROM observation_row WHERE reference IN ('m7', 'm9')"
    assert await superuser.fetchval(gone) == 0
    assert await superuser.fetchval("SELECT count(*) FROM observation_dropped") == 2
    await superuser.close()
    (tmp_path / "key").write_text(await exported(told, tmp_path / "ledger"))
    await download(told, TRACK, tmp_path / "rows")

    before = verdict(tmp_path)
    assert before.findings == []
    assert "1 part follows from them" in str(before.notes)
    assert any("or were dropped since" in each for each in before.not_checked)
    [indicator] = (await told.read(BUYER, "{ indicators { nodes { id } } }"))["indicators"]["nodes"]
    place = {"indicatorId": indicator["id"], "period": "2024-05"}
    part = await told.done(TRACK, "submitPart", place, "part { rowCount figures { value } }")
    assert part["part"] == {"rowCount": 298, "figures": {"value": "44983"}}
    (tmp_path / "key").write_text(await exported(told, tmp_path / "ledger"))
    after = verdict(tmp_path)
    assert "2 parts follow from them" in str(after.notes)
    rewritten(tmp_path / "rows", hidden)
    assert "no entry dropped it" in str(verdict(tmp_path).findings)
    await audit(told.settings, told.ecosystem_id)


def hidden(lines: list[dict[str, Any]]) -> None:
    """A row's content taken away that no entry dropped."""
    row = lines[-1]
    salt, data = b64decode(row.pop("salt")), row.pop("row").encode()
    row["leafHash"] = b64encode(row_leaf(salt, data)).decode()


async def test_rows_are_dropped_by_their_own_partys_admin_alone(told: World) -> None:
    """Another role or party, a reference that stands nowhere, too many at once: nothing goes."""
    admin = told.token(TRACK, Role.ADMIN)
    stranger = told.token(BUYER, Role.ADMIN)
    many = {**DROP, "references": [f"r{n}" for n in range(1001)]}
    nothing = {**DROP, "references": ["unknown"]}

    assert (await told.refused(TRACK, "dropObservations", DROP))["code"] == "NOT_PERMITTED"
    problem = await told.refused(BUYER, "dropObservations", DROP, token=stranger)
    assert problem["code"] == "NOTHING_TO_DROP"
    problem = await told.refused(TRACK, "dropObservations", nothing, token=admin)
    assert problem["code"] == "NOTHING_TO_DROP"
    problem = await told.refused(TRACK, "dropObservations", many, token=admin)
    assert problem["code"] == "REFERENCES_MALFORMED"


async def test_no_entered_row_goes_without_its_hash(told: World, database: Embedded) -> None:
    """The service's role cannot delete what an entry commits to, and keeps what it dropped."""
    service = await asyncpg.connect(database.service_url)
    async with service.transaction():
        await service.execute(f"SET LOCAL app.ecosystem = '{bare(told.ecosystem_id)}'")
        count = await service.fetchval("SELECT count(*) FROM observation_row")
        assert await service.execute("DELETE FROM observation_row") == "DELETE 0"
        assert count > 300
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute("DELETE FROM observation_dropped")
    await service.close()
