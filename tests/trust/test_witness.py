"""Witnesses: history that is only added to is cosigned; anything else raises the alarm."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ledger.actor import Role
from ledger.checkpoint import cosign, open_checkpoint, parse_verifier
from ledger.commit import system_clock
from ops.remote import Denied
from ops.verify import verify
from ops.witness import Alarm, Follower, new_key
from service.embedded import Embedded, create_database, drop_database
from service.settings import Settings
from tests.auditor import audit
from tests.parties.steps import SMALL, joined_for_a_day, left
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN
from tests.trust.steps import carry, exported, follower, log_key, record, rewritten
from tests.world import PROPOSED, World, serving

SHOWN = """{ checkpoint { size note cosignedNote cosignatures { party { name } }
  quorum { needed isMet witnesses { name } cosignedBy { name } } } }"""


REHEARSED = """mutation($i: ReportCheckpointInput!) { reportCheckpoint(input: $i, dryRun: true) {
  problems { code } isContinued alarm } }"""


async def watching(world: World, folder: Path, *parties: str) -> list[Follower]:
    """Registered witnesses of parties."""
    found = [follower(world, party, folder) for party in parties]
    for number, each in enumerate(found):
        await asyncio.to_thread(each.register, f"witness-{number}")
    return found


async def test_the_quorum_of_witnesses_certifies_what_was_only_added_to(
    world: World, tmp_path: Path
) -> None:
    """Two of three; shown with every checkpoint, carried by the export, counted offline."""
    await world.found(BUYER, *PARTNERS)
    one, two, three = await watching(world, tmp_path, TRACK, TRAIN, OTHERS)
    parties = [world.parties[name] for name in (TRACK, TRAIN, OTHERS)]

    for quorum in (1, 4, -1):  # 2k > n, so that no two forks can both be certified
        given = {"signatures": [], "witnesses": parties, "quorum": quorum}
        problem = await world.refused(BUYER, "proposePolicy", given)
        assert problem["code"] == "QUORUM_MALFORMED"
    stranger = {"signatures": [], "witnesses": [world.parties[BUYER]], "quorum": 1}
    assert (await world.refused(BUYER, "proposePolicy", stranger))["code"] == "WITNESS_UNKNOWN"
    given = {"signatures": [], "witnesses": parties, "quorum": 2}
    payload = await world.done(BUYER, "proposePolicy", given, PROPOSED)
    await world.agree(payload["proposal"], BUYER, *PARTNERS)

    seen = await asyncio.to_thread(one.step)
    assert seen.size == await world.size() == seen.cosigned_size
    shown = (await world.read(BUYER, SHOWN))["checkpoint"]
    assert [each["party"]["name"] for each in shown["cosignatures"]] == [TRACK]
    assert not shown["quorum"]["isMet"]
    await asyncio.to_thread(two.step)
    await asyncio.to_thread(two.step)  # looking twice cosigns once
    shown = (await world.read(BUYER, SHOWN))["checkpoint"]
    assert shown["quorum"]["isMet"]
    assert {each["name"] for each in shown["quorum"]["cosignedBy"]} == {TRACK, TRAIN}

    data = await world.read(BUYER, "{ witnesses { nodes { verifierKey } } ecosystem { origin } }")
    keys = [parse_verifier(each["verifierKey"]) for each in data["witnesses"]["nodes"]]
    log = parse_verifier(log_key(world.settings))
    opened = open_checkpoint(shown["cosignedNote"], data["ecosystem"]["origin"], log, keys)
    assert len(opened.cosigned) == 2
    plain = await world.client.get(
        "/checkpoint", headers={"authorization": f"Bearer {world.token(BUYER)}"}
    )
    assert plain.text == shown["cosignedNote"]

    path = tmp_path / "ledger.ndjson"
    pinned = await exported(world, BUYER, path)
    verdict = verify(path, pinned)
    assert verdict.findings == []
    assert verdict.certified_size == shown["size"]
    assert "the witnesses' quorum certified all entries" in verdict.notes

    await record(world, TRACK, 3)
    await exported(world, BUYER, path)
    assert any(
        "3 entries rest on the log's word" in each for each in verify(path, pinned).not_checked
    )
    grown = await asyncio.to_thread(three.step)
    assert grown.size == await world.size()
    await audit(world.settings, world.ecosystem_id)


async def test_the_witness_of_a_party_that_left_counts_no_more(
    world: World, tmp_path: Path
) -> None:
    """Its cosignature is kept, as evidence; certified is what enough members' witnesses saw."""
    await world.found(BUYER, *PARTNERS)
    gate = await joined_for_a_day(world, BUYER, *PARTNERS)
    one, two, small = await watching(world, tmp_path, TRACK, TRAIN, SMALL)
    named = [world.parties[name] for name in (TRACK, TRAIN, SMALL)]
    given = {"signatures": [], "witnesses": named, "quorum": 2}
    payload = await world.done(BUYER, "proposePolicy", given, PROPOSED)
    await world.agree(payload["proposal"], BUYER, *PARTNERS, SMALL)
    for each in (one, small):
        await asyncio.to_thread(each.step)
    certified = (await world.read(BUYER, SHOWN))["checkpoint"]
    assert certified["quorum"]["isMet"]

    await left(world, gate)
    await record(world, TRACK, 1)
    for each in (one, small):
        await asyncio.to_thread(each.step)
    shown = (await world.read(BUYER, SHOWN))["checkpoint"]
    assert [each["party"]["name"] for each in shown["cosignatures"]] == [TRACK, SMALL]
    assert shown["quorum"]["cosignedBy"] == [{"name": TRACK}]
    assert not shown["quorum"]["isMet"]
    path = tmp_path / "ledger.ndjson"
    verdict = verify(path, await exported(world, BUYER, path))
    assert verdict.findings == []
    assert verdict.certified_size == certified["size"]

    await asyncio.to_thread(two.step)
    assert (await world.read(BUYER, SHOWN))["checkpoint"]["quorum"]["isMet"]
    verdict = verify(path, await exported(world, BUYER, path))
    assert verdict.certified_size == shown["size"]
    problem = await world.refused(BUYER, "proposePolicy", given)
    assert (problem["code"], problem["path"]) == ("WITNESS_UNKNOWN", "witnesses[2]")
    await audit(world.settings, world.ecosystem_id)


