"""Display names stand beside pseudonyms wherever one is shown, until they are erased."""

from typing import Any

from ledger.actor import Role
from tests.auditor import audit
from tests.parties.steps import SMALL, joined_for_a_day, left
from tests.test_story import BUYER, FIGURES, PARTNERS, TRACK, TRAIN, agreed_indicator
from tests.world import PROPOSED, World, person

NAMED = "mutation($g: NamePersonInput!) { namePerson(input: $g) { problems { code } } }"
SHOWN = """{
  viewer { subject subjectName }
  entries(last: 1) { nodes { subject subjectName } }
  stewards { nodes { subjects people { subject subjectName } } }
  sessions { nodes { participants { subject subjectName } } }
  partySponsors { nodes { subject subjectName } }
  policy { ladder { rungs { sponsors { subject subjectName } } } }
}"""


async def called(world: World, party: str, subject: str, name: str) -> None:
    """A party's admin says whom a pseudonym stands for."""
    given = {"idempotencyKey": world.key(), "subject": subject, "name": name}
    answer = await world.ask(NAMED, {"g": given}, world.token(party, Role.ADMIN))
    assert answer["data"]["namePerson"]["problems"] == []


async def everywhere(world: World) -> str:
    """Ann of Network is steward, participant, sponsor, in the ladder, and reported a part."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    sponsors = [{"partyId": world.parties[TRACK], "subject": "s-1"}]
    rungs = [{"level": "EXECUTIVE", "days": 2, "sponsors": sponsors}]
    terms: dict[str, Any] = {"signatures": [], "witnesses": [], "quorum": 0}
    terms["ladder"] = {"rungs": rungs, "lastWord": "STATUS_QUO"}
    policy = (await world.done(BUYER, "proposePolicy", terms, PROPOSED))["proposal"]
    await world.agree(policy, BUYER, *PARTNERS)
    await world.done(TRACK, "nameStewards", {"indicatorId": indicator, "subjects": ["s-1"]})
    await world.done(TRACK, "nameSponsor", {"level": "MANAGEMENT", "subject": "s-1"})
    figures = {"partyId": world.parties[TRACK], "value": FIGURES[TRACK]}
    declared = {"figures": figures, "evidenceSha256": "0" * 64}
    given = {"indicatorId": indicator, "period": "2024-04", "declared": declared}
    show = "part { preparedBy preparedByName }"
    await called(world, TRACK, "s-1", "Ann Hill")
    part = await world.done(TRACK, "submitPart", given, show, token=person(world, TRACK, "s-1"))
    assert part["part"] == {"preparedBy": "s-1", "preparedByName": "Ann Hill"}
    taking = [{"partyId": world.parties[TRACK], "subject": "s-1"}]
    session = {"heldOn": "2024-05-02", "participants": taking, "decisions": "We go on."}
    ann = person(world, TRACK, "s-1")
    await world.done(TRACK, "recordSession", session, token=ann)
    return ann


async def test_names_stand_beside_pseudonyms_until_they_are_erased(world: World) -> None:
    """Members see each other's; the ledger has the pseudonym alone."""
    await everywhere(world)
    ann = {"subject": "s-1", "subjectName": "Ann Hill"}

    data = await world.read(TRAIN, SHOWN)
    assert data["viewer"] == {"subject": f"s-{TRAIN}", "subjectName": None}
    assert data["entries"]["nodes"] == [ann]
    assert data["stewards"]["nodes"] == [{"subjects": ["s-1"], "people": [ann]}]
    assert data["sessions"]["nodes"] == [{"participants": [ann]}]
    assert data["partySponsors"]["nodes"] == [ann]
    assert data["policy"]["ladder"]["rungs"] == [{"sponsors": [ann]}]

    forget = """mutation { forgetPerson(input: {idempotencyKey: "f", subject: "s-1"}) {
      problems { code } } }"""
    await world.ask(forget, {}, world.token(TRACK, Role.ADMIN))
    data = await world.read(TRAIN, SHOWN)
    assert data["entries"]["nodes"] == [ann | {"subjectName": None}]
    assert data["stewards"]["nodes"][0]["people"] == [ann | {"subjectName": None}]
    await audit(world.settings, world.ecosystem_id)


async def test_who_left_sees_the_names_of_its_own_people_alone(world: World) -> None:
    """The pseudonyms of its time stay; whom they stand for is the others' affair."""
    await world.found(BUYER, *PARTNERS)
    gate = await joined_for_a_day(world, BUYER, *PARTNERS)
    for party in (TRACK, SMALL):
        await called(world, party, f"s-{party}", f"Ann of {party}")
        await world.done(party, "makeRemark", {"text": "We are here."})
    query = "{ entries(last: 2) { nodes { subject subjectName } } }"
    before = (await world.read(SMALL, query))["entries"]["nodes"]
    assert [each["subjectName"] for each in before] == [f"Ann of {TRACK}", f"Ann of {SMALL}"]

    await left(world, gate)

    query = "{ entries(last: 3) { nodes { subjectName } } }"
    after = (await world.read(SMALL, query))["entries"]["nodes"]
    names = [each["subjectName"] for each in after]
    assert names == [None, f"Ann of {SMALL}", f"Ann of {SMALL}"]
