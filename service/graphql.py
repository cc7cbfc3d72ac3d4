"""The GraphQL endpoint: HTTP in, the schema's answer out, GraphiQL from our own files.

Source: the GraphQL over HTTP specification; `api.md`, first table and "Strawberry facts".
"""

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil
from pathlib import Path
from types import NoneType
from typing import Any, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from graph.context import Context, Doors
from graph.schema import Schema, plain_error
from ledger.errors import Trouble
from service.documents import DocumentUnknown, text_of
from service.identity import Credentials, Gatekeeper, NotAuthenticated, credentials
from service.socket import FORBIDDEN, Socket, SocketAdapter

log = logging.getLogger("jpi.service")
GRAPHIQL = Path(__file__).parent / "graphiql"
INIT_WAIT = timedelta(seconds=10)
"""How long a socket may stay open without saying who it is."""
MAX_OPERATIONS = 50
"""Operations at once on one socket."""
CHALLENGE = {"www-authenticate": 'Bearer error="invalid_token"'}
_PARAMETERS: Mapping[str, type] = {
    "query": str,
    "documentId": str,
    "operationName": str,
    "variables": dict,
    "extensions": dict,
}
"""Of a request, with their kinds (GraphQL over HTTP, "Request Parameters")."""
RESPONSE_JSON = "application/graphql-response+json"


def error_response(
    message: str, code: str, status: int, headers: dict[str, str] | None = None
) -> Response:
    """An answer in GraphQL's shape to a request that never became an operation."""
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    return Response(body, status, headers, "application/json")


