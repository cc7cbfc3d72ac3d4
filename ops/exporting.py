"""`jpi export`: a party's export of a ledger, on the standard output."""

import asyncio
import sys
from typing import Annotated

import typer

from graph.context import Doors
from ledger.actor import Actor, NotFound, Role
from ledger.ids import EcosystemId, PartyId
from ops import caretaker
from ops.export import export
from ops.place import here
from service.app import CannotStart, open_doors
from service.settings import load


def add_to(app: typer.Typer) -> None:
    """Put this command on the command line."""
    app.command("export")(export_command)


def export_command(
    ecosystem: caretaker.EcosystemId,
    party: Annotated[
        str, typer.Option("--as", help="Id of the party whose audience the export has.")
    ],
) -> None:
    """Write a party's export of a ledger to the standard output."""
    chosen = here(load())
    ids = [caretaker.id_of(ecosystem, "--ecosystem"), caretaker.id_of(party, "--as")]
    viewer = frozenset({Role.VIEWER})
    actor = Actor(EcosystemId(ids[0]), PartyId(ids[1]), "export", viewer)

    async def write() -> None:
        async with open_doors(chosen) as doors:
            await _require_party(doors, actor)
            await doors.publisher.publish(actor.ecosystem_id)
            async for line in export(doors.reader, actor):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    asyncio.run(write())


async def _require_party(doors: Doors, actor: Actor) -> None:
    """Return if the ecosystem is there and the party of it. Raises CannotStart."""
    try:
        ecosystem = await doors.witnessing.ecosystem(actor.ecosystem_id)
    except NotFound as error:
        raise CannotStart(
            f"--ecosystem {actor.ecosystem_id}: this database has no such ecosystem; `jpi run` and "
            "`jpi demo` show the ids of theirs."
        ) from error
    if not any(each.party_id == actor.party_id for each in ecosystem.parties):
        listed = "; ".join(f"{each.party_id} {each.name}" for each in ecosystem.parties)
        raise CannotStart(
            f"--as {actor.party_id} is no party of {ecosystem.name}. Its parties: {listed}."
        )
