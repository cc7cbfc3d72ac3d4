"""The auditor: `jpi rebuild --check`, after every test that wrote."""

from ledger.fold import catch_up, unfolded
from ledger.ids import EcosystemId
from ledger.store import entries
from ledger.store.pool import open_database
from ops.rebuild import Rebuilt, check_all
from service.memory import FileMemory
from service.settings import Settings
from tests.freezer import freezer


async def audit(settings: Settings, ecosystem_id: str) -> None:
    """Assert that all that stands follows from the entries, and the entries from their rules."""
    rebuilt = await rebuild_check(settings, ecosystem_id)

    assert rebuilt.is_good, rebuilt.as_text()
    assert rebuilt.reports[0].entries > 0
    await _hold_the_index(settings, EcosystemId(ecosystem_id.rpartition(":")[2]))
    if freezer.is_on:
        await _freeze(settings, EcosystemId(ecosystem_id.rpartition(":")[2]))


async def rebuild_check(settings: Settings, ecosystem_id: str) -> Rebuilt:
    """What a rebuild finds, whatever it is."""
    memory = FileMemory(settings.heads_folder)
    key = ecosystem_id.rpartition(":")[2]
    return await check_all(owner_url(settings), memory, only=key)


def owner_url(settings: Settings) -> str:
    """The same database for the role that owns it."""
    return (settings.database_url or "").replace("//jpi_service@", "//jpi_owner@")


async def _hold_the_index(settings: Settings, key: EcosystemId) -> None:
    """What the Book lists as unstated is what its dues say: an index follows from what it is of."""
    database = await open_database(settings.database_url or "", 1)
    try:
        async with database.reading(key) as connection:
            head = await entries.read_head(connection, key)
            assert head is not None
            book = (await catch_up(connection, unfolded(key), head)).book
    finally:
        await database.close()
    listed = {(party, due) for party, dues in book.unstated.items() for due in dues}
    assert listed == {(due.party_id, due.reference) for due in book.dues.values() if due.unstated}


async def _freeze(settings: Settings, key: EcosystemId) -> None:
    database = await open_database(settings.database_url or "", 1)
    try:
        async with database.reading(key) as connection:
            freezer.offer(await entries.entries_from(connection, key, 0, 10**6))
    finally:
        await database.close()
