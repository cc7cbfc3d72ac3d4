"""`jpi rebuild`: every ledger refolded by the owner, compared with what stands, and swapped in.

The one rule: what a swap puts in place is made by the committed schema, statement by statement, so
that the tables are those that the migrations build. A ledger that is itself at fault is never
swapped: its entries are what a rebuild believes.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from ledger.ids import EcosystemId
from ledger.memory import HeadMemory
from ledger.rebuild import Report, rebuild
from ledger.refold import Difference
from ledger.store import rebuilding
from ledger.store.pool import ecosystems_of
from ledger.store.rebuilding import DERIVED
from ops.counting import counted, entries
from ops.migrate import SCHEMA_FILE

Progress = Callable[[str, int], None]
"""Told of which ecosystem how many entries were refolded since the last time."""
_DERIVED_NAME = re.compile(rf"\bpublic\.({'|'.join(DERIVED)})\b")
MAX_TOLD = 20
MAX_WIDTH = 300


class NothingSwapped(Exception):  # noqa: N818 -- named for what it tells
    """Why the tables were not replaced, and what to do instead."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found, over all ledgers."""

    reports: list[Report] = field(default_factory=list)
    is_swapped: bool = False
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether everything stands as it must, mended by a swap or from the beginning."""
        if self.is_swapped:
            return not self.at_fault()
        return all(each.is_good for each in self.reports)

    def at_fault(self) -> list[Report]:
        """Ledgers that no rebuild can mend."""
        return [each for each in self.reports if not each.is_mended_by_a_swap]

    def note(self, ecosystem_id: str, expected: str, found: str) -> None:
        """A head that is not the one that a manifest names."""
        report = next((each for each in self.reports if each.ecosystem_id == ecosystem_id), None)
        if report is None:
            report = Report(ecosystem_id)
            self.reports.append(report)
        report.differences.append(
            Difference(ecosystem_id, "ledger_head", "manifest", expected, found)
        )

    def as_json(self) -> dict[str, object]:
        """For a machine."""
        return {
            "verdict": "good" if self.is_good else "BAD",
            "swapped": self.is_swapped,
            "seconds": round(self.seconds, 3),
            "ecosystems": [_as_json(each) for each in self.reports],
        }

    def as_text(self) -> str:
        """For a person."""
        lines = []
        for each in self.reports:
            lines.append(
                f"{each.ecosystem_id}: {entries(each.entries)} refolded; compared: "
                f"{counted(each.rows['node'], 'node')}, "
                f"{counted(each.rows['projection'], 'state')}, "
                f"{counted(each.rows['posting'], 'posting')}, "
                f"{counted(each.rows['observation'], 'observation')}"
            )
            lines += [f"  WRONG: {_short(one.sentence)}" for one in each.differences[:MAX_TOLD]]
            hidden = len(each.differences) - MAX_TOLD
            if hidden + each.more > 0:
                lines.append(f"  and {max(hidden, 0) + each.more} more (all of them: --json)")
        lines.append(self._verdict())
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.is_swapped:
            return "SWAPPED: the tables say what the entries say; the old ones are in `replaced`"
        if self.is_good:
            return "VERDICT: GOOD, everything that stands follows from the entries"
        if not self.at_fault():
            return "VERDICT: BAD, in derived tables alone: `jpi rebuild --swap` writes them anew"
        return (
            "VERDICT: BAD, and no rebuild can mend it: the entries themselves, or what only they "
            "can prove, differ. Stop writing, keep this database as evidence, restore a backup "
            "(`jpi restore`) that the checkpoints of your partners continue."
        )


def _as_json(report: Report) -> dict[str, object]:
    return {
        "ecosystem": report.ecosystem_id,
        "entries": report.entries,
        "root": report.root.hex(),
        "rows": dict(sorted(report.rows.items())),
        "differences": [
            {
                "table": each.table,
                "place": each.place,
                "expected": each.expected,
                "found": each.found,
                "mendedBySwap": each.is_mended_by_a_swap,
            }
            for each in report.differences
        ],
        "moreDifferences": report.more,
    }


def _short(text: str) -> str:
    return text if len(text) <= MAX_WIDTH else f"{text[:MAX_WIDTH]} ..."


async def check_all(
    owner_url: str,
    memory: HeadMemory,
    progress: Progress = lambda _ecosystem, _count: None,
    only: str = "",
) -> Rebuilt:
    """Compare every ledger, or one, with what follows from it; nothing is changed.

    Each is read in one snapshot while the service goes on. Raises Trouble, Fault.
    """
    started, rebuilt = perf_counter(), Rebuilt()
    shape, _ = twin_statements()
    for key in [only] if only else await ecosystems_of(owner_url):
        async with rebuilding.as_owner(owner_url, will_commit=False, twins=shape) as connection:
            telling = _of(progress, key)
            rebuilt.reports.append(await rebuild(connection, EcosystemId(key), memory, telling))
    rebuilt.seconds = perf_counter() - started
    return rebuilt


async def swap_all(
    owner_url: str,
    memory: HeadMemory,
    progress: Progress = lambda _ecosystem, _count: None,
) -> Rebuilt:
    """Refold every ledger into new tables, and put them in the old ones' places.

    One transaction: writers wait, readers go on until the last moment. Raises NothingSwapped when
    a ledger is itself at fault; Trouble, Fault.
    """
    started, rebuilt = perf_counter(), Rebuilt()
    shape, dressing = twin_statements()
    async with rebuilding.as_owner(owner_url, will_commit=True, twins=shape) as connection:
        await rebuilding.hold_writers(connection)
        for key in await ecosystems_of(owner_url):
            telling = _of(progress, key)
            rebuilt.reports.append(await rebuild(connection, EcosystemId(key), memory, telling))
        if rebuilt.at_fault():
            raise NothingSwapped(rebuilt.as_text())
        await rebuilding.swap(connection, dressing)
    rebuilt.is_swapped = True
    rebuilt.seconds = perf_counter() - started
    return rebuilt


def _of(progress: Progress, key: str) -> Callable[[int], None]:
    return lambda count: progress(key, count)


def twin_statements(schema: Path = SCHEMA_FILE) -> tuple[list[str], list[str]]:
    """What makes the twins of the derived tables, and what a swap adds to them, in order.

    The first gives tables, keys and indexes; the second what would bind other tables meanwhile:
    foreign keys, triggers, row-level security, rights and comments.
    """
    shape: list[str] = []
    dressing: list[str] = []
    for statement in schema.read_text(encoding="utf-8").split("\n\n"):
        for table in DERIVED:
            if _is_about(statement, table):
                twin = _DERIVED_NAME.sub(r"rebuilt.\1", statement)
                is_shape = re.match(r"CREATE (TABLE|INDEX|UNIQUE)", twin) is not None
                is_key = " PRIMARY KEY " in twin or " UNIQUE (" in twin
                (shape if is_shape or is_key else dressing).append(twin)
    return shape, dressing


def _is_about(statement: str, table: str) -> bool:
    """Whether the first table that a statement names is this one."""
    named = re.search(r"(?:TABLE|ONLY|ON|COLUMN|POLICY \w+ ON) public\.(\w+)", statement)
    return named is not None and named[1] == table and not statement.startswith("CREATE FUNCTION")


def run(
    owner_url: str, memory: HeadMemory, progress: Progress, *, will_swap: bool, only: str = ""
) -> Rebuilt:
    """`check_all` or `swap_all`, for the command line."""
    if will_swap:
        return asyncio.run(swap_all(owner_url, memory, progress))
    return asyncio.run(check_all(owner_url, memory, progress, only))