class Endpoint(GraphQL[Context, None]):
    """Strawberry's view with our context, our errors and our GraphiQL."""

    def __init__(
        self,
        schema: Schema,
        gatekeeper: Gatekeeper,
        *,
        graphiql: bool,
        allow_get: bool,
        allowed_origins: Sequence[str] = (),
    ) -> None:
        """Serve `schema` to whom `gatekeeper` lets in."""
        super().__init__(
            schema,
            graphql_ide="graphiql" if graphiql else None,
            allow_queries_via_get=allow_get,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_WAIT,
            max_subscriptions_per_connection=MAX_OPERATIONS,
            allowed_origins=allowed_origins,
        )
        self._gatekeeper = gatekeeper
        self._documents = schema.documents
        self._suggests = schema.suggests

    graphql_transport_ws_handler_class = Socket
    websocket_adapter_class = SocketAdapter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is wrong with it as a whole is answered in GraphQL's shape."""
        if scope["type"] != "http":
            await self._socket(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        try:
            _require_json(request)
            response = await self.run(request)
            _tell_allowance(request, response)
        except NotAuthenticated as error:
            response = error_response(str(error), "UNAUTHENTICATED", 401, CHALLENGE)
        except Trouble as trouble:
            log.warning("%s: %s", request.state.request_id, trouble)
            response = error_response("Try again in a moment.", "TRY_LATER", 503)
        except DocumentUnknown as unknown:
            answer: GraphQLHTTPResponse = {"errors": [unknown.error.formatted]}
            response = self.create_response(answer, await self.get_sub_response(request))
        except HTTPException as error:
            response = _refusal(error)
        await response(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        """Who asks, and the doors. Raises NotAuthenticated."""
        del response
        doors: Doors = request.app.state.doors
        request_id = getattr(request.state, "request_id", "") or secrets.token_hex(8)
        given = credentials(request.headers)
        admission = None
        if given is not None:
            admission = await self._gatekeeper.admission(given, doors.providers)
        context = request.state.context = Context(doors, admission, request_id)
        return context

    async def _socket(self, socket: WebSocket) -> None:
        """One connection; a token in its handshake that does not count is refused there."""
        try:
            await self.run(socket)
        except (NotAuthenticated, Trouble):
            await socket.close(code=FORBIDDEN)
        except WebSocketDisconnect:
            return

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Let in who shows a token, in the handshake or in what it says first."""
        params = context.connection_params or {}
        if context.admission is None:
            try:
                given = credentials({"authorization": str(params.get("authorization", ""))})
                named = str(params.get("ecosystem", ""))
                token = given.token if given else ""
                context.admission = await self._gatekeeper.admission(
                    Credentials(token, named), context.doors.providers
                )
            except (NotAuthenticated, Trouble) as error:
                raise ConnectionRejectionError from error
        return cast("UnsetType", UNSET)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """One operation; its document may be named by id. Raises HTTPException, DocumentUnknown."""
        given: dict[str, Any]
        if request.method == "GET":
            given = self.parse_query_params(request.query_params)
        else:
            given = self.parse_json(await request.get_body())
        for name, kind in _PARAMETERS.items():
            if not isinstance(given.get(name), (kind, NoneType)):
                what = "a string" if kind is str else "an object"
                raise HTTPException(400, f"`{name}` is {what}.")
        transport = self._get_stream_transport_from_headers(request.headers)
        return GraphQLRequestData(
            query=text_of(given, self._documents),
            variables=given.get("variables"),
            operation_name=given.get("operationName") or None,
            extensions=given.get("extensions"),
            protocol=transport.protocol if transport else "http",
        )

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Carries what `create_response` must know: which media type the caller reads."""
        sub_response = await super().get_sub_response(request)
        if RESPONSE_JSON in request.headers.get("accept", ""):
            sub_response.media_type = RESPONSE_JSON
        return sub_response

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """Data, and errors with a code each, the unexpected ones masked."""
        if result.errors:
            request_id = request.state.request_id
            suggests = self._suggests
            result.errors = [
                plain_error(error, request_id, suggests=suggests) for error in result.errors
            ]
        answer = await super().process_result(request, result)
        if isinstance(result, PreExecutionError) or _never_ran(result):
            del answer["data"]  # GraphQL section 7.1: nothing was executed, so there is none
        return answer

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """A browser that asks for a page; never a client that would read JSON."""
        return request.method == "GET" and "text/html" in request.headers.get("accept", "")

    async def render_graphql_ide(self, request: Request) -> Response:
        """Our own page: it works without internet."""
        del request
        return HTMLResponse((GRAPHIQL / "index.html").read_text())

    def decode_json(self, data: str | bytes) -> object:
        """Strict JSON: an object, or HTTP 400."""
        decoded: object = orjson.loads(data)
        if not isinstance(decoded, dict):
            raise HTTPException(400, 'The body is a JSON object: {"query": ..., "variables": ...}.')
        return decoded

    def encode_json(self, data: object) -> bytes:
        """Fast JSON."""
        return orjson.dumps(data)

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        """200, except for a request that failed as a whole, to who reads the newer media type."""
        media_type = sub_response.media_type or "application/json"
        if (wait := _retry_after(response_data)) is not None:
            headers = {"cache-control": "no-store", "retry-after": str(wait)}
            return Response(self.encode_json(response_data), 429, headers, media_type)
        failed = "data" not in response_data
        status = 400 if failed and media_type == RESPONSE_JSON else 200
        headers = {"cache-control": "no-store"}
        return Response(self.encode_json(response_data), status, headers, media_type)


def _never_ran(result: ExecutionResult) -> bool:
    """Whether the request failed as a whole, as by a variable: a field's error has a path.

    Source: GraphQL October 2021, sections 6.1.2 and 7.1.2.
    """
    return result.data is None and all(error.path is None for error in result.errors or ())


def _retry_after(answer: object) -> int | None:
    """Seconds that a caller is to wait whose allowance was too small; None for any other answer."""
    errors = answer.get("errors") if isinstance(answer, dict) and "data" not in answer else None
    told = errors[0].get("extensions", {}) if errors else {}
    return told["retryAfterSeconds"] if told.get("code") == "RATE_LIMITED" else None


def _tell_allowance(request: Request, response: Response) -> None:
    """Say in headers what the caller's party may still spend, in points.

    Source: draft-ietf-httpapi-ratelimit-headers-10.
    """
    context: Context | None = getattr(request.state, "context", None)
    if context is not None and (left := context.left) is not None:
        terms = left.terms
        window = ceil(terms.capacity / terms.per_second)
        response.headers["ratelimit-policy"] = f'"party";q={terms.capacity};w={window}'
        response.headers["ratelimit"] = f'"party";r={left.points};t={left.full_in_seconds}'


def _refusal(error: HTTPException) -> Response:
    """The answer to a request whose form is wrong; 405 to one that would write by GET."""
    cause = error.__cause__
    writes = isinstance(cause, InvalidOperationTypeError) and (
        cause.operation_type is OperationType.MUTATION
    )
    status, headers = (405, {"allow": "POST"}) if writes else (error.status_code, None)
    return error_response(error.reason, "BAD_REQUEST", status, headers)


def _require_json(request: Request) -> None:
    """Return unless a body is of a kind that a foreign page could send unasked.

    A form's content types need no preflight; JSON does (Fetch standard, "CORS-safelisted request
    header"). Raises HTTPException.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and given != "application/json":
        raise HTTPException(415, "Send the request as application/json.")


def asset(name: str) -> Response:
    """A file of GraphiQL's, or 404."""
    path = GRAPHIQL / name
    if path.parent != GRAPHIQL or not path.is_file():
        return Response(status_code=404)
    return FileResponse(path, headers={"cache-control": "public, max-age=3600"})
