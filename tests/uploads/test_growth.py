"""What an older schema holds is carried over, and limits that an operator sets are kept."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from ledger.observation import row_salt
from ops.migrate import MIGRATIONS
from service import embedded
from service.embedded import Embedded
from service.keys import make_keys
from service.settings import load
from tests.ports import free_port
from tests.uploads.steps import BUYER, TRACK, TRAIN, answers, begin, send
from tests.world import serving

ECOSYSTEM = "00000000-0000-8000-8000-000000000001"
BATCH_NUMBER = 7


async def migrated(url: str, revision: str) -> None:
    """Bring a database to a revision, as its owner."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()

    async with engine.connect() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()


async def test_rows_of_older_batches_get_the_salts_that_they_were_hashed_with(
    server: Embedded,
) -> None:
    """From the salt of their batch, which is not kept; they are shown as before."""
    made = embedded.create_database(server, "growth")
    await migrated(made.owner_url, "0006")
    superuser = await asyncpg.connect(made.url("postgres"))
    salt = secrets.token_bytes(32)
    await superuser.execute("SET session_replication_role = replica")  # entries do not matter here
    await superuser.execute(
        "INSERT INTO observation_batch (ecosystem_id, index, party, series, row_count, salt) "
        "VALUES ($1, $2, 'p', 's', 3, $3)",
        ECOSYSTEM,
        BATCH_NUMBER,
        salt,
    )
    for number in range(3):
        await superuser.execute(
            "INSERT INTO observation (ecosystem_id, party, series, reference, revision, "
            "batch_index, number, period, segment, value, leaf_hash) "
            "VALUES ($1, 'p', 's', $2, 1, $3, $4, '2024-02', '', 1, sha256(''))",
            ECOSYSTEM,
            f"r{number}",
            BATCH_NUMBER,
            number,
        )

    await migrated(made.owner_url, "head")

    rows = await superuser.fetch("SELECT batch_index, salt FROM observation ORDER BY number")
    await superuser.close()
    embedded.drop_database(made, "growth")
    assert [row["batch_index"] for row in rows] == [BATCH_NUMBER] * 3
    assert [row["salt"] for row in rows] == [row_salt(salt, number) for number in range(3)]


async def test_a_file_larger_than_the_operator_allows_is_refused(
    database: Embedded, tmp_path: Path
) -> None:
    """Declared or found out on the way; GraphQL has its own, smaller limit."""
    settings = load(
        {
            "DATABASE_URL": database.service_url,
            "JPI_HOME": str(tmp_path),
            "JPI_DEV_ISSUER": "true",
            "JPI_PORT": str(free_port()),
            "JPI_UPLOAD_LIMIT_BYTES": "5000",
        }
    )
    make_keys(settings)
    async with serving(settings) as world:
        await world.found(BUYER, TRACK, TRAIN)
        begun = await begin(world)

        status, answer = await send(world, begun, answers(1000))
        assert (status, answer["errors"][0]["extensions"]["code"]) == (413, "BODY_TOO_LARGE")
        whole = answers(1000)

        async def streamed() -> AsyncIterator[bytes]:
            for start in range(0, len(whole), 1000):
                yield whole[start : start + 1000]
                await asyncio.sleep(0)

        status, _ = await send(world, begun, streamed())
        assert status == 413
        status, answer = await send(world, begun, answers(100))
        assert (status, answer["rowsEntered"]) == (200, 100)