async def test_what_a_witness_did_not_sign_is_not_kept(world: World, tmp_path: Path) -> None:
    """A foreign line, a line for another size, a party without a witness: nothing is spoiled."""
    await world.found(BUYER, *PARTNERS)
    [one] = await watching(world, tmp_path, TRACK)
    seen = await asyncio.to_thread(one.step)
    shown = (await world.read(BUYER, SHOWN))["checkpoint"]
    line = shown["cosignedNote"].removeprefix(seen.note)
    upload = """mutation($i: UploadCosignatureInput!) { uploadCosignature(input: $i) {
      problems { code } checkpoint { size } } }"""

    for party, size, text, code in (
        (TRAIN, seen.size, line, "COSIGNATURE_INVALID"),
        (TRACK, seen.size, line + line, "COSIGNATURE_INVALID"),
        (TRACK, seen.size, line.replace("A", "B", 1), "COSIGNATURE_INVALID"),
        (TRACK, seen.size, "", "COSIGNATURE_INVALID"),
        (TRACK, seen.size + 5, line, "NOT_FOUND"),
    ):
        given = {"idempotencyKey": "k", "size": size, "line": text}
        answer = await world.ask(upload, {"i": given}, world.token(party))
        assert answer["data"]["uploadCosignature"]["problems"][0]["code"] == code, (party, text)
    given = {"idempotencyKey": "", "size": seen.size, "line": line}
    answer = await world.ask(upload, {"i": given}, world.token(TRACK))
    assert answer["data"]["uploadCosignature"]["problems"][0]["code"] == "KEY_MALFORMED"
    assert (await world.read(BUYER, SHOWN))["checkpoint"] == shown

    other = Follower(one._remote, new_key(tmp_path / "x.key", "x"), tmp_path / "x", "")
    copied = Follower(one._remote, one._signer, tmp_path / "y", "")
    with pytest.raises(Denied, match="registered before"):
        await asyncio.to_thread(copied.register, "again")
    await asyncio.to_thread(other.register, "a new key takes the old one's place")
    await audit(world.settings, world.ecosystem_id)


