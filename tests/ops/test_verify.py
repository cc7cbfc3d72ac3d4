"""An export proves itself: any change, in the file or in the database, is found and named."""

import random
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from ledger.actor import Actor, Role
from ledger.canonical import encode
from ledger.checkpoint import generate_signer, render_verifier
from ledger.ids import EcosystemId, PartyId
from ops.export import export
from ops.verdict import Verdict
from ops.verify import verify
from ops.welcome import verdict_text
from service.app import open_doors
from service.embedded import Embedded
from service.keys import log_signer
from tests.test_story import BUYER, PARTNERS, agreed_indicator, agreed_scheme, measured, settled
from tests.world import World, bare

REWRITE_ENVELOPE = """
UPDATE entry SET index = index,
    envelope = convert_to(replace(convert_from(envelope, 'UTF8'), 's-', 'x-'), 'UTF8')
WHERE index = 5"""
REWRITE_BODY = """
UPDATE opening SET body = convert_to(
    replace(convert_from(body, 'UTF8'), '10000.00', '90000.00'), 'UTF8')
WHERE convert_from(body, 'UTF8') LIKE '%"pool":%'"""


@pytest_asyncio.fixture
async def told(world: World) -> World:
    """A world in which a period was agreed and settled."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    await settled(world, await agreed_scheme(world, indicator))
    return world


async def exported(world: World, path: Path) -> str:
    """The buyer's export at `path`; returns the pinned log key."""
    ids = (bare(world.ecosystem_id), bare(world.parties[BUYER]))
    actor = Actor(EcosystemId(ids[0]), PartyId(ids[1]), "audit", frozenset({Role.VIEWER}))
    async with open_doors(world.settings) as doors:
        await doors.publisher.publish(actor.ecosystem_id)
        with path.open("wb") as file:
            async for line in export(doors.reader, actor):
                file.write(line)
    return render_verifier(log_signer(world.settings).verifier)


async def test_an_export_verifies_and_any_changed_byte_is_found(
    told: World, tmp_path: Path
) -> None:
    """Offline; a hundred single bytes at random places, each found."""
    path, changed = tmp_path / "ledger.ndjson", tmp_path / "changed.ndjson"
    key = await exported(told, path)

    verdict = verify(path, key)
    assert verdict.findings == []
    assert verdict.kinds["settlement.posted"] == 1
    assert verdict.not_checked == [
        f"{verdict.kinds['proposal.consented']} consents rest on the host's word, unsigned"
    ]

    data, chance = path.read_bytes(), random.Random(7)
    for _ in range(100):
        place = chance.randrange(len(data))
        other = bytes([data[place] ^ chance.choice((1, 2, 4, 8, 16, 32, 64, 128))])
        changed.write_bytes(data[:place] + other + data[place + 1 :])
        assert not verify(changed, key).is_good, place
    last = data.rstrip(b"\n").rfind(b"\n") + 1
    for place in range(last, len(data)):
        other = bytes([data[place] ^ 32])
        changed.write_bytes(data[:place] + other + data[place + 1 :])
        assert not verify(changed, key).is_good, place
    changed.write_bytes(data[:last])
    assert not verify(changed, key).is_good


async def test_a_forger_who_mends_the_digest_is_found_by_the_entry(
    told: World, tmp_path: Path
) -> None:
    """The stored leaf hash, the commitment and the signed root each say where."""
    path, forged = tmp_path / "ledger.ndjson", tmp_path / "forged.ndjson"
    key = await exported(told, path)
    lines = path.read_bytes().splitlines(keepends=True)[:-1]
    third = next(i for i, line in enumerate(lines) if b'\\"index\\":3,' in line)
    place = f"entry 3 (line {third + 1}): "

    for number, old, new, named in (
        (third, b"s-", b"x-", f"{place}its envelope is not what was hashed"),
        (third, b"proposal_index", b"proposal_indeX", place),
        (0, b'"size":', b'"size":1', "entries, the header says"),
    ):
        assert old in lines[number]
        body = b"".join([*lines[:number], lines[number].replace(old, new), *lines[number + 1 :]])
        forged.write_bytes(body + encode({"sha256": sha256(body).hexdigest()}) + b"\n")
        findings = verify(forged, key).findings
        assert any(named in finding for finding in findings), findings


async def test_another_log_key_than_the_pinned_one_is_found(told: World, tmp_path: Path) -> None:
    """And without a pinned key the verdict says what it is worth."""
    path = tmp_path / "ledger.ndjson"
    await exported(told, path)
    foreign = render_verifier(generate_signer("localhost/jpi", bytes(32)).verifier)

    assert not verify(path, foreign).is_good
    assert "log key NOT pinned: consistent in itself only" in verify(path, None).not_checked


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (REWRITE_ENVELOPE, "entry 5 (line "),
        (REWRITE_BODY, ": the body is not the one committed"),
    ],
)
async def test_what_a_superuser_alters_is_named_by_its_entry(
    told: World, database: Embedded, tmp_path: Path, statement: str, named: str
) -> None:
    """Triggers switched off, an entry rewritten, the ledger exported again."""
    superuser = await asyncpg.connect(database.url("postgres"))
    await superuser.execute("SET session_replication_role = replica")
    changed = await superuser.execute(statement)
    assert changed != "UPDATE 0"
    await superuser.close()
    path = tmp_path / "ledger.ndjson"
    key = await exported(told, path)

    verdict = verify(path, key)

    assert any(named in finding for finding in verdict.findings), verdict.findings
    assert all(each.count("entry ") <= 1 or "between" in each for each in verdict.findings)
    assert f"Replayed {verdict.replayed} of {verdict.entries} entries." in verdict_text(verdict)


async def test_where_a_file_is_no_ledger_any_more_its_line_is_named(
    told: World, tmp_path: Path
) -> None:
    """A quote that is gone, and a header that was altered: said once, where it is."""
    path, broken = tmp_path / "ledger.ndjson", tmp_path / "broken.ndjson"
    key = await exported(told, path)
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    third = next(i for i, line in enumerate(lines) if b'\\"index\\":3,' in line)
    quote = lines[third].replace(b'"envelope"', b'"envelope', 1)
    broken.write_bytes(b"".join([*lines[:third], quote, *lines[third + 1 :]]))
    findings = verify(broken, key).findings
    assert any(each.startswith(f"line {third + 1}, after entry 2: ") for each in findings), findings

    header = lines[0].replace(b'"ecosystem"', b'"ecosystum"', 1)
    broken.write_bytes(b"".join([header, *lines[1:]]))
    findings = verify(broken, key).findings
    assert any(each.startswith("the header (line 1): ") for each in findings), findings

    other = bare(told.ecosystem_id)[:-1] + ("0" if told.ecosystem_id[-1] != "0" else "1")
    header = lines[0].replace(bare(told.ecosystem_id).encode(), other.encode(), 1)
    broken.write_bytes(b"".join([header, *lines[1:]]))
    findings = verify(broken, key).findings
    assert findings[0].startswith(f"the header (line 1) names the ecosystem {other}, entry 0 is of")
    assert not any(each.startswith("entry") for each in findings), findings


def test_more_than_a_person_reads_is_counted() -> None:
    """The first twenty are told, and how many more there are."""
    verdict = Verdict()
    for number in range(23):
        verdict.find(f"entry {number}")
    assert len(verdict.findings) == 20
    assert "WRONG: and 3 more" in verdict_text(verdict)
    assert verdict.as_json()["findingsUntold"] == 3
