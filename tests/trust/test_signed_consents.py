"""Party keys and signed consents: the host cannot invent a yes, and a lost key counts no more."""

import asyncio
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.actor import Role
from ops import consent
from ops.verify import verify
from tests.auditor import audit
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN
from tests.trust.steps import exported
from tests.world import PROPOSED, World, indicator_terms

EXAMPLE = Path(__file__).parents[2] / "ops" / "examples" / "consent.mjs"
STATEMENT = """query($p: ID!, $k: String!, $d: Decision!) {
  consentStatement(proposalId: $p, keyId: $k, decision: $d) { text bytes } }"""


async def registered(world: World, party: str, **how: str) -> tuple[Ed25519PrivateKey, str]:
    """A new consent key of a party, and its id."""
    key = Ed25519PrivateKey.generate()
    public, key_id = consent.public_text(key)
    data = await world.read(
        party, "query($k: String!) { keyStatement(key: $k) { bytes } }", k=public
    )
    proof = consent.sign(b64decode(data["keyStatement"]["bytes"]), key)
    given = {"publicKey": public, "proof": proof, **how}
    admin = world.token(party, Role.ADMIN)
    payload = await world.done(
        party, "registerConsentKey", given, "consentKey { keyId revokedIndex }", token=admin
    )
    assert payload["consentKey"] == {"keyId": key_id, "revokedIndex": None}
    return key, key_id


async def signature(
    world: World,
    party: str,
    proposal: dict[str, Any],
    key: Ed25519PrivateKey,
    decision: str = "CONSENT",
) -> dict[str, str]:
    """A party's signature of what the API states."""
    _, key_id = consent.public_text(key)
    data = await world.read(party, STATEMENT, p=proposal["id"], k=key_id, d=decision)
    data_bytes = b64decode(data["consentStatement"]["bytes"])
    assert data["consentStatement"]["text"].encode() == data_bytes
    return {"keyId": key_id, "signature": consent.sign(data_bytes, key)}


async def demanding(world: World) -> None:
    """A policy, agreed by all, that wants answers to indicators signed."""
    given = {"signatures": ["INDICATOR"], "witnesses": [], "quorum": 0}
    payload = await world.done(BUYER, "proposePolicy", given, f"policy {{ version }} {PROPOSED}")
    assert payload["policy"] == {"version": 2}
    await world.agree(payload["proposal"], BUYER, *PARTNERS)


async def proposed(world: World) -> dict[str, Any]:
    """An indicator of two owners, proposed."""
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    found: dict[str, Any] = payload["proposal"]
    return found


async def test_where_the_policy_asks_for_it_only_a_signature_binds(
    world: World, tmp_path: Path
) -> None:
    """Missing, foreign, of other bytes, of a revoked key: refused; then signed, and verified."""
    await world.found(BUYER, *PARTNERS)
    before = await proposed(world)
    key, key_id = await registered(world, TRACK)
    foreign, _ = await registered(world, TRAIN)
    await demanding(world)

    # a proposal lives under the policy that it was opened with
    await world.agree(before, TRACK, TRAIN)
    data = await world.read(BUYER, "{ indicators { nodes { id } } policy { version signatures } }")
    assert data["policy"] == {"version": 2, "signatures": ["INDICATOR"]}

    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    given = {**terms, "indicatorId": data["indicators"]["nodes"][0]["id"]}
    proposal = (await world.done(TRACK, "proposeIndicator", given, PROPOSED))["proposal"]
    answer = {"proposalId": proposal["id"]}

    problem = await world.refused(TRACK, "consentToProposal", answer)
    assert problem["code"] == "SIGNATURE_MISSING"
    no = await signature(world, TRACK, proposal, key, "OBJECTION")
    problem = await world.refused(TRACK, "consentToProposal", {**answer, "signature": no})
    assert problem["code"] == "SIGNATURE_INVALID"
    other = await signature(world, TRACK, before, key)
    problem = await world.refused(TRACK, "consentToProposal", {**answer, "signature": other})
    assert problem["code"] == "SIGNATURE_INVALID"
    theirs = await signature(world, TRAIN, proposal, foreign)
    problem = await world.refused(TRACK, "consentToProposal", {**answer, "signature": theirs})
    assert problem["code"] == "NOT_FOUND"

    fresh, _ = await registered(world, TRACK, replacesKeyId=key_id)
    stale = await signature(world, TRACK, proposal, key)
    problem = await world.refused(TRACK, "consentToProposal", {**answer, "signature": stale})
    assert problem["code"] == "KEY_REVOKED"

    mine = await signature(world, TRACK, proposal, fresh)
    await world.done(TRACK, "consentToProposal", {**answer, "signature": mine})
    payload = await world.done(
        TRAIN, "consentToProposal", {**answer, "signature": theirs}, "proposal { status }"
    )
    assert payload["proposal"]["status"] == "AGREED"

    path = tmp_path / "ledger.ndjson"
    verdict = verify(path, await exported(world, OTHERS, path))
    assert verdict.findings == []
    assert verdict.signed == 2
    assert verdict.not_checked == ["6 consents rest on the host's word, unsigned"]
    await audit(world.settings, world.ecosystem_id)


