"""Downloads of finance as streams, authorised and filtered like every other read.

The one rule: a download is of the ledger at one size, fixed when it begins; what is read page by
page below that size never changes, so a long download holds no transaction open and no memory.
Source: `api.md`, "bulk out".
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graph.context import Doors
from graph.nodes import local_id, place_of
from ledger.actor import Actor, NotFound
from ledger.ecosystem import Ecosystem
from ledger.errors import Refusal, Trouble
from ledger.party import PartyRole
from ledger.read import Narrowed
from service.graphql import CHALLENGE, error_response
from service.identity import Gatekeeper, NotAuthenticated
from service.plaintext import (
    Header,
    Pages,
    journal_beancount,
    journal_csv,
    journal_hledger,
    plain,
)
from service.statement import Statement, gathered, statement_csv, statement_json
from service.statement_page import statement_html
from service.tables import dues_csv, lines_csv

Render = Callable[[Header, Pages], AsyncIterator[bytes]]

JOURNALS: Mapping[str, tuple[str, Render]] = {
    "csv": ("text/csv; charset=utf-8; header=present", journal_csv),
    "beancount": ("text/plain; charset=utf-8", journal_beancount),
    "hledger": ("text/plain; charset=utf-8", journal_hledger),
}
"""The formats of a journal: media type and how it is written."""
_PLACE = re.compile(r"(\d{1,15})\.(\d{1,9})\Z")


class AskedWrongly(Exception):  # noqa: N818 -- named for what it tells
    """A part of the address cannot be read; the text says which and why."""

    def __init__(self, name: str, given: str, reason: str) -> None:
        said = f"cannot be {given[:40]!r}" if given else "is missing"
        super().__init__(f"{name} {said}: {reason}.")


class Unknown(AskedWrongly):
    """A parameter that this address does not have."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        Exception.__init__(
            self, f"{name[:40]!r} cannot be asked here; what can be: {', '.join(known)}."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a download, of whose books, at which ledger size."""

    doors: Doors
    actor: Actor
    ecosystem: Ecosystem
    owner: str
    size: int

    def header(self, *, is_resumed: bool = False) -> Header:
        """What the first lines of the file say."""
        names = {each.party_id: each.name for each in self.ecosystem.parties}
        ecosystem = self.ecosystem
        return Header(
            self.owner,
            ecosystem.name,
            ecosystem.ecosystem_id,
            self.size,
            names,
            is_resumed=is_resumed,
            is_payers=self.owner == ecosystem.outsourcer.party_id,
        )


def only(given: QueryParams, *known: str) -> None:
    """Nothing is asked that would be passed over: `asof` for `asOf` gives no other day's figures.

    Raises AskedWrongly.
    """
    for name in given:
        if name not in known:
            raise Unknown(name, known)


async def asked(request: Request, guard: Gatekeeper, *more: str) -> Asked:
    """Who asks for what; `more` can be asked beside `owner` and `asOf`.

    Raises NotAuthenticated, NotFound, AskedWrongly.
    """
    doors: Doors = request.app.state.doors
    actor = await guard.required(request.headers, doors.providers)
    only(request.query_params, "owner", "asOf", *more)
    ecosystem = (await doors.reader.ecosystem(actor)).value
    owner = local_id(request.query_params.get("owner", actor.party_id), "Party", "owner")
    member = ecosystem.party(actor.party_id)
    ecosystem.party(owner, "owner")
    if owner != actor.party_id and member.role is not PartyRole.OBSERVER:
        # what one party may see of another's books is its own accounts' other side: not a journal
        raise NotFound("owner", what="journal of a party", id=owner)
    size = await doors.reader.size(actor)
    given = request.query_params.get("asOf")
    if given is not None:
        index = place_of(given)
        if index is None or index > size:
            raise AskedWrongly("asOf", given, f"it is a ledger size from 0 to {size}")
        size = index
    return Asked(doors, actor, ecosystem, owner, size)


def refused(error: Exception) -> Response:
    """The answer to a download that cannot begin."""
    match error:
        case NotAuthenticated():
            return error_response(str(error), "UNAUTHENTICATED", 401, CHALLENGE)
        case NotFound():
            return error_response(f"{error.message} {error.remedy}", error.code, 404)
        case AskedWrongly():
            return error_response(str(error), "BAD_REQUEST", 400)
        case Refusal():
            return error_response(f"{error.message} {error.remedy}", error.code, 400)
        case _:
            return error_response("Try again in a moment.", "TRY_LATER", 503)


def attachment(name: str, kind: str, size: int) -> dict[str, str]:
    """The headers of a download: a file name, the ledger size that it is of, kept by nobody."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", plain(name)).strip("-")
    return {
        "content-disposition": f'attachment; filename="{stem}.{kind}"',
        "x-ledger-size": str(size),
        "cache-control": "no-store",
    }


