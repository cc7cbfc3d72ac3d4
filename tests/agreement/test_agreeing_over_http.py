"""Delegation, a policy from a stated moment, and an arbiter, as an integrator meets them."""

from base64 import b64decode, b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.actor import Role
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.auditor import audit
from tests.desk import until
from tests.world import PROPOSED, World

BUYER, TRACK, TRAIN = "Buyer", "Track", "Train"
DOCUMENT = "ab" * 32
TERMS: dict[str, Any] = {"signatures": [], "witnesses": [], "quorum": 0}
DELEGATION = "delegation { id startsAt endsAt kinds revokedIndex delegate { name } }"
ANSWERS = """query($id: ID!) { proposal(id: $id) { status answers { isConsent party { name }
  delegate { name } } } }"""


async def agreed(world: World, **terms: Any) -> None:
    """All agree a policy."""
    payload = await world.done(BUYER, "proposePolicy", {**TERMS, **terms}, PROPOSED)
    await world.agree(payload["proposal"], *world.parties)


async def asked(world: World) -> dict[str, Any]:
    """All are asked to agree a policy like the founding's."""
    found: dict[str, Any] = (await world.done(BUYER, "proposePolicy", TERMS, PROPOSED))["proposal"]
    return found


async def test_a_delegate_answers_over_http_and_everybody_sees_it(
    settings: Settings, database: Embedded
) -> None:
    """Granted for a week, used, over, revoked; the circle and the stranger are refused."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        week = {"startOn": "2026-03-02", "endOn": "2026-03-09"}
        given = {"delegateId": world.parties[TRAIN], **week, "kinds": ["POLICY"]}
        payload = await world.done(TRACK, "grantDelegation", given, DELEGATION)
        assert payload["delegation"] == {
            "id": payload["delegation"]["id"],
            "startsAt": "2026-03-02T00:00:00Z",
            "endsAt": "2026-03-09T00:00:00Z",
            "kinds": ["POLICY"],
            "revokedIndex": None,
            "delegate": {"name": TRAIN},
        }
        back = {"delegateId": world.parties[TRACK], **week}
        problem = await world.refused(TRAIN, "grantDelegation", back)
        assert problem["code"] == "DELEGATION_CIRCULAR"

        proposal = await asked(world)
        behalf = {"proposalId": proposal["id"], "onBehalfOf": world.parties[TRACK]}
        problem = await world.refused(BUYER, "consentToProposal", behalf)
        assert problem["code"] == "NOT_DELEGATED"
        await world.done(TRAIN, "consentToProposal", behalf)
        shown = (await world.read(BUYER, ANSWERS, id=proposal["id"]))["proposal"]
        assert shown["answers"] == [
            {"isConsent": True, "party": {"name": TRACK}, "delegate": {"name": TRAIN}}
        ]
        await world.agree(proposal, BUYER, TRAIN)

        await shift.to("2026-03-09T00:00:01")
        later = await asked(world)
        behalf = {"proposalId": later["id"], "onBehalfOf": world.parties[TRACK]}
        problem = await world.refused(TRAIN, "consentToProposal", behalf)
        assert problem["code"] == "DELEGATION_NOT_IN_FORCE"
        ended = {"delegationId": payload["delegation"]["id"]}
        problem = await world.refused(TRAIN, "revokeDelegation", ended)
        assert problem["code"] == "NOT_FOUND"
        await world.done(TRACK, "revokeDelegation", ended, DELEGATION)
        data = await world.read(BUYER, "{ delegations { nodes { revokedIndex } } }")
        assert data["delegations"]["nodes"][0]["revokedIndex"] is not None
        node = "query($id: ID!) { node(id: $id) { id } }"
        found = await world.read(TRAIN, node, id=payload["delegation"]["id"])
        assert found["node"] == {"id": payload["delegation"]["id"]}
        await audit(world.settings, world.ecosystem_id)


async def test_a_policy_comes_into_force_at_its_moment(
    settings: Settings, database: Embedded
) -> None:
    """`policy` is the one in force, now and as of any size; calendars are shown as they held."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        admin = world.token(TRACK, Role.ADMIN)
        calendar = {"timeZone": "Europe/Rome", "workingDays": ["TUESDAY", "MONDAY"]}
        show = "calendar { timeZone workingDays holidays index }"
        adopted = await world.done(TRACK, "adoptBusinessCalendar", calendar, show, token=admin)
        assert adopted["calendar"]["workingDays"] == ["MONDAY", "TUESDAY"]
        rules = [{"kind": "POLICY", "silence": "REJECT", "answerDays": 2, "fourEyes": True}]
        await agreed(world, rules=rules, appliesFrom="2026-03-04T00:00:00Z")
        size = await world.size()
        assert (await world.read(BUYER, "{ policy { version } }"))["policy"]["version"] == 1

        await shift.to("2026-03-04T00:00:01")

        async def is_applied() -> bool:
            data = await world.read(BUYER, "{ policy { version } }")
            return bool(data["policy"]["version"] == 2)

        await until(is_applied, "the policy came into force")
        data = await world.read(
            BUYER,
            """query($size: Index!, $track: ID!) {
              policy { appliesFrom rules { kind silence answerDays needed fourEyes }
                ladder { rungs { level } lastWord } }
              before: policy(asOf: $size) { version }
              businessCalendar(partyId: $track) { timeZone }
              then: businessCalendar(partyId: $track, asOf: 1) { timeZone index } }""",
            size=size,
            track=world.parties[TRACK],
        )
        assert data["policy"] == {
            "appliesFrom": "2026-03-04T00:00:00Z",
            "rules": [{**rules[0], "needed": 0}],
            "ladder": {"rungs": [], "lastWord": None},
        }
        assert data["before"] == {"version": 1}
        assert data["businessCalendar"] == {"timeZone": "Europe/Rome"}
        assert data["then"] == {"timeZone": "UTC", "index": None}
        proposal = await asked(world)
        problem = await world.refused(BUYER, "consentToProposal", {"proposalId": proposal["id"]})
        assert problem["code"] == "FOUR_EYES"
        await audit(world.settings, world.ecosystem_id)


