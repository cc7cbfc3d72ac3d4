"""The auditor: `jpi rebuild --check`, after every test that wrote."""

from ledger.fold import catch_up, unfolded
from ledger.ids import EcosystemId
from ledger.proposal import ProposalStatus
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
    await _hold_the_indices(settings, EcosystemId(ecosystem_id.rpartition(":")[2]))
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


async def _hold_the_indices(settings: Settings, key: EcosystemId) -> None:
    """What the Book keeps only to find things by follows from what it is of."""
    database = await open_database(settings.database_url or "", 1)
    try:
        async with database.reading(key) as connection:
            head = await entries.read_head(connection, key)
            assert head is not None
            book = (await catch_up(connection, unfolded(key), head)).book
    finally:
        await database.close()
    listed = {(*side, due) for side, dues in book.unstated.items() for due in dues}
    open_dues = [due for due in book.dues.values() if due.unstated]
    assert listed == {(due.party_id, due.is_loss, due.reference) for due in open_dues}
    assert set(book.agreed_indicators.items()) == {
        ((each.version.indicator_id, each.version.version), proposal_id)
        for proposal_id, each in book.indicator_versions.items()
        if each.status is ProposalStatus.AGREED
    }
    assert set(book.agreed_schemes.items()) == {
        ((each.scheme_id, each.version), proposal_id)
        for proposal_id, each in book.schemes.items()
        if each.status is ProposalStatus.AGREED
    }
    placed: dict[str, list[tuple[int, str]]] = {}
    for (indicator_id, period), proposal_id in book.results.items():
        version = book.measurements[proposal_id].version
        calendar = book.indicator_version(indicator_id, version).terms.calendar
        placed.setdefault(indicator_id, []).append((calendar.position(period), period))
    assert {name: list(each) for name, each in book.timelines.items()} == {
        name: sorted(each) for name, each in placed.items()
    }
    paid = {(key, period) for key, each in book.paid_periods.items() for _, period in each}
    assert paid == set(book.given)
    assert all(list(each) == sorted(each) for each in book.paid_periods.values())


async def _freeze(settings: Settings, key: EcosystemId) -> None:
    database = await open_database(settings.database_url or "", 1)
    try:
        async with database.reading(key) as connection:
            freezer.offer(await entries.entries_from(connection, key, 0, 10**6))
    finally:
        await database.close()
