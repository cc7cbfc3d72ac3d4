"""One embedded server a test worker, one database and one running service a test that asks."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from ledger.store.pool import open_database
from ops.migrate import migrate
from service import embedded
from service.embedded import Embedded
from service.keys import make_keys
from service.settings import Settings, load
from tests.auditor import audit
from tests.desk import Clock, Desk
from tests.freezer import freezer
from tests.ports import free_port
from tests.world import World, serving


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--freeze` keeps samples of entries; see `tests/freezer.py`."""
    parser.addoption("--freeze", action="store_true", help="keep a sample of each kind of entry")


def pytest_configure(config: pytest.Config) -> None:
    """Tell the freezer whether this run keeps samples."""
    freezer.is_on = bool(config.getoption("--freeze"))


def quiet(_: str) -> None:
    """Tests say nothing about their steps."""


@pytest.fixture(scope="session")
def server() -> Iterator[Embedded]:
    """An embedded PostgreSQL of this worker's own, with a migrated template database."""
    with tempfile.TemporaryDirectory(prefix="jpi") as folder:
        Path(folder).chmod(0o755)
        started = embedded.start(Path(folder) / "pg", quiet)
        migrate(started.owner_url, quiet)
        yield started
        embedded.stop(started, "immediate")


@pytest.fixture
def database(server: Embedded, request: pytest.FixtureRequest) -> Iterator[Embedded]:
    """A migrated database of this test's own."""
    name = f"t{abs(hash(request.node.nodeid)) % 10**12}"
    made = embedded.create_database(server, name, template="jpi")
    yield made
    embedded.drop_database(made, name)


@pytest.fixture
def settings(database: Embedded, tmp_path: Path) -> Settings:
    """Settings of a service on this test's database, with keys of its own."""
    chosen = load(
        {
            "DATABASE_URL": database.service_url,
            "JPI_HOME": str(tmp_path),
            "JPI_DEV_ISSUER": "true",
            "JPI_PORT": str(free_port()),
        }
    )
    make_keys(chosen)
    return chosen


@pytest_asyncio.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """A service that listens on a real socket, and its users."""
    async with serving(settings) as users:
        yield users


@pytest.fixture
def clock() -> Clock:
    """On time until a test says otherwise."""
    return Clock()


@pytest_asyncio.fixture
async def desk(settings: Settings, clock: Clock) -> AsyncIterator[Desk]:
    """A founded ecosystem, audited after every test."""
    database = await open_database(settings.database_url or "", 4)
    made = Desk(database, clock)
    await made.found(settings)
    yield made
    await made.ledger.close()
    await database.close()
    await audit(settings, made.actor.ecosystem_id)
