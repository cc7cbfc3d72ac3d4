"""Where a command of this machine finds its database: the one named, or the embedded one."""

import sys

from ops import migrate
from service import embedded
from service.settings import Settings


def say(text: str) -> None:
    """A step that may take longer than a second."""
    print(f"... {text}", file=sys.stderr, flush=True)


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
