"""Envelope, body, annex: all know that it was said, some know what, and text can be erased."""

from pathlib import Path

import asyncpg

from ledger.actor import Role
from ops.verify import verify
from service.embedded import Embedded
from tests.auditor import audit
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN
from tests.trust.steps import exported, record
from tests.world import PROPOSED, World, bare, indicator_terms

REMARKS = "{ remarks { nodes { id text party { name } evidence { sha256 mediaType } } } }"
ENTRY = """query($i: Index!) { entry(index: $i) {
  kind audienceIds leafHash opening { body } annex } }"""
SECRET = "Your invoice of May is twice what we agreed."


async def told_to_one(world: World) -> tuple[str, int]:
    """The buyer tells one partner something; returns the remark's id and its entry."""
    evidence = [{"sha256": "ab" * 32, "mediaType": "application/pdf"}]
    given = {"text": SECRET, "audienceIds": [world.parties[TRACK]], "evidence": evidence}
    payload = await world.done(BUYER, "makeRemark", given, "remark { id text }")
    assert payload["remark"]["text"] == SECRET
    return payload["remark"]["id"], payload["receipt"]["index"]


async def test_a_body_is_opened_by_its_audience_alone(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Envelope and proof for everybody; opening, annex and list rows for the two."""
    await world.found(BUYER, *PARTNERS)
    remark, index = await told_to_one(world)
    node = "query($id: ID!) { node(id: $id) { id } }"

    for party in (BUYER, TRACK):
        data = await world.read(party, REMARKS)
        [found] = data["remarks"]["nodes"]
        assert found["text"] == SECRET
        assert found["evidence"] == [{"sha256": "ab" * 32, "mediaType": "application/pdf"}]
        assert (await world.read(party, node, id=remark))["node"] is not None
        assert (await world.read(party, ENTRY, i=index))["entry"]["opening"] is not None
    for party in (TRAIN, OTHERS):
        assert (await world.read(party, REMARKS))["remarks"]["nodes"] == []
        assert (await world.read(party, node, id=remark))["node"] is None
        entry = (await world.read(party, ENTRY, i=index))["entry"]
        assert entry["kind"] == "remark.made"
        assert sorted(entry["audienceIds"]) == sorted([world.parties[BUYER], world.parties[TRACK]])
        assert entry["opening"] is None
        assert entry["annex"] is None

    # pages are full to the viewer: what it may not see neither shows nor counts
    for number in range(5):
        await world.done(OTHERS, "makeRemark", {"text": f"Open remark {number}."})
    page = "{ remarks(first: 5) { nodes { text } pageInfo { hasNextPage } } }"
    found = (await world.read(TRAIN, page))["remarks"]
    assert len(found["nodes"]) == 5
    assert not found["pageInfo"]["hasNextPage"]
    assert (await world.read(TRACK, page))["remarks"]["pageInfo"]["hasNextPage"]

    path = tmp_path / "redacted.ndjson"
    pinned = await exported(world, TRAIN, path)
    verdict = verify(path, pinned, party=bare(world.parties[TRAIN]))
    assert SECRET not in path.read_text()
    assert verdict.findings == []
    assert verdict.not_checked == [
        f"1 body not in your audience (1 remark.made; entry {index})",
        "1 text of sealed entries: withheld or erased, one cannot tell",
    ]
    assert verdict.replayed == verdict.entries
    whole = verify(path, await exported(world, BUYER, path))
    assert SECRET in path.read_text()
    assert (whole.findings, whole.not_checked, whole.sealed) == ([], [], 0)
    await audit(world.settings, world.ecosystem_id)
    del database


async def test_a_host_that_withholds_a_body_is_found(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Redacted for one who may open it: a finding, not a silence."""
    await world.found(BUYER, *PARTNERS)
    _, index = await told_to_one(world)
    await record(world, TRAIN, 2)
    superuser = await asyncpg.connect(database.url("postgres"))
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("DELETE FROM opening WHERE index = $1", index)
    await superuser.close()
    path = tmp_path / "withheld.ndjson"

    findings = verify(path, await exported(world, TRACK, path)).findings

    assert any(f"entry {index}" in each and "withheld" in each for each in findings)
    assert verify(path, await exported(world, OTHERS, path)).is_good


async def test_erased_text_is_gone_from_every_table_and_all_still_verifies(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """An entry says that it is gone; the commitment stays; nobody else may erase it."""
    await world.found(BUYER, *PARTNERS)
    _, index = await told_to_one(world)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
    objection = {"proposalId": proposal["id"], "reason": "Mr Smith of ours disagrees."}
    objected = await world.done(TRAIN, "objectToProposal", objection)
    at = objected["receipt"]["index"]

    gone = {"index": at}
    admin = world.token(TRAIN, Role.ADMIN)
    assert (await world.refused(TRAIN, "eraseAnnex", gone))["code"] == "NOT_PERMITTED"
    foreign = await world.refused(TRACK, "eraseAnnex", gone, token=world.token(TRACK, Role.ADMIN))
    assert foreign["code"] == "NOT_YOUR_REMARK"
    nothing = await world.refused(TRAIN, "eraseAnnex", {"index": 0}, token=admin)
    assert nothing["code"] == "NOT_FOUND"
    preview = await world.do(TRAIN, "eraseAnnex", gone, token=admin, dry_run=True)
    assert preview["receipt"] is None
    assert (await world.read(BUYER, ENTRY, i=at))["entry"]["annex"] is not None

    await world.done(TRAIN, "eraseAnnex", gone, token=admin)
    buyer = world.token(BUYER, Role.ADMIN)
    await world.done(BUYER, "eraseAnnex", {"index": index}, token=buyer)
    again = await world.refused(TRAIN, "eraseAnnex", gone, token=admin)
    assert again["code"] == "NOT_FOUND"

    assert (await world.read(BUYER, ENTRY, i=at))["entry"]["annex"] is None
    assert (await world.read(BUYER, REMARKS))["remarks"]["nodes"][0]["text"] is None
    assert await occurrences(database, "Smith", SECRET[:12]) == {}

    path = tmp_path / "ledger.ndjson"
    verdict = verify(path, await exported(world, BUYER, path))
    assert verdict.findings == []
    assert verdict.erased == 2
    await audit(world.settings, world.ecosystem_id)


async def test_text_that_vanished_without_an_entry_is_found(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Erasure is an entry, never a silence."""
    await world.found(BUYER, *PARTNERS)
    _, index = await told_to_one(world)
    superuser = await asyncpg.connect(database.url("postgres"))
    await superuser.execute("DELETE FROM annex")
    await superuser.close()
    path = tmp_path / "ledger.ndjson"

    verdict = verify(path, await exported(world, TRACK, path))

    assert verdict.findings == [f"text of entry {index} is missing and no entry erased it"]


async def test_a_remark_that_cannot_stand_is_refused(world: World) -> None:
    """Empty, endless, for strangers, about nothing: each with its place."""
    await world.found(BUYER, *PARTNERS)
    hashed = {"sha256": "ab" * 32, "mediaType": "a document"}
    for given, code, path in (
        ({"text": "  "}, "REMARK_MALFORMED", "text"),
        ({"text": "x" * 4001}, "REMARK_MALFORMED", "text"),
        ({"text": "x\u0000"}, "TEXT_MALFORMED", "text"),
        ({"text": "x", "evidence": [hashed]}, "REMARK_MALFORMED", "evidence[0].mediaType"),
        ({"text": "x", "audienceIds": ["Party:" + "0" * 8]}, "NOT_FOUND", "audience[0]"),
        ({"text": "x", "aboutId": "Proposal:none"}, "NOT_FOUND", "proposalId"),
        ({"text": "x", "aboutId": world.parties[BUYER]}, "WRONG_KIND_OF_ID", "aboutId"),
    ):
        problem = await world.refused(BUYER, "makeRemark", given)
        assert (problem["code"], problem["path"]) == (code, path)
    given = {"idempotencyKey": "k", "text": "x", "evidence": [hashed | {"sha256": "AB" * 32}]}
    write = "mutation($i: MakeRemarkInput!) { makeRemark(input: $i) { problems { code } } }"
    [error] = (await world.ask(write, {"i": given}, world.token(BUYER)))["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "sha256sum" in error["message"]


async def occurrences(database: Embedded, *texts: str) -> dict[str, int]:
    """Tables in which a text still stands, as text or as bytes."""
    superuser = await asyncpg.connect(database.url("postgres"))
    found = {}
    try:
        names = await superuser.fetch(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
        )
        for [name] in names:
            for text in texts:
                raw = text.encode().hex()
                count = await superuser.fetchval(
                    f"SELECT count(*) FROM {name} t WHERE t::text LIKE $1 OR t::text LIKE $2",
                    f"%{text}%",
                    f"%{raw}%",
                )
                if count:
                    found[name] = count
    finally:
        await superuser.close()
    return found
