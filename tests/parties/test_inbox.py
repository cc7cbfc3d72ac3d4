"""The inbox: what waits for a party, by when, what its silence means, and what has changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.difference import Difference, differences
from tests.auditor import audit
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN
from tests.world import PROPOSED, World, indicator_terms

INBOX = """{ inbox { until silence isTold proposal { id kind allowedActions }
  changes { path before after } } }"""
BARE: dict[str, Any] = {"signatures": [], "witnesses": [], "quorum": 0}


def test_differences_name_their_place_and_people_can_read_them() -> None:
    """By the names of parties, whatever the order; what came and what went has no other side."""
    before = {
        "terms": {
            "owners": [{"party_id": "a", "weight": "0.5"}, {"party_id": "b", "weight": "0.5"}],
            "levels": {"target": "66000"},
            "gates": ["2026-07-01"],
            "is_open": True,
        }
    }
    after = {
        "terms": {
            "owners": [{"party_id": "b", "weight": "0.4"}, {"party_id": "a", "weight": "0.6"}],
            "levels": {"target": "64000"},
            "gates": [],
            "is_open": True,
        }
    }

    found = differences(before, after, {"a": "Network", "b": "Operator"})

    assert found == (
        Difference("terms.gates", None, "nothing"),
        Difference("terms.gates[0]", "2026-07-01", None),
        Difference("terms.levels.target", "66000", "64000"),
        Difference("terms.owners[Network].weight", "0.5", "0.6"),
        Difference("terms.owners[Operator].weight", "0.5", "0.4"),
    )


LEAVES = st.text("abc", min_size=1, max_size=3) | st.booleans() | st.integers(0, 9)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("xyz", min_size=1, max_size=2), JSON, max_size=3)


@given(OBJECTS, OBJECTS)
def test_contents_without_a_difference_are_equal(
    before: dict[str, object], after: dict[str, object]
) -> None:
    """And each difference is one: what stood there is not what stands there."""
    found = differences(before, after, {})

    assert all(each.before != each.after for each in found)
    assert differences(before, before, {}) == ()
    flat = {each.path: each.before for each in found}
    back = {each.path: each.after for each in differences(after, before, {})}
    assert flat == back


async def agreed(world: World, terms: dict[str, Any], *owners: str) -> str:
    """An indicator's version that its owners agreed; the indicator's id."""
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], *owners)
    data = await world.read(BUYER, "{ indicators { nodes { id } } }")
    key: str = data["indicators"]["nodes"][0]["id"]
    return key


async def test_the_inbox_says_what_waits_by_when_and_what_silence_will_mean(world: World) -> None:
    """The nearest deadline first; what is answered, closed or another's does not wait."""
    await world.found(BUYER, *PARTNERS)
    rule = {"kind": "INDICATOR", "silence": "ACCEPT", "answerDays": 5}
    policy = (await world.done(BUYER, "proposePolicy", BARE | {"rules": [rule]}, PROPOSED))[
        "proposal"
    ]
    [item] = (await world.read(TRACK, INBOX))["inbox"]
    assert item["proposal"]["kind"] == "POLICY"
    assert (item["until"], item["silence"], item["isTold"]) == (None, "NOTHING", False)
    await world.agree(policy, BUYER, *PARTNERS)
    assert (await world.read(TRACK, INBOX))["inbox"] == []

    await world.done(BUYER, "proposePolicy", BARE, PROPOSED)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    proposal = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]

    first, second = (await world.read(TRAIN, INBOX))["inbox"]
    assert first["proposal"]["id"] == proposal["id"]
    assert first["silence"] == "ACCEPT"
    assert first["until"] is not None
    assert first["isTold"] is False
    assert "acknowledgeProposal" in first["proposal"]["allowedActions"]
    assert (second["proposal"]["kind"], second["until"]) == ("POLICY", None)
    others = (await world.read(OTHERS, INBOX))["inbox"]
    assert [each["proposal"]["kind"] for each in others] == ["POLICY"]
    await world.done(TRAIN, "acknowledgeProposal", {"proposalId": proposal["id"]})
    assert (await world.read(TRAIN, INBOX))["inbox"][0]["isTold"] is True
    await world.consent(TRAIN, proposal)
    assert len((await world.read(TRAIN, INBOX))["inbox"]) == 1
    await audit(world.settings, world.ecosystem_id)


async def test_the_inbox_shows_what_changed_against_the_version_before(world: World) -> None:
    """Against the version in force, and against the proposal that it replaces."""
    await world.found(BUYER, *PARTNERS)
    owners = {TRACK: "0.5", TRAIN: "0.5"}
    terms = indicator_terms(world, owners)
    key = await agreed(world, terms, TRACK, TRAIN)
    levels = terms["levels"] | {"target": "64000"}
    weights = indicator_terms(world, {TRACK: "0.6", TRAIN: "0.4"})["owners"]
    second = terms | {"levels": levels, "owners": weights, "indicatorId": key}
    proposed = (await world.done(TRACK, "proposeIndicator", second, PROPOSED))["proposal"]

    [item] = (await world.read(TRAIN, INBOX))["inbox"]

    assert item["changes"] == [
        {"path": "terms.levels.target", "before": "66000", "after": "64000"},
        {"path": "terms.owners[Network].weight", "before": "0.5", "after": "0.6"},
        {"path": "terms.owners[Operator].weight", "before": "0.5", "after": "0.4"},
    ]
    third = second | {"why": "Passengers wait.", "replaces": proposed["id"]}
    counter = (await world.done(TRAIN, "proposeIndicator", third, PROPOSED))["proposal"]
    query = "query($id: ID!) { proposalChanges(id: $id) { path before after } }"
    data = await world.read(BUYER, query, id=counter["id"])
    [change] = data["proposalChanges"]
    assert (change["path"], change["after"]) == ("terms.why", "Passengers wait.")
    assert (await world.read(BUYER, query, id="Proposal:none"))["proposalChanges"] is None


async def test_a_policy_and_a_membership_are_compared_with_what_holds(world: World) -> None:
    """Their first version has none before it."""
    await world.found(BUYER, *PARTNERS)
    query = "query($id: ID!) { proposalChanges(id: $id) { path before after } }"
    policy = (await world.done(BUYER, "proposePolicy", BARE, PROPOSED))["proposal"]
    assert (await world.read(BUYER, query, id=policy["id"]))["proposalChanges"] == []
    await world.agree(policy, BUYER, *PARTNERS)
    signed = BARE | {"signatures": ["SCHEME"]}
    policy = (await world.done(BUYER, "proposePolicy", signed, PROPOSED))["proposal"]
    found = (await world.read(BUYER, query, id=policy["id"]))["proposalChanges"]
    assert {"path": "terms.signatures[0]", "before": None, "after": "SCHEME"} in found
    given = {"partyId": world.parties[TRACK], "terms": {"isGainOnly": True}}
    one = (await world.done(TRACK, "proposeMembership", given, PROPOSED))["proposal"]
    await world.agree(one, BUYER, *PARTNERS)
    given = {"partyId": world.parties[TRACK], "terms": {"isGainOnly": False}}
    two = (await world.done(BUYER, "proposeMembership", given, PROPOSED))["proposal"]
    found = (await world.read(TRAIN, query, id=two["id"]))["proposalChanges"]
    assert found == [{"path": "terms.is_gain_only", "before": "yes", "after": "no"}]
