"""Rebuild: everything that follows from the entries, written anew and compared with what stands.

The one rule: one path for all who ask: the operator's `jpi rebuild`, the drill after a restore,
and the auditor of the tests. Memory holds one Book and one page of entries, whatever the ledger's
length. Source: `design.md` decisions 5 and 6.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger.errors import Fault
from ledger.fold import SHAPE
from ledger.ids import EcosystemId
from ledger.memory import HeadMemory
from ledger.observation import row_bytes, row_leaf
from ledger.refold import Difference, Retelling, Told
from ledger.rollback import check_head
from ledger.store import entries, postings, projections, rebuilding, snapshots, wakes, witnesses
from ledger.store.pool import Connection
from ledger.store.rebuilding import DERIVED, StoredBatch, StoredRow
from ledger.store.snapshots import StoredSnapshot
from ledger.tree import Frontier

PAGE = 500
"""Entries read and written at once."""

Progress = Callable[[int], None]
"""Told how many entries were refolded since the last time."""


@dataclass(slots=True)
class Report:
    """What was refolded, row by row and table by table, and where it differs from what stands."""

    ecosystem_id: str
    entries: int = 0
    root: bytes = b""
    rows: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    more: int = 0

    @property
    def is_good(self) -> bool:
        """Whether everything that stands follows from the entries."""
        return not self.differences

    @property
    def is_mended_by_a_swap(self) -> bool:
        """Whether the differences are in derived tables alone."""
        return all(each.is_mended_by_a_swap for each in self.differences)


async def rebuild(
    connection: Connection,
    ecosystem_id: EcosystemId,
    memory: HeadMemory,
    progress: Progress = lambda _: None,
) -> Report:
    """Refold an ecosystem into the twins of its tables, and compare all that stands.

    Requires a transaction of the owner's with twins (`rebuilding.as_owner`). `memory` is what the
    head must continue. Raises Trouble, and a Fault where the database refuses what is refolded.
    """
    await rebuilding.write_to_twins(connection)
    report, telling = Report(ecosystem_id), Retelling(ecosystem_id)
    await _refold(connection, telling, report, progress)
    if telling.book is not None:
        schedule = telling.book.agreements.schedule
        await wakes.keep(connection, ecosystem_id, schedule[0].at if schedule else None)
    telling.end(await rebuilding.whole_head(connection, ecosystem_id))
    await _compare_observations(connection, telling, report)
    for stray in await rebuilding.stray_keys(connection, ecosystem_id, telling.frontier.size):
        telling.differ("idempotency_key", stray, "entries that are there", "none")
    try:
        remembered = memory.recall(ecosystem_id)
        await check_head(connection, ecosystem_id, telling.frontier, remembered)
    except Fault as fault:
        telling.differ("ledger_head", "memory", "what was published", fault)
    for table in DERIVED if telling.book is not None else ("node",):
        report.more += await _compare(connection, telling, table)
    report.entries, report.root = telling.frontier.size, telling.frontier.root()
    report.differences = telling.differences
    return report


async def _refold(
    connection: Connection, telling: Retelling, report: Report, progress: Progress
) -> None:
    """Every entry in order, with the checkpoints and snapshots at their places."""
    key = telling.ecosystem_id
    kept = await snapshots.all_snapshots(connection, key, SHAPE)
    due = {each.frontier.size: each for each in kept}
    while page := await rebuilding.whole_entries(connection, key, telling.frontier.size, PAGE):
        published = await _published(connection, telling, page[-1].index + 1)
        told: list[Told] = []
        for entry in page:
            if entry.index != telling.frontier.size:
                telling.differ("entry", f"index={telling.frontier.size}", "an entry", "none")
                report.rows["entry"] += len(told)
                return
            told.append(telling.tell(entry))
            _hold_against(telling, published, due)
        await _write(connection, key, told, report)
        report.rows["entry"] += len(told)
        progress(len(told))


async def _published(
    connection: Connection, telling: Retelling, last: int
) -> dict[int, tuple[entries.StoredCheckpoint, Sequence[witnesses.Cosignature]]]:
    """Checkpoints and cosignatures of the sizes that a page of entries reaches."""
    key, first = telling.ecosystem_id, telling.frontier.size + 1
    found = await entries.checkpoints_from(connection, key, first, last - first + 1)
    lines = await witnesses.cosignatures_of(connection, key, first, last)
    return {
        each.size: (each, [line for line in lines if line.size == each.size])
        for each in found
        if each.size <= last
    }


def _hold_against(
    telling: Retelling,
    published: dict[int, tuple[entries.StoredCheckpoint, Sequence[witnesses.Cosignature]]],
    due: dict[int, StoredSnapshot],
) -> None:
    size = telling.frontier.size
    if size in published:
        telling.checkpoint(*published[size])
    if size in due:
        telling.snapshot(due[size])


async def _write(
    connection: Connection, key: EcosystemId, told: Sequence[Told], report: Report
) -> None:
    """What entries follow up with, into the twins."""
    nodes = [node for each in told for node in each.nodes]
    changed = [(each.index, each.audience, change) for each in told for change in each.changes]
    posted = [(each.index, each.postings) for each in told if each.postings]
    await entries.append_nodes(connection, key, nodes)
    await projections.project(connection, key, changed)
    await postings.append(connection, key, posted)
    report.rows["node"] += len(nodes)
    report.rows["projection"] += len(changed)
    report.rows["posting"] += sum(len(lines) for _, lines in posted)


async def _compare(connection: Connection, telling: Retelling, table: str) -> int:
    """Note the rows in which a table differs from its twin; how many more there are."""
    shown, total = await rebuilding.differing_rows(connection, telling.ecosystem_id, table)
    for row in shown:
        if row.found is None or row.expected is None:
            telling.differ(table, row.place, row.expected or "no row", row.found or "no row")
            continue
        for name, expected in row.expected.items():
            if row.found[name] != expected:
                telling.differ(table, f"{row.place}, {name}", expected, row.found[name])
    return total - len(shown)


async def _compare_observations(connection: Connection, telling: Retelling, report: Report) -> None:
    """Hold batches against their entries, and rows against their batch's count and root."""
    stored = {
        each.index: each for each in await rebuilding.all_batches(connection, telling.ecosystem_id)
    }
    for index in sorted(stored.keys() ^ telling.batches.keys()):
        is_stray = index in stored
        what = ("no batch", "one") if is_stray else ("a batch", "none")
        telling.differ("observation_batch", f"index={index}", *what)
    trees: dict[int, Frontier] = {index: Frontier() for index in telling.batches}
    async for row in rebuilding.all_rows(connection, telling.ecosystem_id):
        report.rows["observation"] += 1
        _compare_row(telling, stored, row)
        if row.batch_index in trees:
            trees[row.batch_index].append(row.leaf_hash)
    for index, (party, recorded) in telling.batches.items():
        report.rows["observation_batch"] += 1
        place, tree, batch = f"index={index}", trees[index], stored.get(index)
        said = (party, recorded.series, recorded.count)
        beside = said if batch is None else (batch.party, batch.series, batch.row_count)
        if said != beside:
            telling.differ("observation_batch", place, said, beside)
        if (tree.size, tree.root()) != (recorded.count, recorded.root):
            expected = f"{recorded.count} rows, root {recorded.root.hex()}"
            found = f"{tree.size} rows, root {tree.root().hex()}"
            telling.differ("observation", f"batch_{place}", expected, found)


def _compare_row(telling: Retelling, stored: dict[int, StoredBatch], row: StoredRow) -> None:
    """Note a row whose content is not what its leaf hash was made of."""
    batch = stored.get(row.batch_index)
    if batch is None:
        return  # told already
    place = f"batch_index={row.batch_index}, number={row.number}"
    is_dropped = (row.batch_index, row.number) in telling.dropped
    if row.observation is None:  # what is left of it, its leaf, is in the batch's root
        if not is_dropped:
            telling.differ("observation_dropped", place, "the row: no entry dropped it", "its hash")
        return
    if is_dropped:
        telling.differ("observation", place, "its hash alone: an entry dropped it", "the row")
    leaf = row_leaf(row.salt, row_bytes(row.series, row.observation))
    if leaf != row.leaf_hash:
        telling.differ("observation", f"{place}, leaf_hash", leaf.hex(), row.leaf_hash.hex())
    if (row.party, row.series) != (batch.party, batch.series):
        telling.differ("observation", place, (batch.party, batch.series), (row.party, row.series))
