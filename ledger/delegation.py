"""Delegation: a party has another one answer proposals for it, for a while, for all to see.

The one rule: a delegation is the delegating party's own act, is not passed on, and ends by its
date; what a delegate answered while it was in force stays valid. Source: `domain.md` section 3.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from immutables import Map

from ledger.actor import Actor, NotFound
from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.ids import Seed
from ledger.proposal import ProposalKind
from ledger.workdays import BusinessCalendar

MAX_LENGTH = timedelta(days=1827)
"""How long a delegation may last: five years."""
FIRST_YEAR = 2000


class DelegationMalformed(Refusal):
    """This delegation cannot stand: {reason}. -> Name another party and days that are to come."""


class DelegationCircular(Refusal):
    """Your delegate's answers would come back to you. -> Name a party outside that circle."""


class NotDelegated(Refusal):
    """That party has delegated nothing like this to yours. -> Ask it to, or answer for yourself."""


class DelegationNotInForce(Refusal):
    """The delegation holds from {starts} until {ends}, not now. -> Ask the party for a new one."""


class DelegationRevoked(Refusal):
    """The delegation was revoked by entry {index}. -> Ask the party for a new one."""


@dataclass(frozen=True, slots=True)
class GrantDelegation:
    """Command: let `delegate_id` answer from `start_on` until before `end_on`, own local dates.

    `kinds` are the kinds of proposals it may answer; empty: all.
    """

    delegate_id: str
    start_on: date
    end_on: date
    kinds: tuple[ProposalKind, ...] = ()


@dataclass(frozen=True, slots=True)
class RevokeDelegation:
    """Command: a delegation of one's own ends here."""

    delegation_id: str


@dataclass(frozen=True, slots=True)
class DelegationGranted:
    """A party's delegate may answer for it from `starts_at` until before `ends_at`."""

    delegation_id: str
    delegate_id: str
    starts_at: datetime
    ends_at: datetime
    kinds: tuple[ProposalKind, ...]


@dataclass(frozen=True, slots=True)
class DelegationEnded:
    """The delegating party revoked it: nothing answered from here on counts."""

    delegation_id: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegation. `revoked_index` is the entry that ended it before its time."""

    delegation_id: str
    party_id: str
    delegate_id: str
    starts_at: datetime
    ends_at: datetime
    kinds: tuple[ProposalKind, ...]
    index: int
    revoked_index: int | None = None

    def covers(self, kind: ProposalKind) -> bool:
        """Whether it is about a kind of proposals."""
        return not self.kinds or kind in self.kinds

    def is_in_force(self, now: datetime) -> bool:
        """Whether its delegate may answer now."""
        return self.revoked_index is None and self.starts_at <= now < self.ends_at

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether it is in force at any instant of a stretch."""
        is_whole = self.revoked_index is None
        return is_whole and self.starts_at < ends_at and starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Delegations:
    """Every delegation ever granted, by id, and those of each party, in order."""

    granted: Map[str, Delegation] = Map()
    by_party: Map[str, tuple[str, ...]] = Map()

    def of(self, party_id: str) -> tuple[Delegation, ...]:
        """What a party has delegated, in order."""
        return tuple(self.granted[each] for each in self.by_party.get(party_id, ()))

    def require(self, party_id: str, delegate_id: str, kind: ProposalKind, now: datetime) -> None:
        """Return if a delegate may answer for a party now.

        Raises NotDelegated, DelegationRevoked, DelegationNotInForce.
        """
        given = [
            each
            for each in self.of(party_id)
            if each.delegate_id == delegate_id and each.covers(kind)
        ]
        if not given:
            raise NotDelegated("onBehalfOf")
        if any(each.is_in_force(now) for each in given):
            return
        last = given[-1]
        if last.revoked_index is not None:
            raise DelegationRevoked("onBehalfOf", index=last.revoked_index)
        raise DelegationNotInForce(
            "onBehalfOf", starts=last.starts_at.isoformat(), ends=last.ends_at.isoformat()
        )


def grant(
    command: GrantDelegation,
    delegations: Delegations,
    signing: Collection[str],
    actor: Actor,
    calendar: BusinessCalendar,
    now: datetime,
    seed: Seed,
) -> DelegationGranted:
    """A delegation, its dates read in the party's own zone. Raises like `check`."""
    start_on, end_on = command.start_on, command.end_on
    if start_on.year < FIRST_YEAR or end_on - start_on > MAX_LENGTH:
        raise DelegationMalformed("endOn", reason="it lasts five years at most")
    event = DelegationGranted(
        seed.new_id(),
        command.delegate_id,
        calendar.midnight(start_on),
        calendar.midnight(end_on),
        tuple(dict.fromkeys(command.kinds)),
    )
    check(event, delegations, signing, actor.party_id, now)
    return event


def check(
    event: DelegationGranted,
    delegations: Delegations,
    signing: Collection[str],
    party_id: str,
    now: datetime,
) -> None:
    """Return if a delegation can stand.

    Raises DelegationMalformed, DelegationCircular, NotFound.
    """
    if event.delegate_id == party_id:
        raise DelegationMalformed("delegateId", reason="a party is no delegate of itself")
    if event.delegate_id not in signing:
        raise NotFound("delegateId", what="party that signs", id=event.delegate_id)
    if event.starts_at >= event.ends_at:
        raise DelegationMalformed("endOn", reason="it ends before it starts")
    if event.ends_at <= now:
        raise DelegationMalformed("endOn", reason="its time has passed")
    if event.delegation_id in delegations.granted:
        raise DelegationMalformed(reason="its id was used before")
    seen, following = set(), [event.delegate_id]
    while following:
        each = following.pop()
        if each == party_id:
            raise DelegationCircular("delegateId")
        if each not in seen:
            seen.add(each)
            onward = delegations.of(each)
            following += [
                d.delegate_id for d in onward if d.overlaps(event.starts_at, event.ends_at)
            ]


def revoke(command: RevokeDelegation, delegations: Delegations, actor: Actor) -> tuple[Fact, ...]:
    """The fact that a delegation is over. Raises NotFound, DelegationRevoked."""
    check_revocation(command.delegation_id, delegations, actor.party_id)
    return (Fact(DelegationEnded(command.delegation_id)),)


def check_revocation(delegation_id: str, delegations: Delegations, party_id: str) -> None:
    """Return if a party may revoke a delegation. Raises NotFound, DelegationRevoked."""
    known = delegations.granted.get(delegation_id)
    if known is None or known.party_id != party_id:
        raise NotFound("delegationId", what="delegation of your party", id=delegation_id)
    if known.revoked_index is not None:
        raise DelegationRevoked("delegationId", index=known.revoked_index)


def evolve(delegations: Delegations, placed: Placed) -> Delegations:
    """The delegations after one was granted or revoked."""
    granted, by_party = delegations.granted, delegations.by_party
    match placed.event:
        case DelegationGranted() as event:
            made = Delegation(
                event.delegation_id,
                placed.party,
                event.delegate_id,
                event.starts_at,
                event.ends_at,
                event.kinds,
                placed.index,
            )
            listed = (*by_party.get(placed.party, ()), event.delegation_id)
            return Delegations(
                granted.set(event.delegation_id, made), by_party.set(placed.party, listed)
            )
        case DelegationEnded(delegation_id=key):
            ended = replace(granted[key], revoked_index=placed.index)
            return replace(delegations, granted=granted.set(key, ended))
        case _:
            return delegations
