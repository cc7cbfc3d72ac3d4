"""Memberships: who joins, on which terms, and who leaves when."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.money import MoneyInput
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import MembershipTerms, Party, party_of, terms_of
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from ledger import membership as rules
from ledger import party as parties
from ledger.membership import (
    LeaveAtGate,
    ProposeAdmission,
    ProposeDeparture,
    ProposeMembership,
)
from ledger.party import Grant, PartyRole
from ledger.proposal import ProposalKind, ProposalStatus
from ledger.read import Found, Narrowed


@strawberry.type(description="A membership as it was proposed to all who sign.")
class Membership(Node):
    """It binds when its status is AGREED."""

    state: strawberry.Private[rules.Membership]
    kind: ProposalKind = field(
        description="New is: ADMISSION: the party; MEMBERSHIP: its terms; DEPARTURE: `leftOn`."
    )
    status: ProposalStatus = field(description="How its proposal stands.")
    name: str = field(description="The organisation's name.")
    role: PartyRole = field(description="What the party is, or would be.")
    joined_on: date | None = field(description="First day; null: a founding party.")
    left_on: date | None = field(description="First day after its membership; null: none.")
    terms: MembershipTerms = field(description="What was proposed about its membership.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="The party; null for an admission that is not agreed.")
    async def party(self, info: Info) -> Party | None:
        """As it stands now."""
        return await load_party(info, self.state.party.party_id)

    @field(description="Its proposal.")
    async def proposal(self, info: Info) -> Proposal | None:
        """How it was agreed."""
        return await load_proposal(info, self.state.proposal_id)


def membership_of(state: rules.Membership) -> Membership:
    """A membership as the API shows it."""
    party = state.party
    return Membership(
        id=global_id("Membership", state.proposal_id),
        state=state,
        kind=state.kind,
        status=state.status,
        name=party.name,
        role=party.role,
        joined_on=party.joined_on,
        left_on=party.left_on,
        terms=terms_of(party.terms),
        index=Index(state.index),
    )


async def load_membership(info: Info, key: str, as_of: int | None = None) -> Membership | None:
    """A membership by the workroom's id of its proposal, or None."""
    found = await info.context.load("membership", key, rules.Membership, as_of)
    return None if found is None else membership_of(found.value)


async def load_party(info: Info, key: str, as_of: int | None = None) -> Party | None:
    """A party by the workroom's id, or None when it was never a member."""
    found = await info.context.load("party", key, parties.Party, as_of)
    return None if found is None else party_of(found.value)


@strawberry.input(description="What is to be agreed about one party's membership.")
class MembershipTermsInput:
    """Left out: nothing is agreed about it."""

    time_zone: str = field(
        default="UTC", description="IANA name; the party's dates begin at its midnight."
    )
    cap: MoneyInput | None = field(
        default=None,
        description="A partner's: at most this much is put to it in one period, either way.",
    )
    is_gain_only: bool = field(default=False, description="A partner's: it bears no malus.")
    exit_gates: list[date] = field(
        default_factory=list,
        description="A partner's: up to 60 dates, in order, at which it may leave by its own act.",
    )
    notice_days: int = field(
        default=0, description="Calendar days, 0 to 366, before a gate to enter the act by."
    )
    grants: list[Grant] | None = field(
        default=None,
        description="An observer's: what it sees beside what is governed; null: everything but "
        "confidential stakes.",
    )

    def read(self) -> parties.MembershipTerms:
        """As the workroom has them."""
        return parties.MembershipTerms(
            time_zone=self.time_zone,
            cap=None if self.cap is None else self.cap.money("terms.cap"),
            is_gain_only=self.is_gain_only,
            exit_gates=tuple(self.exit_gates),
            notice_days=self.notice_days,
            grants=None if self.grants is None else tuple(self.grants),
        )


REPLACES = "A pending proposal about the same party that this one supersedes."


@strawberry.input(description="A party that is to join.")
class ProposeAdmissionInput:
    """Agreed by all who sign."""

    idempotency_key: str = field(description=KEY)
    name: str = field(description="The organisation's name, 1 to 120 characters, never a person's.")
    role: PartyRole = field(description="PARTNER or OBSERVER.")
    joined_on: date = field(
        description="Its first day: what shares count from. It may act as soon as it is admitted."
    )
    terms: MembershipTermsInput = field(
        default_factory=MembershipTermsInput, description="Its protections, or its grants."
    )
    replaces: strawberry.ID | None = field(default=None, description=REPLACES)


@strawberry.input(description="Other terms for a member.")
class ProposeMembershipInput:
    """Agreed by all who sign; they replace the present terms whole."""

    idempotency_key: str = field(description=KEY)
    party_id: strawberry.ID = field(description="The member.")
    terms: MembershipTermsInput = field(description="Its terms from the agreement on.")
    replaces: strawberry.ID | None = field(default=None, description=REPLACES)


@strawberry.input(description="A party that is to leave elsewhen than at a gate of its own.")
class ProposeDepartureInput:
    """Agreed by all who sign, the party itself among them if it signs."""

    idempotency_key: str = field(description=KEY)
    party_id: strawberry.ID = field(description="The member.")
    left_on: date = field(description="The first day on which it is no member any more.")
    replaces: strawberry.ID | None = field(default=None, description=REPLACES)


