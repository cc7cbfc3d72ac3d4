"""Bulk observations out: a party's own rows as a file that proves its batches, as a stream.

The one rule: rows are their party's alone. Whoever is to check them gets the file from that party.
"""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graph.context import Doors
from ledger.errors import Refusal, Trouble
from service.exports import AskedWrongly, attachment, begin, only, refused
from service.identity import Gatekeeper, NotAuthenticated

MEDIA_TYPE = "application/x-ndjson"


async def observations(request: Request, doors: Doors, guard: Gatekeeper) -> Response:
    """The rows that the caller's party recorded, with their salts.

    `series` (all without it), and `after` (the entry's index of the last batch held, to go on).
    """
    try:
        actor = await guard.required(request.headers, doors.providers)
        only(request.query_params, "series", "after")
        after = _index(request.query_params.get("after"))
        size = await doors.reader.size(actor)
        series = request.query_params.get("series", "")
        body = await begin(doors.rows.file(actor, series, size, after))
    except (NotAuthenticated, AskedWrongly, Refusal, Trouble) as error:
        return refused(error)
    headers = attachment(f"observations-{series or 'all'}-{size}", "ndjson", size)
    return StreamingResponse(body, media_type=MEDIA_TYPE, headers=headers)


def _index(given: str | None) -> int:
    if given is None:
        return -1
    if not given.isascii() or not given.isdecimal() or len(given) > 15:  # noqa: PLR2004 -- of 2^53
        raise AskedWrongly("after", given, "it is the index of a batch's entry")
    return int(given)


def routes(guard: Gatekeeper) -> list[Route]:
    """The addresses of rows."""

    async def serve_observations(request: Request) -> Response:
        return await observations(request, request.app.state.doors, guard)

    return [Route("/observations.ndjson", serve_observations)]
