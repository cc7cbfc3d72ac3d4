"""Actions: mutations that the viewer could call on what it sees; a screen then needs no rules."""

from collections.abc import Iterable

from ledger.actor import Actor
from ledger.acts import ACTS

OWN = "Mutations that you could call on it now, so that a screen needs no rules."


def permitted(actor: Actor, names: Iterable[str]) -> list[str]:
    """Those of the mutations that the actor's roles allow."""
    return [name for name in names if actor.roles.intersection(ACTS[name].roles)]
