"""An ecosystem that has one of everything: what strangers and wrong hands try to get at.

An outsourcer, three partners, an observer, and a partner that has left; something open, disputed,
agreed, posted, paid, sealed and registered.
"""

import asyncio
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.actor import Role
from ops import consent
from tests.finance.bank import Transfer, camt
from tests.identity.provider import Provider
from tests.identity.steps import terms as issuer_terms
from tests.incentives.declared import BARE, declared, given, item, line
from tests.parties.steps import admitted, joined_for_a_day, left
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN, agreed_indicator, measured
from tests.trust.steps import follower
from tests.uploads.steps import SHOWN
from tests.world import PROPOSED, World, indicator_terms, scheme_terms

AUDITOR = "Auditor"
SEALED = "amounts that only two may know"
"""Stands in every text that is for two alone."""
SIGNING = (BUYER, *PARTNERS)
TERMS: dict[str, Any] = {"signatures": [], "witnesses": [], "quorum": 0}


@dataclass
class Full:
    """The users of it, and the ids of what they made, by what it is."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """An id."""
        return self.ids[name]


async def full(world: World, folder: Path) -> Full:
    """All of it, in the order of business."""
    made = Full(world)
    await world.found(*SIGNING)
    await admitted(world, AUDITOR, {"timeZone": "UTC"}, *SIGNING, role="OBSERVER")
    gate = await joined_for_a_day(world, *SIGNING)
    await left(world, gate)
    await _incentives(made)
    await _sealed(made)
    await _tried(made)
    await _tended(made)
    await _registered(made, folder)
    await _open(made)
    return made


async def _incentives(made: Full) -> None:
    """Measured, settled in the open, posted, paid in part."""
    world = made.world
    made.ids["indicator"] = indicator = await agreed_indicator(world)
    await measured(world, indicator)
    shares = {TRACK: "0.5", TRAIN: "0.4", OTHERS: "0.1"}
    terms = scheme_terms(world, indicator, shares)
    payload = await world.done(BUYER, "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], *SIGNING)
    made.ids["scheme"] = payload["scheme"]["id"]
    asked = {"schemeId": made["scheme"], "period": "2024-04"}
    show = f"settlement {{ id stakes {{ reference party {{ name }} }} }} {PROPOSED}"
    payload = await world.done(BUYER, "proposeSettlement", asked, show)
    await world.agree(payload["proposal"], *SIGNING)
    made.ids["settlement"] = payload["settlement"]["id"]
    report = {
        "settlementId": made["settlement"],
        "payeeId": world.parties[TRACK],
        "amount": {"amount": "10.00", "currency": "GBP"},
        "paidOn": "2024-05-20",
    }
    paid = await world.done(BUYER, "reportPayment", report, "payment { id }")
    made.ids["payment"] = paid["payment"]["id"]
    bank = camt((Transfer("811.06", name="BUYER PLC", text="bonus April"),))
    show = "statements { id lines(first: 1) { nodes { suggestions { due { id } } } } }"
    imported = await world.done(
        OTHERS, "importBankStatement", {"format": "CAMT_053", "content": bank}, show
    )
    [statement] = imported["statements"]
    made.ids["statement"] = statement["id"]
    [suggested] = statement["lines"]["nodes"][0]["suggestions"]
    made.ids["due"] = suggested["due"]["id"]


async def _sealed(made: Full) -> None:
    """A confidential scheme, settled and paid, and a remark: for two parties alone."""
    world = made.world
    shares = [{"partyId": world.parties[TRACK], "share": "0"}]
    terms = declared(
        [
            {
                **item(0, {"line": line([["100000", "0"], ["0", "1"]])}),
                "indicatorId": made["indicator"],
            }
        ],
        name="Confidential",
        funding=BARE,
        split={
            "kind": "FIXED",
            "shares": shares,
            "proRata": "BY_CALENDAR_DAY",
            "fallsFree": "TO_THE_OUTSOURCER",
        },
        rounding={"mode": "HALF_UP", "step": "0.01", "stage": "EACH_PART"},
        confidentiality="PER_PARTNER",
        validFromPeriod="2024-04",
        workedExamples=[
            {
                "values": [{**given(0, "50000"), "indicatorId": made["indicator"]}],
                "expected": {"amount": "50.00", "currency": "EUR"},
            }
        ],
    )
    example = {"values": terms["workedExamples"][0]["values"]}
    part = {
        "partyId": world.parties[TRACK],
        "schedule": [{"fromYear": 1, "share": "0.1"}],
        "base": {"amount": "77777.00", "currency": "EUR"},
        "workedExamples": [{**example, "expected": {"amount": "3888.85", "currency": "EUR"}}],
    }
    show = f"scheme {{ id }} {PROPOSED}"
    payload = await world.done(BUYER, "proposeScheme", terms | {"parts": [part]}, show)
    await world.agree(payload["proposal"], BUYER, TRACK)
    made.ids["sealed scheme"] = payload["scheme"]["id"]
    asked = {"schemeId": payload["scheme"]["id"], "period": "2024-04"}
    show = f"settlement {{ id stakes {{ reference amount {{ amount currency }} }} }} {PROPOSED}"
    payload = await world.done(BUYER, "proposeSettlement", asked, show)
    await world.agree(payload["proposal"], BUYER, TRACK)
    made.ids["sealed settlement"] = payload["settlement"]["id"]
    [stake] = payload["settlement"]["stakes"]
    await _sealed_payment(made, stake)


async def _sealed_payment(made: Full, stake: dict[str, Any]) -> None:
    """What the confidential settlement made due is paid, and remarked upon."""
    world = made.world
    made.ids["sealed due"] = f"Due:{stake['reference']}"
    report = {
        "settlementId": made["sealed settlement"],
        "payeeId": world.parties[TRACK],
        "amount": stake["amount"],
        "paidOn": "2024-05-21",
    }
    paid = await world.done(BUYER, "reportPayment", report, "payment { id }")
    made.ids["sealed payment"] = paid["payment"]["id"]
    said = {"text": SEALED, "audienceIds": [world.parties[TRACK]]}
    payload = await world.done(BUYER, "makeRemark", said, "remark { id }")
    made.ids["sealed remark"] = payload["remark"]["id"]
    sealed = ("sealed payment", "sealed due", "sealed remark")
    made.inputs["sealed"] = {made[each].partition(":")[2] for each in sealed}
    made.inputs["sealed"] |= {SEALED, "77777.00", stake["amount"]["amount"]}


async def _tried(made: Full) -> None:
    """A pilot with a lesson and an initiative, and what grew out of both."""
    await _piloted(made)
    await _initiated(made)
    live = {"pilotId": made["pilot"], "indicatorId": made["shadow"], "liveFrom": "2999-01"}
    payload = await made.world.done(TRACK, "proposePromotion", live, PROPOSED)
    made.ids["promotion"] = payload["proposal"]["id"]


async def _piloted(made: Full) -> None:
    """An indicator in shadow, piloted, with a lesson."""
    world = made.world
    owners = {TRACK: "0.5", TRAIN: "0.5"}
    shadow = indicator_terms(world, owners) | {"stage": "SHADOW", "liveFrom": "", "name": "Doors"}
    payload = await world.done(
        TRACK, "proposeIndicator", shadow, f"indicatorVersion {{ id }} {PROPOSED}"
    )
    await world.agree(payload["proposal"], TRACK, TRAIN)
    data = await world.read(TRACK, "{ indicators(last: 1) { nodes { id } } }")
    made.ids["shadow"] = data["indicators"]["nodes"][0]["id"]
    pilot = {
        "name": "Doors on the north line",
        "scope": "Trains of the north line.",
        "cohortSize": 400,
        "partyIds": [world.parties[TRACK], world.parties[TRAIN]],
        "indicatorIds": [made["shadow"]],
        "startsOn": "2024-04-01",
        "evaluatedOn": "2024-06-30",
    }
    payload = await world.done(TRACK, "proposePilot", pilot, f"pilot {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, TRACK, TRAIN)
    made.ids["pilot"], made.inputs["pilot"] = payload["pilot"]["id"], pilot
    taught = {"pilotId": made["pilot"], "text": "Count by line."}
    payload = await world.done(TRACK, "recordLesson", taught, "lesson { id }")
    made.ids["lesson"] = payload["lesson"]["id"]


async def _initiated(made: Full) -> None:
    """An initiative that is agreed, and whose next stage is proposed."""
    world = made.world
    tried = {
        "name": "Doors close later",
        "trial": "Three seconds later at two stations.",
        "partyIds": [world.parties[TRAIN]],
        "aims": [{"indicatorId": made["indicator"], "expectedChange": "-1500"}],
        "judgedOn": "2024-09-01",
    }
    payload = await world.done(TRACK, "proposeInitiative", tried, f"initiative {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], TRACK, TRAIN)
    made.ids["initiative"], made.inputs["initiative"] = payload["initiative"]["id"], tried
    moved = {"initiativeId": made["initiative"], "stage": "TRIAL", "reason": "Agreed."}
    show = f"stageMove {{ id }} {PROPOSED}"
    payload = await world.done(TRACK, "proposeInitiativeStage", moved, show)
    made.ids["move"], made.ids["stage"] = payload["proposal"]["id"], payload["stageMove"]["id"]


async def _tended(made: Full) -> None:
    """Stewards, a session, an exclusion, a named sponsor."""
    world = made.world
    stewards = {"indicatorId": made["indicator"], "subjects": ["s-41"]}
    await world.done(TRACK, "nameStewards", stewards)
    session = {
        "heldOn": "2024-06-03",
        "participants": [{"partyId": world.parties[TRACK], "subject": "s-41"}],
        "decisions": "Two more stations.",
    }
    payload = await world.done(TRACK, "recordSession", session, "session { id }")
    made.ids["session"], made.inputs["session"] = payload["session"]["id"], session
    row = {"reference": "P02", "at": "2024-05-05T01:00:00Z", "segment": "ScotRail", "value": "7"}
    await world.done(TRACK, "recordObservations", {"series": "delay-minutes", "rows": [row]})
    window = {
        "indicatorId": made["indicator"],
        "period": "2024-05",
        "fromAt": "2024-05-05T00:00:00Z",
        "untilAt": "2024-05-05T02:00:00Z",
        "reason": "FORCE_MAJEURE",
        "explanation": "The storm took the line down.",
    }
    made.inputs["exclusion"] = window
    payload = await world.done(TRACK, "proposeExclusion", window, f"exclusion {{ id }} {PROPOSED}")
    made.ids["exclusion"] = payload["exclusion"]["id"]
    made.ids["exclusion proposal"] = payload["proposal"]["id"]
    await world.done(TRACK, "nameSponsor", {"level": "OPERATIONAL", "subject": "s-41"})


async def _registered(made: Full, folder: Path) -> None:
    """Keys, a witness that cosigned, an issuer, a calendar, a delegation, names, an upload."""
    world, admin = made.world, made.world.token(TRACK, Role.ADMIN)
    key = Ed25519PrivateKey.generate()
    public, made.ids["key"] = consent.public_text(key)
    asked = "query($k: String!) { keyStatement(key: $k) { bytes } }"
    stated = b64decode((await world.read(TRACK, asked, k=public))["keyStatement"]["bytes"])
    registered = {"publicKey": public, "proof": b64encode(key.sign(stated)).decode()}
    await world.done(TRACK, "registerConsentKey", registered, token=admin)
    made.inputs["issuer"] = issuer_terms(Provider())
    await world.done(TRACK, "registerIdentityProvider", made.inputs["issuer"], token=admin)
    calendar = {"timeZone": "Europe/London", "workingDays": ["MONDAY", "TUESDAY"]}
    await world.done(TRACK, "adoptBusinessCalendar", calendar, token=admin)
    granted = {"delegateId": world.parties[TRAIN], "startOn": "2999-01-01", "endOn": "2999-02-01"}
    payload = await world.done(TRACK, "grantDelegation", granted, "delegation { id }")
    made.ids["delegation"], made.inputs["delegation"] = payload["delegation"]["id"], granted
    await world.do(
        TRACK, "namePerson", {"subject": "s-41", "name": "Ann Hill"}, token=admin, beside=True
    )
    address = {"address": "desk@network.example"}
    await world.do(TRACK, "setNoticeAddress", address, token=admin, beside=True)
    begun = {"series": "delay-minutes", "format": "CSV"}
    payload = await world.done(TRACK, "beginObservationUpload", begun, SHOWN)
    made.ids["upload"], made.ids["upload url"] = payload["upload"]["id"], payload["url"]
    watch = follower(world, TRACK, folder)
    await asyncio.to_thread(watch.register, "watch")
    made.inputs["witnessed"] = (await asyncio.to_thread(watch.step)).size
    said = await world.done(TRACK, "makeRemark", {"text": "Snow on the line."}, "remark { id }")
    made.ids["remark"], made.inputs["annex"] = said["remark"]["id"], said["receipt"]["index"]


async def _open(made: Full) -> None:
    """A policy with a ladder; something open that asks two, and something disputed."""
    world = made.world
    sponsors = [{"partyId": world.parties[name]} for name in (TRACK, TRAIN)]
    ladder = {
        "rungs": [
            {"level": level, "days": 30, "sponsors": sponsors}
            for level in ("MANAGEMENT", "EXECUTIVE")
        ],
        "lastWord": "STATUS_QUO",
    }
    made.inputs["policy"] = TERMS | {"ladder": ladder}
    payload = await world.done(BUYER, "proposePolicy", made.inputs["policy"], PROPOSED)
    await world.agree(payload["proposal"], *SIGNING)
    payload = await world.done(BUYER, "proposePolicy", TERMS, f"policy {{ id }} {PROPOSED}")
    made.ids["disputed"], made.ids["policy"] = payload["proposal"]["id"], payload["policy"]["id"]
    objection = {"proposalId": made["disputed"], "reason": "Not so."}
    await world.done(OTHERS, "objectToProposal", objection)
    owners = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"}) | {"name": "Crowding"}
    payload = await world.done(TRACK, "proposeIndicator", owners, PROPOSED)
    made.ids["open"] = payload["proposal"]["id"]
    close = {"through": "2024-03-31"}
    payload = await world.done(BUYER, "proposePeriodClose", close, PROPOSED)
    made.ids["close proposal"] = payload["proposal"]["id"]
