"""Sockets: graphql-transport-ws, with our errors, our closing codes and a limit on slow readers.

The one rule: nobody is served before a token was shown, in the handshake's Authorization header or
in the payload of `connection_init` ({"authorization": "Bearer ...", "ecosystem": "..."}), and not
for a moment after it ended.

Closing codes beside the protocol's own: 4403 the token is missing, refused, or has ended; 4413 the
reader is too slow: come back after the index that you have; 1013 try again later.

Source: graphql-transport-ws protocol (graphql-ws, PROTOCOL.md); RFC 6455 section 7.4.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, cast

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions.protocols.graphql_transport_ws import handlers
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage
from strawberry.types import ExecutionResult

from graph.context import Context
from graph.schema import Schema, plain_error
from service.documents import DocumentUnknown, text_of

FORBIDDEN, TOO_SLOW, TRY_LATER = 4403, 4413, 1013
MAX_REASON = 120
"""Of the 123 bytes that a close frame may carry (RFC 6455 section 5.5)."""
SEND_SECONDS = 20.0
"""How long one message may take to be taken from us."""


class SocketAdapter(ASGIWebSocketAdapter):
    """Text frames of JSON objects, both ways."""

    ws: WebSocket

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        """Messages, until the client goes."""
        del ignore_parsing_errors
        while self.ws.application_state != WebSocketState.DISCONNECTED:
            try:
                message = orjson.loads(await self.ws.receive_text())
            except WebSocketDisconnect:
                return
            except KeyError as error:
                raise NonTextMessageReceived from error
            except orjson.JSONDecodeError as error:
                raise NonJsonMessageReceived from error
            if not isinstance(message, dict):
                raise NonJsonMessageReceived
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        """One message; a reader that does not take it in time is cut off."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.ws.send_text(orjson.dumps(message).decode())
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WebSocketDisconnected from error
        except TimeoutError as error:
            await self.close(TOO_SLOW, "Too slow: come back after the index that you have.")
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        """End it, once."""
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            await self.ws.close(code=code, reason=reason)


class _Ended(Exception):  # noqa: N818 -- no error of ours: it leaves the stream
    """A stream that cannot go on."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:MAX_REASON]


_CLOSING = {"UNAUTHENTICATED": FORBIDDEN, "TOO_SLOW": TOO_SLOW, "TRY_LATER": TRY_LATER}
"""Error codes after which nothing can follow on this connection."""


class Socket(handlers.BaseGraphQLTransportWSHandler[Context, None]):
    """One connection and its operations."""

    context: Context
    schema: Schema

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """An operation; its document may be named by id, as over HTTP."""
        payload = cast("dict[str, Any]", message["payload"])
        documents = self.schema.documents
        try:
            payload["query"] = text_of(payload, documents) or ""
        except DocumentUnknown as unknown:
            error = unknown.error
        except HTTPException as refusal:
            error = GraphQLError(refusal.reason, extensions={"code": "BAD_REQUEST"})
        else:
            await super().handle_subscribe(message)
            return
        await self.send_message(
            {"id": message["id"], "type": "error", "payload": [error.formatted]}
        )

    async def _send_result_stream(
        self, operation: handlers.Operation[Context, None], result_source: AsyncIterator[object]
    ) -> None:
        """Results with errors as everywhere; an error that ends a stream ends the connection."""
        try:
            await super()._send_result_stream(operation, self._plain(result_source))  # type: ignore[arg-type]  # results, as they came
        except _Ended as ended:
            self.operations.pop(operation.id, None)
            await self.websocket.close(ended.code, ended.reason)
            raise handlers._OperationStreamClosed from ended  # noqa: SLF001 -- how the pinned handler ends a stream

    async def _plain(self, source: AsyncIterator[object]) -> AsyncGenerator[object, None]:
        async for result in source:
            if isinstance(result, ExecutionResult) and result.errors:
                result.errors = [
                    plain_error(error, self.context.request_id, suggests=self.schema.suggests)
                    for error in result.errors
                ]
                for error in result.errors:
                    code = _CLOSING.get((error.extensions or {}).get("code", ""))
                    if code is not None and result.data is None:
                        raise _Ended(code, error.message)
            yield result

    async def send_message(self, message: Message) -> None:
        """Nothing to a client that has gone."""
        try:
            await super().send_message(message)
        except WebSocketDisconnected:
            for operation_id in list(self.operations):
                await self.cleanup_operation(operation_id)
