"""The composition root: settings in, a running service out.

Start: the database is reached and its schema checked, the doors open, requests come in.
Stop: no new requests, what is queued is committed, its checkpoints are published, connections
close. What is true if we are killed instead: nothing acknowledged is lost.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from graph import schema as graph_schema
from graph.context import Doors
from ledger.bookkeeping import Bookkeeping
from ledger.checkpoint import render_verifier
from ledger.commands import LogIdentity
from ledger.commit import Ledger, system_clock
from ledger.directory import Directory
from ledger.errors import Fault, Refusal, Trouble
from ledger.feed import Feed
from ledger.gathering import Gathering
from ledger.ids import EcosystemId
from ledger.providers import Providers
from ledger.publish import Publisher
from ledger.read import Reader
from ledger.rows import Rows
from ledger.sequencer import Clock
from ledger.store.pool import open_database
from ledger.uploading import AT_ONCE, Uploads
from ledger.watch import Watch
from ledger.witnessing import Witnessing
from service import bankfiles, exports, rows
from service.clockwork import ticking
from service.collector import calm_collector
from service.graphql import CHALLENGE, Endpoint, asset, error_response
from service.identity import ECOSYSTEM_HEADER, Gatekeeper, NotAuthenticated
from service.issuers import IssuersInvalid, read_issuers
from service.keys import issuer_key, log_signer, log_signers, pseudonym_key
from service.mailing import Mailing, mail_server, posting
from service.memory import FileMemory
from service.middleware import (
    COMPRESSED_BYTES,
    COMPRESSION_LEVEL,
    EXPOSED,
    Compression,
    Threshold,
)
from service.sandbox import development_issuers
from service.sandbox import routes as sandbox_routes
from service.settings import Settings, load
from service.telemetry import Telemetry
from service.uploads import PATH, take_upload

log = logging.getLogger("jpi.service")


class CannotStart(Exception):  # noqa: N818 -- named for what it tells
    """What keeps the service from starting, and how to mend it."""


def database_url(settings: Settings) -> str:
    """Where the service connects. Raises CannotStart."""
    if settings.database_url is None:
        raise CannotStart(
            "DATABASE_URL is not set. Set it to a PostgreSQL 15 or newer, or use `jpi run`, which "
            "brings its own."
        )
    return settings.database_url


@asynccontextmanager
async def open_doors(
    settings: Settings,
    clock: Clock = system_clock,
    watch: Watch | None = None,
    changed: Callable[[EcosystemId], None] = lambda _: None,
) -> AsyncIterator[Doors]:
    """The doors of the workroom while the block runs; `watch` looks on.

    `changed` is told of what was committed here. Raises Trouble, KeyMissing, CannotStart.
    """
    signer = log_signer(settings)
    database = await open_database(database_url(settings), settings.pool_size)
    try:
        await database.check()
        memory = FileMemory(settings.heads_folder)
        publisher = Publisher(database, lambda: log_signers(settings), memory, watch=watch)
        providers = Providers(database, time.monotonic)

        def stopped(ecosystem_id: EcosystemId, fault: Fault) -> None:
            ledger.stopped(ecosystem_id, fault)

        reader = Reader(database, stopped)
        feed = Feed(database, reader, database_url(settings))

        def committed(ecosystem_id: EcosystemId) -> None:
            publisher.notice(ecosystem_id)
            providers.forget(ecosystem_id)
            feed.notice(ecosystem_id)
            changed(ecosystem_id)

        ledger = Ledger(
            database,
            LogIdentity(signer.name, render_verifier(signer.verifier)),
            clock=clock,
            memory=memory,
            queue_limit=settings.queue_limit,
            committed=committed,
            watch=watch,
        )
        await ledger.check_memory()
        try:
            yield Doors(
                ledger,
                reader,
                publisher,
                Witnessing(database, memory),
                Bookkeeping(database),
                Gathering(database, stopped),
                providers,
                feed,
                Directory(database, changed),
                Uploads(database, ledger, reader, min(AT_ONCE, settings.pool_size - 1)),
                Rows(database),
            )
        finally:
            await feed.close()
            await ledger.close()
            await publisher.close()
    finally:
        await database.close()


def gatekeeper(settings: Settings) -> Gatekeeper:
    """Whom the service lets in. Raises CannotStart when nobody could ever get in, KeyMissing."""
    try:
        issuers = read_issuers(settings.issuers_file)
    except IssuersInvalid as error:
        raise CannotStart(f"JPI_ISSUERS_FILE: {error}") from error
    if settings.dev_issuer:
        issuers = (*issuers, *development_issuers(settings, issuer_key(settings).public_key()))
    if not issuers:
        raise CannotStart(
            "No issuer of tokens is configured: nobody could get in. Name yours in "
            "JPI_ISSUERS_FILE, or set JPI_DEV_ISSUER=true to accept tokens of the development "
            "issuer (`jpi token`)."
        )
    hosts = [each.strip() for each in settings.issuer_hosts.split(",") if each.strip()]
    return Gatekeeper(issuers, pseudonym_key=pseudonym_key(settings), hosts=hosts)


def build(settings: Settings, clock: Clock = system_clock) -> Starlette:
    """The application; its lifespan opens and closes the doors, and keeps the time between."""
    guard = gatekeeper(settings)
    if settings.dev_issuer:
        log.warning(
            "THE DEVELOPMENT ISSUER IS ON: whoever reads %s can act as anybody. Never in "
            "production: unset JPI_DEV_ISSUER.",
            settings.dev_issuer_key_file,
        )
    mailing = Mailing(mail_server(settings))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        telemetry = Telemetry()
        async with (
            open_doors(settings, clock, telemetry, mailing.notice) as doors,
            ticking(doors.ledger),
            posting(mailing, doors),
        ):
            with telemetry.told(settings, doors.ledger):
                app.state.doors = doors
                yield
        await guard.close()

    return Starlette(
        routes=routes(settings, guard),
        middleware=passage(settings),
        exception_handlers={Exception: unexpected},
        lifespan=lifespan,
    )


def routes(settings: Settings, guard: Gatekeeper) -> list[BaseRoute]:
    """Every address that is answered."""
    schema = graph_schema.build(introspection=settings.introspection)
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
    doors: Doors = request.app.state.doors
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
    doors: Doors = request.app.state.doors
    try:
        await doors.ledger.database.check()
    except (Trouble, Fault) as error:
        log.warning("not ready: %s", error)
        return JSONResponse({"status": "not ready", "reason": type(error).__name__}, 503)
    return JSONResponse({"status": "ready"})


async def unexpected(request: Request, error: Exception) -> Response:
    """An error that nobody expected: masked, with the id that the log has."""
    request_id = getattr(request.state, "request_id", "")
    log.error("%s: unexpected", request_id, exc_info=error)
    return error_response(f"Something went wrong on our side ({request_id}).", "INTERNAL", 500)


async def preflight(settings: Settings) -> None:
    """Return if the service could start. Raises CannotStart, KeyMissing, Trouble or Fault."""
    gatekeeper(settings)
    async with open_doors(settings):
        pass


def serve(settings: Settings) -> None:
    """Serve until asked to stop. Several workers read the settings from the environment again."""
    asyncio.run(preflight(settings))
    uvicorn.run(
        lasting(build(settings)) if settings.workers == 1 else "service.app:from_environment",
        factory=settings.workers > 1,
        workers=settings.workers,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        ws_max_size=settings.body_limit_bytes,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def from_environment() -> Starlette:
    """The application of one of several workers."""
    return lasting(build(load()))


def lasting(app: Starlette) -> Starlette:
    """The application as it will stand: the garbage collector need not look at it ever again.

    Schema and modules are most of what a full collection walks through, in the middle of a batch;
    without them decisions take a quarter less (decision 0016).
    """
    calm_collector()
    return app
