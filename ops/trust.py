"""The commands by which nobody has to trust the host: witness, consent, proofs, the log's key."""

import asyncio
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from ledger.actor import Actor, Role
from ledger.batch import Request
from ledger.checkpoint import render_verifier
from ledger.errors import Trouble
from ledger.fact import CLOCK
from ledger.history import render_instant
from ledger.ids import EcosystemId
from ledger.rotation import RotateLogKey, sign_rotation
from ledger.store.pool import ecosystems_of
from ops import consent as consenting
from ops.counting import counted, entries, verb
from ops.prove import check_proof, prove
from ops.remote import Remote, read_token
from ops.witness import Alarm, Follower, new_key, read_key
from service.app import CannotStart, open_doors
from service.keys import log_signers, make_next_key, retire_key
from service.settings import Settings, load

ALARM = 3
"""Exit code of a witness that refuses."""

Url = Annotated[
    str, typer.Option(envvar="JPI_URL", help="The service, as https://kpi.example.com.")
]
TokenFile = Annotated[Path, typer.Option(help="File that holds a bearer token of your party.")]
KeyFile = Annotated[Path, typer.Option("--key", help="File of the private key.")]

consent = typer.Typer(no_args_is_help=True, help="Consent keys on your own machine.")


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.add_typer(consent, name="consent")
    app.command("witness-key")(witness_key)
    app.command("witness")(witness)
    app.command("prove")(prove_command)
    app.command("verify-proof")(verify_proof_command)
    app.command("rotate-log-key")(rotate_log_key)


def witness_key(
    file: Annotated[Path, typer.Argument(help="Where the key is, or is to be.")],
    name: Annotated[str, typer.Option(help="The witness's name, as witness.example.com/partner.")],
) -> None:
    """Make a witness's key file unless it is there, and print its verifier key."""
    print(render_verifier(new_key(file, name).verifier))


def witness(
    url: Url,
    token_file: TokenFile,
    key: KeyFile,
    state: Annotated[Path, typer.Option(help="File in which it remembers the last checkpoint.")],
    log_key: Annotated[
        str, typer.Option(help="The log's verifier key that you trust; needed at the first run.")
    ] = "",
    every: Annotated[float, typer.Option(min=1, help="Seconds between looks.")] = 10,
    *,
    register: Annotated[
        bool, typer.Option(help="Register it first; needs a token with the role ADMIN.")
    ] = False,
    once: Annotated[bool, typer.Option(help="Look once and end, as from a timer.")] = False,
) -> None:
    """Follow the ledger and cosign what was only added to; exit 3 on a fork or rollback."""
    signer = read_key(key)
    follower = Follower(Remote(url, read_token(token_file)), signer, state, log_key)
    if register:
        follower.register(f"witness {signer.verifier.key_id}")
    while True:
        try:
            seen = follower.step()
            print(
                f"{entries(seen.size)} {verb(seen.size, 'continue')} what was seen: cosigned",
                flush=True,
            )
        except Alarm as alarm:
            print(f"ALARM: {alarm}", file=sys.stderr, flush=True)
            raise typer.Exit(ALARM) from alarm
        except Trouble as trouble:
            if once:
                raise
            print(f"... {trouble}; looking again", file=sys.stderr, flush=True)
        if once:
            return
        time.sleep(every)


@consent.command("key")
def consent_key(
    file: Annotated[Path, typer.Argument(help="Where the key is to be; nothing may be there yet.")],
) -> None:
    """Make a consent key, and print its public half and its id."""
    public, key_id = consenting.public_text(consenting.make_key(file))
    print(f"public key {public}\nkey id     {key_id}")


@consent.command("sign")
def consent_sign(
    statement: Annotated[Path, typer.Argument(help="File of the statement; - for standard input.")],
    key: KeyFile,
) -> None:
    """Show a statement of the API, and print its signature."""
    data = sys.stdin.buffer.read() if str(statement) == "-" else statement.read_bytes()
    signature = consenting.sign(data, consenting.read_key(key))
    print(data.decode(), file=sys.stderr, end="")
    print(signature)


def prove_command(
    index: Annotated[int, typer.Argument(help="Index of the entry, from 0.")],
    url: Url,
    token_file: TokenFile,
) -> None:
    """Print one entry's proof (tlog-proof@v1), for a file or a mail."""
    print(prove(Remote(url, read_token(token_file)), index), end="")


def verify_proof_command(
    file: Annotated[Path, typer.Argument(help="What `jpi prove` printed.")],
    log_key: Annotated[str, typer.Option(help="The log's verifier key that you trust.")],
    witness_key: Annotated[
        list[str] | None, typer.Option(help="A witness's verifier key; may be repeated.")
    ] = None,
    quorum: Annotated[int, typer.Option(help="How many of them must have cosigned.")] = 0,
) -> None:
    """Verify one entry's proof offline; exit 1 when it proves nothing."""
    try:
        proved = check_proof(file.read_text(), log_key, witness_key or [])
    except (OSError, ValueError) as error:
        print(f"PROVES NOTHING: {error}")
        raise typer.Exit(1) from error
    found = proved.envelope
    print(
        f"entry {found.index} of {found.ecosystem}: {found.kind} by {found.party} at "
        f"{render_instant(found.at)}, under a signed checkpoint of {entries(proved.tree_size)}, "
        f"{_cosigned(proved.cosigned, len(witness_key or []))}"
    )
    if len(proved.cosigned) < quorum:
        print(f"QUORUM NOT MET: {len(proved.cosigned)} of {quorum}")
        raise typer.Exit(1)


def _cosigned(names: tuple[str, ...], asked: int) -> str:
    """Who cosigned, of the witnesses whose keys were given."""
    if asked == 0:
        return "cosignatures not looked at (--witness-key names a witness that you trust)"
    return f"cosigned by {', '.join(names) or 'no witness of --witness-key'}"


def rotate_log_key() -> None:
    """Hand the log over to a new key: an entry in every ledger, signed by the old key."""
    chosen = load()
    if chosen.owner_url is None:
        raise CannotStart("Set JPI_OWNER_DATABASE_URL to rotate the key of all its ledgers.")
    rotated = asyncio.run(_rotate(chosen, chosen.owner_url))
    retired = retire_key(chosen)
    print(f"rotated the key of {counted(rotated, 'ledger')}; the old key is kept in {retired}")


async def _rotate(chosen: Settings, owner_url: str) -> int:
    new = render_verifier(make_next_key(chosen).verifier)
    signers = {render_verifier(each.verifier): each for each in log_signers(chosen)}
    found = await ecosystems_of(owner_url)
    async with open_doors(chosen) as doors:
        for number, ecosystem_id in enumerate(found, start=1):
            actor = Actor(EcosystemId(ecosystem_id), CLOCK, "log", frozenset({Role.ADMIN}))
            ecosystem = await doors.witnessing.ecosystem(actor.ecosystem_id)
            if ecosystem.log_key == new:
                continue  # a rotation that was interrupted goes on where it stopped
            note = sign_rotation(ecosystem.origin, signers[ecosystem.log_key], new)
            request = Request(
                RotateLogKey(note), actor, f"rotate {new}", sha256(note.encode()).digest()
            )
            await doors.ledger.submit(request)
            await doors.publisher.publish(actor.ecosystem_id)
            print(f"... {number} of {counted(len(found), 'ledger')}", file=sys.stderr, flush=True)
    return len(found)