async def test_a_key_is_taken_only_with_proof_and_only_once(world: World) -> None:
    """Nobody registers another's key, and a revoked one stays out of force."""
    await world.found(BUYER, *PARTNERS)
    key, key_id = await registered(world, TRACK)
    public, _ = consent.public_text(key)
    admin = world.token(TRAIN, Role.ADMIN)
    asked = "query($k: String!) { keyStatement(key: $k) { bytes } }"
    data = await world.read(TRAIN, asked, k=public)
    proof = consent.sign(b64decode(data["keyStatement"]["bytes"]), key)

    taken = {"publicKey": public, "proof": proof}
    assert (await world.refused(TRAIN, "registerConsentKey", taken, token=admin))["code"] == (
        "KEY_TAKEN"
    )
    own, _ = consent.public_text(Ed25519PrivateKey.generate())
    unproved = {"publicKey": own, "proof": proof}
    problem = await world.refused(TRAIN, "registerConsentKey", unproved, token=admin)
    assert problem["code"] == "KEY_NOT_PROVED"
    short = {"publicKey": b64encode(bytes(31)).decode(), "proof": proof}
    problem = await world.refused(TRAIN, "registerConsentKey", short, token=admin)
    assert problem["code"] == "CONSENT_KEY_MALFORMED"
    problem = await world.refused(TRACK, "registerConsentKey", taken)
    assert problem["code"] == "NOT_PERMITTED"

    gone = {"keyId": key_id}
    problem = await world.refused(TRAIN, "revokeConsentKey", gone, token=admin)
    assert problem["code"] == "NOT_FOUND"
    owner = world.token(TRACK, Role.ADMIN)
    await world.done(TRACK, "revokeConsentKey", gone, token=owner)
    problem = await world.refused(TRACK, "revokeConsentKey", gone, token=owner)
    assert problem["code"] == "KEY_REVOKED"
    data = await world.read(OTHERS, "{ consentKeys { nodes { keyId revokedIndex } } }")
    assert [each["keyId"] for each in data["consentKeys"]["nodes"]] == [key_id]
    await audit(world.settings, world.ecosystem_id)


def test_only_our_statements_for_this_very_key_are_signed(tmp_path: Path) -> None:
    """`jpi consent sign` cannot be led to sign something else."""
    key = consent.make_key(tmp_path / "k.pem")
    _, key_id = consent.public_text(key)
    with pytest.raises(consent.CannotSign, match="no statement of ours"):
        consent.sign(b"I owe you a million\n", key)
    with pytest.raises(consent.CannotSign, match="another key"):
        consent.sign(b"jpi-consent/v1\nkey: 00\n", key)
    with pytest.raises(consent.CannotSign, match="cannot be made"):
        consent.make_key(tmp_path / "k.pem")
    assert consent.sign(f"jpi-consent/v1\nkey: {key_id}\n".encode(), key)
    assert (tmp_path / "k.pem").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed here")
async def test_a_browser_registers_a_key_and_signs_with_webcrypto(world: World) -> None:
    """The snippet for frontends, run in Node against the live service."""
    await world.found(BUYER, *PARTNERS)
    await demanding(world)
    proposal = await proposed(world)
    token = world.token(TRACK, Role.ADMIN, Role.APPROVER)
    url = f"http://{world.settings.host}:{world.settings.port}/graphql"

    done = await asyncio.to_thread(
        subprocess.run,
        ["node", str(EXAMPLE), url, proposal["id"]],
        env={"JPI_TOKEN": token, "PATH": "/usr/bin:/bin:/usr/local/bin"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    asked = "query($p: ID!) { proposal(id: $p) { answers { isConsent keyId } } }"
    data = await world.read(BUYER, asked, p=proposal["id"])
    [answer] = data["proposal"]["answers"]
    assert answer["isConsent"]
    assert len(answer["keyId"]) == 32
    await audit(world.settings, world.ecosystem_id)
