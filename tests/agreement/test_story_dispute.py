"""Told end to end over HTTP: a dispute climbs to the executives and is ruled.

Two partners cannot agree on a measurement. The operational sponsors lay down evidence and do not
rule; the clock sends it to management, whose sponsors rule against each other; one of them sends
it on; the executives rule alike, with their parties' keys, and it binds against the objection.
"""

from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.actor import Role
from ops import consent
from ops.verify import verify
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import Shift, shifting
from tests.auditor import audit
from tests.desk import until
from tests.test_story import BUYER, FIGURES, OTHERS, PARTNERS, TRACK, TRAIN, agreed_indicator
from tests.trust.steps import exported
from tests.trust.test_signed_consents import registered
from tests.world import PROPOSED, World, person

RULING = sha256(b"The signal box was Network's; the measurement stands.").hexdigest()
STATEMENT = """query($p: ID!, $k: String!, $d: Decision!, $h: Sha256) { consentStatement(
  proposalId: $p, keyId: $k, decision: $d, documentSha256: $h) { text bytes } }"""
SHOWN = """query($id: ID!) { proposal(id: $id) { status allowedActions dispute { rung until
  sponsors { party { name } subject } rulings { outcome keyId sponsor { party { name } } } } } }"""


def ladder(world: World) -> dict[str, Any]:
    """Three rungs; on the upper two, named people of the two parties that quarrel."""

    def named(*people: tuple[str, str]) -> list[dict[str, str]]:
        return [{"partyId": world.parties[name], "subject": who} for name, who in people]

    return {
        "rungs": [
            {
                "level": "OPERATIONAL",
                "days": 2,
                "sponsors": [{"partyId": world.parties[name]} for name in (TRACK, TRAIN)],
            },
            {
                "level": "MANAGEMENT",
                "days": 5,
                "sponsors": named((TRACK, "mia"), (TRAIN, "max")),
            },
            {
                "level": "EXECUTIVE",
                "days": 10,
                "sponsors": named((TRACK, "eva"), (TRAIN, "emil")),
            },
        ],
        "lastWord": "STATUS_QUO",
    }


async def measured(world: World, indicator: str) -> dict[str, Any]:
    """A measurement that all three owners are asked to agree."""
    place = {"indicatorId": indicator, "period": "2024-04"}
    for party, value in FIGURES.items():
        row = {"reference": "P01", "period": "2024-04", "segment": "ScotRail", "value": value}
        await world.done(party, "recordObservations", {"series": "delay-minutes", "rows": [row]})
        await world.done(party, "submitPart", place)
    payload = await world.done(TRAIN, "proposeMeasurement", place, PROPOSED)
    found: dict[str, Any] = payload["proposal"]
    return found


async def signature(
    world: World, party: str, proposal: str, key: Ed25519PrivateKey, decision: str
) -> dict[str, str]:
    """A party's signature of an answer or a ruling, over what the API states."""
    _, key_id = consent.public_text(key)
    given = {"p": proposal, "k": key_id, "d": decision, "h": RULING}
    stated = (await world.read(party, STATEMENT, **given))["consentStatement"]
    return {"keyId": key_id, "signature": consent.sign(b64decode(stated["bytes"]), key)}


async def shown(world: World, party: str, proposal: str, token: str = "") -> dict[str, Any]:
    """The proposal as somebody sees it."""
    answer = await world.ask(SHOWN, {"id": proposal}, token or world.token(party))
    found: dict[str, Any] = answer["data"]["proposal"]
    return found


