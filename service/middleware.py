"""What every request passes: its id, the limit of its body, the headers and size of its answer."""

import asyncio
import re
import secrets

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
DRAIN_BYTES = 64 * 2**20
"""What is read and thrown away of a body that is too large, so that the caller hears the answer."""

BODY_SECONDS = 60.0
"""How long a body may take to come, however it drips; a file has its own patience."""

UPLOADS = ("/uploads/", "/bank-statements.")
"""Where bodies of files come in."""

COMPRESSED_BYTES = 1024
"""From here on an answer is worth compressing: a smaller one fits into one packet as it is."""
COMPRESSION_LEVEL = 6
"""Of zlib's: a page of 21 kB becomes 4 kB in 0.14 ms; level 9 takes twice that for 1 % less."""
SECRETS = "/sandbox/"
"""Where answers hold secrets: never compressed (decision 0028)."""
EXPOSED = ("x-request-id", "ratelimit", "ratelimit-policy", "retry-after")
"""Headers of an answer that a page of an allowed origin may read."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'",
}


class BodyTooLarge(Exception):  # noqa: N818 -- named for what it tells
    """The body passed its limit while it was read."""


class BodyTooSlow(Exception):  # noqa: N818 -- named for what it tells
    """The body did not come in its time."""


class Threshold:
    """Request id, body limit and security headers, as pure ASGI."""

    def __init__(
        self, app: ASGIApp, body_limit_bytes: int, upload_limit_bytes: int | None = None
    ) -> None:
        """Guard `app`; a body may have `body_limit_bytes`, an upload's `upload_limit_bytes`."""
        self._app = app
        self._body_limit = body_limit_bytes
        self._upload_limit = upload_limit_bytes or body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.match(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        seen = {"bytes": 0, "answered": 0, "ended": 0}
        is_upload = scope["path"].startswith(UPLOADS)  # of files, not of requests
        limit = self._upload_limit if is_upload else self._body_limit

        until = asyncio.get_running_loop().time() + BODY_SECONDS

        async def limited() -> Message:
            if is_upload or seen["ended"]:  # an upload's pieces are waited for by itself
                message = await receive()
            else:
                try:
                    async with asyncio.timeout_at(until):
                        message = await receive()
                except TimeoutError:
                    raise BodyTooSlow from None
            seen["bytes"] += len(message.get("body", b""))
            seen["ended"] = not message.get("more_body")
            if seen["bytes"] > limit:
                raise BodyTooLarge
            return message

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["answered"] = 1
                answer = MutableHeaders(scope=message)
                answer["x-request-id"] = request_id
                for name, value in _HEADERS.items():
                    answer.setdefault(name, value)
            await send(message)

        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await self._refuse(receive, dressed, limit)
            return
        try:
            await self._app(scope, limited, dressed)
        except BodyTooLarge:
            if not seen["answered"]:
                await self._refuse(receive, dressed, limit, is_read=bool(seen["ended"]))
        except BodyTooSlow:
            text = f"The request's body took longer than {BODY_SECONDS:g} seconds. Send it again."
            await _told(dressed, 408, "BODY_TOO_SLOW", text)

    async def _refuse(
        self, receive: Receive, send: Send, limit: int, *, is_read: bool = False
    ) -> None:
        """Answer 413, after reading off what still comes, within reason, unless all is read."""
        drained = 0
        while drained <= DRAIN_BYTES and not is_read:
            message = await receive()
            drained += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        text = (
            f"The request's body is larger than {limit} bytes. Send less at once: a batch "
            "of observations has at most 1000 rows; a file of more can be uploaded."
        )
        await _told(send, 413, "BODY_TOO_LARGE", text)


async def _told(send: Send, status: int, code: str, text: str) -> None:
    """The last answer on this connection."""
    body = orjson.dumps({"errors": [{"message": text, "extensions": {"code": code}}]})
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Compression(GZipMiddleware):
    """gzip for who accepts it: neither small answers nor event streams nor secrets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(SECRETS):
            await self.app(scope, receive, send)
            return
        await super().__call__(scope, receive, send)
