"""Every acknowledged write survives: services and database killed at random moments, under load."""

import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from ops.migrate import migrate
from service import embedded
from service.embedded import Embedded
from service.keys import make_keys
from service.settings import Settings, load
from tests.conftest import quiet
from tests.ports import free_port
from tests.storm import Storm
from tests.world import World

SEED = secrets.randbelow(10**6)
"""Printed with each round; put the printed one here to see the same strikes again."""


@pytest.fixture
def own_server() -> Iterator[Embedded]:
    """A database server of this test's own, migrated: its death is nobody else's."""
    with tempfile.TemporaryDirectory(prefix="jpi") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder) / "pg", quiet)
        migrate(server.owner_url, quiet)
        yield server
        embedded.stop(server, "immediate")


@pytest_asyncio.fixture
async def storm(own_server: Embedded, tmp_path: Path) -> AsyncIterator[Storm]:
    """Two services on it, and an ecosystem."""
    shops = [shop(own_server, tmp_path) for _ in range(2)]
    make_keys(shops[0])
    async with AsyncExitStack() as stack:
        worlds = [await stack.enter_async_context(World.of(each)) for each in shops]
        made = Storm(own_server, shops, worlds)
        stack.callback(made.end)
        await made.begin()
        yield made


def say(text: str) -> None:
    """Shown by pytest when the test fails, and by -s."""
    sys.stdout.write(text + "\n")


def shop(server: Embedded, home: Path) -> Settings:
    """Settings of one of several services on one database, with one key."""
    return load(
        {
            "DATABASE_URL": server.service_url,
            "JPI_HOME": str(home),
            "JPI_DEV_ISSUER": "true",
            "JPI_PORT": str(free_port()),
        }
    )


async def test_whatever_is_killed_nothing_acknowledged_is_lost_or_doubled(
    storm: Storm,
) -> None:
    """Kill -9 of a service, of the database, of a connection's backend; connections cut."""
    say(f"the order of the strikes: seed {SEED}")
    strikes = storm.strikes()
    Random(SEED).shuffle(strikes)
    assert len(strikes) >= 25
    for number, strike in enumerate(strikes):
        seed = SEED + number
        began = time.monotonic()
        ended = await storm.round(strike, Random(seed))
        say(f"round {number}, seed {seed}: {ended}; {time.monotonic() - began:.1f} s")
    await storm.settle()
