"""A redacted export verifies as far as it can, and says exactly how far that is."""

import asyncio
import json
from pathlib import Path

import asyncpg

from ops.verify import verify
from ops.welcome import verdict_text
from service.embedded import Embedded
from service.settings import Settings
from tests.test_story import (
    BUYER,
    OTHERS,
    PARTNERS,
    TRACK,
    TRAIN,
    agreed_indicator,
    measured,
)
from tests.trust.steps import carry, exported, log_key, record
from tests.trust.test_confidential import told_to_one
from tests.trust.test_proofs_and_keys import jpi
from tests.world import World, bare, serving


async def withheld(database: Embedded, index: int) -> None:
    """An opening that the host keeps from everybody."""
    superuser = await asyncpg.connect(database.url("postgres"))
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("DELETE FROM opening WHERE index = $1", index)
    await superuser.close()


async def test_the_verdict_says_what_was_checked_and_what_was_not(
    world: World, tmp_path: Path
) -> None:
    """For a person and a machine, to the entry."""
    await world.found(BUYER, *PARTNERS)
    _, first = await told_to_one(world)
    await measured(world, await agreed_indicator(world))
    _, second = await told_to_one(world)
    path, party = tmp_path / "redacted.ndjson", bare(world.parties[TRAIN])
    pinned = await exported(world, TRAIN, path)

    words = ("verify", str(path), "--log-key", pinned, "--party", party, "--json")
    done = await asyncio.to_thread(jpi, world.settings, *words)

    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout)
    size = await world.size()
    assert told["verdict"] == "good"
    assert told["exportedBy"] == party
    assert (told["sealedBodies"], told["sealedKinds"]) == (2, {"remark.made": 2})
    assert told["checked"] == [
        f"the hashes of {size} entries, and the tree that they make",
        f"{told['checkpoints']} checkpoints: the log's signature, and the root of the entries",
        f"{size - 2} bodies against what the envelope commits to",
        "1 text likewise",
        f"{size - 2} entries against the rules of the business",
        "2 sealed entries: place, time, author, audience, commitment",
    ]
    assert told["notChecked"][:2] == [
        f"{told['consentsUnsigned']} consents rest on the host's word, unsigned",
        f"2 bodies not in your audience (2 remark.made; entries {first}, {second})",
    ]
    verdict = verify(path, pinned)  # whoever does not say who it is, is told what hangs on it
    assert "give --party" in verdict.not_checked[-1]
    assert "Checked: 2 sealed entries" in verdict_text(verdict)


async def test_the_export_of_another_party_does_not_pass_for_mine(
    world: World, tmp_path: Path
) -> None:
    """Else a host could withhold what is mine by naming somebody else in the header."""
    await world.found(BUYER, *PARTNERS)
    await told_to_one(world)
    path = tmp_path / "of-another.ndjson"
    pinned = await exported(world, OTHERS, path)
    mine = bare(world.parties[TRACK])

    assert verify(path, pinned).is_good
    verdict = verify(path, pinned, party=mine)

    other = bare(world.parties[OTHERS])
    assert verdict.findings == [f"the file is the export of party {other}, not of {mine}"]


async def test_where_the_rules_cannot_be_replayed_the_rest_is_still_checked(
    world: World, database: Embedded, tmp_path: Path
) -> None:
    """One body of an agreement is withheld: one finding; hashes, roots and bodies go on."""
    await world.found(BUYER, *PARTNERS)
    await record(world, TRACK, 3)
    await withheld(database, 2)
    path = tmp_path / "withheld.ndjson"

    verdict = verify(path, await exported(world, TRAIN, path))

    [finding] = verdict.findings
    assert "entry 2 " in finding
    assert "withheld" in finding
    assert verdict.last_good_size == 4
    assert "3 bodies against what the envelope commits to" in verdict.checked
    assert "2 entries against the rules of the business" in verdict.checked
    assert "the business rules of 2 entries" in verdict.not_checked
    assert any("the cosignatures of" in each for each in verdict.not_checked)


async def test_a_key_handed_over_is_followed_even_then(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """The old key signed for the new one: that needs no rule, so it is no second finding."""
    async with serving(settings) as world:
        await world.found(BUYER, *PARTNERS)
        await record(world, TRACK, 3)
        old = log_key(settings)
        rotated = await asyncio.to_thread(
            jpi, settings, "rotate-log-key", JPI_OWNER_DATABASE_URL=database.owner_url
        )
        assert rotated.returncode == 0, rotated.stderr
        await record(world, TRACK, 1, "after")
        path = tmp_path / "ledger.ndjson"
        await exported(world, BUYER, path)
    await withheld(database, 2)
    async with serving(settings) as again:
        carry(world, again)
        await exported(again, BUYER, path)

    findings = verify(path, old).findings

    assert len(findings) == 1, findings
    assert "withheld" in findings[0]
