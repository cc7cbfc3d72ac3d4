"""Notices: the entry by which a party's time runs, made once it was told.

The one rule: no notice is entered before what it tells was handed over. Source: `domain.md` section
3 ("no notice, no silence").
"""

from contextlib import suppress
from hashlib import sha256

from graph.context import Doors
from ledger.actor import Actor, Role
from ledger.agreement import NotifyParty
from ledger.batch import Request
from ledger.errors import Refusal
from ledger.fact import CLOCK
from ledger.ids import EcosystemId
from ledger.reply import Channel


async def told(
    doors: Doors, ecosystem_id: EcosystemId, proposal_id: str, party_id: str, channel: Channel
) -> None:
    """Enter that a party was told of a proposal by a channel of the service; once.

    Nothing where it was answered, closed or told meanwhile. Raises Trouble, Fault.
    """
    clock = Actor(ecosystem_id, CLOCK, CLOCK, frozenset({Role.ADMIN}))
    key = f"{channel.lower()}/{proposal_id}/{party_id}"
    command = NotifyParty(proposal_id, party_id, channel)
    request = Request(command, clock, key, sha256(key.encode()).digest())
    with suppress(Refusal):
        await doors.ledger.submit(request)
