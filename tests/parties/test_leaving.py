"""What a party sees once it has left: its own history, with proofs, and nothing after."""

from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

from ledger.actor import Role
from ledger.checkpoint import open_checkpoint, parse_verifier
from ledger.commit import system_clock
from ledger.tree import verify_inclusion
from ops.verify import verify
from tests.auditor import audit
from tests.finance.bank import Transfer, camt
from tests.parties.steps import SMALL, admitted, joined_for_a_day, left
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN
from tests.trust.steps import exported
from tests.world import PROPOSED, World, indicator_terms

ALL = (BUYER, *PARTNERS)
DAY = timedelta(days=1)
SEEN = """{
  ecosystem { parties { name leftOn } size }
  entries(first: 100) { nodes { index kind opening { body } } pageInfo { hasNextPage } }
  newest: entries(last: 1) { nodes { index } }
  proposals(first: 100) { nodes { id status } }
  remarks(first: 100) { nodes { text } }
  indicators { nodes { id } }
  parties { nodes { name } }
}"""
ENTRY = "query($i: Index!) { entry(index: $i) { kind opening { body } } }"
PROOF = """query($i: Index!) { ecosystem { origin logKey } entry(index: $i) { leafHash
  inclusionProof { index treeSize hashes checkpoint { note } } } }"""


async def gone(world: World) -> tuple[int, dict[str, Any]]:
    """A small partner came, said something and left; the others go on. Its end, and its view."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    open_one = await world.done(TRACK, "proposePolicy", policy(), PROPOSED)
    await world.done(SMALL, "makeRemark", {"text": "We were here."})
    before = await world.read(SMALL, SEEN)
    end = (await left(world, gate))["leftIndex"]
    await world.done(BUYER, "makeRemark", {"text": "Now we are among ourselves."})
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
    await world.agree(proposal, TRACK, TRAIN)
    await world.done(TRACK, "withdrawProposal", {"proposalId": open_one["proposal"]["id"]})
    return end, before


def policy() -> dict[str, Any]:
    """A policy that asks everybody who signs."""
    return {"signatures": [], "witnesses": [], "quorum": 0}


async def test_nothing_waits_for_who_left_that_it_cannot_answer(world: World) -> None:
    """The policy that was open when it left is not in its inbox, and was before."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    await world.done(TRACK, "proposePolicy", policy(), PROPOSED)
    inbox = "{ inbox { proposal { kind } } }"
    assert (await world.read(SMALL, inbox))["inbox"] == [{"proposal": {"kind": "POLICY"}}]

    await left(world, gate)

    assert (await world.read(SMALL, inbox))["inbox"] == []
    assert len((await world.read(TRAIN, inbox))["inbox"]) == 1


async def test_who_left_sees_the_ledger_as_it_stood_when_it_left(world: World) -> None:
    """Lists, nodes and entries end at its leaving, whatever comes later; members see on."""
    end, before = await gone(world)

    seen = await world.read(SMALL, SEEN)

    assert [each["index"] for each in seen["entries"]["nodes"]] == list(range(end + 1))
    assert seen["entries"]["nodes"][-1]["kind"] == "party.left"
    assert not seen["entries"]["pageInfo"]["hasNextPage"]
    assert seen["newest"]["nodes"] == [{"index": end}]
    assert all(each["opening"] for each in seen["entries"]["nodes"])
    assert seen["remarks"] == before["remarks"] == {"nodes": [{"text": "We were here."}]}
    assert seen["proposals"] == before["proposals"]
    assert seen["indicators"]["nodes"] == []
    member = await world.read(BUYER, SEEN)
    assert len(member["remarks"]["nodes"]) == 2
    assert len(member["indicators"]["nodes"]) == 1
    later = end + 1
    assert (await world.read(SMALL, ENTRY, i=later))["entry"] is None
    assert (await world.read(BUYER, ENTRY, i=later))["entry"] is not None
    node = "query($id: ID!) { node(id: $id) { id } }"
    indicator = member["indicators"]["nodes"][0]["id"]
    assert (await world.read(SMALL, node, id=indicator))["node"] is None
    answer = await world.ask(PROOF, {"i": later}, world.token(SMALL))
    assert answer["data"]["entry"] is None
    await audit(world.settings, world.ecosystem_id)


async def test_who_left_proves_its_history_against_the_newest_checkpoint(world: World) -> None:
    """The host cannot rewrite what a former member was part of."""
    end, _ = await gone(world)

    data = await world.read(SMALL, PROOF, i=end)

    proof = data["entry"]["inclusionProof"]
    key = parse_verifier(data["ecosystem"]["logKey"])
    opened = open_checkpoint(proof["checkpoint"]["note"], data["ecosystem"]["origin"], key)
    assert opened.checkpoint.size > end + 1
    hashes = [b64decode(digest) for digest in proof["hashes"]]
    leaf = b64decode(data["entry"]["leafHash"])
    verify_inclusion(end, proof["treeSize"], leaf, hashes, opened.checkpoint.root)