async def test_a_dispute_climbs_to_the_executives_and_is_ruled(
    settings: Settings, database: Embedded, tmp_path: Path
) -> None:
    """Every step is an entry, and the export verifies offline."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, *PARTNERS)
        indicator = await agreed_indicator(world)
        keys = {name: (await registered(world, name))[0] for name in PARTNERS}
        policy = {"witnesses": [], "quorum": 0, "ladder": ladder(world)}
        given = {**policy, "signatures": ["MEASUREMENT"]}
        agreed = await world.done(BUYER, "proposePolicy", given, PROPOSED)
        await world.agree(agreed["proposal"], BUYER, *PARTNERS)
        key = (await measured(world, indicator))["id"]

        await quarrelled(world, key, keys)
        await without_a_ruling(world, shift, key)
        await ruled_against_each_other(world, key, keys)

        # executives: alike, and then it binds against the objection
        await rule(world, TRACK, "eva", key, keys[TRACK], "BINDS")
        assert (await shown(world, TRACK, key))["status"] == "DISPUTED"
        await rule(world, TRAIN, "emil", key, keys[TRAIN], "BINDS")
        assert (await shown(world, TRACK, key))["status"] == "AGREED"
        results = await world.read(
            BUYER, "{ measurements(first: 5) { nodes { displayed status } } }"
        )
        assert results["measurements"]["nodes"] == [{"displayed": "62109.1", "status": "AGREED"}]

        path = tmp_path / "ledger.ndjson"
        verdict = verify(path, await exported(world, BUYER, path))
        assert verdict.findings == []
        await audit(world.settings, world.ecosystem_id)


async def quarrelled(world: World, key: str, keys: dict[str, Ed25519PrivateKey]) -> None:
    """Two consent, one objects, all with their parties' keys."""
    answer = {"proposalId": key}
    for name in (TRAIN, OTHERS):
        yes = await signature(world, name, key, keys[name], "CONSENT")
        await world.done(name, "consentToProposal", {**answer, "signature": yes})
    no = await signature(world, TRACK, key, keys[TRACK], "OBJECTION")
    objection = {**answer, "reason": "The signal box is not ours.", "signature": no}
    await world.done(TRACK, "objectToProposal", objection)


async def without_a_ruling(world: World, shift: Shift, key: str) -> None:
    """Operational: evidence and comments, but no ruling in two business days."""
    await evidence_laid_down(world, key)
    now = await shown(world, TRACK, key)
    assert now["dispute"]["rung"] == 1
    assert now["dispute"]["until"] == "2026-03-05T00:00:00Z"
    await shift.to("2026-03-05T00:00:01")

    async def is_climbed() -> bool:
        return bool((await shown(world, TRACK, key))["dispute"]["rung"] == 2)

    await until(is_climbed, "the clock sent the dispute to management")


async def ruled_against_each_other(
    world: World, key: str, keys: dict[str, Ed25519PrivateKey]
) -> None:
    """Management: named people, who rule against each other; one of them sends it on."""
    answer = {"proposalId": key}
    mia = person(world, TRACK, "mia", Role.SPONSOR)
    somebody = person(world, TRACK, "tom", Role.SPONSOR)
    assert "signRuling" in (await shown(world, TRACK, key, mia))["allowedActions"]
    assert "signRuling" not in (await shown(world, TRACK, key, somebody))["allowedActions"]
    ruling = {**answer, "outcome": "REJECTED", "documentSha256": RULING}
    problem = await world.refused(TRACK, "signRuling", ruling, token=somebody)
    assert problem["code"] == "NOT_THE_SPONSOR"
    problem = await world.refused(TRACK, "signRuling", ruling, token=mia)
    assert problem["code"] == "SIGNATURE_MISSING"
    await rule(world, TRACK, "mia", key, keys[TRACK], "REJECTED")
    await rule(world, TRAIN, "max", key, keys[TRAIN], "BINDS")
    now = await shown(world, TRACK, key)
    assert [each["outcome"] for each in now["dispute"]["rulings"]] == ["REJECTED", "BINDS"]
    sent = await world.done(TRACK, "escalateDispute", answer, PROPOSED, token=mia)
    assert sent["proposal"]["status"] == "DISPUTED"


async def evidence_laid_down(world: World, proposal: str) -> None:
    """A comment with the hash of a document."""
    log = sha256(b"log").hexdigest()
    evidence = [{"sha256": log, "mediaType": "text/plain"}]
    remark = {"aboutId": proposal, "text": "See the log of the signal box.", "evidence": evidence}
    await world.done(TRACK, "makeRemark", remark)


async def rule(
    world: World, party: str, who: str, proposal: str, key: Ed25519PrivateKey, outcome: str
) -> None:
    """A named sponsor rules with its party's key."""
    signed = await signature(world, party, proposal, key, f"RULING_{outcome}")
    given = {
        "proposalId": proposal,
        "outcome": outcome,
        "documentSha256": RULING,
        "signature": signed,
    }
    token = person(world, party, who, Role.SPONSOR)
    await world.done(party, "signRuling", given, token=token)
