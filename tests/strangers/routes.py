"""Every address that the service answers at, and what a thief would ask there."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.routing import Route

from service.app import build
from service.settings import Settings
from tests.strangers.full import Full
from tests.test_story import TRACK


@dataclass(frozen=True)
class Place:
    """An address, with what is asked there: `{track}` is a partner, `{period}` a period."""

    path: str
    asked: tuple[str, ...] = ("",)


PLACES = (
    Place("/checkpoint"),
    Place("/journal.csv", ("", "?owner={track}")),
    Place("/journal.beancount", ("", "?owner={track}")),
    Place("/journal.hledger", ("", "?owner={track}")),
    Place("/statement.json", ("?partner={track}&period=2024-04&on=2024-06-01",)),
    Place("/statement.csv", ("?partner={track}&period=2024-04&on=2024-06-01",)),
    Place("/statement.html", ("?partner={track}&period=2024-04&on=2024-06-01",)),
    Place("/reconciliation.csv", ("?on=2024-06-01", "?on=2024-06-01&party={track}")),
    Place("/bank-lines.csv", ("", "?owner={track}")),
    Place("/observations.ndjson", ("", "?series=delay-minutes")),
)
"""What is somebody's: only with a token, and only one's own."""
OPEN = {
    "/",
    "/live",
    "/ready",
    "/schema.graphql",
    "/graphql/examples.graphql",
    "/graphql/assets/{name}",
    "/sandbox/.well-known/openid-configuration",
    "/sandbox/jwks",
    "/sandbox/token",
}
"""What is nobody's: the entrance, health, the schema, GraphiQL, the development issuer."""
ELSEWHERE = {
    "/graphql",
    "/uploads/{ecosystem}/{upload}/{secret}",
    "/bank-statements.{kind}",  # tests/finance/test_bank_files.py
}
"""What has tests of its own."""


def addresses(settings: Settings) -> set[str]:
    """Every address of the service."""
    return {each.path for each in build(settings).routes if isinstance(each, Route)}


def known() -> set[str]:
    """Every address that somebody has thought about."""
    kinds = {f"/{each.path[1:].split('.')[0]}.{{kind}}" for each in PLACES if _has_kinds(each)}
    return OPEN | ELSEWHERE | kinds | {each.path for each in PLACES if not _has_kinds(each)}


def _has_kinds(place: Place) -> bool:
    return place.path.startswith(("/journal.", "/statement."))


def urls(made: Full, place: Place) -> Iterator[str]:
    """The addresses of a place, about a partner of the full ecosystem."""
    for asked in place.asked:
        yield place.path + asked.format(track=made.world.parties[TRACK])


async def fetched(made: Full, place: Place, token: str) -> list[str]:
    """What a token gets there, status first."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    found = []
    for url in urls(made, place):
        response = await made.world.client.get(url, headers=headers)
        found.append(f"{response.status_code}\n{response.text}")
    return found
