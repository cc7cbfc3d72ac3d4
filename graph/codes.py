"""Codes of errors that concern a request as a whole, beside the problems of `ProblemCode`.

They stand in `errors[].extensions.code`. None is ever reused; the page `ops/errors.md` is printed
from here, and a test finds each of them in the source.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """A code, its HTTP status where nothing was run, what it means and what to do."""

    code: str
    status: str
    meaning: str
    remedy: str


CODES = (
    Code(
        "BAD_REQUEST",
        "200, 400, 405, 415",
        "The request or its document is malformed: the message says what and where; `path` is the "
        "place of a value that cannot be read, from its argument or variable on, as "
        "`input.rows[1].value`.",
        "Correct it; the same request will always be refused.",
    ),
    Code(
        "UNAUTHENTICATED",
        "200, 401",
        "There is no bearer token, or it does not count.",
        "Get a new token from your party's issuer.",
    ),
    Code(
        "NO_SUCH_ADDRESS",
        "404, 405",
        "Nothing is at this address, or it takes another method.",
        "Ask `GET /` what is here.",
    ),
    Code(
        "LIMIT_EXCEEDED",
        "200, 400",
        "The document has more of something (`limit`) than is `allowed`; `found` says how many.",
        "What the message proposes; the limits stand in ops/limits.md.",
    ),
    Code(
        "COST_EXCEEDED",
        "200, 400",
        "The operation costs more points (`found`) than one may (`allowed`).",
        "Ask for shorter pages or fewer lists; the rule stands in ops/limits.md.",
    ),
    Code(
        "RATE_LIMITED",
        "429",
        "Your party has fewer points left (`left`) than this costs (`cost`).",
        "Send it again after `retryAfterSeconds`.",
    ),
    Code(
        "DOCUMENT_UNKNOWN",
        "200, 400",
        "No document has the id in `documentId`.",
        "Send the text as `query` beside its id once, or have it registered.",
    ),
    Code(
        "PERSISTED_QUERY_NOT_FOUND",
        "200, 400",
        "The same, to who asks in the form of Apollo's clients.",
        "They send the text by themselves.",
    ),
    Code(
        "DOCUMENT_NOT_REGISTERED",
        "200, 400",
        "This service runs registered documents only.",
        "Have the operator register yours (`JPI_DOCUMENTS`).",
    ),
    Code(
        "BODY_TOO_LARGE",
        "413",
        "The body is larger than the operator allows (`JPI_BODY_LIMIT_BYTES`).",
        "Send fewer rows at once, or upload a file.",
    ),
    Code(
        "BODY_TOO_SLOW",
        "408",
        "The body took too long to arrive.",
        "Send it again, or in smaller parts.",
    ),
    Code(
        "UPLOAD_CUT",
        "400",
        "The body of an upload ended before its end.",
        "Send the whole file again: nothing of it was kept.",
    ),
    Code(
        "BODY_BROKEN",
        "422",
        "The body of an upload is compressed, and cannot be unpacked.",
        "Send it as it is, or compress it anew with gzip.",
    ),
    Code(
        "TRY_LATER",
        "200, 503",
        "The database, or another part of the world, does not answer just now.",
        "Send the same request again, with the same idempotency key.",
    ),
    Code(
        "WRITES_STOPPED",
        "200",
        "An alarm stopped the writes of this ecosystem; reading goes on.",
        "Wait for the operator, and compare checkpoints meanwhile.",
    ),
    Code(
        "TOO_SLOW",
        "a stream",
        "You read a subscription more slowly than events come; a socket is closed with 4413.",
        "Subscribe again after the last index that you have.",
    ),
    Code(
        "FAULT",
        "200",
        "An invariant of the ledger does not hold; writes stop and the operator is alarmed.",
        "Tell the operator the `requestId`; verify your copy of the ledger.",
    ),
    Code(
        "INTERNAL",
        "200, 500",
        "Something that nobody expected went wrong on our side.",
        "Tell the operator the `requestId`.",
    ),
)
