"""Following the ledger: nothing lost, nothing twice, nobody served who may not look."""

import asyncio
from datetime import timedelta

import pytest

from ledger import feed
from ledger.actor import Role
from ledger.commit import system_clock
from ledger.store import news
from service.keys import issuer_key
from service.sandbox import issue
from service.settings import Settings
from tests.auditor import audit
from tests.desk import until
from tests.ports import free_port
from tests.subscriptions.follower import ENTRIES, following, opened, streaming
from tests.world import World, bare, serving

BUYER, TRACK, TRAIN = "Buyer", "Track", "Train"


async def write(world: World, count: int, name: str = "r") -> None:
    """So many entries, one after the other."""
    for n in range(count):
        row = {"reference": f"{name}{n}", "period": "2024-04", "value": "1"}
        await world.done(BUYER, "recordObservations", {"series": "s", "rows": [row]})


async def test_a_follower_gets_every_entry_once_whenever_it_comes(world: World) -> None:
    """What was there before, and what comes while it listens; the same as by the query."""
    await world.found(BUYER, TRACK)
    await write(world, 5)
    async with following(world, world.token(TRACK)) as follower:
        await follower.subscribe(ENTRIES, all=True)
        seen = await follower.entries(6)
        await asyncio.gather(write(world, 20, "a"), write(world, 20, "b"))
        seen += await follower.entries(40)

    listed = await world.read(TRACK, "{ entries(first: 100) { nodes { index leafHash kind } } }")
    assert seen == listed["entries"]["nodes"]
    await audit(world.settings, world.ecosystem_id)


async def test_without_an_index_only_what_comes_is_sent(world: World) -> None:
    """From the moment of the subscription on."""
    await world.found(BUYER, TRACK)
    async with following(world, world.token(TRACK)) as follower:
        await follower.subscribe("subscription { entries { index } }")
        await follower.say(type="ping")
        assert await follower.hear() == {"type": "pong"}

        async def heard() -> int:
            [entry] = await follower.entries(1)
            return int(entry["index"])

        waiting = asyncio.create_task(heard())
        await write(world, 1)
        assert await waiting == 1


async def test_a_reconnect_after_the_last_index_loses_and_repeats_nothing(
    settings: Settings,
) -> None:
    """Across a restart of the service, while others write."""
    seen: list[int] = []
    async with serving(settings) as world:
        await world.found(BUYER, TRACK)
        token = world.token(TRACK)
        async with following(world, token) as follower:
            await follower.subscribe(ENTRIES, all=True)
            writing = asyncio.create_task(write(world, 30))
            seen += [each["index"] for each in await follower.entries(12)]
            await writing
    async with serving(settings) as again:
        again.ecosystem_id, again.parties, again.count = world.ecosystem_id, world.parties, 100
        await write(again, 5, "later")
        async with following(again, token) as follower:
            await follower.subscribe(ENTRIES, after=seen[-1])
            seen += [each["index"] for each in await follower.entries(36 - len(seen))]

    assert seen == list(range(36))