@strawberry.input(description="Your party leaves at one of its exit gates.")
class LeaveAtGateInput:
    """One party's own act."""

    idempotency_key: str = field(description=KEY)
    left_on: date = field(description="An exit gate of your party's membership.")


@strawberry.type(description="Answer to what proposes a membership.")
class MembershipPayload(ProposalPayload):
    """The opened proposal and what it proposes."""

    @field(description="The proposed membership; null when refused, and in a dry run.")
    async def membership(self, info: Info) -> Membership | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_membership(info, self.written.object_id, self.written.as_of)


@strawberry.type(description="Answer to `proposeAdmission`.")
class ProposeAdmissionPayload(MembershipPayload):
    """The newcomer, proposed."""


@strawberry.type(description="Answer to `proposeMembership`.")
class ProposeMembershipPayload(MembershipPayload):
    """The terms, proposed."""


@strawberry.type(description="Answer to `proposeDeparture`.")
class ProposeDeparturePayload(MembershipPayload):
    """The departure, proposed."""


@strawberry.type(description="Answer to `leaveAtGate`.")
class LeaveAtGatePayload(Payload):
    """Your party, leaving."""

    @field(description="Your party as it stands now; null when refused, and in a dry run.")
    async def party(self, info: Info) -> Party | None:
        """With its `leftOn`."""
        if self.written.landed is None:
            return None
        return await load_party(info, self.written.object_id)


@strawberry.type
class MembershipQuery:
    """Reading."""

    @field(description="A party, also one that has left; null when there is none.")
    async def party(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Party | None:
        """One party."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_party(info, local_id(id, "Party", "id"), size)

    @field(description="Parties in the order of joining, those that left too.")
    async def parties(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        role: Annotated[
            PartyRole | None, strawberry.argument(description="Only in this role.")
        ] = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Party]:
        """A page of parties."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "party",
            parties.Party,
            window(first, after, last, before),
            Narrowed(parent_id=str(role or "")),
            await ledger_size(info, as_of, as_of_instant),
        )
        return connection(page, _party)

    @field(description="Proposed memberships in the order of the ledger.")
    async def memberships(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this party.")
        ] = None,
        status: Annotated[
            ProposalStatus | None, strawberry.argument(description="Only in this status.")
        ] = None,
    ) -> Connection[Membership]:
        """A page of memberships."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "membership",
            rules.Membership,
            window(first, after, last, before),
            Narrowed(
                parent_id=local_id(party_id or "", "Party", "partyId"), status=str(status or "")
            ),
        )
        return connection(page, _built)


def _built(found: Found[rules.Membership]) -> Membership:
    return membership_of(found.value)


def _party(found: Found[parties.Party]) -> Party:
    return party_of(found.value)


@strawberry.type
class MembershipMutation:
    """Writing."""

    @strawberry.mutation(description="Propose that a party joins. Needs APPROVER.")
    async def propose_admission(
        self, info: Info, input: ProposeAdmissionInput, dry_run: DryRun = False
    ) -> ProposeAdmissionPayload:
        """Binds once all who sign consented; the newcomer is bound to nothing by it."""

        def prepare() -> ProposeAdmission:
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposeAdmission(
                input.name, input.role, input.joined_on, input.terms.read(), replaces
            )

        written = await write(info, "proposeAdmission", input, prepare, dry_run=dry_run)
        return ProposeAdmissionPayload(written=written)

    @strawberry.mutation(description="Propose other terms for a member. Needs APPROVER.")
    async def propose_membership(
        self, info: Info, input: ProposeMembershipInput, dry_run: DryRun = False
    ) -> ProposeMembershipPayload:
        """Binds once all who sign consented."""

        def prepare() -> ProposeMembership:
            party_id = local_id(input.party_id, "Party", "partyId")
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposeMembership(party_id, input.terms.read(), replaces)

        written = await write(info, "proposeMembership", input, prepare, dry_run=dry_run)
        return ProposeMembershipPayload(written=written)

    @strawberry.mutation(description="Propose that a member leaves. Needs APPROVER.")
    async def propose_departure(
        self, info: Info, input: ProposeDepartureInput, dry_run: DryRun = False
    ) -> ProposeDeparturePayload:
        """Binds once all who sign consented, the member too."""

        def prepare() -> ProposeDeparture:
            party_id = local_id(input.party_id, "Party", "partyId")
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposeDeparture(party_id, input.left_on, replaces)

        written = await write(info, "proposeDeparture", input, prepare, dry_run=dry_run)
        return ProposeDeparturePayload(written=written)

    @strawberry.mutation(
        description="Leave at an exit gate of your party's membership, without anybody's consent. "
        "Needs APPROVER."
    )
    async def leave_at_gate(
        self, info: Info, input: LeaveAtGateInput, dry_run: DryRun = False
    ) -> LeaveAtGatePayload:
        """The gate was agreed with the membership."""

        def prepare() -> LeaveAtGate:
            return LeaveAtGate(input.left_on)

        written = await write(info, "leaveAtGate", input, prepare, dry_run=dry_run)
        return LeaveAtGatePayload(written=written)
