"""The clock over HTTP and PostgreSQL: what is due is entered, whether somebody writes or not."""

from datetime import timedelta

import pytest

from ledger.ids import EcosystemId
from ledger.store import wakes
from ledger.store.pool import open_database
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.auditor import audit
from tests.desk import until
from tests.world import PROPOSED, World, bare, indicator_terms

BUYER, TRACK, TRAIN = "Buyer", "Track", "Train"
ACCEPTS = {"kind": "POLICY", "silence": "ACCEPT", "answerDays": 3}
SHOWN = """query($id: ID!) { proposal(id: $id) { status silence answerDays allowedActions
  deadlines { party { name } deadline runsUntil noticedBy answer { isSilent isConsent } } } }"""


def policy(**terms: object) -> dict[str, object]:
    """A policy's terms."""
    return {"signatures": [], "witnesses": [], "quorum": 0, **terms}


async def agreed_policy(world: World, **terms: object) -> None:
    """All agree a policy."""
    payload = await world.done(BUYER, "proposePolicy", policy(**terms), PROPOSED)
    await world.agree(payload["proposal"], *world.parties)


async def test_deadlines_pass_though_nobody_writes(settings: Settings, database: Embedded) -> None:
    """The timer enters the silence and the outcome; a screen sees what each party's time is."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        await agreed_policy(world, rules=[ACCEPTS])
        asked = (await world.done(BUYER, "proposePolicy", policy(), PROPOSED))["proposal"]
        await world.done(TRACK, "acknowledgeProposal", {"proposalId": asked["id"]})
        await world.consent(BUYER, asked)
        await world.consent(TRAIN, asked)

        shown = (await world.read(TRACK, SHOWN, id=asked["id"]))["proposal"]
        assert shown["silence"] == "ACCEPT"
        assert shown["allowedActions"] == ["consentToProposal", "objectToProposal"]
        mine = next(each for each in shown["deadlines"] if each["party"]["name"] == TRACK)
        assert mine["deadline"] == mine["runsUntil"] == "2026-03-06T00:00:00Z"
        assert mine["noticedBy"] == "ACKNOWLEDGED"

        await shift.to("2026-03-06T00:00:01")

        async def is_agreed() -> bool:
            shown = (await world.read(TRAIN, SHOWN, id=asked["id"]))["proposal"]
            return bool(shown["status"] == "AGREED")

        await until(is_agreed, "the clock entered the silence")
        shown = (await world.read(TRACK, SHOWN, id=asked["id"]))["proposal"]
        mine = next(each for each in shown["deadlines"] if each["party"]["name"] == TRACK)
        assert mine["answer"] == {"isSilent": True, "isConsent": True}
        await audit(world.settings, world.ecosystem_id)


async def test_a_refused_command_still_enters_what_was_due(
    settings: Settings, database: Embedded
) -> None:
    """A consent after the deadline is late; the lapse stays, the consent leaves no trace."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        await agreed_policy(world, rules=[{**ACCEPTS, "silence": "REJECT"}])
        asked = (await world.done(BUYER, "proposePolicy", policy(), PROPOSED))["proposal"]
        await world.done(TRACK, "acknowledgeProposal", {"proposalId": asked["id"]})
        await world.consent(BUYER, asked)
        size = await world.size()
        key = EcosystemId(bare(world.ecosystem_id))
        pool = await open_database(settings.database_url or "", 1)
        async with pool.reading(key) as connection:
            due = await wakes.next_at(connection, key)
        assert due is not None
        assert due.isoformat() == "2026-03-06T00:00:00+00:00"

        await shift.to("2026-03-09T09:00")
        given = {"proposalId": asked["id"]}
        preview = await world.do(TRACK, "consentToProposal", given, dry_run=True)
        payload = await world.do(TRACK, "consentToProposal", given)

        assert preview["problems"][0]["code"] == "ANSWER_TOO_LATE"
        assert payload["problems"][0]["code"] == "ANSWER_TOO_LATE"
        assert payload["receipt"] is None
        assert await world.size() == size + 2
        shown = (await world.read(TRAIN, SHOWN, id=asked["id"]))["proposal"]
        assert shown["status"] == "LAPSED"
        async with pool.reading(key) as connection:
            assert await wakes.next_at(connection, key) is None
        await pool.close()
        await audit(world.settings, world.ecosystem_id)


async def test_the_clocks_still_refuse_to_drift_apart(
    settings: Settings, database: Embedded
) -> None:
    """Turning one of them alone stops the writes: the shift is no way round the check."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK)
        shift.clock.off += timedelta(minutes=1)

        answer = await world.ask(
            """mutation { proposePolicy(input: { idempotencyKey: "k", signatures: [],
              witnesses: [], quorum: 0 }) { problems { code } } }""",
            token=world.token(BUYER),
        )

        assert answer["errors"][0]["extensions"]["code"] == "TRY_LATER"


async def test_a_flood_of_deadlines_is_entered_in_bounded_transactions_before_the_command(
    settings: Settings, database: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much is due, all of it comes before what is decided, and no lock is held for long."""
    monkeypatch.setattr("ledger.sequencer.MAX_BATCH", 2)
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        await world.found(BUYER, TRACK, TRAIN)
        silent = {"kind": "INDICATOR", "silence": "REJECT", "answerDays": 1}
        await agreed_policy(world, rules=[silent])
        for _ in range(5):
            terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
            asked = (await world.done(TRACK, "proposeIndicator", terms, PROPOSED))["proposal"]
            await world.done(TRAIN, "acknowledgeProposal", {"proposalId": asked["id"]})
        size = await world.size()

        await shift.to("2026-03-06T09:00")
        payload = await world.done(BUYER, "proposePolicy", policy(), PROPOSED)

        shown = await world.read(BUYER, "{ proposals(first: 20) { nodes { status } } }")
        statuses = [each["status"] for each in shown["proposals"]["nodes"]]
        assert statuses == ["AGREED", *["LAPSED"] * 5, "OPEN"]
        assert payload["proposal"]["index"] == size + 2 * 5
        await audit(world.settings, world.ecosystem_id)
