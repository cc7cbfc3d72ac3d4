"""The entrance: what is at this host, for a browser and for a program. It tells nothing of anybody.

The one rule: every address that a caller may use stands here, if this service was started with it,
and nothing else: no version, no name of an ecosystem, no setting. An address that takes a token is
named as a manual would name it, and answers nobody without one.
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
    """An address, what a program calls it, what it is for, and whether anybody may ask for it."""

    name: str
    path: str
    purpose: str
    is_open: bool = True


WITH_A_TOKEN = tuple(
    Place(*each, is_open=False)
    for each in (
        ("checkpoint", "/checkpoint", "the newest signed root of your ledger, for a witness"),
        ("observations", "/observations.ndjson", "your party's raw rows with their salts"),
        ("journalCsv", "/journal.csv", "your books: the journal with running balances"),
        ("journalHledger", "/journal.hledger", "the same for hledger"),
        ("journalBeancount", "/journal.beancount", "the same for beancount"),
        ("statementJson", "/statement.json", "of partner= and period= as of on=: why, due, paid"),
        ("statementCsv", "/statement.csv", "the same as a table"),
        ("statementHtml", "/statement.html", "the same to read and print"),
        (
            "reconciliation",
            "/reconciliation.csv",
            "on=: what is due beside what was paid, and how late",
        ),
        ("bankLines", "/bank-lines.csv", "what the bank showed; outcome=UNKNOWN: not matched yet"),
        ("bankStatementsCamt053", "/bank-statements.camt053", "POST a bank's file, ISO 20022"),
        ("bankStatementsCsv", "/bank-statements.csv", "POST the same as CSV"),
    )
)
"""What a party's own token opens; which role it takes is told with a refusal."""


def places(settings: Settings) -> tuple[Place, ...]:
    """What may be asked for, in the order in which somebody who is new needs it."""
    graphiql = "; in a browser GraphiQL, with example operations" if settings.graphiql else ""
    sandbox = Place(
        "sandbox",
        "/sandbox/.well-known/openid-configuration",
        "the development issuer: tokens for trying things out",
    )
    return (
        Place("graphql", "/graphql", f"the API: POST, and WebSocket or SSE to follow{graphiql}"),
        Place(
            "schema",
            "/schema.graphql",
            "the schema: every type, field, argument and value is described in it",
        ),
        *([sandbox] if settings.dev_issuer else []),
        Place("live", "/live", "whether the process runs"),
        Place("ready", "/ready", "whether it can serve"),
        *WITH_A_TOKEN,
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
    opened = "\n".join(
        f'<li><a href="{each.path[1:]}">{each.path}</a>: {escape(each.purpose)}</li>'
        for each in found
        if each.is_open
    )
    closed = "\n".join(
        f"<li><code>{each.path}</code>: {escape(each.purpose)}</li>"
        for each in found
        if not each.is_open
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
{opened}
</ul>
<p>With your party's token in the header <code>authorization: Bearer</code>:</p>
<ul>
{closed}
</ul>
</body>
</html>
"""
