"""Addresses: every one that is answered, and what each request passes on its way in."""

import logging

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from graph.context import Doors
from graph.schema import Schema
from ledger.errors import Fault, Refusal, Trouble
from service import bankfiles, entrance, exports, rows
from service.graphql import CHALLENGE, Endpoint, asset, error_response
from service.identity import ECOSYSTEM_HEADER, Gatekeeper, NotAuthenticated
from service.keys import issuer_key
from service.middleware import (
    COMPRESSED_BYTES,
    COMPRESSION_LEVEL,
    EXPOSED,
    Compression,
    Threshold,
)
from service.sandbox import routes as sandbox_routes
from service.settings import Settings
from service.uploads import PATH, take_upload

log = logging.getLogger("jpi.service")


def routes(settings: Settings, guard: Gatekeeper, schema: Schema) -> list[BaseRoute]:
    """Every address that is answered."""
    printed = schema.as_str() + "\n"
    endpoint = Endpoint(
        schema,
        guard,
        graphiql=settings.graphiql,
        allow_get=settings.allow_get,
        allowed_origins=settings.origins,
    )

    async def sdl(_: Request) -> Response:
        return PlainTextResponse(printed)

    async def checkpoint(request: Request) -> Response:
        return await newest_checkpoint(request, guard)

    async def graphiql_asset(request: Request) -> Response:
        return asset(request.path_params["name"])

    return [
        entrance.route(settings),
        Route("/graphql", endpoint),
        WebSocketRoute("/graphql", endpoint),
        Route("/graphql/examples.graphql", examples),
        Route("/graphql/assets/{name}", graphiql_asset),
        Route("/schema.graphql", sdl),
        Route("/checkpoint", checkpoint),
        Route(PATH, take_upload, methods=["PUT", "POST"]),
        Route("/live", live),
        Route("/ready", ready),
        *exports.routes(guard),
        *bankfiles.routes(guard),
        *(sandbox_routes(settings, issuer_key(settings)) if settings.dev_issuer else []),
        *rows.routes(guard),
    ]


def passage(settings: Settings) -> list[Middleware]:
    """What every request passes on its way in, the outermost first."""
    return [
        Middleware(
            Threshold,
            body_limit_bytes=settings.body_limit_bytes,
            upload_limit_bytes=settings.upload_limit_bytes,
        ),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "PUT"],
            allow_headers=[
                "authorization",
                "content-type",
                ECOSYSTEM_HEADER,
                "idempotency-key",
                "x-request-id",
            ],
            expose_headers=EXPOSED,
        ),
        Middleware(Compression, minimum_size=COMPRESSED_BYTES, compresslevel=COMPRESSION_LEVEL),
    ]


async def newest_checkpoint(request: Request, guard: Gatekeeper) -> Response:
    """The newest checkpoint as plain text, for a member's witness."""
    doors = _doors(request)
    try:
        actor = await guard.required(request.headers, doors.providers)
        size = await doors.reader.size(actor)
        covering = await doors.publisher.covering(actor.ecosystem_id, size)
        witnessed = await doors.witnessing.witnessed(actor, covering.size, covering.note)
    except NotAuthenticated as error:
        return error_response(str(error), "UNAUTHENTICATED", 401, CHALLENGE)
    except Refusal as refusal:
        return error_response(refusal.message, refusal.code, 404)
    except Trouble:
        return error_response("Try again in a moment.", "TRY_LATER", 503)
    return PlainTextResponse(witnessed.note, headers={"cache-control": "no-store"})


async def examples(_: Request) -> Response:
    """Operations that GraphiQL opens with."""
    return asset("examples.graphql")


async def live(_: Request) -> Response:
    """Whether the process runs."""
    return JSONResponse({"status": "live"})


async def ready(request: Request) -> Response:
    """Whether it can serve: the database answers, with the schema that we know."""
    doors = _doors(request)
    try:
        await doors.ledger.database.check()
    except (Trouble, Fault) as error:
        log.warning("not ready: %s", error)
        return JSONResponse({"status": "not ready", "reason": type(error).__name__}, 503)
    return JSONResponse({"status": "ready"})


def _doors(request: Request) -> Doors:
    found: Doors = request.app.state.doors
    return found
