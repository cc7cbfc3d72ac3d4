"""A process of its own that writes to one ecosystem: `python -m tests.writer URL ECOSYSTEM PARTY`.

It says "ready", waits for a line, records one observation under each key of that line at once, and
answers with one line: the index of each key's entry.
"""

import asyncio
import json
import sys

from ledger.actor import Actor, Role
from ledger.ids import EcosystemId, PartyId
from ledger.store.pool import open_database
from tests.desk import Clock, Desk


async def write(url: str, ecosystem_id: str, party: str) -> None:
    """Until the input ends."""
    database = await open_database(url, 4)
    desk = Desk(database, Clock())
    desk.actor = Actor(EcosystemId(ecosystem_id), PartyId(party), "s", frozenset({Role.REPORTER}))
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        keys = line.split()
        receipts = await asyncio.gather(*(desk.record(key) for key in keys))
        say(json.dumps({key: each.index for key, each in zip(keys, receipts, strict=True)}))
    await desk.ledger.close()
    await database.close()


def say(text: str) -> None:
    """One line to whoever started us."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:]))
