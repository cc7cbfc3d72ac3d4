"""Intake: the bytes of an uploaded file become lines for staging, one observation each. No I/O.

The one rule: what makes a line a row is judged here, what makes a row an observation is judged
set-wise where the rows are staged; neither stops at the first fault. A line is bounded, so memory
stays flat whatever comes. CSV is RFC 4180 in UTF-8 without a line break inside a field, with a
header that names our columns in any order; NDJSON is one JSON object a line.
"""

import csv
import re
from collections.abc import Callable
from operator import itemgetter

import msgspec

from ledger.amounts import MAX_DIGITS
from ledger.upload import MAX_LINE_BYTES, MAX_PROBLEMS, MAX_ROWS, LineProblem, UploadFormat

COLUMNS = (
    "reference",
    "revision",
    "period",
    "at",
    "segment",
    "value",
    "denominator",
    "sampleSize",
    "unit",
    "attribution",
)
REQUIRED = ("reference", "value")
_NEEDED_ONE_OF = ("at", "period")
_AT, _VALUE = COLUMNS.index("at"), COLUMNS.index("value")
_INSTANT = re.compile(
    r"[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?",
    re.ASCII,
)
_NUMBER = re.compile(rf"(?!(?:\D*\d){{{MAX_DIGITS + 1}}})-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_NULL = msgspec.Raw(b"null")


class _Line(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A line of NDJSON. Numbers are kept as they are written, so that none passes as a float."""

    reference: str
    value: msgspec.Raw
    revision: msgspec.Raw = _NULL
    period: str = ""
    at: str = ""
    segment: str = ""
    denominator: msgspec.Raw = _NULL
    sample_size: msgspec.Raw = _NULL
    unit: str = ""
    attribution: str = ""


class _Unfit(Exception):  # noqa: N818 -- it only leaves a line
    """A line that is no row: the column and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.problem = (column, reason)


class Intake:
    """Takes a file in pieces. `problems` are the first refused lines, `refused` counts all."""

    def __init__(self, form: UploadFormat, *, wants_period: bool = True) -> None:
        """A file of a format; `wants_period` unless the upload itself says which period it is."""
        self.rows = 0
        self.refused = 0
        self.line = 0
        self.problems: list[LineProblem] = []
        self.is_stopped = False
        self._carry = b""
        self._is_csv = form is UploadFormat.CSV
        self._wants_period = wants_period
        self._fields: Callable[[str], str] | None = None if self._is_csv else _from_json

    def feed(self, data: bytes) -> bytes:
        """Lines for staging, of all lines that are whole by now."""
        if self.is_stopped:
            return b""
        whole, newline, rest = (self._carry + data).rpartition(b"\n")
        self._carry = rest
        staged = self._stage(whole) if newline else b""
        if len(rest) > MAX_LINE_BYTES and not self.is_stopped:
            self.line += 1
            self.stop("", f"the line is longer than {MAX_LINE_BYTES} bytes")
        return staged

    def finish(self) -> bytes:
        """The last line, where nothing ends it. Nothing may be fed afterwards."""
        rest, self._carry = self._carry, b""
        staged = self._stage(rest) if rest and not self.is_stopped else b""
        if not self.rows and not self.refused:
            self.line = max(self.line, 1)
            self.stop("", "the file has no row")
        return staged

    def stop(self, column: str, reason: str) -> None:
        """Refuse the line that was reached, and read no further: this reason is always named."""
        del self.problems[MAX_PROBLEMS - 1 :]
        self._refuse(max(self.line, 1), column, reason)
        self.is_stopped = True

    def _refuse(self, line: int, column: str, reason: str) -> None:
        self.refused += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(LineProblem(line, column, reason))

    def _stage(self, data: bytes) -> bytes:
        staged: list[str] = []
        for line in data.split(b"\n"):
            self.line += 1
            if self.line == 1 and line.startswith(_BOMS):
                self.stop("", "the file begins with a byte order mark: save it as UTF-8 without")
            elif len(line) > MAX_LINE_BYTES:
                self.stop("", f"the line is longer than {MAX_LINE_BYTES} bytes")
            elif line and line != b"\r":
                self._one(line.removesuffix(b"\r"), staged)
            if self.is_stopped:
                break
        return "".join(staged).encode()

    def _one(self, line: bytes, staged: list[str]) -> None:
        try:
            text = line.decode()
            if self._fields is None:
                self._fields = _from_csv(_header(text, wants_period=self._wants_period))
                return
            fields = self._fields(text)
        except UnicodeDecodeError as error:
            self._refuse(self.line, "", f"byte {error.start + 1} is not UTF-8")
        except _Unfit as unfit:
            if self._fields is None:
                self.stop(*unfit.problem)
            else:
                self._refuse(self.line, *unfit.problem)
        else:
            if self.rows == MAX_ROWS:
                self.stop("", f"an upload has at most {MAX_ROWS} rows: split the file")
                return
            staged.append(f"{self.rows}\t{self.line}\t{fields}\n")
            self.rows += 1


def _header(text: str, *, wants_period: bool) -> list[str]:
    """The columns of a CSV file. Raises _Unfit: which is missing, unknown or twice."""
    names = [name.strip() for name in _split(text)]
    if len(names) == 1 and any(mark in text for mark in ";\t|"):
        raise _Unfit("", "the columns are not separated by commas")
    for name in names:
        if name not in COLUMNS:
            raise _Unfit(name[:40], f"there is no such column; known are {', '.join(COLUMNS)}")
        if names.count(name) > 1:
            raise _Unfit(name, "the column stands twice")
    for name in REQUIRED:
        if name not in names:
            raise _Unfit(name, "the column is missing")
    if wants_period and not set(names).intersection(_NEEDED_ONE_OF):
        raise _Unfit("at", "the column is missing, and so is period: one of them is needed")
    return names


def _split(text: str) -> list[str]:
    if '"' not in text:
        return text.split(",")
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise _Unfit("", f"the quotes do not close: {error}") from None
    return rows[0]


def _from_csv(names: list[str]) -> Callable[[str], str]:
    """How the lines of a file with such columns are read."""
    order = itemgetter(*(names.index(name) if name in names else len(names) for name in COLUMNS))

    def read(text: str) -> str:
        cells = _split(text)
        if len(cells) != len(names):
            raise _Unfit("", f"the line has {len(cells)} columns, the header {len(names)}")
        cells.append("")
        return _joined(order(cells))

    return read


def _from_json(text: str) -> str:
    try:
        row = _decode_line(text)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        named = place.removesuffix("`") or _named(what)
        raise _Unfit(named, what) from None
    except msgspec.DecodeError as error:
        raise _Unfit("", f"the line is no JSON object: {error}") from None
    return _joined(
        (
            row.reference,
            _literal(row.revision),
            row.period,
            row.at,
            row.segment,
            _literal(row.value),
            _literal(row.denominator),
            _literal(row.sample_size),
            row.unit,
            row.attribution,
        )
    )


_decode_line = msgspec.json.Decoder(_Line).decode


def _named(what: str) -> str:
    """The field that a message names: "Object missing required field `value`"."""
    return what.split("`")[1][:40] if what.count("`") > 1 else ""


def _literal(raw: msgspec.Raw) -> str:
    """A number as it is written, in quotes or not; empty for null."""
    text = bytes(raw).decode()
    if text == "null":
        return ""
    return text[1:-1] if text.startswith('"') else text


def _joined(fields: tuple[str, ...]) -> str:
    """Fields as a line of PostgreSQL's COPY text. Raises _Unfit.

    The shape of instants and values is judged here, character by character, beside the copying;
    what they mean is judged where they are staged. No text can hold NUL.
    """
    at, value = fields[_AT], fields[_VALUE]
    if at and _INSTANT.fullmatch(at) is None:
        raise _Unfit("at", f"{at[:40]!r} is no instant such as 2026-03-31T12:00:00Z")
    if _NUMBER.fullmatch(value) is None:
        reason = f"{value[:40]!r} is no plain decimal number of at most {MAX_DIGITS} digits"
        raise _Unfit("value", reason)
    text = "\t".join(fields)
    if "\0" in text:
        raise _Unfit("", "the line contains the character NUL")
    if "\\" in text or "\n" in text or "\r" in text or text.count("\t") != len(COLUMNS) - 1:
        return "\t".join(field.translate(_ESCAPES) for field in fields)
    return text


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
