"""Bank statements in, as files: a body of any size is read piece by piece and entered at once.

The one rule: what `importBankStatement` does, for files beyond the limit of a GraphQL request. The
body goes to a temporary file and is parsed from there, so that memory holds the lines and never the
file. The same key with the same file changes nothing; whatever is wrong, nothing is kept. Sources:
RFC 9110 (content coding); the draft of the HTTP API working group on the header Idempotency-Key.
"""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import IO

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.context import Doors
from ledger import batch
from ledger.actor import Actor, NotFound
from ledger.acts import permit
from ledger.attempt import BodyBroken
from ledger.bankcsv import read_csv
from ledger.bankstatement import BankStatement, ImportStatements
from ledger.camt import CHUNK, read_camt
from ledger.errors import Refusal, Trouble
from ledger.upload import UploadCut
from service.exports import AskedWrongly, refused
from service.graphql import error_response
from service.identity import Gatekeeper, NotAuthenticated
from service.uploads import Body

PATH = "/bank-statements.{kind}"
SPOOL_BYTES = 1 << 20
"""What of a file stays in memory before it goes to the disk."""
MAX_FILE_BYTES = 256 * 2**20
"""Of a file, its coding undone: 100,000 lines, the most that one has, are a tenth of it."""
MAX_KEY = 200


def _camt(file: IO[bytes]) -> tuple[BankStatement, ...]:
    return read_camt(iter(lambda: file.read(CHUNK), b""))


KINDS: Mapping[str, Callable[[IO[bytes]], tuple[BankStatement, ...]]] = {
    "camt053": _camt,
    "csv": read_csv,
}
"""How a file of each kind is read."""


async def take_statement(request: Request, guard: Gatekeeper) -> Response:
    """A file of bank statements of the caller's party. Needs the role FINANCE."""
    body = Body(request)
    try:
        answer = await _entered(request, guard, body)
    except UploadCut as cut:
        return error_response(f"{cut}. Nothing was kept.", "UPLOAD_CUT", 400)
    except BodyBroken as broken:
        answer = error_response(f"The body is broken: {broken}.", "BODY_BROKEN", 422)
    except (NotAuthenticated, AskedWrongly, NotFound, Trouble) as error:
        answer = refused(error)
    except Refusal as refusal:
        text = f"{refusal.message} {refusal.remedy}".strip()
        answer = error_response(text, refusal.code, 422)
    if not await body.drain():
        answer.headers["connection"] = "close"
    return answer


async def _entered(request: Request, guard: Gatekeeper, body: Body) -> Response:
    doors: Doors = request.app.state.doors
    actor = await guard.required(request.headers, doors.providers)
    permit(actor, "importBankStatement")
    kind = request.path_params["kind"]
    if kind not in KINDS:
        raise NotFound("kind", what="kind of bank statement", id=kind)
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= MAX_KEY:
        raise AskedWrongly("idempotency-key", key, f"it has 1 to {MAX_KEY} characters")
    with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as file:
        digest, size = sha256(kind.encode() + b"\0"), 0
        async for piece in body.pieces():
            digest.update(piece)
            size += len(piece)
            if size > MAX_FILE_BYTES:
                raise BodyBroken(f"the file is over {MAX_FILE_BYTES >> 20} MiB")
            await asyncio.to_thread(file.write, piece)
        file.seek(0)
        statements = await asyncio.to_thread(KINDS[kind], file)
    return await _submitted(doors, actor, key, digest.digest(), statements)


async def _submitted(
    doors: Doors,
    actor: Actor,
    key: str,
    fingerprint: bytes,
    statements: tuple[BankStatement, ...],
) -> Response:
    asked = batch.Request(ImportStatements(statements), actor, key, fingerprint)
    landed = await doors.ledger.submit(asked)
    told = {
        "index": landed.index,
        "entryCount": landed.entry_count,
        "isRepeat": landed.is_repeat,
        "statements": len(statements),
        "lines": sum(len(each.lines) for each in statements),
    }
    return Response(orjson.dumps(told), 200, {"cache-control": "no-store"}, "application/json")


def routes(guard: Gatekeeper) -> list[Route]:
    """The address of bank statements."""

    async def serve(request: Request) -> Response:
        return await take_statement(request, guard)

    return [Route(PATH, serve, methods=["POST"])]