async def test_an_arbiter_rules_by_its_key_and_a_ladder_without_a_last_word_is_refused(
    settings: Settings, database: Embedded
) -> None:
    """The statement comes from the API; the ruling binds, whoever lays it down."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        key = Ed25519PrivateKey.generate()
        public = b64encode(key.public_key().public_bytes_raw()).decode()
        rung = {"level": "MANAGEMENT", "days": 1, "sponsors": [{"partyId": world.parties[TRACK]}]}
        ladder = {"rungs": [rung]}
        problem = await world.refused(BUYER, "proposePolicy", {**TERMS, "ladder": ladder})
        assert problem["code"] == "NO_LAST_WORD"
        arbiter = {"name": "The mediator", "publicKey": public, "days": 10}
        outside = {**ladder, "lastWord": "EXTERNAL_RULING", "arbiter": arbiter}
        await agreed(world, ladder=outside)
        sponsor = world.token(TRACK, Role.SPONSOR)

        proposal = await asked(world)
        answer = {"proposalId": proposal["id"]}
        await world.done(TRAIN, "objectToProposal", {**answer, "reason": "No."})
        early = {**answer, "outcome": "BINDS", "documentSha256": DOCUMENT, "signature": public}
        problem = await world.refused(TRACK, "recordExternalRuling", early, token=sponsor)
        assert problem["code"] == "NOT_BEFORE_THE_ARBITER"
        await world.done(TRACK, "escalateDispute", answer, token=sponsor)

        stated = await world.read(
            TRAIN,
            """query($p: ID!, $d: Sha256!) { rulingStatement(
              proposalId: $p, outcome: BINDS, documentSha256: $d) { text bytes } }""",
            p=proposal["id"],
            d=DOCUMENT,
        )
        message = b64decode(stated["rulingStatement"]["bytes"])
        signed = b64encode(key.sign(message)).decode()
        ruling = {**answer, "documentSha256": DOCUMENT, "signature": signed}
        other = {**ruling, "outcome": "REJECTED"}
        problem = await world.refused(TRACK, "recordExternalRuling", other, token=sponsor)
        assert problem["code"] == "RULING_UNSIGNED"
        right = {**ruling, "outcome": "BINDS"}
        payload = await world.done(TRACK, "recordExternalRuling", right, PROPOSED, token=sponsor)
        assert payload["proposal"]["status"] == "AGREED"

        # what was agreed is a policy without a ladder; the next dispute is without end but ours
        second = await asked(world)
        await world.done(TRAIN, "objectToProposal", {"proposalId": second["id"], "reason": "No."})
        problem = await world.refused(
            TRACK, "escalateDispute", {"proposalId": second["id"]}, token=sponsor
        )
        assert problem["code"] == "NO_LADDER"
        await shift.to("2026-04-01T00:00")
        await world.done(BUYER, "withdrawProposal", {"proposalId": second["id"]})
        await audit(world.settings, world.ecosystem_id)


async def test_a_ruling_against_a_proposal_rejects_it(
    settings: Settings, database: Embedded
) -> None:
    """One named sponsor is all of them; the status quo stays."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, _):
        await world.found(BUYER, TRACK, TRAIN)
        rung = {"level": "EXECUTIVE", "days": 1, "sponsors": [{"partyId": world.parties[BUYER]}]}
        await agreed(world, ladder={"rungs": [rung], "lastWord": "STATUS_QUO"})
        proposal = await asked(world)
        answer = {"proposalId": proposal["id"]}
        await world.done(TRAIN, "objectToProposal", {**answer, "reason": "No."})
        problem = await world.refused(BUYER, "signRuling", {**answer, "outcome": "REJECTED"})
        assert problem["code"] == "NOT_PERMITTED"
        token = world.token(BUYER, Role.SPONSOR)
        ruled = {**answer, "outcome": "REJECTED"}
        payload = await world.done(BUYER, "signRuling", ruled, PROPOSED, token=token)
        assert payload["proposal"]["status"] == "REJECTED"
        await audit(world.settings, world.ecosystem_id)