async def begin(rows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The stream once its first part was read: what is refused then is still an answer."""
    first = [part async for part in _first(rows)]

    async def rest() -> AsyncIterator[bytes]:
        for part in first:
            yield part
        async for part in rows:
            yield part

    return rest()


async def _first(rows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for part in rows:
        yield part
        return


async def journal(request: Request, guard: Gatekeeper) -> Response:
    """One party's books as CSV, beancount or hledger text.

    `owner` (an observer names one; otherwise one's own), `asOf` (a ledger size), and for CSV
    `after` ("entry.line" of the last row held, to go on from there).
    """
    kind = request.path_params["kind"]
    try:
        found = JOURNALS.get(kind)
        if found is None:
            raise NotFound("kind", what="kind of journal", id=kind)
        wanted = await asked(request, guard, "after")
        after = _place(request.query_params.get("after"), kind)
        pages = wanted.doors.bookkeeping.journal(wanted.actor, wanted.owner, wanted.size, after)
        media_type, render = found
        header = wanted.header(is_resumed=after is not None)
        body = await begin(render(header, pages))
    except (NotAuthenticated, AskedWrongly, Refusal, Trouble) as error:
        return refused(error)
    name = f"journal-{wanted.ecosystem.party(wanted.owner).name}-{wanted.size}"
    headers = attachment(name, kind, wanted.size)
    return StreamingResponse(body, media_type=media_type, headers=headers)


def _place(given: str | None, kind: str) -> tuple[int, int] | None:
    if given is None:
        return None
    match = _PLACE.match(given)
    if match is None or kind != "csv":
        raise AskedWrongly("after", given, 'it is "entry.line" of a row, and for csv alone')
    return int(match[1]), int(match[2])


async def reconciliation(request: Request, guard: Gatekeeper) -> Response:
    """Dues on a day as CSV: `on`, and if wanted `party` and `period`."""
    try:
        wanted = await asked(request, guard, "on", "party", "period")
        given = request.query_params
        on = _day(given.get("on", ""))
        party = local_id(given.get("party", ""), "Party", "party")
        narrowed = Narrowed(parent_id=party, period=given.get("period", ""))
        pages = wanted.doors.bookkeeping.dues(wanted.actor, narrowed, wanted.size)
        body = await begin(dues_csv(wanted.header().names, on, pages))
    except (NotAuthenticated, AskedWrongly, Refusal, Trouble) as error:
        return refused(error)
    headers = attachment(f"reconciliation-{on}", "csv", wanted.size)
    return StreamingResponse(body, media_type=JOURNALS["csv"][0], headers=headers)


async def bank_lines(request: Request, guard: Gatekeeper) -> Response:
    """Lines of one's own bank statements as CSV; `outcome` MATCHED or UNKNOWN narrows them."""
    try:
        wanted = await asked(request, guard, "outcome")
        matched = _outcome(request.query_params.get("outcome"))
        pages = wanted.doors.bookkeeping.all_bank_lines(wanted.actor, is_matched=matched)
        body = await begin(lines_csv(pages))
    except (NotAuthenticated, AskedWrongly, Refusal, Trouble) as error:
        return refused(error)
    headers = attachment("bank-lines", "csv", wanted.size)
    return StreamingResponse(body, media_type=JOURNALS["csv"][0], headers=headers)


Stated = Callable[[Statement], AsyncIterator[bytes]]
STATEMENTS: Mapping[str, tuple[str, Stated]] = {
    "json": ("application/json", statement_json),
    "csv": ("text/csv; charset=utf-8; header=present", statement_csv),
    "html": ("text/html; charset=utf-8", statement_html),
}
"""The formats of a partner's statement: media type and how it is written."""


async def statement(request: Request, guard: Gatekeeper) -> Response:
    """The statement of a partner (`partner`; one's own otherwise) and a period.

    `on` is the day that lateness is counted on: no answer here hangs on the clock.
    """
    kind = request.path_params["kind"]
    try:
        if kind not in STATEMENTS:
            raise NotFound("kind", what="kind of statement", id=kind)
        wanted = await asked(request, guard, "partner", "period", "on")
        partner, period = _partner_and_period(wanted, request.query_params)
        doors, actor = wanted.doors, wanted.actor
        on = _day(request.query_params.get("on", ""))
        found = await gathered(doors, actor, partner, period, on, wanted.size)
        media_type, render = STATEMENTS[kind]
        body = await begin(render(found))
    except (NotAuthenticated, AskedWrongly, Refusal, Trouble) as error:
        return refused(error)
    headers = attachment(f"statement-{found.name(partner)}-{period}", kind, wanted.size)
    if kind == "html":
        headers["content-disposition"] = headers["content-disposition"].replace(
            "attachment", "inline"
        )
    return StreamingResponse(body, media_type=media_type, headers=headers)


def _partner_and_period(wanted: Asked, given: QueryParams) -> tuple[str, str]:
    """Whose statement, of which period. Raises AskedWrongly, NotFound."""
    own, period = wanted.actor.party_id, given.get("period", "")
    if not period:
        raise AskedWrongly("period", "", "it is the key of a settled period, as 2026-03")
    if not given.get("partner") and own == wanted.ecosystem.outsourcer.party_id:
        raise AskedWrongly("partner", "", "it is the id of one of the outsourcer's partners")
    return local_id(given.get("partner", own), "Party", "partner"), period


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise AskedWrongly("on", given, "it is a day, as 2026-03-31") from None


def _outcome(given: str | None) -> bool | None:
    known = {None: None, "MATCHED": True, "UNKNOWN": False}
    if given not in known:
        raise AskedWrongly("outcome", given or "", "it is MATCHED or UNKNOWN")
    return known[given]


def routes(guard: Gatekeeper) -> list[Route]:
    """The addresses of downloads."""

    async def serve_reconciliation(request: Request) -> Response:
        return await reconciliation(request, guard)

    async def serve_bank_lines(request: Request) -> Response:
        return await bank_lines(request, guard)

    async def serve_journal(request: Request) -> Response:
        return await journal(request, guard)

    async def serve_statement(request: Request) -> Response:
        return await statement(request, guard)

    return [
        Route("/journal.{kind}", serve_journal),
        Route("/statement.{kind}", serve_statement),
        Route("/reconciliation.csv", serve_reconciliation),
        Route("/bank-lines.csv", serve_bank_lines),
    ]
