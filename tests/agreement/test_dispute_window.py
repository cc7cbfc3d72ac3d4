"""Ten business days to dispute, five to answer; silence settles for the disputing side.

The public case `dispute-window`, on a settlement, with dates: two calendars whose holidays differ,
and the clocks of Europe changed in between. The undisputed part is posted and paid in time.
"""

from pathlib import Path
from typing import Any

import pytest

from ledger.actor import Role
from ops.verify import verify
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import Shift, shifting
from tests.auditor import audit
from tests.shared import case
from tests.test_story import (
    BUYER,
    OTHERS,
    PARTNERS,
    TRACK,
    TRAIN,
    agreed_indicator,
    agreed_scheme,
    measured,
)
from tests.trust.steps import exported
from tests.world import PROPOSED, World

WEEK = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
LONDON = {"timeZone": "Europe/London", "holidays": ["2026-04-03", "2026-04-06"]}
ROME = {"timeZone": "Europe/Rome", "holidays": ["2026-04-06"]}
# opened on Wednesday 25 March 2026: the tenth business day is 10 April in London, where Good
# Friday and Easter Monday are holidays, and 9 April in Rome; summer time began on 29 March
OPENED = "2026-03-25T10:00"
DEADLINES = {
    BUYER: "2026-04-10T23:00:00Z",
    TRACK: "2026-04-09T22:00:00Z",
    TRAIN: "2026-04-09T00:00:00Z",
    OTHERS: "2026-04-09T00:00:00Z",
}
DAYS = {10: "2026-04-10T22:59:30", 11: "2026-04-10T23:00:01"}
SHOWN = """query($id: ID!) { proposal(id: $id) { status isPartial undisputedIndex
  dispute { rung until } deadlines { party { name } deadline runsUntil } } }"""


