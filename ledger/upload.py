"""Uploads: a file of observations on its way into the ledger, and what is wrong with it. Pure.

The one rule: an upload enters whole or not at all. Its terms are fixed when it is begun; its
one-time address may be used until the upload is entered or expires, one attempt at a time, and
each attempt starts at the first byte: nothing of a broken one is kept. Source: `api.md`, "bulk in".
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.canonical import require_text
from ledger.errors import Refusal, Trouble
from ledger.observation import MAX_TEXT, check_series
from ledger.periods import TimeZoneUnknown
from ledger.series import Declaration

LIFETIME = timedelta(hours=1)
"""How long an upload's address may be used."""
KEPT = timedelta(days=7)
"""How long an upload that ended can be read; what was entered stays in the ledger for ever."""
STALE = timedelta(seconds=60)
"""An attempt that gave no sign of life for so long died with its process."""
MAX_ROWS = 20_000_000
"""Rows of one upload; their numbers fit 31 bits with room."""
MAX_LINE_BYTES = 65_536
MAX_PROBLEMS = 100
"""Refused lines that are named; the others are counted."""


class UploadMalformed(Refusal):
    """This upload cannot be begun: {reason}. -> Correct the terms and begin again."""


class UploadUnknown(Refusal):
    """There is no such upload, or its address expired. -> Begin an upload and use its address."""


class UploadBusy(Refusal):
    """Another attempt at this upload is running. -> Wait for it, or until it is given up."""


class UploadCut(Trouble):
    """The body ended or stalled before it was whole."""


class TooManyUploads(Trouble):
    """As many uploads run in this process as may."""


class UploadFormat(StrEnum):
    """How a file's lines are written."""

    CSV = "CSV"
    NDJSON = "NDJSON"


class UploadState(StrEnum):
    """How far an upload is."""

    WAITING = "WAITING"
    RECEIVING = "RECEIVING"
    CHECKING = "CHECKING"
    LOADING = "LOADING"
    ENTERED = "ENTERED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"


RUNNING = (UploadState.RECEIVING, UploadState.CHECKING, UploadState.LOADING)
DONE = (UploadState.ENTERED, UploadState.UNCHANGED)


@dataclass(frozen=True, slots=True)
class UploadTerms:
    """What is announced before the file comes.

    `time_zone` is what instants without an offset are read in; empty: they are refused. `period`
    is the one that all rows are of, where it is given; `not_before` and `before` bound instants.
    """

    series: str
    format: UploadFormat
    time_zone: str = ""
    period: str = ""
    not_before: datetime | None = None
    before: datetime | None = None
    declared: Declaration | None = None


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line is refused. Lines count from 1; `column` is empty where it is the whole line."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it stands. Row counts are of the running or last attempt."""

    upload_id: str
    party: str
    subject: str
    terms: UploadTerms
    state: UploadState
    bytes_received: int
    rows_received: int
    rows_refused: int
    rows_unchanged: int
    rows_loaded: int
    problems: tuple[LineProblem, ...]
    entry_index: int | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Bounds:
    """What values of an upload's series may be."""

    unit: str | None
    minimum: Fraction | None
    maximum: Fraction | None


def bounds_of(declared: Declaration | None) -> Bounds:
    """The bounds of a declaration; none without one."""
    if declared is None:
        return Bounds(None, None, None)
    return Bounds(declared.unit, declared.minimum, declared.maximum)


def check_terms(terms: UploadTerms) -> None:
    """Return if an upload may be announced so. Raises UploadMalformed, TimeZoneUnknown."""
    check_series(terms.series)
    require_text(terms)
    if terms.series != terms.series.strip():
        raise UploadMalformed("series", reason="a series begins and ends with no space")
    if len(terms.period) > MAX_TEXT:
        raise UploadMalformed("period", reason="a period's key has at most 120 characters")
    if terms.period and (terms.not_before or terms.before or terms.time_zone):
        raise UploadMalformed("period", reason="rows of one period by its key have no instants")
    for path, bound in (("notBefore", terms.not_before), ("before", terms.before)):
        if bound is not None and bound.tzinfo is None:
            raise UploadMalformed(path, reason="an instant has an offset")
    if terms.not_before and terms.before and terms.not_before >= terms.before:
        raise UploadMalformed("before", reason="it is not after notBefore")
    if terms.time_zone:
        try:
            ZoneInfo(terms.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise TimeZoneUnknown("timeZone", zone=terms.time_zone[:60]) from None
