"""The entrance: what is at this host, for a browser and for a program. It tells nothing of anybody.

The one rule: only addresses that are open to anybody stand here, and only those that this service
was started with; no version, no name of an ecosystem, no setting.
"""

from html import escape
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from service.settings import Settings

WHAT = "The ledger of joint performance indicators, their agreement and the incentives on them."
CONFINED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy: the page has one style and nothing else that a browser would run."""
VARY = {"vary": "accept", "cache-control": "public, max-age=3600"}


class Place(NamedTuple):
    """An address, what a program calls it, and what it is for."""

    name: str
    path: str
    purpose: str


def places(settings: Settings) -> tuple[Place, ...]:
    """What anybody may ask for, in the order in which somebody who is new needs it."""
    graphiql = Place("explorer", "/graphql", "GraphiQL, in a browser, with example operations")
    sandbox = Place(
        "sandbox",
        "/sandbox/.well-known/openid-configuration",
        "the development issuer: tokens for trying things out",
    )
    return (
        Place("graphql", "/graphql", "the API: POST, and WebSocket or SSE to follow"),
        Place(
            "schema",
            "/schema.graphql",
            "the schema: every type, field, argument and value is described in it",
        ),
        *([graphiql] if settings.graphiql else []),
        *([sandbox] if settings.dev_issuer else []),
        Place("live", "/live", "whether the process runs"),
        Place("ready", "/ready", "whether it can serve"),
    )


def route(settings: Settings) -> Route:
    """The address `/`: HTML to who would rather read that, else JSON."""
    found = places(settings)
    page = _page(found)
    told = {"what": WHAT, **{each.name: each.path for each in found}}

    async def entrance(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(page, headers={**VARY, "content-security-policy": CONFINED})
        return JSONResponse(told, headers=VARY)

    return Route("/", entrance)


def _page(found: tuple[Place, ...]) -> str:
    rows = "\n".join(
        f'<li><a href="{each.path[1:]}">{each.path}</a>: {escape(each.purpose)}</li>'
        for each in found
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Joint performance indicators</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto }}
</style>
</head>
<body>
<h1>Joint performance indicators</h1>
<p>{escape(WHAT)}</p>
<ul>
{rows}
</ul>
</body>
</html>
"""
