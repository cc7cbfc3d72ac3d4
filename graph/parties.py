"""Parties: the member organisations that everything else names, and the terms they are here on."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import offered
from graph.context import Info
from graph.enums import describe
from graph.money import Money, money_of
from graph.nodes import Node, global_id
from graph.scalars import Index
from ledger import party as rules
from ledger.actor import NotFound
from ledger.party import Grant, PartyRole

describe(
    PartyRole,
    "What a party is in the ecosystem.",
    OUTSOURCER="The one that buys the service, and pays the incentives.",
    PARTNER="One that delivers a part of the service.",
    OBSERVER="An auditor: sees what it is granted, signs nothing.",
)
describe(
    Grant,
    "What an observer may see beside what is governed: proposals, policies, parties, keys.",
    MEASUREMENTS="Results, and what they rest on.",
    INCENTIVES="Schemes and settlements.",
    JOURNAL="Accounts, postings and payments.",
    STAKES="The partners' own parts of confidential schemes and what follows from them, from the "
    "grant on; no other grant includes it.",
)


@strawberry.type(description="What was agreed about one party's membership.")
class MembershipTerms:
    """Protections of a partner, grants of an observer."""

    time_zone: str = field(description="IANA name; the party's dates begin at its midnight.")
    cap: Money | None = field(
        description="At most this much is put to it in one period, as bonus or malus; null: the "
        "scheme's caps alone."
    )
    is_gain_only: bool = field(description="Whether it bears no malus.")
    exit_gates: list[date] = field(
        description="Dates at which it may leave by its own act; its share then goes by the "
        "scheme's stated rule."
    )
    notice_days: int = field(
        description="By the end of how many calendar days before a gate the act must be entered."
    )
    grants: list[Grant] | None = field(
        description="Of an observer; null: it sees everything but confidential stakes."
    )


def terms_of(terms: rules.MembershipTerms) -> MembershipTerms:
    """Terms of a membership as the API shows them."""
    return MembershipTerms(
        time_zone=terms.time_zone,
        cap=None if terms.cap is None else money_of(terms.cap),
        is_gain_only=terms.is_gain_only,
        exit_gates=list(terms.exit_gates),
        notice_days=terms.notice_days,
        grants=None if terms.grants is None else list(terms.grants),
    )


@strawberry.type(description="A member organisation of the ecosystem, or one that has left.")
class Party(Node):
    """One party."""

    state: strawberry.Private[rules.Party]
    name: str = field(description="The organisation's name, 1 to 120 characters.")
    role: PartyRole = field(description="What it is in the ecosystem.")
    joined_on: date | None = field(
        description="Its first day; null: a founding party, there before the ledger."
    )
    left_on: date | None = field(
        description="The first day on which it is no member any more; null: none is fixed."
    )
    joined_index: Index = field(description="The entry that made it a member.")
    left_index: Index | None = field(description="The entry that fixed when it leaves.")
    terms: MembershipTerms | None = field(
        description="What was agreed about its membership; null to a party that had left before it "
        "joined, and meets it in an affair of its own: then `leftOn` is null, too."
    )

    @field(description="Calendar days of membership from `start` up to but without `end`.")
    def membership_days(
        self,
        start: Annotated[date, strawberry.argument(description="First day.")],
        end: Annotated[date, strawberry.argument(description="The day after the last.")],
    ) -> int:
        """What a share is counted by."""
        return self.state.days_in(start, end)

    @field(
        description="Mutations about its membership that you could call, as far as your roles go; "
        "a date may still forbid one."
    )
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        actor, state = info.context.actor, self.state
        names = ["proposeMembership"]
        if state.role is not PartyRole.OUTSOURCER:
            names.append("proposeDeparture")
        if state.party_id == actor.party_id and state.terms.exit_gates:
            names.append("leaveAtGate")
        return await offered(info, names)


def party_of(party: rules.Party, *, shows_terms: bool = True) -> Party:
    """A party as the API shows it."""
    return Party(
        id=global_id("Party", party.party_id),
        state=party,
        name=party.name,
        role=party.role,
        joined_on=party.joined_on,
        left_on=party.left_on,
        joined_index=Index(party.joined_index),
        left_index=None if party.left_index is None else Index(party.left_index),
        terms=terms_of(party.terms) if shows_terms else None,
    )


async def party_by_id(info: Info, party_id: str) -> Party:
    """A party of the caller's ecosystem by the workroom's id, which something visible names.

    A caller that has left meets whoever joined later by name and role alone.
    """
    try:
        return party_of((await info.context.ecosystem()).party(party_id))
    except NotFound:
        context = info.context
        stranger = await context.doors.directory.stranger(context.actor, party_id)
        return party_of(stranger, shows_terms=False)
