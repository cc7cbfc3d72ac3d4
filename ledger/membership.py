"""Membership: how a party comes, under which terms it stays, and how it goes.

The one rule: all who sign agree who comes, on which terms, and who goes when; only at an exit gate
of its own may a partner leave by its own act. An admission binds the newcomer to nothing: what it
co-owns or shares it signs itself. Source: `domain.md` section 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.actor import Actor
from ledger.agreement import named_by, opening
from ledger.ecosystem import MAX_PARTIES, Ecosystem, require_name
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.party import MembershipTerms, Party, PartyRole
from ledger.periods import FIRST_YEAR, TimeZoneUnknown, midnight
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus

MAX_GATES = 60
MAX_NOTICE_DAYS = 366
KINDS = (ProposalKind.ADMISSION, ProposalKind.MEMBERSHIP, ProposalKind.DEPARTURE)


class MembershipMalformed(Refusal):
    """This membership cannot stand: {reason}. -> Correct it and propose it again."""


class OutsourcerStays(Refusal):
    """An ecosystem has its one outsourcer for as long as it lasts. -> Found another ecosystem."""


class NoExitGate(Refusal):
    """{left_on} is no exit gate of your party; its gates: {gates}. -> Propose your departure."""


class GateClosed(Refusal):
    """Leaving on {left_on} had to be entered by the end of {by}. -> Take a later gate."""


class DepartureStale(Refusal):
    """That party's leaving was fixed for {left_on} since this was proposed. -> Propose it anew."""


class MembershipEnded(Refusal):
    """Your party left on {left_on}: this is for members. -> Answer what is open from before."""


@dataclass(frozen=True, slots=True)
class ProposeAdmission:
    """Command: a partner or an observer is to join on a date."""

    name: str
    role: PartyRole
    joined_on: date
    terms: MembershipTerms
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ProposeMembership:
    """Command: other terms for a party that is a member."""

    party_id: str
    terms: MembershipTerms
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ProposeDeparture:
    """Command: a party is to leave on a date that need not be a gate of its own."""

    party_id: str
    left_on: date
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class LeaveAtGate:
    """Command: one's own party leaves at one of its exit gates."""

    left_on: date


@dataclass(frozen=True, slots=True)
class MembershipProposed:
    """A membership as it is to stand is proposed to all who sign.

    The opening's kind says what of it is new: ADMISSION the party, MEMBERSHIP its terms,
    DEPARTURE `left_on`.
    """

    opening: Opening
    party_id: str
    name: str
    role: PartyRole
    terms: MembershipTerms
    joined_on: date | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class LeftAtGate:
    """The acting party leaves at an exit gate that was agreed for it."""

    left_on: date


@dataclass(frozen=True, slots=True)
class Membership:
    """A proposed membership as it stands; it binds when its status is AGREED."""

    proposal_id: str
    kind: ProposalKind
    party: Party
    index: int
    status: ProposalStatus


def subject_of(party_id: str) -> str:
    """What a proposal about a party's membership is about: one is pending a party."""
    return f"party/{party_id}"


