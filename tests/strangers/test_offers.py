"""Allowed actions tell the truth: what is offered goes through, what is not is refused."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.actions import BEGUN_WITH_NOTHING
from ledger.actor import Role
from tests.auditor import audit
from tests.parties.steps import SMALL
from tests.strangers.attempts import attempts
from tests.strangers.full import AUDITOR, Full, full
from tests.strangers.trying import AT_ONCE, asked
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import World, indicator_terms

ROLES = tuple(role for role in Role if role is not Role.FOUNDER)
LINES = """{ bankLines(first: 1) { nodes { allowedActions } } }"""
ABOVE_ALL = {"registerConsentKey": "KEY_NOT_PROVED", "registerWitness": "WITNESS_MALFORMED"}
"""What is wrong with an input that only its own party's key could mend."""


@dataclass(frozen=True)
class Offer:
    """A thing, what can be done with it, and by whom that is tried."""

    node: str
    actions: Mapping[str, Mapping[str, Any]]
    parties: Sequence[str] = (TRACK, AUDITOR, SMALL)


Given = Mapping[str, Mapping[str, Any]]


async def offers(made: Full) -> list[Offer]:
    """Of each kind of thing one, with inputs that are right but for who sends them."""
    given = {name: each.given for name, each in attempts(made).items()}
    begun = {name: given[name] for name in BEGUN_WITH_NOTHING}
    return [
        *await _evidence(made, given),
        *_money(made, given),
        *await _texts(made),
        *_governance(made, given),
        *await _own(made, given),
        Offer(made.world.ecosystem_id, begun),
    ]


async def _evidence(made: Full, given: Given) -> list[Offer]:
    parties = (TRACK, BUYER, AUDITOR, SMALL)
    may = {"indicatorId": made["indicator"], "period": "2024-05"}
    next_version = indicator_terms(made.world, {TRACK: "0.5", TRAIN: "0.5"})
    next_version |= {"indicatorId": made["indicator"], "expectedVersion": 1}
    actions = {
        "submitPart": may,
        "proposeMeasurement": may,
        "proposeExclusion": given["proposeExclusion"],
        "proposeIndicator": next_version,
        "nameStewards": given["nameStewards"],
    }
    measured = await _last(made, "measurements(first: 1)")
    restated = {"proposeRestatement": given["proposeRestatement"]}
    return [Offer(made["indicator"], actions, parties), Offer(measured, restated, parties)]


def _money(made: Full, given: Given) -> list[Offer]:
    taken_back = {"schemeId": made["scheme"], "period": "2024-04", "kind": "REVERSAL"}
    settling = {
        "proposeScheme": {**given["proposeScheme"], "schemeId": made["scheme"]},
        "proposeSettlement": taken_back,
    }
    sides = {name: given[name] for name in ("confirmPayment", "reversePayment")}
    reported = {"reportPayment": given["reportPayment"]}
    return [
        Offer(made["scheme"], settling, (BUYER, OTHERS, AUDITOR, SMALL)),
        Offer(made["settlement"], reported, (BUYER, TRACK, AUDITOR, SMALL)),
        Offer(made["due"], {"reportPayment": _report(made)}, (BUYER, OTHERS, AUDITOR)),
        Offer(made["payment"], sides, (BUYER, TRACK, TRAIN, AUDITOR)),
    ]


async def _texts(made: Full) -> list[Offer]:
    remarked = {"eraseAnnex": {"index": made.inputs["annex"]}}
    entry = f"Entry:{made.inputs['annex']}"
    taught, held = [{"eraseAnnex": await _written(made, e)} for e in ("lesson", "session")]
    return [
        Offer(node, erased, (TRACK, BUYER, AUDITOR, SMALL))
        for node, erased in (
            (made["remark"], remarked),
            (entry, remarked),
            (made["lesson"], taught),
            (made["session"], held),
        )
    ]


def _governance(made: Full, given: Given) -> list[Offer]:
    membership = ("proposeMembership", "proposeDeparture")
    piloting = ("recordLesson", "proposePromotion")
    return [
        Offer("Policy:founding", {"proposePolicy": given["proposePolicy"]}),
        Offer(made["pilot"], {name: given[name] for name in piloting}),
        Offer(
            made["initiative"],
            {"proposeInitiativeStage": given["proposeInitiativeStage"]},
            (TRACK, BUYER, AUDITOR, SMALL),
        ),
        Offer(made.world.parties[OTHERS], {name: given[name] for name in membership}),
    ]


