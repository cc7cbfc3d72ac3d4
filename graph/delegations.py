"""Delegations and business calendars: each party's own acts, visible to all."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import Info
from graph.enums import describe
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from ledger import delegation as rules
from ledger.delegation import GrantDelegation, RevokeDelegation
from ledger.proposal import ProposalKind
from ledger.read import Found, Narrowed
from ledger.workdays import (
    DEFAULT_CALENDAR,
    AdoptBusinessCalendar,
    AdoptedCalendar,
    Weekday,
)
from ledger.workdays import BusinessCalendar as CalendarRules

describe(
    Weekday,
    "A day of the week.",
    MONDAY="The first of an ISO week.",
    TUESDAY="The second.",
    WEDNESDAY="The third.",
    THURSDAY="The fourth.",
    FRIDAY="The fifth.",
    SATURDAY="The sixth.",
    SUNDAY="The seventh.",
)


@strawberry.type(description="A party has another one answer proposals for it, for a while.")
class Delegation(Node):
    """The party's own act, for all to see; a delegate passes it on to nobody."""

    state: strawberry.Private[rules.Delegation]
    kinds: list[ProposalKind] = field(description="Kinds of proposals it covers; empty: all.")
    starts_at: datetime = field(description="In force from here on.")
    ends_at: datetime = field(description="The first instant when it is not in force any more.")
    index: Index = field(description="The entry that granted it.")
    revoked_index: Index | None = field(description="The entry that revoked it; null: none did.")

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        actor, state = info.context.actor, self.state
        may = actor.party_id == state.party_id and state.revoked_index is None
        return await offered(info, ["revokeDelegation"] if may else [])

    @field(description="Who delegates.")
    async def party(self, info: Info) -> Party:
        """The delegating party."""
        return await party_by_id(info, self.state.party_id)

    @field(description="Who may answer for it.")
    async def delegate(self, info: Info) -> Party:
        """The delegate."""
        return await party_by_id(info, self.state.delegate_id)


def delegation_of(state: rules.Delegation) -> Delegation:
    """A delegation as the API shows it."""
    return Delegation(
        id=global_id("Delegation", state.delegation_id),
        state=state,
        kinds=list(state.kinds),
        starts_at=state.starts_at,
        ends_at=state.ends_at,
        index=Index(state.index),
        revoked_index=None if state.revoked_index is None else Index(state.revoked_index),
    )


async def load_delegation(info: Info, key: str, as_of: int | None = None) -> Delegation | None:
    """A delegation by the workroom's id, or None."""
    found = await info.context.load("delegation", key, rules.Delegation, as_of)
    return None if found is None else delegation_of(found.value)


def _built(found: Found[rules.Delegation]) -> Delegation:
    return delegation_of(found.value)


@strawberry.type(description="When a party works: what its deadlines are counted by.")
class BusinessCalendar:
    """A calendar adopted later binds proposals opened later alone."""

    time_zone: str = field(description="IANA name, such as Europe/London.")
    working_days: list[Weekday] = field(description="Weekdays on which it works.")
    holidays: list[date] = field(description="Local dates on which it does not, in order.")
    index: Index | None = field(
        description="The entry that adopted it; null: the default, Monday to Friday in UTC."
    )


def calendar_of(calendar: CalendarRules, index: int) -> BusinessCalendar:
    """A calendar as the API shows it."""
    return BusinessCalendar(
        time_zone=calendar.time_zone,
        working_days=list(calendar.working_days),
        holidays=list(calendar.holidays),
        index=Index(index) if index else None,
    )


@strawberry.input(description="A delegation of your party's answers.")
class GrantDelegationInput:
    """From one local date until before another."""

    idempotency_key: str = field(description=KEY)
    delegate_id: strawberry.ID = field(description="The party that may answer for yours.")
    start_on: date = field(description="The first day, in your business calendar's time zone.")
    end_on: date = field(description="The first day when it is over; five years later at most.")
    kinds: list[ProposalKind] = field(
        default_factory=list, description="Kinds of proposals it covers; empty: all."
    )


@strawberry.input(description="A delegation that is over.")
class RevokeDelegationInput:
    """What was answered before stays valid."""

    idempotency_key: str = field(description=KEY)
    delegation_id: strawberry.ID = field(description="A delegation of your party's.")


@strawberry.input(description="When your party works.")
class AdoptBusinessCalendarInput:
    """It binds proposals opened later alone."""

    idempotency_key: str = field(description=KEY)
    time_zone: str = field(description="IANA name, such as Europe/London.")
    working_days: list[Weekday] = field(description="1 to 7 weekdays, each once.")
    holidays: list[date] = field(
        default_factory=list,
        description="Up to 1000 local dates, each once, in any order; with other free days never "
        "more than 62 on end.",
    )