async def test_a_cosignature_is_rehearsed_before_it_is_kept(world: World, tmp_path: Path) -> None:
    """A dry run verifies it, and nobody sees it; the same once more is kept, however often."""
    await world.found(BUYER, *PARTNERS)
    [one] = await watching(world, tmp_path, TRACK)
    newest = (await world.read(BUYER, SHOWN))["checkpoint"]
    line = cosign(newest["note"], one._signer, int(system_clock().timestamp()))
    given = {"idempotencyKey": "k", "size": newest["size"], "line": line}
    upload = """mutation($i: UploadCosignatureInput!, $dry: Boolean!) {
      uploadCosignature(input: $i, dryRun: $dry) { problems { code } checkpoint { size } } }"""

    async def uploaded(*, dry: bool) -> dict[str, Any]:
        answer = await world.ask(upload, {"i": given, "dry": dry}, world.token(TRACK))
        found: dict[str, Any] = answer["data"]["uploadCosignature"]
        return found

    assert await uploaded(dry=True) == {"problems": [], "checkpoint": None}
    assert (await world.read(BUYER, SHOWN))["checkpoint"] == newest
    kept = {"problems": [], "checkpoint": {"size": newest["size"]}}
    assert await uploaded(dry=False) == kept
    shown = (await world.read(BUYER, SHOWN))["checkpoint"]
    assert [each["party"]["name"] for each in shown["cosignatures"]] == [TRACK]
    assert await uploaded(dry=False) == kept
    assert (await world.read(BUYER, SHOWN))["checkpoint"] == shown


async def test_a_restored_older_database_that_goes_on_is_caught(
    settings: Settings, server: Embedded, database: Embedded, tmp_path: Path
) -> None:
    """By the witness, by `jpi verify --since`, and by the service itself where it remembers."""
    older = f"{database.database}old"
    async with serving(settings) as world:
        await world.found(BUYER, *PARTNERS)
        await record(world, TRACK, 3)
        [one] = await watching(world, tmp_path, TRACK)
        await asyncio.to_thread(one.step)
    backup = create_database(server, older, template=database.database)
    try:
        async with serving(settings) as world_now:
            carry(world, world_now)
            await record(world_now, TRACK, 5, "kept")
            held = await asyncio.to_thread(one.step)
        restored = settings.model_copy(update={"database_url": backup.service_url})

        async with serving(restored) as host:  # an honest mistake: the memory is still there
            carry(world_now, host)
            answer = await host.read(TRACK, "{ ecosystem { size writesStoppedBecause } }")
            assert "BEHIND" in answer["ecosystem"]["writesStoppedBecause"]
            given = {
                "idempotencyKey": "k",
                "series": "s",
                "rows": [{"reference": "n", "period": "2024-04", "value": "1"}],
            }
            tried = await host.ask(
                "mutation($g: RecordObservationsInput!) "
                "{ recordObservations(input: $g) { receipt { index } } }",
                {"g": given},
                host.token(TRACK),
            )
            assert tried["errors"][0]["extensions"]["code"] == "WRITES_STOPPED"
            assert await host.size() == answer["ecosystem"]["size"]
            with pytest.raises(Alarm, match="ROLLED BACK"):
                await asyncio.to_thread(one.step)

        shutil.rmtree(settings.heads_folder)  # a malicious one removes it, and goes on
        async with serving(restored) as host:
            carry(world_now, host)
            held_up = {"idempotencyKey": "k", "note": held.note}
            answer = await host.ask(REHEARSED, {"i": held_up}, host.token(TRACK))
            assert answer["data"]["reportCheckpoint"]["isContinued"] is False  # told, no more
            await record(host, TRACK, 9, "forged")
            with pytest.raises(Alarm, match="FORK"):
                await asyncio.to_thread(one.step)
            evidence = json.loads((tmp_path / f"{TRACK.lower()}.json.evidence").read_text())
            assert evidence["remembered"] == held.note
            path = tmp_path / "forged.ndjson"
            pinned = await exported(host, TRACK, path)
            assert verify(path, pinned).is_good  # consistent in itself ...
            findings = verify(path, pinned, held.note).findings  # ... but not with what we hold
            assert any("FORK" in finding for finding in findings)
            # the witness showed the service what it holds: writes have stopped
            told = await host.read(TRACK, "{ ecosystem { writesStoppedBecause } }")
            assert "BESIDE" in told["ecosystem"]["writesStoppedBecause"]
    finally:
        drop_database(server, older)


