"""Clockwork: deadlines pass by an entry, also where nobody writes.

The one rule: the timer decides nothing; it only has the ledger enter what is due. What it misses
is entered before the next command, with the same due instants. Of all processes on a database one
looks at a time. Source: `domain.md` section 3.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ledger.commit import Ledger
from ledger.errors import Fault, Trouble

log = logging.getLogger("jpi.clock")

PAUSE_SECONDS = 2.0
"""Between two looks at what is due; a look is one indexed query."""


async def keep_time(ledger: Ledger) -> None:
    """Have what is due entered, again and again, until cancelled."""
    while True:
        try:
            async with ledger.database.keeping_time() as is_ours:
                if is_ours:
                    await ledger.enter_what_is_due()
        except (Trouble, Fault) as error:
            log.warning("what is due waits: %s", error)
        await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def ticking(ledger: Ledger) -> AsyncIterator[None]:
    """The timer runs while the block does."""
    task = asyncio.create_task(keep_time(ledger))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
