"""Row check: that batches of the ledger, and parts measured from them, are of exactly these rows.

The one rule: the export is verified first and says what the batches' roots are; of the rows' file
nothing is believed but what leads to those roots. The rows are kept in a temporary SQLite database,
so that memory stays flat however many there are. Source: `ledger-format.md`, "Offline".
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from ledger.book import Book
from ledger.canonical import NotCanonical, decode_object
from ledger.dropping import ObservationsDropped
from ledger.errors import Refusal
from ledger.exclusion import ExclusionProposed, Window
from ledger.fact import Placed
from ledger.history import decode_base64, render_instant
from ledger.indicator import IndicatorVersion
from ledger.observation import ObservationsRecorded, row_leaf
from ledger.part import BasisKind, PartSubmitted, figures_of
from ledger.rows import FORMAT
from ledger.tree import Frontier
from ops.counting import counted, verb
from ops.rowsum import aggregate_of, covers
from ops.verdict import Verdict

INSERT_ROWS = 5000
TABLE = """CREATE TABLE row (batch INTEGER, series TEXT, reference TEXT, revision INTEGER,
    period TEXT, at TEXT, segment TEXT, value TEXT, denominator TEXT, sample_size INTEGER,
    attribution TEXT)"""
INDEX = "CREATE INDEX place ON row (series, period, at)"
INSERT = "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
NEWEST = """SELECT value, denominator, sample_size, batch, at, segment, attribution FROM (
    SELECT *, row_number() OVER (PARTITION BY reference ORDER BY revision DESC) AS place
    FROM row WHERE series = ? AND batch < ?
) WHERE place = 1 AND (? = '' OR segment = ?)
    AND (period = ? OR (period = '' AND at >= ? AND at < ?))"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A part that says it was summed up from its party's rows, by which terms, without what."""

    index: int
    event: PartSubmitted
    version: IndicatorVersion
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An exclusion's figures before and after, and what was left out before it."""

    index: int
    event: ExclusionProposed
    version: IndicatorVersion
    windows: tuple[Window, ...]


@dataclass(slots=True)
class Claims:
    """What the ledger says about rows, gathered while its export is replayed."""

    batches: dict[int, tuple[str, ObservationsRecorded]] = field(default_factory=dict)
    parts: list[Claim] = field(default_factory=list)
    exclusions: list[LeftOut] = field(default_factory=list)
    dropped: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def note(self, placed: Placed, book: Book) -> None:
        """Keep what an entry, which follows a Book, says about rows."""
        match placed.event:
            case ObservationsRecorded() as event:
                self.batches[placed.index] = (placed.party, event)
            case ObservationsDropped(rows=rows):
                for each in rows:
                    for number in each.numbers:
                        self.dropped[placed.party, each.batch, number] = placed.index
            case PartSubmitted() as event if event.basis.kind is BasisKind.OBSERVATIONS:
                self.parts.append(Claim(placed.index, event, *_terms(event, book)))
            case ExclusionProposed() as proposed:
                self.exclusions.append(LeftOut(placed.index, proposed, *_terms(proposed, book)))
            case _:
                pass


def _terms(
    event: PartSubmitted | ExclusionProposed, book: Book
) -> tuple[IndicatorVersion, tuple[Window, ...]]:
    """By which version rows were summed up, and what was left out of them."""
    excluded = book.exclusions.agreed(event.indicator_id, event.period)
    version = book.indicator_version(event.indicator_id, event.version)
    return version, tuple(each.window for each in excluded)


def check_rows(
    path: Path, claims: Claims, verdict: Verdict, progress: Callable[[int], None]
) -> None:
    """Add to a verdict what a party's file of rows shows."""
    try:
        with path.open("rb") as file, closing(sqlite3.connect("")) as database:
            _Rows(claims, verdict, database).read(file, progress)
    except (NotCanonical, Refusal, ValueError, KeyError, TypeError, OSError) as error:
        verdict.find(f"the rows cannot be read on: {type(error).__name__}: {error}")