def check_terms(terms: MembershipTerms, role: PartyRole) -> None:
    """Return if a party of a role can be a member on these terms.

    Raises TimeZoneUnknown, MembershipMalformed.
    """
    try:
        ZoneInfo(terms.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeZoneUnknown("terms.timeZone", zone=terms.time_zone[:60]) from None
    if len(terms.exit_gates) > MAX_GATES or list(terms.exit_gates) != sorted(set(terms.exit_gates)):
        reason = f"at most {MAX_GATES} exit gates, each once, in the order of time"
        raise MembershipMalformed("terms.exitGates", reason=reason)
    for number, gate in enumerate(terms.exit_gates):
        _require_usual(gate, f"terms.exitGates[{number}]")
    if not 0 <= terms.notice_days <= MAX_NOTICE_DAYS:
        raise MembershipMalformed("terms.noticeDays", reason=f"0 to {MAX_NOTICE_DAYS} days")
    if terms.cap is not None and terms.cap.amount_minor < 0:
        raise MembershipMalformed("terms.cap", reason="a cap is not negative")
    is_protected = terms.cap is not None or terms.is_gain_only or bool(terms.exit_gates)
    if is_protected and role is not PartyRole.PARTNER:
        reason = "a cap, gain only and exit gates are a partner's protections"
        raise MembershipMalformed("terms", reason=reason)
    if terms.grants is not None and role is not PartyRole.OBSERVER:
        raise MembershipMalformed("terms.grants", reason="grants are an observer's")
    if terms.grants is not None and len(set(terms.grants)) != len(terms.grants):
        raise MembershipMalformed("terms.grants", reason="a grant stands twice")


def _require_usual(day: date, path: str) -> None:
    """Return if a day begins at an instant in every time zone. Raises MembershipMalformed."""
    if not FIRST_YEAR <= day.year < date.max.year:
        raise MembershipMalformed(path, reason=f"{day} lies in no usual year")


def check_admission(ecosystem: Ecosystem, name: str, role: PartyRole, now: datetime) -> None:
    """Return if a party of this name may join. Raises NameMissing, MembershipMalformed."""
    if require_name(name, "name") != name:
        raise MembershipMalformed("name", reason="a name begins and ends without blanks")
    if role is PartyRole.OUTSOURCER:
        raise MembershipMalformed("role", reason="there is one outsourcer already")
    if len(ecosystem.parties) >= MAX_PARTIES:
        raise MembershipMalformed("name", reason=f"there were {MAX_PARTIES} parties already")
    names = {party.name.casefold() for party in ecosystem.parties if not party.has_left(now)}
    if name.casefold() in names:
        raise MembershipMalformed("name", reason=f"{name!r} is a member already")


def check_departure(party: Party, left_on: date, path: str) -> None:
    """Return if a member may leave on a date. Raises OutsourcerStays, MembershipMalformed."""
    if party.role is PartyRole.OUTSOURCER:
        raise OutsourcerStays("partyId")
    _require_usual(left_on, path)
    if party.joined_on is not None and left_on <= party.joined_on:
        reason = f"it joined on {party.joined_on}, so it leaves after that"
        raise MembershipMalformed(path, reason=reason)


def check_gate(party: Party, left_on: date, now: datetime) -> None:
    """Return if a partner may leave at a gate by an act entered at `now`.

    The last day for it is `notice_days` before the gate, to its end in the membership's zone.
    Raises OutsourcerStays, MembershipMalformed, NoExitGate, GateClosed.
    """
    check_departure(party, left_on, "leftOn")
    gates = party.terms.exit_gates
    if left_on not in gates:
        named = ", ".join(map(str, gates)) or "none"
        raise NoExitGate("leftOn", left_on=left_on, gates=named)
    by = left_on - timedelta(days=party.terms.notice_days)
    if now >= midnight(by + timedelta(days=1), party.terms.time_zone):
        raise GateClosed("leftOn", left_on=left_on, by=by)
    if party.left_on is not None and party.left_on <= left_on:
        raise MembershipMalformed("leftOn", reason=f"it leaves on {party.left_on} already")


def propose_admission(
    command: ProposeAdmission,
    ecosystem: Ecosystem,
    agreements: Agreements,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a newcomer. Raises what `check_terms`, `check_admission`, `opening` do."""
    name = command.name.strip()
    check_terms(command.terms, command.role)
    check_admission(ecosystem, name, command.role, now)
    _require_usual(command.joined_on, "joinedOn")
    replaced = named_by(agreements, command.replaces, ProposalKind.ADMISSION)
    party = Party(replaced or seed.new_id(), name, command.role, command.terms, command.joined_on)
    asked = ecosystem.signing_ids(now)
    kind = ProposalKind.ADMISSION
    return _proposed(party, kind, command.replaces, agreements, asked, seed)


def propose_membership(
    command: ProposeMembership,
    ecosystem: Ecosystem,
    agreements: Agreements,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose other terms for a member. Raises NotFound, what `check_terms` does."""
    party = ecosystem.member(command.party_id, now)
    check_terms(command.terms, party.role)
    changed = replace(party, terms=command.terms)
    asked = ecosystem.signing_ids(now)
    kind = ProposalKind.MEMBERSHIP
    return _proposed(changed, kind, command.replaces, agreements, asked, seed)


def propose_departure(
    command: ProposeDeparture,
    ecosystem: Ecosystem,
    agreements: Agreements,
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose that a member leaves. Raises NotFound, what `check_departure` does."""
    party = ecosystem.member(command.party_id, now)
    check_departure(party, command.left_on, "leftOn")
    changed = replace(party, left_on=command.left_on)
    asked = ecosystem.signing_ids(now)
    kind = ProposalKind.DEPARTURE
    return _proposed(changed, kind, command.replaces, agreements, asked, seed)


def _proposed(
    party: Party,
    kind: ProposalKind,
    replaces: str,
    agreements: Agreements,
    asked: Iterable[str],
    seed: Seed,
) -> tuple[Fact, ...]:
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=kind,
        subject=subject_of(party.party_id),
        signatories=asked,
        replaces=replaces,
    )
    event = MembershipProposed(
        terms,
        party.party_id,
        party.name,
        party.role,
        party.terms,
        party.joined_on,
        party.left_on,
    )
    return (*superseded, Fact(event))


def leave(
    command: LeaveAtGate, ecosystem: Ecosystem, actor: Actor, now: datetime
) -> tuple[Fact, ...]:
    """The fact that one's own party leaves at a gate. Raises what `check_gate` does."""
    check_gate(ecosystem.party(actor.party_id), command.left_on, now)
    return (Fact(LeftAtGate(command.left_on)),)


def state_of(event: MembershipProposed, index: int) -> Membership:
    """A membership as it was proposed by entry `index`."""
    party = Party(
        event.party_id, event.name, event.role, event.terms, event.joined_on, event.left_on
    )
    opened = event.opening
    return Membership(opened.proposal_id, opened.kind, party, index, ProposalStatus.OPEN)


def require_unfixed(ecosystem: Ecosystem, departure: Membership) -> None:
    """Return if nothing later than a departure's proposal fixed when its party leaves.

    Who left at its gate meanwhile is not made a member again. Raises DepartureStale.
    """
    party = ecosystem.party(departure.party.party_id)
    if party.left_index is not None and party.left_index > departure.index:
        raise DepartureStale("proposalId", left_on=party.left_on)


def bound(ecosystem: Ecosystem, agreed: Membership, index: int) -> Ecosystem:
    """The ecosystem once a membership binds, by entry `index`."""
    wanted = agreed.party
    match agreed.kind:
        case ProposalKind.ADMISSION:
            joined = replace(wanted, joined_index=index)
            return replace(ecosystem, parties=(*ecosystem.parties, joined))
        case ProposalKind.MEMBERSHIP:
            party = replace(ecosystem.party(wanted.party_id), terms=wanted.terms)
        case _:
            party = ecosystem.party(wanted.party_id)
            party = replace(party, left_on=wanted.left_on, left_index=index)
    return ecosystem.with_party(party)
