"""Parties: the member organisations that everything else names."""

import strawberry
from strawberry import field

from graph.context import Info
from graph.nodes import Node, global_id
from ledger import ecosystem as rules
from ledger.ecosystem import PartyRole

strawberry.enum(PartyRole, description="What a party is in the ecosystem. Values may be added.")


@strawberry.type(description="A member organisation of the ecosystem.")
class Party(Node):
    """One party."""

    name: str = field(description="The organisation's name, 1 to 120 characters.")
    role: PartyRole = field(description="What it is in the ecosystem.")


def party_of(party: rules.Party) -> Party:
    """A party as the API shows it."""
    return Party(id=global_id("Party", party.party_id), name=party.name, role=party.role)


async def party_by_id(info: Info, party_id: str) -> Party:
    """A member of the caller's ecosystem by the workroom's id."""
    return party_of((await info.context.ecosystem()).party(party_id))