class _Rows:
    """One pass over a file of rows."""

    def __init__(self, claims: Claims, verdict: Verdict, database: sqlite3.Connection) -> None:
        self.claims = claims
        self.verdict = verdict
        self.database = database
        self.party = ""
        self.checked: set[int] = set()
        self.broken: set[int] = set()
        self.dropped: dict[int, int] = {}
        self.waiting: list[tuple[object, ...]] = []

    def read(self, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self.database.execute(TABLE)
        lines = self._lines(file, progress)
        header = next(lines, {})
        if header.get("format") != FORMAT:
            raise ValueError(f"this is no {FORMAT}")
        self.party = str(header["party"])
        batch, frontier, rows = -1, Frontier(), 0
        for fields in lines:
            if "batch" in fields:
                self._end(batch, frontier)
                batch, frontier = int(str(fields["batch"])), Frontier()
                continue
            rows += 1
            if fields["number"] != frontier.size:
                raise ValueError(f"row {fields['number']} of batch {batch} is not in its place")
            frontier.append(self._leaf(batch, fields))
        self._end(batch, frontier)
        self._flush()
        self.database.execute(INDEX)
        self._recompute()
        self._recompute_exclusions()
        self.verdict.rows += rows

    def _lines(
        self, file: BinaryIO, progress: Callable[[int], None]
    ) -> Iterator[dict[str, object]]:
        """Lines but the last, whose digest is of all bytes before it."""
        digest, before = sha256(), b""
        for line in file:
            if before:
                digest.update(before)
                progress(len(before))
                yield decode_object(before.removesuffix(b"\n"))
            before = line
        if before != b'{"sha256":"' + digest.hexdigest().encode() + b'"}\n':
            self.verdict.find("the digest of the rows is not that of their bytes: changed or cut")

    def _leaf(self, batch: int, fields: dict[str, object]) -> bytes:
        """The leaf hash of a line, its content kept to be counted."""
        if "leafHash" in fields:
            self._dropped(batch, int(str(fields["number"])))
            return decode_base64(str(fields["leafHash"]))
        data = str(fields["row"]).encode()
        row = decode_object(data)
        columns = ("series", "reference", "revision", "period", "at", "segment", "value")
        kept = [row[name] for name in (*columns, "denominator", "sampleSize")]
        self.waiting.append((batch, *kept, row.get("attribution", "")))
        if len(self.waiting) >= INSERT_ROWS:
            self._flush()
        return row_leaf(decode_base64(str(fields["salt"])), data)

    def _dropped(self, batch: int, number: int) -> None:
        """A row without content must have been dropped by an entry, the last of which is noted."""
        entry = self.claims.dropped.get((self.party, batch, number))
        if entry is None:
            self.verdict.find(f"row {number} of batch {batch} is gone, and no entry dropped it")
        else:
            self.dropped[batch] = max(self.dropped.get(batch, 0), entry)

    def _flush(self) -> None:
        self.database.executemany(INSERT, self.waiting)
        self.waiting.clear()

    def _end(self, batch: int, frontier: Frontier) -> None:
        """Hold a batch against what the ledger says about it."""
        if batch < 0:
            return
        party, event = self.claims.batches.get(batch, ("", None))
        if event is None or party != self.party:
            self.verdict.find(
                f"entry {batch} is no batch of this party in the export: where the rows are newer, "
                "take the export anew"
            )
        elif (frontier.size, frontier.root()) != (event.count, event.root):
            self.verdict.find(
                f"the rows of batch {batch} are not those that entry {batch} commits to: "
                f"{frontier.size} here, {event.count} there"
            )
        else:
            self.checked.add(batch)
            return
        self.broken.add(batch)

    def _recompute(self) -> None:
        """Sum up every part of the party again that rests on rows which are all here."""
        verdict = self.verdict
        recomputed = missing = undone = 0
        for claim in self.claims.parts:
            if claim.event.figures.party_id != self.party:
                missing += 1
                continue
            if not self._has_all(claim):
                undone += 1
                continue
            if reason := self._differs(claim):
                verdict.find(f"entry {claim.index} was not summed up from its rows: {reason}")
            else:
                recomputed += 1
        batches = counted(len(self.checked), "batch", "batches")
        verdict.notes.append(
            f"{batches} {'is' if len(self.checked) == 1 else 'are'} of exactly the rows in the "
            f"file, and {counted(recomputed, 'part')} {verb(recomputed, 'follow')} from them"
        )
        if undone:
            verdict.not_checked.append(
                f"{counted(undone, 'part')} {verb(undone, 'rest')} on rows that are not in the "
                "file, or were dropped since"
            )
        if missing:
            said = f"{counted(missing, 'part')} of other parties {verb(missing, 'rest')}"
            verdict.not_checked.append(f"{said} on their rows")

    def _recompute_exclusions(self) -> None:
        """Sum up what every exclusion left out of the party's rows, where they are all here."""
        excluded = undone = 0
        for claim in self.claims.exclusions:
            if self.party not in claim.version.terms.owner_ids():
                continue
            if not self._has_all(claim):
                undone += 1
            elif reason := self._leaves_out_otherwise(claim):
                self.verdict.find(
                    f"entry {claim.index} leaves out other rows than it says: {reason}"
                )
            else:
                excluded += 1
        if excluded:
            said = (
                f"{counted(excluded, 'exclusion')} {verb(excluded, 'leave')} out exactly the rows"
            )
            self.verdict.notes.append(f"{said} that {'it says' if excluded == 1 else 'they say'}")
        if undone:
            said = f"{counted(undone, 'exclusion')} {verb(undone, 'rest')}"
            self.verdict.not_checked.append(f"{said} on rows that are not here")

    def _has_all(self, claim: Claim | LeftOut) -> bool:
        """Whether every row that a claim could count is in the file, and was not dropped since."""
        before = {
            index
            for index, (party, event) in self.claims.batches.items()
            if index < claim.index
            and party == self.party
            and event.series == claim.version.terms.method.series
        }
        gone_since = any(self.dropped.get(each, 0) > claim.index for each in before)
        return before <= self.checked and not gone_since

    def _counted(self, claim: Claim | LeftOut, *more: Window) -> list[tuple[Any, ...]]:
        """The rows that a claim counts; without `more` windows too."""
        method = claim.version.terms.method
        period = claim.version.terms.calendar.period(claim.event.period)
        bounds = (render_instant(period.starts_at), render_instant(period.ends_at))
        segment = method.segment
        where = (method.series, claim.index, segment, segment, period.key, *bounds)
        left_out = (*claim.windows, *more)
        return [
            row
            for row in self.database.execute(NEWEST, where).fetchall()
            if not any(covers(window, row[4], row[5]) for window in left_out)
        ]

    def _leaves_out_otherwise(self, claim: LeftOut) -> str:
        """What of an exclusion does not follow from the rows; empty when all does.

        Its count is of all owners' rows: it is exact where no other owner's figures change, and
        else no smaller than what this party's rows lose.
        """
        event, method = claim.event, claim.version.terms.method
        kept, whole = self._counted(claim, event.window), self._counted(claim)
        others_change = False
        for rows, stated in ((whole, event.figures_before), (kept, event.figures_after)):
            aggregate = replace(aggregate_of(method, rows), attributed=None)
            [said] = [each for each in stated if each.party_id == self.party]
            if figures_of(self.party, method.kind, aggregate) != said:
                return f"{len(rows)} rows add up to {aggregate.value}, it says {said.value}"
        for before, after in zip(event.figures_before, event.figures_after, strict=True):
            others_change |= before.party_id != self.party and before != after
        gone = len(whole) - len(kept)
        if gone > event.row_count or (gone < event.row_count and not others_change):
            return f"{gone} rows lie in its window, it says {event.row_count}"
        return ""

    def _differs(self, claim: Claim) -> str:
        """What of a part does not follow from the rows; empty when all does."""
        method, found = claim.version.terms.method, self._counted(claim)
        basis, said = claim.event.basis, claim.event.figures
        if basis.row_count != len(found):
            return f"{len(found)} rows, the part says {basis.row_count}"
        if set(basis.batches) != {row[3] for row in found}:
            return "it names other batches"
        aggregate = aggregate_of(method, found)
        if not basis.reads_attribution:
            aggregate = replace(aggregate, attributed=None)
        figures = figures_of(self.party, method.kind, aggregate)
        lines = figures.lines or said.lines
        if replace(figures, invited=said.invited, lines=lines) == said:
            return ""
        if figures.value == said.value and figures.lines:
            return "they are other parties' than it says"
        return f"they add up to {figures.value}"
