"""A sponsor who changes: where the policy leaves the person to the party, the party names it."""

from dataclasses import replace

import pytest

from ledger.actor import PseudonymMalformed, Role
from ledger.audit import check
from ledger.dispute import EscalateDispute, RulingSigned, SignRuling
from ledger.errors import Fault
from ledger.ladder import Ladder, LastWord, Level, RulingOutcome, Rung, Sponsor
from ledger.sponsor import AnotherSponsor, NameSponsor
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, ladder
from tests.auditor import audit
from tests.world import PROPOSED, World, person


def disputed() -> tuple[Told, str]:
    """A dispute on the lowest of two rungs, on which any sponsor of each party may rule."""
    told = Told.founded(TRACK, TRAIN)
    told.policy(ladder=ladder(told, 2, 2))
    asked = told.asked()
    told.objects(asked, TRAIN)
    return told, asked


def test_the_person_whom_a_party_named_rules_for_it() -> None:
    """On that level alone; the others of the party do not, and other parties are as before."""
    told, asked = disputed()
    binds = SignRuling(asked, RulingOutcome.BINDS)
    told.when(TRACK, NameSponsor(Level.OPERATIONAL, "carol"))

    for command in (binds, EscalateDispute(asked)):
        with pytest.raises(AnotherSponsor, match="OPERATIONAL"):
            told.when(TRACK, command, "dave")

    assert told.when(TRACK, binds, "carol") == ["RulingSigned"]
    assert told.when(BUYER, binds, "anybody") == ["RulingSigned"]
    assert told.when(TRAIN, binds, "someone") == ["RulingSigned", "ProposalAgreed"]
    assert told.replayed() == told.book


def test_a_sponsor_who_goes_leaves_no_dispute_stuck() -> None:
    """The party names another, or leaves it open again, while the dispute is on."""
    told, asked = disputed()
    falls = SignRuling(asked, RulingOutcome.REJECTED)
    told.when(TRACK, NameSponsor(Level.OPERATIONAL, "carol"))
    told.when(TRACK, NameSponsor(Level.OPERATIONAL, "dave"))
    with pytest.raises(AnotherSponsor):
        told.when(TRACK, falls, "carol")
    told.when(TRACK, falls, "dave")
    told.when(TRACK, NameSponsor(Level.OPERATIONAL, ""))

    assert told.when(TRACK, EscalateDispute(asked), "erin") == ["DisputeEscalated"]


def test_whom_the_policy_names_only_a_policy_changes() -> None:
    """A party's own naming does not reach there."""
    told = Told.founded(TRACK, TRAIN)
    named = (Sponsor(told.parties[TRACK], "carol"),)
    told.policy(ladder=Ladder((Rung(Level.EXECUTIVE, 2, named),), LastWord.STATUS_QUO))
    asked = told.asked()
    told.objects(asked, TRAIN)
    told.when(TRACK, NameSponsor(Level.EXECUTIVE, "dave"))

    binds = SignRuling(asked, RulingOutcome.BINDS)

    assert told.when(TRACK, binds, "carol") == ["RulingSigned", "ProposalAgreed"]


def test_a_ruling_by_another_than_the_named_sponsor_is_found() -> None:
    """A host that lets somebody else sign is named by the audit."""
    told, asked = disputed()
    told.when(TRACK, NameSponsor(Level.OPERATIONAL, "carol"))
    before = told.replayed()
    told.when(TRACK, SignRuling(asked, RulingOutcome.BINDS), "carol")
    honest = told.entries[-1]
    assert isinstance(honest.event, RulingSigned)

    with pytest.raises(Fault):
        check(before, replace(honest, subject="dave"))
    check(before, honest)


def test_a_name_is_no_pseudonym() -> None:
    """Names belong into the directory."""
    told = Told.founded(TRACK)
    with pytest.raises(PseudonymMalformed):
        told.when(TRACK, NameSponsor(Level.EXECUTIVE, "Carol Jones"))


async def test_a_screen_offers_a_ruling_to_who_may_sign_it(world: World) -> None:
    """Any sponsor of the party, until it names one; no step up from the last rung."""
    await world.found(BUYER, TRACK, TRAIN)
    sponsors = [{"partyId": world.parties[TRACK]}]
    rungs = [
        {"level": each, "days": 2, "sponsors": sponsors} for each in ("MANAGEMENT", "EXECUTIVE")
    ]
    terms: dict[str, object] = {"signatures": [], "witnesses": [], "quorum": 0}
    ladder = {"rungs": rungs, "lastWord": "STATUS_QUO"}
    policy = await world.done(BUYER, "proposePolicy", {**terms, "ladder": ladder}, PROPOSED)
    await world.agree(policy["proposal"], BUYER, TRACK, TRAIN)
    asked = (await world.done(BUYER, "proposePolicy", terms, PROPOSED))["proposal"]
    await world.done(TRAIN, "objectToProposal", {"proposalId": asked["id"], "reason": "No."})
    carol, dave = (person(world, TRACK, who, Role.SPONSOR) for who in ("carol", "dave"))

    async def offered(token: str) -> list[str]:
        query = "query($id: ID!) { proposal(id: $id) { allowedActions } }"
        answer = await world.ask(query, {"id": asked["id"]}, token)
        found: list[str] = answer["data"]["proposal"]["allowedActions"]
        return found

    assert await offered(carol) == await offered(dave) == ["signRuling", "escalateDispute"]
    assert await offered(person(world, TRAIN, "tess", Role.SPONSOR)) == []
    await world.done(TRACK, "nameSponsor", {"level": "MANAGEMENT", "subject": "carol"})
    assert await offered(carol) == ["signRuling", "escalateDispute"]
    assert await offered(dave) == []
    ruling = {"proposalId": asked["id"], "outcome": "BINDS"}
    problem = await world.refused(TRACK, "signRuling", ruling, token=dave)
    assert problem["code"] == "ANOTHER_SPONSOR"

    await world.done(TRACK, "escalateDispute", {"proposalId": asked["id"]}, token=carol)
    assert await offered(carol) == await offered(dave) == ["signRuling"]
    problem = await world.refused(
        TRACK, "escalateDispute", {"proposalId": asked["id"]}, token=carol
    )
    assert problem["code"] == "TOP_OF_THE_LADDER"
    await audit(world.settings, world.ecosystem_id)


async def test_sponsors_are_named_and_seen_over_http(world: World) -> None:
    """By an approver or an admin of the party; for all to see."""
    await world.found(BUYER, TRACK, TRAIN)
    show = "sponsor { level subject party { name } }"
    given = {"level": "EXECUTIVE", "subject": "s-9"}
    payload = await world.done(TRACK, "nameSponsor", given, show)
    assert payload["sponsor"] == {"level": "EXECUTIVE", "subject": "s-9", "party": {"name": TRACK}}
    token = world.token(TRACK, Role.REPORTER)
    problem = await world.refused(TRACK, "nameSponsor", given, token=token)
    assert problem["code"] == "NOT_PERMITTED"
    problem = await world.refused(TRACK, "nameSponsor", given | {"subject": "a@b.example"})
    assert (problem["code"], problem["path"]) == ("PSEUDONYM_MALFORMED", "subject")
    await world.done(TRACK, "nameSponsor", given | {"subject": None}, show)
    query = "{ partySponsors { nodes { level subject } } }"
    data = await world.read(TRAIN, query)
    assert data["partySponsors"]["nodes"] == [{"level": "EXECUTIVE", "subject": None}]
    await audit(world.settings, world.ecosystem_id)