async def test_who_left_still_brings_in_what_its_bank_says(world: World) -> None:
    """It may do so, as the table of acts has it: then no audit calls it an act of a stranger."""
    await world.found(*ALL)
    await left(world, await joined_for_a_day(world, *ALL))

    given = {"format": "CAMT_053", "content": camt((Transfer("5.00"),))}
    await world.done(SMALL, "importBankStatement", given, token=world.token(SMALL, Role.FINANCE))

    await audit(world.settings, world.ecosystem_id)


async def test_who_left_exports_its_history_and_verifies_it(world: World, tmp_path: Path) -> None:
    """Up to the newest checkpoint that was signed by then, and not a byte of what came after."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    end = (await left(world, gate))["leftIndex"]
    mine = tmp_path / "mine.ndjson"
    key = await exported(world, SMALL, mine)
    await world.done(BUYER, "makeRemark", {"text": "Now we are among ourselves."})

    again = tmp_path / "again.ndjson"
    await exported(world, SMALL, again)
    verdict = verify(again, key)

    assert verdict.findings == []
    assert verdict.entries == end + 1
    assert "among ourselves" not in again.read_text()
    assert mine.read_bytes() == again.read_bytes()


async def test_who_left_does_nothing_new(world: World) -> None:
    """Nor does it answer what is not about its time; revoking and erasing it still may."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    payload = await world.done(TRACK, "proposePolicy", policy(), PROPOSED)
    said = await world.done(SMALL, "makeRemark", {"text": "Mrs Jones of ours was here."})
    await left(world, gate)
    answer = {"proposalId": payload["proposal"]["id"]}
    terms = indicator_terms(world, {SMALL: "0.5", TRAIN: "0.5"})

    for mutation, given in (
        ("makeRemark", {"text": "Hello?"}),
        ("consentToProposal", answer),
        ("objectToProposal", answer | {"reason": "No."}),
        ("proposePolicy", policy()),
        ("leaveAtGate", {"leftOn": gate}),
        ("proposeIndicator", terms),
    ):
        problem = await world.refused(SMALL, mutation, given)
        assert problem["code"] == "MEMBERSHIP_ENDED", mutation

    # nor is it named by the others
    problem = await world.refused(TRAIN, "proposeIndicator", terms)
    assert problem["code"] == "OWNERS_MALFORMED"
    given = {"text": "For you alone.", "audienceIds": [world.parties[SMALL]]}
    assert (await world.refused(TRAIN, "makeRemark", given))["code"] == "NOT_FOUND"
    admin = world.token(SMALL, Role.ADMIN)
    await world.done(SMALL, "eraseAnnex", {"index": said["receipt"]["index"]}, token=admin)
    await audit(world.settings, world.ecosystem_id)


async def test_who_left_is_still_measured_settled_and_paid_for_its_time(world: World) -> None:
    """It reports its part, answers the result of its period, and sees both; later ones not."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    terms = indicator_terms(world, {TRACK: "0.5", SMALL: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
    await world.agree(proposal, TRACK, SMALL)
    data = await world.read(TRACK, "{ indicators { nodes { id } } }")
    place = {"indicatorId": data["indicators"]["nodes"][0]["id"], "period": "2024-04"}
    await left(world, gate)

    for party in (TRACK, SMALL):
        row = {"reference": "r", "period": "2024-04", "segment": "ScotRail", "value": "30000"}
        await world.done(party, "recordObservations", {"series": "delay-minutes", "rows": [row]})
        payload = await world.done(party, "submitPart", place)
        assert payload["receipt"]["leafHash"]
    show = f"measurement {{ id displayed }} {PROPOSED}"
    measured = await world.done(TRACK, "proposeMeasurement", place, show)
    await world.agree(measured["proposal"], TRACK, SMALL)

    query = """query($id: ID!) { node(id: $id) { ... on Measurement { displayed } }
      proposals(first: 100) { nodes { kind status } }
      measurements(indicatorId: "%s", first: 10) { nodes { status } } }"""
    query = query % place["indicatorId"]
    seen = await world.read(SMALL, query, id=measured["measurement"]["id"])
    assert seen["node"] == {"displayed": "60000"}
    assert {"kind": "MEASUREMENT", "status": "AGREED"} in seen["proposals"]["nodes"]
    assert seen["measurements"]["nodes"] == [{"status": "AGREED"}]
    await audit(world.settings, world.ecosystem_id)


async def test_who_left_meets_a_newcomer_in_its_own_affair_by_name_alone(world: World) -> None:
    """A delegate that joined later answers for another: who it is, and not its terms."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    terms = indicator_terms(world, {TRACK: "0.5", SMALL: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
    await world.agree(proposal, TRACK, SMALL)
    data = await world.read(TRACK, "{ indicators { nodes { id } } }")
    place = {"indicatorId": data["indicators"]["nodes"][0]["id"], "period": "2024-04"}
    await left(world, gate)
    await admitted(world, "Newcomer", {"isGainOnly": True}, *ALL)
    today = system_clock().date()
    given = {"delegateId": world.parties["Newcomer"], "startOn": (today - DAY).isoformat()}
    await world.done(TRACK, "grantDelegation", {**given, "endOn": (today + 2 * DAY).isoformat()})
    for party in (TRACK, SMALL):
        row = {"reference": "r", "period": "2024-04", "segment": "ScotRail", "value": "30000"}
        await world.done(party, "recordObservations", {"series": "delay-minutes", "rows": [row]})
        await world.done(party, "submitPart", place)
    asked = (await world.done(TRACK, "proposeMeasurement", place, PROPOSED))["proposal"]
    answer = {"proposalId": asked["id"], "onBehalfOf": world.parties[TRACK]}
    await world.done("Newcomer", "consentToProposal", answer)

    query = """query($id: ID!, $new: ID!) { proposal(id: $id) { answers { party { name }
        by: delegate { id name role joinedOn leftOn terms { isGainOnly } } } }
      party(id: $new) { name } parties { nodes { name } } }"""
    new = world.parties["Newcomer"]
    seen = await world.read(SMALL, query, id=asked["id"], new=new)

    [given_by] = seen["proposal"]["answers"]
    assert given_by["party"] == {"name": TRACK}
    named = {"id": new, "name": "Newcomer", "role": "PARTNER", "joinedOn": "2024-04-01"}
    assert given_by["by"] == {**named, "leftOn": None, "terms": None}
    assert seen["party"] is None  # nothing else of it, and no list names it
    assert "Newcomer" not in [each["name"] for each in seen["parties"]["nodes"]]
    member = await world.read(BUYER, query, id=asked["id"], new=new)
    assert member["proposal"]["answers"][0]["by"]["terms"] == {"isGainOnly": True}
    await audit(world.settings, world.ecosystem_id)