async def _own(made: Full, given: Given) -> list[Offer]:
    found = {
        "nameStewards": await _last(made, "stewards(last: 1)"),
        "nameSponsor": await _last(made, "partySponsors(last: 1)"),
        "revokeConsentKey": await _last(made, "consentKeys(last: 1)"),
        "removeIdentityProvider": await _last(made, "identityProviders(last: 1)"),
        "revokeDelegation": made["delegation"],
    }
    others = {"revokeConsentKey", "removeIdentityProvider", "revokeDelegation"}
    return [
        Offer(node, {name: given[name]}, (TRACK, TRAIN, AUDITOR) if name in others else (TRACK,))
        for name, node in found.items()
    ]


def _report(made: Full) -> dict[str, Any]:
    return {
        "settlementId": made["settlement"],
        "payeeId": made.world.parties[OTHERS],
        "amount": {"amount": "1.00", "currency": "GBP"},
        "paidOn": "2024-05-20",
    }


async def _written(made: Full, what: str) -> dict[str, int]:
    """The entry whose text a lesson or a session is."""
    kind = made[what].partition(":")[0]
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ index }} }} }}"
    data = await made.world.read(TRACK, query, id=made[what])
    return {"index": data["node"]["index"]}


async def _last(made: Full, listed: str) -> str:
    """The id of what stands in a list alone."""
    data = await made.world.read(TRACK, f"{{ {listed} {{ nodes {{ id }} }} }}")
    found: str = next(iter(data.values()))["nodes"][0]["id"]
    return found


async def _ready(made: Full) -> None:
    """Parts of May are there, and something of April came late."""
    world = made.world
    may = {"indicatorId": made["indicator"], "period": "2024-05"}
    await world.done(TRACK, "submitPart", may)
    for party in (TRAIN, OTHERS):
        await world.done(party, "submitPart", {**may, "isEmpty": True})
    row = {"reference": "P77", "period": "2024-04", "segment": "ScotRail", "value": "3"}
    await world.done(TRACK, "recordObservations", {"series": "delay-minutes", "rows": [row]})
    late = {"indicatorId": made["indicator"], "period": "2024-04", "isCorrection": True}
    await world.done(TRACK, "submitPart", late)


async def offered(world: World, node: str, token: str) -> list[str]:
    """What the viewer is offered; nothing where it sees nothing."""
    kind = node.partition(":")[0]
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ allowedActions }} }} }}"
    answer = await world.ask(query, {"id": node}, token)
    assert "errors" not in answer, answer
    shown = answer["data"]["node"]
    return [] if shown is None else list(shown["allowedActions"])


async def test_what_is_offered_goes_through_and_nothing_else(world: World, tmp_path: Path) -> None:
    """Each thing, each role, owners and others, an observer, and a partner that has left."""
    made = await full(world, tmp_path)
    await _ready(made)
    gate = asyncio.Semaphore(AT_ONCE)
    seen: set[str] = set()

    async def tried(offer: Offer, party: str, role: Role) -> None:
        token = world.token(party, role)
        async with gate:
            names = await offered(world, offer.node, token)
            assert set(names) <= set(offer.actions), (offer.node, names)
            seen.update(names)
            for name, given in offer.actions.items():
                problem = await asked(world, name, given, token, is_dry=True)
                told = problem["code"] if problem["code"] != ABOVE_ALL.get(name) else ""
                where = (offer.node, party, role, name, problem)
                assert (told == "") == (name in names), where

    for offer in await offers(made):
        await asyncio.gather(*(tried(offer, p, r) for p in offer.parties for r in ROLES))

    assert len(seen) > 35
    lines = await world.read(OTHERS, LINES)
    assert lines["bankLines"]["nodes"] == [{"allowedActions": ["matchBankLine"]}]
    await audit(world.settings, world.ecosystem_id)


async def test_nothing_is_offered_that_is_done(world: World, tmp_path: Path) -> None:
    """An erased text, a cleared payment, a matched line, a restated result offer it no more."""
    made = await full(world, tmp_path)
    given = {name: dict(each.given) for name, each in attempts(made).items()}
    admin = world.token(TRACK, Role.ADMIN)

    await world.done(TRACK, "eraseAnnex", given["eraseAnnex"], token=admin)
    assert await offered(world, made["remark"], admin) == []
    assert await offered(world, f"Entry:{made.inputs['annex']}", admin) == []
    await world.done(OTHERS, "matchBankLine", given["matchBankLine"])
    lines = await world.read(OTHERS, LINES)
    assert lines["bankLines"]["nodes"] == [{"allowedActions": []}]
    await world.done(TRACK, "confirmPayment", given["confirmPayment"])
    assert await offered(world, made["payment"], world.token(TRACK)) == ["reversePayment"]
    paid = {**_report(made), "amount": {"amount": "811.06", "currency": "GBP"}}
    await world.done(BUYER, "reportPayment", paid)
    assert await offered(world, made["due"], world.token(BUYER)) == []
    await audit(world.settings, world.ecosystem_id)
