"""Bulk observations in, as a stream: an upload's one-time address takes a file by PUT or POST.

The one rule: the body is read piece by piece and never held; a coding is undone within bounds, so
that a bomb costs no more than what it says. Whatever is wrong, the answer says so as JSON, and the
caller gets to hear it. Sources: RFC 9110 (content coding, 409, 422), RFC 1952 (gzip).
"""

import asyncio
import zlib
from collections.abc import AsyncIterator

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from graph.context import Doors
from ledger.attempt import BodyBroken
from ledger.errors import Fault, Refusal, Trouble
from ledger.ids import EcosystemId, is_id
from ledger.upload import (
    TooManyUploads,
    Upload,
    UploadBusy,
    UploadCut,
    UploadState,
    UploadUnknown,
)
from ledger.uploading import Address

PATH = "/uploads/{ecosystem}/{upload}/{secret}"
IDLE_SECONDS = 30.0
"""How long the next piece of a body may take."""
PIECE_BYTES = 1 << 18
"""What a coding is undone to at once."""
MAX_RATIO = 200
"""How much larger than its coding a file may be; real files of rows are 5 to 40 times."""
RATIO_FREE_BYTES = 1 << 20
DRAIN_BYTES = 64 * 2**20
"""What is read and thrown away of a refused body, so that the caller hears the answer."""
GZIP = 16 + zlib.MAX_WBITS
_STATUS = {
    UploadState.ENTERED: 200,
    UploadState.UNCHANGED: 200,
    UploadState.REFUSED: 422,
}


async def take_upload(request: Request) -> Response:
    """One attempt at an upload."""
    doors: Doors = request.app.state.doors
    body = Body(request)
    status, answer = await _attempt(doors, request, body)
    is_whole = await body.drain()
    headers = {"cache-control": "no-store"}
    if not is_whole:
        headers["connection"] = "close"
    if status == 503:  # noqa: PLR2004 -- RFC 9110 section 15.6.4
        headers["retry-after"] = "5"
    return Response(orjson.dumps(answer), status, headers, "application/json")


async def _attempt(doors: Doors, request: Request, body: "Body") -> tuple[int, dict[str, object]]:
    try:
        address = _address(request)
        upload = await doors.uploads.take(address, body.pieces())
    except (UploadUnknown, UploadBusy) as refusal:
        return (404 if isinstance(refusal, UploadUnknown) else 409), _told(refusal)
    except Refusal as refusal:
        return 422, _told(refusal)
    except TooManyUploads:
        return 503, _error("TRY_LATER", "As many uploads run as may; send it again in a while.")
    except UploadCut as cut:
        return 400, _error("UPLOAD_CUT", f"{cut}. Nothing was kept: send the whole file again.")
    except Trouble:
        text = "The service cannot take it just now. Nothing was kept: send the file again."
        return 503, _error("TRY_LATER", text)
    except Fault:
        text = "A broken invariant stopped this; the operators are alarmed. Nothing was kept."
        return 500, _error("FAULT", text)
    return _STATUS.get(upload.state, 409), _answer(upload)


def _address(request: Request) -> Address:
    """The address of a request's path. Raises UploadUnknown."""
    ecosystem, upload_id = request.path_params["ecosystem"], request.path_params["upload"]
    if not is_id(ecosystem) or not is_id(upload_id):
        raise UploadUnknown
    return Address(EcosystemId(ecosystem), upload_id, request.path_params["secret"])


def _told(refusal: Refusal) -> dict[str, object]:
    return _error(refusal.code, f"{refusal.message} {refusal.remedy}".strip())


def _error(code: str, message: str) -> dict[str, object]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _answer(upload: Upload) -> dict[str, object]:
    """How an upload ended, in the API's words."""
    named = len(upload.problems)
    return {
        "id": f"ObservationUpload:{upload.upload_id}",
        "state": upload.state,
        "rowsReceived": upload.rows_received,
        "rowsEntered": upload.rows_loaded if upload.state is UploadState.ENTERED else 0,
        "rowsUnchanged": upload.rows_unchanged,
        "rowsRefused": upload.rows_refused,
        "index": upload.entry_index,
        "problems": [
            {"line": each.line, "column": each.column, "reason": each.reason}
            for each in upload.problems
        ],
        "moreProblems": max(upload.rows_refused - named, 0),
    }


class Body:
    """A request's body, piece by piece, its coding undone."""

    def __init__(self, request: Request) -> None:
        """Read `request`."""
        self._stream = request.stream().__aiter__()
        self._coding = request.headers.get("content-encoding", "identity").strip().lower()
        self._is_read = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file. Raises BodyBroken, UploadCut."""
        if self._coding == "identity":
            while data := await self._next():
                yield data
            return
        if self._coding not in {"gzip", "x-gzip"}:
            raise BodyBroken(f"the content coding {self._coding[:40]!r} is not gzip")
        async for data in self._inflated():
            yield data

    async def _inflated(self) -> AsyncIterator[bytes]:
        """The pieces of a gzip body, of several members too."""
        inflate = zlib.decompressobj(GZIP)
        taken = given = 0
        while data := await self._next():
            taken += len(data)
            while data:
                if inflate.eof:
                    inflate = zlib.decompressobj(GZIP)
                try:
                    piece = inflate.decompress(data, PIECE_BYTES)
                except zlib.error as error:
                    raise BodyBroken(f"the gzip coding is broken: {error}") from None
                given += len(piece)
                if given > RATIO_FREE_BYTES + MAX_RATIO * taken:
                    raise BodyBroken(f"the file is over {MAX_RATIO} times as large as its coding")
                if piece:
                    yield piece
                data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        if taken and not inflate.eof:
            raise BodyBroken("the gzip coding ends too early: the file was cut")

    async def _next(self) -> bytes:
        """The next piece as it came; empty at the end. Raises UploadCut."""
        if self._is_read:
            return b""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                data = await anext(self._stream, b"")
        except TimeoutError:
            raise UploadCut(f"the body stalled for {IDLE_SECONDS:.0f} seconds") from None
        except ClientDisconnect:
            raise UploadCut("the connection was cut") from None
        self._is_read = not data
        return data

    async def drain(self) -> bool:
        """Read off what still comes, within reason; whether that was all."""
        drained = 0
        try:
            while drained <= DRAIN_BYTES:
                data = await self._next()
                if not data:
                    return True
                drained += len(data)
        except UploadCut:
            pass
        return False
