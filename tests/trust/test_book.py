"""The Book: folded in memory, begun from a snapshot, the same as a replay, bounded over many."""

import asyncio
from dataclasses import replace
from fractions import Fraction

import asyncpg
import pytest

from graph.ecosystems import founded_id
from ledger.batch import Request
from ledger.commit import Ledger
from ledger.ecosystem import FoundEcosystem, NewParty
from ledger.errors import Fault
from ledger.fold import SHAPE, catch_up, cold_start, unfolded
from ledger.observation import Observation, RecordObservations
from ledger.party import PartyRole
from ledger.snapshot import SnapshotBroken, decode_book, encode_book
from ledger.store import entries, snapshots
from service.embedded import Embedded
from service.settings import Settings
from tests.auditor import audit
from tests.desk import FOUNDER, Clock, Desk, until
from tests.test_forgery import history
from tests.world import World


def restarted(desk: Desk, **how: int) -> Desk:
    """The same desk in a process that just started."""
    other = Desk(desk.database, Clock())
    other.ledger = Ledger(desk.database, desk.ledger.log_identity, **how)  # type: ignore[arg-type]  # sizes and limits
    other.actor = desk.actor
    return other


async def sizes(desk: Desk) -> list[int]:
    """Sizes of the snapshots that stand."""
    key = desk.actor.ecosystem_id
    async with desk.database.reading(key) as connection:
        held = await snapshots.all_snapshots(connection, key, SHAPE)
    return [each.frontier.size for each in held]


async def test_a_cold_start_begins_from_a_snapshot_that_a_replay_gives_too(desk: Desk) -> None:
    """Kept beside the writes every so many entries; older ones leave."""
    writer = restarted(desk, snapshot_every=20)
    for n in range(90):
        await writer.record(f"r{n}")
    await writer.ledger.close()
    key = desk.actor.ecosystem_id
    kept = await sizes(desk)
    assert kept
    assert kept[-1] > 60

    async with desk.database.reading(key) as connection:
        head = await entries.read_head(connection, key)
        assert head is not None
        begun = await cold_start(connection, key, head.size)
        replayed = unfolded(key)
        stop = await entries.entries_from(connection, key, 0, begun.book.size)
        assert len(stop) == begun.book.size == kept[-1]
        whole = await catch_up(connection, begun, head)
        from_zero = await catch_up(connection, replayed, head)

    assert whole.book == from_zero.book
    assert whole.frontier.hashes == from_zero.frontier.hashes
    again = restarted(desk)
    assert (await again.record("after the restart")).index == head.size
    await again.ledger.close()


async def test_a_snapshot_of_another_shape_or_of_nonsense_is_not_begun_from(
    desk: Desk, database: Embedded
) -> None:
    """A newer program folds from entry 0; broken bytes stop writes instead of misleading them."""
    writer = restarted(desk, snapshot_every=5)
    for n in range(12):
        await writer.record(f"r{n}")
    await writer.ledger.close()
    key = desk.actor.ecosystem_id
    superuser = await asyncpg.connect(database.url("postgres"))
    await superuser.execute("UPDATE book_snapshot SET shape = 'of another version'")
    async with desk.database.reading(key) as connection:
        assert (await cold_start(connection, key, 13)).book.size == 0
    other = restarted(desk)
    assert (await other.record("goes on")).index == 13
    await other.ledger.close()

    await superuser.execute("UPDATE book_snapshot SET shape = $1, state = '\\x00'", SHAPE)
    broken = restarted(desk)
    with pytest.raises(Fault):
        await broken.record("does not")
    await broken.ledger.close()
    assert await desk.size() == 14
    await superuser.execute("DELETE FROM book_snapshot")  # any may be dropped: the audit is content
    await superuser.close()


async def test_a_full_story_survives_being_kept_as_a_snapshot(world: World) -> None:
    """After every entry of it: encode and decode are inverse, and less than all is no Book."""
    for book, _ in await history(world):
        assert decode_book(encode_book(book)) == book

    with pytest.raises(SnapshotBroken):
        decode_book(encode_book(book)[:-3])


async def test_many_ecosystems_fit_in_a_bounded_memory(desk: Desk, settings: Settings) -> None:
    """The least recently used Book leaves; whoever comes back finds it again, gap-free."""
    few = Ledger(desk.database, desk.ledger.log_identity, max_books=2)
    founded = []
    for n in range(6):
        ecosystem_id = founded_id(FOUNDER, f"many-{n}")
        parties = (NewParty("A", PartyRole.OUTSOURCER), NewParty("B", PartyRole.PARTNER))
        command = FoundEcosystem(ecosystem_id, f"E{n}", parties)
        await few.submit(Request(command, FOUNDER, f"many-{n}", b"f"))
        founded.append(ecosystem_id)
        await until(lambda: _holds(few, 2), "the others left")
    for round_number in range(2):
        for ecosystem_id in founded:
            async with desk.database.reading(ecosystem_id) as connection:
                head = await entries.read_head(connection, ecosystem_id)
            assert head is not None
            party = await desk.outsourcer_of(ecosystem_id)
            actor = replace(desk.actor, ecosystem_id=ecosystem_id, party_id=party)
            row = Observation(f"r{round_number}", 1, "2024-04", None, "", Fraction(1))
            request = desk.request(RecordObservations("s", (row,)), f"k{round_number}")
            receipt = await few.submit(replace(request, actor=actor))
            assert receipt.index == head.size
            await until(lambda: _holds(few, 2), "the others left")
    await few.close()
    for ecosystem_id in founded:
        await audit(settings, ecosystem_id)


async def _holds(ledger: Ledger, limit: int) -> bool:
    await asyncio.sleep(0)
    return ledger.books_held() <= limit