@strawberry.type(description="A write about one delegation.")
class DelegationPayload(Payload):
    """Payload of what grants or revokes a delegation."""

    @field(description="The delegation right after; null when refused, and in a dry run.")
    async def delegation(self, info: Info) -> Delegation | None:
        """As it stood then."""
        if self.written.landed is None:
            return None
        return await load_delegation(info, self.written.object_id, self.written.as_of)


@strawberry.type(description="Answer to `grantDelegation`.")
class GrantDelegationPayload(DelegationPayload):
    """The delegation."""


@strawberry.type(description="Answer to `revokeDelegation`.")
class RevokeDelegationPayload(DelegationPayload):
    """The delegation, over."""


@strawberry.type(description="Answer to `adoptBusinessCalendar`.")
class AdoptBusinessCalendarPayload(Payload):
    """Your party's calendar."""

    @field(description="The calendar right after; null when refused, and in a dry run.")
    async def calendar(self, info: Info) -> BusinessCalendar | None:
        """As it stood then."""
        landed = self.written.landed
        if landed is None:
            return None
        return await load_calendar(info, landed.object_id, self.written.as_of)


async def load_calendar(info: Info, party_id: str, as_of: int | None = None) -> BusinessCalendar:
    """A party's calendar; the default one where it adopted none."""
    found = await info.context.load("business_calendar", party_id, AdoptedCalendar, as_of)
    if found is None:
        return calendar_of(DEFAULT_CALENDAR, 0)
    return calendar_of(found.value.calendar, found.value.index)


@strawberry.type
class DelegationQuery:
    """Reading."""

    @field(description="Delegations in the order of the ledger.")
    async def delegations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this party.")
        ] = None,
    ) -> Connection[Delegation]:
        """A page of delegations."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "delegation",
            rules.Delegation,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(party_id or "", "Party", "partyId")),
        )
        return connection(page, _built)


@strawberry.type
class CalendarQuery:
    """Reading."""

    @field(description="When a party works, now or when the ledger had `asOf` entries.")
    async def business_calendar(
        self,
        info: Info,
        party_id: Annotated[strawberry.ID, strawberry.argument(description="The party.")],
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> BusinessCalendar:
        """The default until it adopted one."""
        key = local_id(party_id, "Party", "partyId")
        (await info.context.ecosystem()).party(key)
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_calendar(info, key, size)


@strawberry.type
class DelegationMutation:
    """Writing."""

    @strawberry.mutation(
        description="Let another party answer proposals for yours, for a while. Needs APPROVER."
    )
    async def grant_delegation(
        self, info: Info, input: GrantDelegationInput, dry_run: DryRun = False
    ) -> GrantDelegationPayload:
        """Visible to all; a circle of delegates is refused."""

        def prepare() -> GrantDelegation:
            return GrantDelegation(
                local_id(input.delegate_id, "Party", "delegateId"),
                input.start_on,
                input.end_on,
                tuple(input.kinds),
            )

        written = await write(info, "grantDelegation", input, prepare, dry_run=dry_run)
        return GrantDelegationPayload(written=written)

    @strawberry.mutation(description="End a delegation before its time. Needs APPROVER.")
    async def revoke_delegation(
        self, info: Info, input: RevokeDelegationInput, dry_run: DryRun = False
    ) -> RevokeDelegationPayload:
        """What was answered before stays valid."""

        def prepare() -> RevokeDelegation:
            return RevokeDelegation(local_id(input.delegation_id, "Delegation", "delegationId"))

        written = await write(info, "revokeDelegation", input, prepare, dry_run=dry_run)
        return RevokeDelegationPayload(written=written)


@strawberry.type
class CalendarMutation:
    """Writing."""

    @strawberry.mutation(
        description="Adopt the calendar that your party's deadlines are counted by. Needs ADMIN."
    )
    async def adopt_business_calendar(
        self, info: Info, input: AdoptBusinessCalendarInput, dry_run: DryRun = False
    ) -> AdoptBusinessCalendarPayload:
        """It binds proposals opened later alone."""

        def prepare() -> AdoptBusinessCalendar:
            return AdoptBusinessCalendar(
                CalendarRules(input.time_zone, tuple(input.working_days), tuple(input.holidays))
            )

        written = await write(info, "adoptBusinessCalendar", input, prepare, dry_run=dry_run)
        return AdoptBusinessCalendarPayload(written=written)