async def opened(world: World, *, climbs: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """A settlement proposed under the case's policy, and everybody told on the same day.

    Unless it `climbs`, the policy has no ladder.
    """
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    scheme = await agreed_scheme(world, indicator)
    for party, calendar in ((BUYER, LONDON), (TRACK, ROME)):
        admin = world.token(party, Role.ADMIN)
        given = {**calendar, "workingDays": WEEK}
        await world.done(party, "adoptBusinessCalendar", given, token=admin)
    sponsors = [{"partyId": world.parties[name]} for name in (BUYER, *PARTNERS)]
    ladder = {
        "rungs": [{"level": "OPERATIONAL", "days": 5, "sponsors": sponsors}],
        "lastWord": "UNDISPUTED_PART",
    }
    policy = {
        "signatures": [],
        "witnesses": [],
        "quorum": 0,
        "rules": [{"kind": "SETTLEMENT", "silence": "ACCEPT", "answerDays": 10}],
        "ladder": ladder if climbs else None,
    }
    agreed = await world.done(BUYER, "proposePolicy", policy, PROPOSED)
    await world.agree(agreed["proposal"], BUYER, *PARTNERS)
    show = f"settlement {{ id stakes {{ party {{ name }} reference }} }} {PROPOSED}"
    given = {"schemeId": scheme, "period": "2024-04"}
    payload = await world.done(TRACK, "proposeSettlement", given, show)
    for name in (BUYER, TRAIN, OTHERS):
        asked = {"proposalId": payload["proposal"]["id"]}
        await world.done(name, "acknowledgeProposal", asked)
    return payload["proposal"], payload["settlement"]


async def shown(world: World, proposal: dict[str, Any]) -> dict[str, Any]:
    """The proposal as a screen sees it."""
    found: dict[str, Any] = (await world.read(OTHERS, SHOWN, id=proposal["id"]))["proposal"]
    return found


def dispute(world: World, proposal: dict[str, Any], amount: str) -> dict[str, Any]:
    """The buyer disputes a part of the track's stake."""
    part = {
        "partyId": world.parties[TRACK],
        "amount": {"amount": amount, "currency": "GBP"},
    }
    reason = "The minutes of one signal failure were not the network's."
    return {"proposalId": proposal["id"], "reason": reason, "disputed": part}


async def pay(world: World, settlement: dict[str, Any], amount: str, on: str) -> dict[str, Any]:
    """The buyer pays the track: the payload."""
    given = {
        "settlementId": settlement["id"],
        "payeeId": world.parties[TRACK],
        "amount": {"amount": amount, "currency": "GBP"},
        "paidOn": on,
    }
    return await world.do(BUYER, "reportPayment", given, "payment { id }")


@pytest.mark.parametrize("day", [10, 11])
async def test_a_dispute_in_time_settles_for_the_disputing_side(
    settings: Settings, database: Embedded, tmp_path: Path, day: int
) -> None:
    """On business day 10 it is in time, on day 11 it is late and all of it is settled."""
    printed = case("dispute-window")
    days = printed["inputs"]["dispute_on_business_day"]
    in_time = printed["expected"]["in_time"]
    async with shifting(settings, database, OPENED) as (world, shift):
        proposal, settlement = await opened(world)
        deadlines = (await shown(world, proposal))["deadlines"]
        assert {each["party"]["name"]: each["deadline"] for each in deadlines} == DEADLINES
        assert all(each["runsUntil"] == each["deadline"] for each in deadlines)

        await shift.to(DAYS[day])
        objection = dispute(world, proposal, "1055.31")
        if dict(zip(days, in_time, strict=True))[day]:
            await _disputed(world, shift, proposal, settlement, objection)
        else:
            payload = await world.do(BUYER, "objectToProposal", objection)
            # the last silence was counted, so it was agreed before the objection came
            assert payload["problems"][0]["code"] == "ANSWER_TOO_LATE"
            assert (await shown(world, proposal))["status"] == "AGREED"
            assert (await pay(world, settlement, "4055.31", "2026-04-10"))["problems"] == []

        path = tmp_path / "ledger.ndjson"
        verdict = verify(path, await exported(world, OTHERS, path))
        assert verdict.findings == []
        assert verdict.silent == (3 if day == 10 else 4)
        assert any("silences count as consents" in each for each in verdict.not_checked)
        await audit(world.settings, world.ecosystem_id)


async def _disputed(
    world: World,
    shift: Shift,
    proposal: dict[str, Any],
    settlement: dict[str, Any],
    objection: dict[str, Any],
) -> None:
    """The undisputed part is posted at once and paid; five days of silence later it stays so."""
    payload = await world.done(BUYER, "objectToProposal", objection, PROPOSED)
    assert payload["proposal"]["status"] == "DISPUTED"
    now = await shown(world, proposal)
    assert now["undisputedIndex"] is not None
    # the fifth business day of all concerned is 17 April, and it ends last in UTC, where the
    # parties without a calendar of their own work
    assert now["dispute"] == {"rung": 1, "until": "2026-04-18T00:00:00Z"}
    problem = await world.refused(TRACK, "withdrawProposal", {"proposalId": proposal["id"]})
    assert problem["code"] == "PART_BINDS"
    over = await pay(world, settlement, "3000.01", "2026-04-10")
    assert over["problems"][0]["code"] == "PAYMENT_EXCEEDS"
    assert (await pay(world, settlement, "3000.00", "2026-04-10"))["problems"] == []

    await shift.to("2026-04-18T00:00:01")

    # nobody answered: the disputing side's word stands, and nothing more is posted
    late = await world.do(TRACK, "consentToProposal", {"proposalId": proposal["id"]})
    assert late["problems"][0]["code"] == "ANSWER_TOO_LATE"
    ended = await shown(world, proposal)
    assert (ended["status"], ended["isPartial"]) == ("AGREED", True)
    again = await pay(world, settlement, "1055.31", "2026-04-18")
    assert again["problems"][0]["code"] == "PAYMENT_EXCEEDS"


async def test_what_was_disputed_is_posted_once_it_is_agreed(
    settings: Settings, database: Embedded
) -> None:
    """The buyer is convinced within the five days: the rest is owed under the same reference."""
    async with shifting(settings, database, OPENED) as (world, shift):
        proposal, settlement = await opened(world)
        await shift.to(DAYS[10])
        await world.done(BUYER, "objectToProposal", dispute(world, proposal, "1055.31"))
        assert (await pay(world, settlement, "3000.00", "2026-04-10"))["problems"] == []

        payload = await world.consent(BUYER, proposal)

        assert payload["proposal"]["status"] == "AGREED"
        assert (await shown(world, proposal))["isPartial"] is False
        assert (await pay(world, settlement, "1055.31", "2026-04-10"))["problems"] == []
        data = await world.read(
            TRACK, "{ accounts(first: 100) { nodes { owner { name } kind balance { amount } } } }"
        )
        owed = {
            each["kind"]: each["balance"]["amount"]
            for each in data["accounts"]["nodes"]
            if each["owner"]["name"] == TRACK
        }
        assert {kind: owed[kind] for kind in ("INCENTIVE_INCOME", "RECEIVABLE")} == {
            "INCENTIVE_INCOME": "-4055.31",
            "RECEIVABLE": "4055.31",
        }
        await audit(world.settings, world.ecosystem_id)


async def test_only_a_part_of_ones_own_stake_can_be_disputed(
    settings: Settings, database: Embedded
) -> None:
    """Nothing, more than there is, another currency, another's stake, and no amount at all."""
    async with shifting(settings, database, OPENED) as (world, _):
        proposal, _ = await opened(world)
        for party, change in (
            (BUYER, {"amount": {"amount": "0.00", "currency": "GBP"}}),
            (BUYER, {"amount": {"amount": "4055.32", "currency": "GBP"}}),
            (BUYER, {"amount": {"amount": "1.00", "currency": "EUR"}}),
            (BUYER, {"partyId": world.parties[BUYER]}),
            (TRAIN, {}),
        ):
            wrong = dispute(world, proposal, "1.00")
            wrong["disputed"].update(change)
            problem = await world.refused(party, "objectToProposal", wrong)
            assert problem["code"] == "NO_AMOUNT_DISPUTED"
        asked = (
            await world.done(
                BUYER,
                "proposePolicy",
                {"signatures": [], "witnesses": [], "quorum": 0},
                PROPOSED,
            )
        )["proposal"]
        problem = await world.refused(BUYER, "objectToProposal", dispute(world, asked, "1.00"))
        assert problem["code"] == "NO_AMOUNT_DISPUTED"
        await audit(world.settings, world.ecosystem_id)
