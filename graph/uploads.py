"""Uploads: files of observations, begun here and sent to a one-time address."""

from datetime import datetime

import strawberry
from strawberry import field

from graph.context import Info
from graph.enums import describe
from graph.nodes import Node, global_id, local_id
from graph.observations import DeclarationInput
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.problems import problem_of
from graph.receipts import KEY, DryRun, Payload, Written, fingerprint
from graph.scalars import Index
from ledger.actor import NotFound
from ledger.errors import Refusal
from ledger.upload import Upload, UploadFormat, UploadState, UploadTerms
from ledger.uploading import Address

describe(
    UploadFormat,
    "How a file's lines are written; both name the columns reference, revision, period, at, "
    "segment, value, denominator, sampleSize, unit, attribution.",
    CSV="RFC 4180 in UTF-8 with a header, no line break in a field.",
    NDJSON="One JSON object a line.",
)
describe(
    UploadState,
    "How far an upload is.",
    WAITING="For the file.",
    RECEIVING="The file is coming in.",
    CHECKING="Its lines are read.",
    LOADING="Its rows are being stored.",
    ENTERED="It is in the ledger.",
    UNCHANGED="Nothing was entered, for every row stood there already.",
    REFUSED="Nothing was entered, for lines of it; see `problems`.",
    FAILED="Something broke on the way; nothing was entered. Send it again.",
)


@strawberry.type(description="Why a line of a file is refused.")
class UploadLineProblem:
    """One refused line."""

    line: int = field(description="From 1, the header included; 0 for the upload as a whole.")
    column: str = field(description="The column at fault; empty for the whole line.")
    reason: str = field(description="What is wrong with it, for a person.")


@strawberry.type(description="A file of observations on its way into the ledger.")
class ObservationUpload(Node):
    """Its counts are of the running or last attempt; polling it shows how far it is."""

    series: str = field(description="The series that its rows are of.")
    format: UploadFormat = field(description="How its lines are written.")
    state: UploadState = field(description="How far it is.")
    bytes_received: Index = field(description="Bytes of the file, a coding undone.")
    rows_received: int = field(description="Rows that could be read.")
    rows_loaded: int = field(description="Rows stored, visible once it is ENTERED.")
    rows_unchanged: int = field(description="Rows left out, for they stood in the ledger already.")
    rows_refused: int = field(description="Lines that are refused.")
    problems: list[UploadLineProblem] = field(description="The first 100 refused lines.")
    more_problems: int = field(description="Refused lines beyond those.")
    index: Index | None = field(description="Its entry; null until it is ENTERED.")
    expires_at: datetime = field(description="Until when its address takes a file.")


def upload_of(upload: Upload) -> ObservationUpload:
    """An upload as the API shows it."""
    return ObservationUpload(
        id=global_id("ObservationUpload", upload.upload_id),
        series=upload.terms.series,
        format=upload.terms.format,
        state=upload.state,
        bytes_received=Index(upload.bytes_received),
        rows_received=upload.rows_received,
        rows_loaded=upload.rows_loaded,
        rows_unchanged=upload.rows_unchanged,
        rows_refused=upload.rows_refused,
        problems=[
            UploadLineProblem(line=each.line, column=each.column, reason=each.reason)
            for each in upload.problems
        ],
        more_problems=max(upload.rows_refused - len(upload.problems), 0),
        index=None if upload.entry_index is None else Index(upload.entry_index),
        expires_at=upload.expires_at,
    )


async def load_upload(info: Info, upload_id: str) -> ObservationUpload | None:
    """An upload of the caller's party, or None."""
    try:
        return upload_of(await info.context.doors.uploads.find(info.context.actor, upload_id))
    except NotFound:
        return None


@strawberry.input(description="A file of observations of one series: all or nothing.")
class BeginObservationUploadInput:
    """What is announced before the file comes; it cannot be changed afterwards."""

    idempotency_key: str = field(description=KEY)
    series: str = field(description="The series that indicators read, 1 to 120 characters.")
    format: UploadFormat = field(description="How the file's lines are written.")
    time_zone: str | None = field(
        default=None,
        description="IANA name of the zone that instants without an offset are in; without it they "
        "are refused. An hour that the clocks repeat is read as standard time, one that they "
        "skip is refused.",
    )
    period: str | None = field(
        default=None, description="All rows are of this period, by its key; others are refused."
    )
    not_before: datetime | None = field(
        default=None, description="Rows of an earlier instant are refused."
    )
    before: datetime | None = field(
        default=None, description="Rows of this instant or a later one are refused."
    )
    declared: DeclarationInput | None = field(
        default=None, description="What the values are in; values outside it are refused."
    )

    def terms(self) -> UploadTerms:
        """What the workroom reads."""
        return UploadTerms(
            self.series,
            self.format,
            self.time_zone or "",
            self.period or "",
            self.not_before,
            self.before,
            self.declared.declaration() if self.declared else None,
        )


@strawberry.type(description="Answer to `beginObservationUpload`.")
class BeginObservationUploadPayload(Payload):
    """The begun upload. Nothing enters the ledger yet: there is no receipt."""

    begun: strawberry.Private[tuple[Upload, Address] | None]

    @field(description="The upload; null when it was refused, and in a dry run.")
    def upload(self) -> ObservationUpload | None:
        """As it stands."""
        return None if self.begun is None else upload_of(self.begun[0])

    @field(
        description="Where to send the file by PUT or POST, relative to the address of this API; "
        "gzip by the header Content-Encoding. Whoever has it can use it, once, within an hour. The "
        "same idempotency key gives the same upload at a fresh address; the earlier one is void."
    )
    def url(self) -> str | None:
        """A relative reference (RFC 3986), for the service may stand behind another name."""
        if self.begun is None:
            return None
        address = self.begun[1]
        return f"uploads/{address.ecosystem_id}/{address.upload_id}/{address.secret}"


@strawberry.type
class UploadQuery:
    """Reading."""

    @field(description="An upload of your party, with its progress; null when there is none.")
    async def observation_upload(self, info: Info, id: strawberry.ID) -> ObservationUpload | None:
        """One upload."""
        return await load_upload(info, local_id(id, "ObservationUpload", "id"))

    @field(
        description="Uploads of your party in the order in which they were begun; forgotten a week "
        "after they expired."
    )
    async def observation_uploads(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ObservationUpload]:
        """A page of uploads."""
        page = await info.context.doors.uploads.page(
            info.context.actor, window(first, after, last, before)
        )
        return connection(page, lambda found: upload_of(found.value))


@strawberry.type
class UploadMutation:
    """Writing."""

    @strawberry.mutation(
        description="Begin the upload of a file of observations. Needs the role REPORTER."
    )
    async def begin_observation_upload(
        self, info: Info, input: BeginObservationUploadInput, dry_run: DryRun = False
    ) -> BeginObservationUploadPayload:
        """The upload and its one-time address."""
        actor, uploads = info.context.actor, info.context.doors.uploads
        try:
            terms = input.terms()
            if dry_run:
                await uploads.check(actor, terms)
                return BeginObservationUploadPayload(written=Written(actor), begun=None)
            mark = fingerprint("beginObservationUpload", input)
            begun = await uploads.begin(actor, terms, input.idempotency_key, mark)
        except Refusal as refusal:
            problems = (problem_of(refusal),)
            return BeginObservationUploadPayload(written=Written(actor, problems), begun=None)
        return BeginObservationUploadPayload(written=Written(actor), begun=begun)
