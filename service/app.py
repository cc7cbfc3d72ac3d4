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
from datetime import timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from graph import schema as graph_schema
from graph.context import Doors, Onlooker
from graph.documents import DocumentsInvalid
from graph.schema import Schema
from ledger.allowance import Allowances, Terms
from ledger.bookkeeping import Bookkeeping
from ledger.checkpoint import render_verifier
from ledger.commands import LogIdentity
from ledger.commit import Ledger, system_clock
from ledger.directory import Directory
from ledger.errors import Fault
from ledger.feed import Feed
from ledger.gathering import Gathering
from ledger.ids import EcosystemId
from ledger.providers import Providers
from ledger.publish import Publisher
from ledger.read import Reader
from ledger.rows import Rows
from ledger.sequencer import MAX_CLOCK_DRIFT, Clock
from ledger.store.pool import Database, open_database
from ledger.uploading import AT_ONCE, Uploads
from ledger.watch import Watch
from ledger.witnessing import Witnessing
from service.addresses import passage, routes
from service.clockwork import ticking
from service.collector import calm_collector
from service.documents import read_registered
from service.graphql import error_response
from service.identity import Gatekeeper
from service.issuers import IssuersInvalid, read_issuers
from service.keys import issuer_key, log_signer, log_signers, pseudonym_key
from service.mailing import Mailing, mail_server, posting
from service.memory import FileMemory
from service.sandbox import development_issuers
from service.settings import Settings, load
from service.telemetry import Telemetry

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
    onlooker: Onlooker | None = None,
    max_drift: timedelta = MAX_CLOCK_DRIFT,
) -> AsyncIterator[Doors]:
    """The doors of the workroom while the block runs; `watch` and `onlooker` look on.

    `changed` is told of what was committed here; `max_drift` is far for a staged clock alone.
    Raises Trouble, KeyMissing, CannotStart.
    """
    identity = _identity(settings)
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

        ledger = Ledger(
            database,
            identity,
            clock=clock,
            memory=memory,
            queue_limit=settings.queue_limit,
            committed=_telling(publisher.notice, providers.forget, feed.notice, changed),
            watch=watch,
            max_drift=max_drift,
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
                _allowances(settings, database),
                onlooker,
            )
        finally:
            await feed.close()
            await ledger.close()
            await publisher.close()
    finally:
        await database.close()


def _telling(*told: Callable[[EcosystemId], None]) -> Callable[[EcosystemId], None]:
    """Tells each, in order, of what was committed."""

    def committed(ecosystem_id: EcosystemId) -> None:
        for each in told:
            each(ecosystem_id)

    return committed


def _identity(settings: Settings) -> LogIdentity:
    """The log's name and verifier key. Raises KeyMissing."""
    signer = log_signer(settings)
    return LogIdentity(signer.name, render_verifier(signer.verifier))


def _allowances(settings: Settings, database: Database) -> Allowances:
    """The parties' buckets, of the size that the operator set."""
    return Allowances(database, Terms(settings.burst_points, settings.rate_points), time.monotonic)


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
            open_doors(settings, clock, telemetry, mailing.notice, telemetry) as doors,
            ticking(doors.ledger),
            posting(mailing, doors),
        ):
            with telemetry.told(settings, doors.ledger):
                app.state.doors = doors
                yield
        await guard.close()

    return Starlette(
        routes=routes(settings, guard, schema_of(settings)),
        middleware=passage(settings),
        exception_handlers={404: nowhere, 405: nowhere, Exception: unexpected},
        lifespan=lifespan,
    )


def schema_of(settings: Settings) -> Schema:
    """The schema, with the documents that the operator registered. Raises CannotStart."""
    try:
        return graph_schema.build(
            introspection=settings.introspection,
            registered=read_registered(settings.documents),
            registered_only=settings.registered_only,
        )
    except DocumentsInvalid as error:
        raise CannotStart(f"JPI_DOCUMENTS: {error}") from error


async def nowhere(_: Request, error: Exception) -> Response:
    """An address where nothing is, or that takes another method than the one it was asked by."""
    taken = (getattr(error, "headers", None) or {}).get("Allow")
    if taken is None:
        told = "Nothing is at this address: GET / says what is."
        return error_response(told, "NO_SUCH_ADDRESS", 404)
    told = f"This address takes {taken}."
    return error_response(told, "NO_SUCH_ADDRESS", 405, {"allow": taken})


async def unexpected(request: Request, error: Exception) -> Response:
    """An error that nobody expected: masked, with the id that the log has."""
    request_id = getattr(request.state, "request_id", "")
    log.error("%s: unexpected", request_id, exc_info=error)
    return error_response(f"Something went wrong on our side ({request_id}).", "INTERNAL", 500)


async def preflight(settings: Settings) -> None:
    """Return if the service could start. Raises CannotStart, KeyMissing, Trouble or Fault."""
    gatekeeper(settings)
    schema_of(settings)
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