async def test_a_rewritten_past_with_a_stolen_log_key_is_caught(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """Leaves, nodes, head and checkpoints all agree; the witness and an old checkpoint do not."""
    await world.found(BUYER, *PARTNERS)
    await record(world, TRACK, 6)
    [one] = await watching(world, tmp_path, TRACK)
    held = await asyncio.to_thread(one.step)
    path = tmp_path / "honest.ndjson"
    pinned = await exported(world, BUYER, path)
    assert verify(path, pinned, held.note).is_good

    await rewritten(world.settings, database, world.ecosystem_id, 3)
    await exported(world, BUYER, path)

    assert verify(path, pinned).findings == []  # only what others remember can tell
    assert any("FORK" in each for each in verify(path, pinned, held.note).findings)
    with pytest.raises(Alarm, match="FORK"):
        await asyncio.to_thread(one.step)


async def test_an_older_checkpoint_of_another_log_or_a_longer_one_is_named(
    world: World, tmp_path: Path
) -> None:
    """What the caller holds is judged, too."""
    await world.found(BUYER, *PARTNERS)
    await record(world, TRACK, 2)
    path = tmp_path / "ledger.ndjson"
    pinned = await exported(world, BUYER, path)
    newest = (await world.read(BUYER, "{ checkpoint { note } }"))["checkpoint"]["note"]
    assert verify(path, pinned, newest).is_good
    longer = newest.replace("\n3\n", "\n30\n")
    assert any("ROLLED BACK" in each for each in verify(path, pinned, longer).findings)
    foreign = newest.replace("localhost/jpi/", "localhost/other/")
    assert not verify(path, pinned, foreign).is_good
    forged = newest.rpartition(" ")[0] + " AAAAAAAA\n"
    assert not verify(path, pinned, forged).is_good


async def test_a_member_may_show_a_checkpoint_and_only_a_members_counts(world: World) -> None:
    """A continued one is fine; a stranger's note is refused; nothing stops."""
    await world.found(BUYER, *PARTNERS)
    note = (await world.read(BUYER, "{ checkpoint { note } }"))["checkpoint"]["note"]
    await record(world, TRACK, 2)
    report = """mutation($i: ReportCheckpointInput!) { reportCheckpoint(input: $i) {
      problems { code } isContinued alarm } }"""

    given = {"idempotencyKey": "k", "note": note}
    answer = await world.ask(report, {"i": given}, world.token(TRAIN, Role.VIEWER))
    assert answer["data"]["reportCheckpoint"] == {
        "problems": [],
        "isContinued": True,
        "alarm": None,
    }
    answer = await world.ask(report, {"i": given | {"note": "made up\n"}}, world.token(TRAIN))
    assert answer["data"]["reportCheckpoint"]["problems"][0]["code"] == "CHECKPOINT_INVALID"
    await record(world, TRACK, 1, "still")
    await audit(world.settings, world.ecosystem_id)
