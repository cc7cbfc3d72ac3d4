"""A fact: what a decision says happened, and who may open it.

`decide` returns facts; `history` seals each into an entry; `evolve` reads the entry back as a
`Placed` fact, with its place in the ledger. The one rule: `evolve` never reads an annex, so that
an annex can be erased and everything still replays. Source: `ledger-format.md`, "Entry".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ledger.ids import PartyId

EVERYBODY = ("*",)
CLOCK = PartyId("clock")
"""The party under which the service itself enters a lapse: deadlines pass by an entry."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event to be entered. `audience` is EVERYBODY or the ids of the parties that may open it.

    `annex` holds remarks and free text: what may have to be erased one day.
    """

    event: object
    audience: tuple[str, ...] = EVERYBODY
    annex: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """An event at its place. `commitment` is the salted hash of its body, base64.

    `party` and `subject` are the envelope's actor; `at` is an instant in UTC; `has_annex` tells
    whether the envelope commits to one.
    """

    index: int
    at: datetime
    party: PartyId
    subject: str
    audience: tuple[str, ...]
    commitment: str
    event: object
    has_annex: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry at its place whose body the reader may not open: what its envelope says."""

    index: int
    at: datetime
    party: PartyId
    kind: str
    audience: tuple[str, ...]
    has_annex: bool
