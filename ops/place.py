"""Where a command of this machine finds its database: the one named, or the embedded one."""

import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ops import migrate
from service import embedded
from service.app import CannotStart
from service.settings import Settings


def say(text: str) -> None:
    """A step that may take longer than a second."""
    print(f"... {text}", file=sys.stderr, flush=True)


class _OneLine(logging.Formatter):
    """What happened, without its trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The message alone."""
        return record.getMessage()


@contextmanager
def plainly() -> Iterator[None]:
    """What is logged meanwhile is a line each: a trace is for the log of a service."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_OneLine())
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def with_embedded(settings: Settings) -> Settings:
    """Settings as given, or of the embedded server, started and migrated, where none is named."""
    if settings.database_url is not None:
        return settings
    server = embedded.start(settings.embedded_data, say)
    migrate.migrate(server.owner_url, say)
    return settings.model_copy(
        update={"database_url": server.service_url, "owner_database_url": server.owner_url}
    )


def here(settings: Settings) -> Settings:
    """Settings for a command beside `jpi run`: the embedded server where no other is named."""
    is_named = settings.owner_url is not None
    if not is_named and embedded.is_running(settings.embedded_data):
        return with_embedded(settings)
    return settings


def require_port(settings: Settings) -> None:
    """Return if the service can listen where it is to, before anything is done for it.

    Raises CannotStart.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, *_, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            # as the server itself will: what a former one's last callers left open is no obstacle
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotStart(
            f"Nothing can listen on {where} ({error.strerror}): stop what listens there, or choose "
            "another port with JPI_PORT (the address is JPI_HOST)."
        ) from error
