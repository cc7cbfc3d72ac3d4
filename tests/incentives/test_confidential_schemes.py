"""Confidential incentives: all see the joint result, each partner its own stake and books."""

from pathlib import Path
from typing import Any

from ops.verify import verify
from tests.auditor import audit
from tests.incentives.declared import BARE, declared, given, item, line, stated
from tests.incentives.test_api import indicators, named
from tests.parties.steps import admitted
from tests.trust.steps import exported
from tests.world import PROPOSED, World

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
SETTLED = f"""settlement {{ id totalScore payout {{ amount }} pool {{ amount }}
  stakes {{ party {{ name }} amount {{ amount }} reference }} trace {{ name }} }}
  preview {{ kind }} {PROPOSED}"""
SEEN = """query($id: ID!) { settlement(id: $id) { totalScore payout { amount }
  stakes { party { name } amount { amount currency } reference } trace { name } } }"""
PARTS = """query($id: ID!) { scheme(id: $id) {
  parts { partyId base { amount } schedule { share } } terms { confidentiality } } }"""
BOOKS = """{ accounts(first: 100) { nodes { owner { name } } }
  postings(first: 100) { nodes { amount { amount } } } payments { nodes { id } } }"""


def common() -> dict[str, Any]:
    """What all sign: one indicator, a straight line, nothing at stake stated."""
    sharers = [{"partyId": f"p{i}", "share": "0"} for i in (0, 1)]
    gone = {"proRata": "BY_CALENDAR_DAY", "fallsFree": "TO_THE_OUTSOURCER"}
    examples = [{"values": [given(0, "60")], "expected": {"amount": "120.00", "currency": "EUR"}}]
    gate = {"indicatorId": "i0", "level": stated("10"), "boundary": "INCLUSIVE"}
    return declared(
        [item(0, {"line": line([["0", "0"], ["100", "1"]])})],
        funding=BARE,
        split={"kind": "FIXED", "shares": sharers, **gone},
        rounding={"mode": "HALF_UP", "step": "0.01", "stage": "EACH_PART"},
        adjustments=[{"gate": gate | {"factor": "0", "side": "GAINS"}}],
        confidentiality="PER_PARTNER",
        validFromPeriod="2024-04",
        workedExamples=examples,
    )


def part(number: int, base: str, share: str, cap: str, at_60: str) -> dict[str, Any]:
    """One partner's own: what it has at stake, its cap, and an example."""
    limit = {"amount": {"amount": cap, "currency": "EUR"}}
    example = {"values": [given(0, "60")], "expected": {"amount": at_60, "currency": "EUR"}}
    return {
        "partyId": f"p{number}",
        "schedule": [{"fromYear": 1, "share": share}],
        "base": {"amount": base, "currency": "EUR"},
        "adjustments": [{"partnerCap": {"side": "GAINS", "limit": limit}}],
        "workedExamples": [example],
    }


PART_0 = part(0, "100000.00", "0.1", "99999.00", "6000.00")
PART_1 = part(1, "44444.44", "0.05", "1000.00", "1000.00")