async def test_a_left_party_is_a_party_of_the_past_for_everybody(world: World) -> None:
    """Names stay readable; `asOf` shows it as it was; days count for a pro rata."""
    await world.found(*ALL)
    gate = await joined_for_a_day(world, *ALL)
    index = (await left(world, gate))["leftIndex"]
    query = """query($id: ID!, $at: Index!) {
      now: party(id: $id) { name leftOn membershipDays(start: "2024-03-01", end: "2024-05-01")
        terms { isGainOnly cap { amount currency } exitGates grants } allowedActions }
      then: party(id: $id, asOf: $at) { leftOn } }"""

    data = await world.read(OTHERS, query, id=world.parties[SMALL], at=index)

    assert data["now"]["leftOn"] == gate
    assert data["now"]["membershipDays"] == 30
    assert data["now"]["terms"]["cap"] == {"amount": "5000.00", "currency": "GBP"}
    assert data["now"]["allowedActions"] == ["proposeMembership", "proposeDeparture"]
    assert data["then"]["leftOn"] is None


async def test_an_observer_sees_what_it_was_granted(world: World, tmp_path: Path) -> None:
    """Measurements and not money; every leaf verifies, and the verdict says what it could not."""
    await world.found(*ALL)
    limited = {"grants": ["INCENTIVES"]}
    await admitted(world, "Chamber", limited, *ALL, role="OBSERVER")
    await admitted(world, "Auditor", {"grants": None}, *ALL, role="OBSERVER")
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
    await world.agree(proposal, TRACK, TRAIN)

    chamber, auditor = await world.read("Chamber", SEEN), await world.read("Auditor", SEEN)

    assert chamber["indicators"]["nodes"] == []
    assert len(auditor["indicators"]["nodes"]) == 1
    kinds = {each["kind"]: each["opening"] is not None for each in chamber["entries"]["nodes"]}
    assert kinds["indicator.proposed"] is False
    assert kinds["membership.proposed"]
    assert kinds["proposal.agreed"]
    assert len(chamber["entries"]["nodes"]) == len(auditor["entries"]["nodes"])
    for name in ("Chamber", "Auditor"):
        path = tmp_path / f"{name}.ndjson"
        verdict = verify(path, await exported(world, name, path))
        assert verdict.findings == [], name
        assert any("business rules" in each for each in verdict.not_checked) == (name == "Chamber")
    problem = await world.refused("Chamber", "makeRemark", {"text": "We say nothing."})
    assert problem["code"] == "OBSERVERS_SIGN_NOTHING"
    await audit(world.settings, world.ecosystem_id)


async def test_joining_and_leaving_try_nothing_in_a_dry_run(world: World) -> None:
    """Decided and explained, nothing written; roles are asked for."""
    await world.found(*ALL)
    given = {"name": SMALL, "role": "PARTNER", "joinedOn": "2026-01-01"}
    preview = await world.do(TRACK, "proposeAdmission", given, dry_run=True)
    assert preview["problems"] == []
    assert preview["receipt"] is None
    assert await world.size() == 1
    token = world.token(TRACK, Role.REPORTER)
    problem = await world.refused(TRACK, "proposeAdmission", given, token=token)
    assert problem["code"] == "NOT_PERMITTED"
    problem = await world.refused(TRACK, "leaveAtGate", {"leftOn": "2026-01-01"})
    assert problem["code"] == "NO_EXIT_GATE"