async def test_another_process_s_commits_wake_a_follower_and_a_lost_wake_up_only_delays(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LISTEN and NOTIFY between workers; the head is looked at all the same where it fails."""
    await world.found(BUYER, TRACK)
    monkeypatch.setattr(feed, "LOOK_SECONDS", 3600.0)
    other = settings.model_copy(update={"port": free_port()})
    async with serving(other) as second:
        second.ecosystem_id, second.parties, second.count = world.ecosystem_id, world.parties, 50
        async with following(second, world.token(TRACK)) as follower:
            await follower.subscribe(ENTRIES, after=0)
            await write(world, 3)
            assert [each["index"] for each in await follower.entries(3)] == [1, 2, 3]

    monkeypatch.setattr(feed, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(news, "CHANNEL", "nobody_listens_here")
    async with serving(other) as second:
        second.ecosystem_id, second.parties, second.count = world.ecosystem_id, world.parties, 70
        async with following(second, world.token(TRACK)) as follower:
            await follower.subscribe(ENTRIES, after=3)
            await write(world, 2, "unheard")
            assert [each["index"] for each in await follower.entries(2)] == [4, 5]


async def test_a_sealed_body_reaches_its_audience_alone(world: World) -> None:
    """The entry is known to all, the opening is not."""
    await world.found(BUYER, TRACK, TRAIN)
    query = "subscription { entries(after: 0) { index opening { body } annex } }"
    given = {"text": "between us", "audienceIds": [world.parties[TRACK]]}
    await world.done(BUYER, "makeRemark", given)
    seen = {}
    for party in (TRACK, TRAIN):
        async with following(world, world.token(party)) as follower:
            await follower.subscribe(query)
            [seen[party]] = await follower.entries(1)

    assert "between us" in seen[TRACK]["annex"]
    assert seen[TRAIN] == {"index": 1, "opening": None, "annex": None}


async def test_over_sse_as_well(world: World) -> None:
    """For who has no socket: the same events, and a query too."""
    await world.found(BUYER, TRACK)
    await write(world, 2)
    async with streaming(world, world.token(TRACK), ENTRIES, after=0) as events:
        seen = [await anext(events) for _ in range(2)]
        await write(world, 1, "later")
        seen.append(await anext(events))

    assert [name for name, _ in seen] == ["next"] * 3
    assert [data["data"]["entries"]["index"] for _, data in seen] == [1, 2, 3]


async def test_whoever_shows_no_good_token_is_not_served(world: World) -> None:
    """None, a refused one, silence, an operation before the greeting, another origin's page."""
    await world.found(BUYER, TRACK)
    async with opened(world) as follower:
        await follower.say(type="connection_init", payload={})
        assert await follower.closing_code() == 4403
    async with opened(world) as follower:
        await follower.say(type="connection_init", payload={"authorization": "Bearer x.y.z"})
        assert await follower.closing_code() == 4403
    async with opened(world) as follower:
        await follower.subscribe(ENTRIES, all=True)
        assert await follower.closing_code() == 4401
    async with opened(world) as follower:
        await follower.socket.send("nonsense")
        assert await follower.closing_code() == 4400
    async with opened(world) as follower:
        await follower.socket.send(b"\x00")
        assert await follower.closing_code() == 4400
    with pytest.raises(Exception, match="403"):
        async with opened(world, origin="https://evil.example"):
            pass
    header = {"authorization": f"Bearer {world.token(TRACK)}"}
    async with opened(world, additional_headers=header) as follower:
        await follower.say(type="connection_init")
        assert (await follower.hear())["type"] == "connection_ack"


async def test_a_stranger_s_ecosystem_is_not_found(world: World) -> None:
    """By its id, and by a token that names it without being a member."""
    await world.found(BUYER, TRACK)
    other = f"Ecosystem:{bare(world.parties[BUYER])}"
    async with following(world, world.token(TRACK)) as follower:
        query = "subscription($e: ID) { entries(ecosystem: $e, fromStart: true) { index } }"
        await follower.subscribe(query, e=other)
        assert await follower.refusal() == "NOT_FOUND"
    stranger = world.token(TRACK, ecosystem=bare(world.parties[BUYER]))
    async with following(world, stranger) as follower:
        await follower.subscribe(ENTRIES, all=True)
        assert await follower.refusal() == "NOT_FOUND"


async def test_authority_ends_with_the_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its expiry, on a silent ledger too."""
    await world.found(BUYER, TRACK)
    monkeypatch.setattr("service.identity.LEEWAY_SECONDS", 0)

    def again() -> str:
        return issue(
            issuer_key(world.settings),
            subject="s",
            roles=[Role.VIEWER],
            now=system_clock(),
            lifetime=timedelta(seconds=3),
            ecosystem=bare(world.ecosystem_id),
            party=bare(world.parties[TRACK]),
        )

    async with following(world, again()) as follower:
        await follower.subscribe(ENTRIES, all=True)
        assert len(await follower.entries(1)) == 1
        assert await follower.closing_code() == 4403
    async with streaming(world, again(), ENTRIES, all=True) as events:
        assert (await anext(events))[0] == "next"
        _, last = await anext(events)
        assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert (await anext(events))[0] == "complete"


async def test_a_reader_that_fell_too_far_behind_is_told_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is queued for it meanwhile, and nobody waits for it."""
    monkeypatch.setattr(feed, "MAX_LAG", 3)
    await world.found(BUYER, TRACK)
    wide = " ".join(f"e{n}: annex" for n in range(25))
    query = f"subscription {{ entries(after: 0) {{ index {wide} }} }}"
    async with following(world, world.token(TRACK), max_queue=1, compression=None) as follower:
        await follower.subscribe(query)
        for _ in range(150):  # 15 MB of events: more than lies between us and it
            await world.done(BUYER, "makeRemark", {"text": "x" * 4000})
        assert await follower.closing_code() == 4413
    async with following(world, world.token(TRACK)) as follower:
        await follower.subscribe(ENTRIES, after=140)
        assert [each["index"] for each in await follower.entries(10)] == list(range(141, 151))


async def test_the_inbox_holds_what_waits_for_my_party(world: World) -> None:
    """It grows with a proposal and shrinks with the answer; the same items as by the query.

    Who may answer was told by it: the notice is an entry, made after the item was sent.
    """
    await world.found(BUYER, TRACK, TRAIN)
    item = "inbox { until silence isTold changes { path } proposal { id status endsAt } }"
    query = f"subscription {{ {item} }}"
    given = {"signatures": [], "witnesses": [], "quorum": 0}
    async with following(world, world.token(TRACK)) as follower:
        await follower.subscribe(query)
        assert (await follower.event())["inbox"] == []
        proposed = await world.done(BUYER, "proposePolicy", given, "proposal { id commitment }")
        [waiting] = (await follower.event())["inbox"]
        assert waiting["proposal"]["id"] == proposed["proposal"]["id"]
        assert (waiting["isTold"], waiting["silence"]) == (False, "NOTHING")
        told = await follower.event()
        assert told["inbox"] == [waiting | {"isTold": True}]
        assert told == await world.read(TRACK, f"{{ {item} }}")
        entries = "{ entries(last: 1) { nodes { kind party { name } opening { body } } } }"
        [notice] = (await world.read(BUYER, entries))["entries"]["nodes"]
        assert (notice["kind"], notice["party"]) == ("proposal.noticed", None)
        assert "SUBSCRIPTION" in notice["opening"]["body"]
        await world.consent(TRACK, proposed["proposal"])
        assert (await follower.event())["inbox"] == []


async def test_who_may_not_answer_is_not_told_for_its_party(world: World) -> None:
    """A screen on the wall starts nobody's time; one more look at the inbox makes no entry."""
    await world.found(BUYER, TRACK, TRAIN)
    given = {"signatures": [], "witnesses": [], "quorum": 0}
    proposed = await world.done(BUYER, "proposePolicy", given, "proposal { id commitment }")
    size = await world.size()
    query = "subscription { inbox { isTold proposal { id } } }"
    async with following(world, world.token(TRACK, Role.VIEWER)) as follower:
        await follower.subscribe(query)
        [item] = (await follower.event())["inbox"]
        assert item == {"isTold": False, "proposal": {"id": proposed["proposal"]["id"]}}
        await world.done(BUYER, "makeRemark", {"text": "Look."})
        await world.consent(TRACK, proposed["proposal"])
        assert (await follower.event())["inbox"] == []

    assert await world.size() == size + 2
    await audit(world.settings, world.ecosystem_id)


async def test_nobody_is_followed_for_who_has_gone(world: World) -> None:
    """A client that hangs up leaves nothing behind that looks at the ledger."""
    await world.found(BUYER, TRACK)
    doors = world.doors()
    async with following(world, world.token(TRACK)) as follower:
        await follower.subscribe(ENTRIES, all=True)
        await follower.entries(1)
        assert doors.feed.followed() == 1

    async def nobody() -> bool:
        return bool(doors.feed.followed() == 0)

    await until(nobody, "the hub is gone")