async def agreed(world: World, **observers: list[str] | None) -> tuple[dict[str, str], str]:
    """A live indicator measured at 60 and a confidential scheme of two partners.

    Observers were admitted before, by name and grants.
    """
    await world.found(BUYER, *PARTNERS)
    for name, grants in observers.items():
        await admitted(world, name, {"grants": grants}, BUYER, *PARTNERS, role="OBSERVER")
    ids = await indicators(world)
    place = {"indicatorId": ids["i0"], "period": "2024-04"}
    figures = {"partyId": world.parties["P0"], "value": "60"}
    declared_part = {"figures": figures, "evidenceSha256": "0" * 64}
    await world.done("P0", "submitPart", place | {"declared": declared_part})
    payload = await world.done("P0", "proposeMeasurement", place, PROPOSED)
    await world.agree(payload["proposal"], "P0")
    terms = named(world, ids, common() | {"parts": [PART_0, PART_1]})
    payload = await world.done(BUYER, "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    return ids, payload["scheme"]["id"]


async def settled(world: World, scheme: str) -> dict[str, Any]:
    """The period settled and agreed, as the outsourcer sees it."""
    asked = {"schemeId": scheme, "period": "2024-04"}
    payload = await world.done(BUYER, "proposeSettlement", asked, SETTLED)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    found: dict[str, Any] = payload["settlement"]
    return found


async def test_each_partner_sees_its_own_stake_and_books_alone(
    world: World, tmp_path: Path
) -> None:
    """The joint score for all; terms, stake, due, postings and payment for the two they concern."""
    _, scheme = await agreed(world)
    told = await settled(world, scheme)

    stakes = {each["party"]["name"]: each for each in told["stakes"]}
    assert {name: each["amount"]["amount"] for name, each in stakes.items()} == {
        "P0": "6000.00",
        "P1": "1000.00",
    }
    assert (told["totalScore"], told["payout"], told["pool"]) == ("0.6", None, None)
    report = {
        "settlementId": told["id"],
        "payeeId": world.parties["P0"],
        "amount": {"amount": "6000.00", "currency": "EUR"},
        "paidOn": "2024-05-20",
    }
    await world.done(BUYER, "reportPayment", report)
    for party, own in (("P0", "6000.00"), ("P1", "1000.00")):
        seen = (await world.read(party, SEEN, id=told["id"]))["settlement"]
        assert seen["totalScore"] == "0.6"
        assert [each["amount"]["amount"] for each in seen["stakes"]] == [own]
        [part_seen] = (await world.read(party, PARTS, id=scheme))["scheme"]["parts"]
        assert part_seen["partyId"] == world.parties[party]
        books = await world.read(party, BOOKS)
        assert {each["owner"]["name"] for each in books["accounts"]["nodes"]} <= {BUYER, party}
        amounts = {each["amount"]["amount"].lstrip("-") for each in books["postings"]["nodes"]}
        assert amounts == {own}
        assert len(books["payments"]["nodes"]) == (party == "P0")
    for party in ("P2", "P3"):
        seen = (await world.read(party, SEEN, id=told["id"]))["settlement"]
        assert (seen["totalScore"], seen["stakes"]) == ("0.6", [])
        assert (await world.read(party, PARTS, id=scheme))["scheme"]["parts"] == []
        books = await world.read(party, BOOKS)
        assert all(each["nodes"] == [] for each in books.values())
    assert len((await world.read(BUYER, PARTS, id=scheme))["scheme"]["parts"]) == 2
    await audit(world.settings, world.ecosystem_id)

    for party, sealed, secret in ((BUYER, 0, ""), ("P1", 4, "100000.00"), ("P2", 7, "44444.44")):
        path = tmp_path / f"{party}.ndjson"
        verdict = verify(path, await exported(world, party, path))
        assert verdict.findings == [], (party, verdict.findings)
        assert verdict.sealed == sealed, party
        assert verdict.replayed == verdict.entries
        assert not secret or secret not in path.read_text()


async def test_the_outsourcer_proposes_what_is_confidential(world: World) -> None:
    """A partner would learn the others' terms by it; and a dry run shows nobody another's entry."""
    ids, scheme = await agreed(world)
    terms = named(world, ids, common() | {"parts": [PART_0, PART_1]})

    problem = await world.refused("P0", "proposeScheme", terms)
    assert problem["code"] == "OUTSOURCER_PROPOSES"
    asked = {"schemeId": scheme, "period": "2024-04"}
    problem = await world.refused("P1", "proposeSettlement", asked)
    assert problem["code"] == "OUTSOURCER_PROPOSES"
    payload = await world.done(BUYER, "proposeSettlement", asked, SETTLED)
    kinds = []
    for party in ("P0", BUYER, "P1"):
        signed = {"proposalId": payload["proposal"]["id"]}
        dry = await world.done(
            party, "consentToProposal", signed, "preview { kind body }", dry_run=True
        )
        kinds.append([each["kind"] for each in dry["preview"]])
        await world.consent(party, payload["proposal"])
    assert len(kinds[0]) == 1
    assert kinds[0][0].startswith("proposal.consented")
    assert kinds[2].count("stake.posted v1") == 1


async def test_parts_that_cannot_hold_are_refused_with_their_place(world: World) -> None:
    """One part a sharer; each is checked and its examples are run; amounts stay out of the rest."""
    ids, _ = await agreed(world)
    limit = {"shareOfPool": "1"}
    for wrong, place in (
        ({"parts": [PART_0]}, "parts"),
        (
            {"parts": [PART_0, PART_1 | {"schedule": [{"fromYear": 2, "share": "1"}]}]},
            "parts[1].schedule",
        ),
        (
            {"parts": [PART_0, part(1, "1.00", "0.05", "1000.00", "7.00")]},
            "parts[1].workedExamples[0].expected",
        ),
        (
            {
                "parts": [PART_0, PART_1],
                "adjustments": [{"periodCap": {"side": "GAINS", "limit": limit}}],
            },
            "adjustments",
        ),
        (
            {"parts": [PART_0, PART_1], "funding": {"pool": {"amount": "1.00", "currency": "EUR"}}},
            "funding",
        ),
    ):
        terms = named(world, ids, common() | wrong)

        problem = await world.refused(BUYER, "proposeScheme", terms)

        assert problem["path"] == place, problem


STAKES = """query($id: ID!) { settlement(id: $id) { stakes { party { name } } }
  schemes { nodes { parts { partyId } } } }"""
WHAT_IF = """query($terms: SchemeTermsInput!, $old: ID, $parts: [PartnerTermsInput!]) {
  whatIfScheme(terms: $terms, schemeId: $old, parts: $parts) { problems { path message }
    differences { difference { amount } }
    partners { party { name } difference { amount } periods { period { key }
      old { evaluation { payout { amount } } } new { evaluation { payout { amount } } } } } } }"""


async def test_an_observer_sees_stakes_by_grant_alone(world: World, tmp_path: Path) -> None:
    """All agreed its grant; one whose grants are not limited sees the joint result."""
    granted = ["MEASUREMENTS", "INCENTIVES", "JOURNAL", "STAKES"]
    _, scheme = await agreed(world, Auditor=granted, Chamber=None, Clerk=["INCENTIVES"])
    told = await settled(world, scheme)

    seen = {}
    for name in ("Auditor", "Chamber", "Clerk", "P2"):
        data = await world.read(name, STAKES, id=told["id"])
        parts = data["schemes"]["nodes"][0]["parts"]
        seen[name] = ([each["party"]["name"] for each in data["settlement"]["stakes"]], len(parts))

    assert seen["Auditor"] == (["P0", "P1"], 2)
    assert seen["Chamber"] == seen["Clerk"] == seen["P2"] == ([], 0)
    books = await world.read("Auditor", BOOKS)
    assert len(books["postings"]["nodes"]) == 8
    assert (await world.read("Chamber", BOOKS))["postings"]["nodes"] == []
    path = tmp_path / "auditor.ndjson"
    verdict = verify(path, await exported(world, "Auditor", path))
    assert verdict.findings == []
    assert verdict.replayed == verdict.entries
    await audit(world.settings, world.ecosystem_id)


async def test_a_what_if_shows_each_its_own_money(world: World) -> None:
    """A curve that pays more: the outsourcer sees both partners' difference, each its own."""
    ids, scheme = await agreed(world)
    steeper = [item(0, {"line": line([["0", "0"], ["80", "1"]])})]
    terms = named(world, ids, common() | {"items": steeper, "workedExamples": []})
    richer = named(world, ids, [part(1, "44444.44", "0.05", "9999.00", "0.00")])

    found = {}
    for name in (BUYER, "P0", "P1", "P2"):
        data = await world.read(name, WHAT_IF, terms=terms, old=scheme, parts=richer)
        assert data["whatIfScheme"]["problems"] == []
        found[name] = {
            each["party"]["name"]: each["difference"]["amount"]
            for each in data["whatIfScheme"]["partners"]
        }

    # 60 of 100 gave 6,000.00 of 10,000.00, 60 of 80 gives 7,500.00; P1 had its cap of 1,000.00
    assert found[BUYER] == {"P0": "1500.00", "P1": "666.67"}
    assert found["P0"] == {"P0": "1500.00"}
    assert found["P1"] == {"P1": "666.67"}
    assert found["P2"] == {}
