"""The commands by which somebody who tries the service gets in: a token, a sandbox client."""

from datetime import timedelta
from typing import Annotated

import typer

from ledger.actor import Role
from ledger.commit import system_clock
from ops import caretaker
from service.keys import issuer_key
from service.sandbox import add_client, issue, sandbox_url
from service.settings import load


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("token")(token)
    app.command("sandbox-client")(sandbox_client)


def token(
    role: caretaker.Roles,
    ecosystem: Annotated[
        str, typer.Option(help="Id of the ecosystem; left out for a founder.")
    ] = "",
    party: Annotated[
        str, typer.Option(help="Id of the party it acts for; left out for a founder.")
    ] = "",
    subject: Annotated[
        str, typer.Option(help="Pseudonym of the person or system, as entries will carry it.")
    ] = "developer",
    hours: Annotated[
        int, typer.Option(min=1, max=24 * 365, help="For how many hours it is good.")
    ] = 24,
) -> None:
    """Print a token of the development issuer."""
    chosen = load().model_copy(update={"dev_issuer": True})
    named = ["", ""]
    if role != [Role.FOUNDER] or ecosystem or party:
        named = [
            caretaker.id_of(ecosystem, "--ecosystem"),
            caretaker.id_of(party, "--party"),
        ]
    print(
        issue(
            issuer_key(chosen),
            subject=subject,
            roles=role,
            now=system_clock(),
            lifetime=timedelta(hours=hours),
            ecosystem=named[0],
            party=named[1],
        )
    )


def sandbox_client(
    role: caretaker.Roles,
    ecosystem: caretaker.EcosystemId,
    party: Annotated[str, typer.Option(help="Id of the party that its tokens act for.")],
    url: caretaker.Where = "",
) -> None:
    """Make a client of the sandbox issuer: practise OAuth client credentials with it."""
    chosen = load()
    named = [caretaker.id_of(ecosystem, "--ecosystem"), caretaker.id_of(party, "--party")]
    client_id, secret = add_client(chosen, ecosystem=named[0], party=named[1], roles=role)
    base = sandbox_url(chosen, url)
    print(f"client_id={client_id}\nclient_secret={secret}\ntoken_endpoint={base}/token")
    print(f"curl -u {client_id}:{secret} -d grant_type=client_credentials {base}/token")
