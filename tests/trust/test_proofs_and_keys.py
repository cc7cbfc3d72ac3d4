"""One entry proved in a mail; the log's key handed over; what the commands say."""

import asyncio
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from ledger.actor import Role
from ledger.checkpoint import generate_signer, open_checkpoint, parse_verifier, render_verifier
from ledger.tree import ProofInvalid
from ops.prove import check_proof, prove
from ops.remote import Denied, Remote
from ops.verify import verify
from service.embedded import Embedded
from service.settings import Settings
from tests.auditor import audit
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.trust.steps import carry, exported, follower, log_key, record
from tests.world import World, serving


def jpi(settings: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line as a user runs it."""
    environ = {
        "PATH": "/usr/bin:/bin",
        "DATABASE_URL": settings.database_url or "",
        "JPI_HOME": str(settings.home),
        "JPI_DEV_ISSUER": "true",
        **more,
    }
    command = [sys.executable, "-m", "ops", *arguments]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


async def test_one_entry_is_proved_by_a_text(world: World, tmp_path: Path) -> None:
    """By command: proved online, verified offline, worth nothing when a byte differs."""
    await world.found(BUYER, *PARTNERS)
    await record(world, TRACK, 9)
    one = follower(world, TRAIN, tmp_path)
    await asyncio.to_thread(one.register, "w")
    await record(world, TRACK, 2, "more")
    url = f"http://{world.settings.host}:{world.settings.port}"
    token = tmp_path / "token"
    token.write_text(world.token(TRACK))
    await asyncio.to_thread(one.step)

    made = await asyncio.to_thread(
        jpi, world.settings, "prove", "4", "--url", url, "--token-file", str(token)
    )
    assert made.returncode == 0, made.stderr
    path, key = tmp_path / "proof.txt", log_key(world.settings)
    path.write_text(made.stdout)
    witness_key = render_verifier(one._signer.verifier)
    pinned = ("--log-key", key, "--witness-key", witness_key, "--quorum", "1")
    checked = await asyncio.to_thread(jpi, world.settings, "verify-proof", str(path), *pinned)
    assert checked.returncode == 0, checked.stdout
    assert "entry 4 of" in checked.stdout
    assert "observations.recorded" in checked.stdout
    assert "cosigned by witness.example/operator" in checked.stdout

    unmet = await asyncio.to_thread(
        jpi, world.settings, "verify-proof", str(path), *pinned[:4], "--quorum", "2"
    )
    assert (unmet.returncode, "QUORUM NOT MET" in unmet.stdout) == (1, True)
    text = made.stdout
    extra = text.split("\n")[1].removeprefix("extra ")
    forged = b64encode(b64decode(extra).replace(b'"index":4', b'"index":5')).decode()
    foreign = render_verifier(generate_signer("localhost/jpi", bytes(32)).verifier)
    for changed, pinned_key in (
        (text.replace(extra, forged), key),
        (text.replace("index 4\n", "index 5\n"), key),
        (text.replace(f"extra {extra}\n", ""), key),
        (text, foreign),
        (text[:-40] + "\n", key),
    ):
        with pytest.raises(ProofInvalid):
            check_proof(changed, pinned_key, [])
    remote = Remote(url, world.token(TRACK))
    with pytest.raises(Denied):
        await asyncio.to_thread(prove, remote, 99)


async def test_the_log_hands_over_to_a_new_key(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """An entry that the old key signs; witnesses and verifiers follow, whichever they pinned."""
    async with serving(settings) as world:
        await world.found(BUYER, *PARTNERS)
        await record(world, TRACK, 2)
        one = follower(world, TRAIN, tmp_path)
        await asyncio.to_thread(one.register, "w")
        await asyncio.to_thread(one.step)
        old = log_key(settings)

        # while the service runs
        rotated = await asyncio.to_thread(
            jpi, settings, "rotate-log-key", JPI_OWNER_DATABASE_URL=database.owner_url
        )
        assert rotated.returncode == 0, rotated.stderr
        new = log_key(settings)
        assert new != old
        await record(world, TRACK, 2, "after")
        data = await world.read(
            BUYER, "{ ecosystem { origin logKey formerLogKeys } checkpoint { note size } }"
        )
        assert data["ecosystem"]["logKey"] == new
        assert data["ecosystem"]["formerLogKeys"] == [old]
        origin, note = data["ecosystem"]["origin"], data["checkpoint"]["note"]
        signed = open_checkpoint(note, origin, parse_verifier(new)).checkpoint
        assert signed.size == data["checkpoint"]["size"]

        seen = await asyncio.to_thread(one.step)  # it pinned the old key, and followed
        assert (seen.size, seen.log_key) == (data["checkpoint"]["size"], new)

    async with serving(settings) as again:  # a service that starts with the new key
        carry(world, again)
        await record(again, TRACK, 1, "restarted")
        path = tmp_path / "ledger.ndjson"
        await exported(again, BUYER, path)
        for pinned in (old, new):
            verdict = verify(path, pinned)
            assert verdict.findings == []
            assert any("rotated by entry" in each for each in verdict.notes)
        foreign = render_verifier(generate_signer("localhost/jpi", bytes(32)).verifier)
        assert verify(path, foreign).findings == [
            "the log never signed with the key that you pinned"
        ]
        await audit(settings, again.ecosystem_id)


async def test_a_witness_by_command_cosigns_and_raises_the_alarm(
    settings: Settings, tmp_path: Path
) -> None:
    """Key made, witness registered, one look; then its memory holds what the log never had."""
    async with serving(settings) as world:
        await world.found(BUYER, *PARTNERS)
        token, key, state = (tmp_path / name for name in ("token", "w.key", "w.json"))
        token.write_text(world.token(TRACK, Role.ADMIN))
        url = f"http://{settings.host}:{settings.port}"
        where = ("--url", url, "--token-file", str(token), "--key", str(key))
        run = ("witness", *where, "--state", str(state), "--once")

        keyless = await asyncio.to_thread(jpi, settings, *run)
        assert (keyless.returncode, "jpi witness-key" in keyless.stderr) == (1, True)
        made = await asyncio.to_thread(
            jpi, settings, "witness-key", str(key), "--name", "witness.example/network"
        )
        assert made.stdout.startswith("witness.example/network+")
        unpinned = await asyncio.to_thread(jpi, settings, *run)
        assert (unpinned.returncode, "--log-key" in unpinned.stderr) == (1, True)
        first = await asyncio.to_thread(
            jpi, settings, *run, "--register", "--log-key", log_key(settings)
        )
        assert first.returncode == 0, first.stderr
        second = await asyncio.to_thread(jpi, settings, *run)
        assert (second.returncode, "cosigned" in second.stdout) == (0, True)

        state.write_text(state.read_text().replace('"size": 2', '"size": 200'))
        alarmed = await asyncio.to_thread(jpi, settings, *run)
        assert alarmed.returncode == 3, alarmed.stderr
        assert "ALARM: ROLLED BACK from 200 to 2" in alarmed.stderr
        assert (tmp_path / "w.json.evidence").exists()
        token.unlink()
        tokenless = await asyncio.to_thread(jpi, settings, *run)
        assert (tokenless.returncode, "cannot be read" in tokenless.stderr) == (1, True)
