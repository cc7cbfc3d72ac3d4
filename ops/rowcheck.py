"""Row check: that batches of the ledger, and parts measured from them, are of exactly these rows.

The one rule: the export is verified first and says what the batches' roots are; of the rows' file
nothing is believed but what leads to those roots. The rows are kept in a temporary SQLite database,
so that memory stays flat however many there are. Source: `ledger-format.md`, "Offline".
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from ledger.amounts import parse_number
from ledger.canonical import NotCanonical, decode_object
from ledger.dropping import ObservationsDropped
from ledger.errors import Refusal
from ledger.fact import Placed
from ledger.history import decode_base64, render_instant
from ledger.indicator import IndicatorVersion
from ledger.measurement import BasisKind, PartSubmitted
from ledger.method import Figures
from ledger.observation import ObservationsRecorded, row_leaf
from ledger.rows import FORMAT
from ledger.tree import Frontier
from ops.verdict import Verdict

INSERT_ROWS = 5000
TABLE = """CREATE TABLE row (batch INTEGER, series TEXT, reference TEXT, revision INTEGER,
    period TEXT, at TEXT, segment TEXT, value TEXT, denominator TEXT, sample_size INTEGER)"""
INDEX = "CREATE INDEX place ON row (series, period, at)"
INSERT = "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
NEWEST = """SELECT value, denominator, sample_size, batch FROM (
    SELECT value, denominator, sample_size, batch,
        row_number() OVER (PARTITION BY reference ORDER BY revision DESC) AS place
    FROM row WHERE series = ? AND batch < ? AND (? = '' OR segment = ?)
        AND (period = ? OR (period = '' AND at >= ? AND at < ?))
) WHERE place = 1"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A part that says it was summed up from its party's rows, and by which terms."""

    index: int
    event: PartSubmitted
    version: IndicatorVersion


@dataclass(slots=True)
class Claims:
    """What the ledger says about rows, gathered while its export is replayed."""

    batches: dict[int, tuple[str, ObservationsRecorded]] = field(default_factory=dict)
    parts: list[Claim] = field(default_factory=list)
    dropped: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def note(self, placed: Placed, version: Callable[[str, int], IndicatorVersion]) -> None:
        """Keep what an entry says about rows."""
        match placed.event:
            case ObservationsRecorded() as event:
                self.batches[placed.index] = (placed.party, event)
            case ObservationsDropped(rows=rows):
                for each in rows:
                    for number in each.numbers:
                        self.dropped[placed.party, each.batch, number] = placed.index
            case PartSubmitted() as event if event.basis.kind is BasisKind.OBSERVATIONS:
                terms = version(event.indicator_id, event.version)
                self.parts.append(Claim(placed.index, event, terms))
            case _:
                pass


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
        self.waiting.append((batch, *kept))
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
            self.verdict.find(f"entry {batch} is no batch of this party")
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
            before = {
                index
                for index, (party, event) in self.claims.batches.items()
                if index < claim.index
                and party == self.party
                and event.series == claim.version.terms.method.series
            }
            gone_since = any(self.dropped.get(each, 0) > claim.index for each in before)
            if not before <= self.checked or gone_since:
                undone += 1
                continue
            if reason := self._differs(claim):
                verdict.find(f"entry {claim.index} was not summed up from its rows: {reason}")
            else:
                recomputed += 1
        verdict.notes.append(
            f"{len(self.checked)} batches are of exactly the rows in the file, and {recomputed} "
            "parts follow from them"
        )
        if undone:
            verdict.not_checked.append(
                f"{undone} parts rest on rows that are not in the file, or were dropped since"
            )
        if missing:
            verdict.not_checked.append(f"{missing} parts of other parties rest on their rows")

    def _differs(self, claim: Claim) -> str:
        """What of a part does not follow from the rows; empty when all does."""
        method = claim.version.terms.method
        period = claim.version.terms.calendar.period(claim.event.period)
        bounds = (render_instant(period.starts_at), render_instant(period.ends_at))
        segment = method.segment
        where = (method.series, claim.index, segment, segment, period.key, *bounds)
        found = self.database.execute(NEWEST, where).fetchall()
        values = [parse_number(value) for value, _, _, _ in found]
        denominators = [parse_number(each) for _, each, _, _ in found if each is not None]
        sizes = [size for _, _, size, _ in found if size is not None]
        figures = Figures(
            self.party,
            sum(values, parse_number("0")),
            sum(denominators, parse_number("0")) if denominators else None,
            sum(sizes) if sizes else None,
        )
        basis = claim.event.basis
        if basis.row_count != len(found):
            return f"{len(found)} rows, the part says {basis.row_count}"
        if set(basis.batches) != {batch for _, _, _, batch in found}:
            return "it names other batches"
        return "" if figures == claim.event.figures else f"they add up to {figures.value}"
