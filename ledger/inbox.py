"""The inbox: what waits for a party, by when, and what has changed against the version before.

The one rule: as `read`: only what the party may see, computed from what stands in the ledger.
Source: `domain.md` section 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ledger.actor import Actor
from ledger.book import Indicator
from ledger.canonical import decode_object
from ledger.difference import Difference, differences
from ledger.membership import Membership
from ledger.policy import Policy
from ledger.proposal import Proposal, ProposalKind, ProposalStatus
from ledger.read import MAX_PAGE, Narrowed, Reader, Window
from ledger.scheme import Scheme

PENDING = (ProposalStatus.OPEN, ProposalStatus.DISPUTED)
_ASIDE = ("opening", "version", "version_index", "rules_version")
"""Fields of a body that are not content: they differ from one version to the next anyway."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending proposal that a party has not answered.

    `until` is the first instant that is too late, as it runs or will run once the party is told;
    None: silence means nothing.
    """

    proposal: Proposal
    until: datetime | None
    is_told: bool


def waits_for(proposal: Proposal, party_id: str) -> bool:
    """Whether a proposal waits for a party's answer."""
    is_asked = party_id in proposal.signatories
    return proposal.is_pending and is_asked and proposal.answer_of(party_id) is None


def waiting_of(proposal: Proposal, party_id: str) -> Waiting:
    """A proposal as it waits for a party."""
    notice, deadline = proposal.notice_of(party_id), proposal.deadline_of(party_id)
    until = notice.until if notice is not None else deadline.at if deadline is not None else None
    return Waiting(proposal, until, notice is not None or party_id == proposal.proposer)


async def pending(reader: Reader, actor: Actor) -> list[Proposal]:
    """Every pending proposal that the actor may see, in the order of the ledger."""
    found: dict[str, Proposal] = {}
    for status in PENDING:
        cursor: tuple[int, str] | None = None
        while True:
            window = Window(first=MAX_PAGE, after=cursor)
            narrowed = Narrowed(status=str(status))
            page = await reader.page(actor, "proposal", Proposal, window, narrowed)
            found |= {each.object_id: each.value for each in page.items}
            if not page.has_next:
                break
            cursor = (page.items[-1].first_index, page.items[-1].object_id)
    return sorted(found.values(), key=lambda proposal: proposal.index)


async def inbox(reader: Reader, actor: Actor) -> list[Waiting]:
    """What waits for the actor's party: the nearest deadline first, then the older proposal."""
    waiting = [
        waiting_of(proposal, actor.party_id)
        for proposal in await pending(reader, actor)
        if waits_for(proposal, actor.party_id)
    ]
    return sorted(waiting, key=_urgency)


def _urgency(waiting: Waiting) -> tuple[bool, datetime, int]:
    proposal = waiting.proposal
    until = waiting.until or proposal.touched_at
    return waiting.until is None, until, proposal.index


async def changed(reader: Reader, actor: Actor, proposal: Proposal) -> tuple[Difference, ...]:
    """What a proposal's content says otherwise than the version before it.

    That is the proposal that it replaces, else the version in force when it was opened; empty
    when there is none, or the actor may not open it.
    """
    ecosystem = (await reader.ecosystem(actor)).value
    names = {party.party_id: party.name for party in ecosystem.parties}
    new = await _content(reader, actor, proposal.index)
    index = await _previous(reader, actor, proposal, new)
    old = None if index is None else await _content(reader, actor, index)
    return () if old is None or new is None else differences(old, new, names)


async def _content(reader: Reader, actor: Actor, index: int) -> dict[str, object] | None:
    """What the body of an entry says, without what is not content; None where it is closed."""
    stored = (await reader.entries_at(actor, [index])).get(index)
    if stored is None or stored.body is None:
        return None
    return {key: value for key, value in decode_object(stored.body).items() if key not in _ASIDE}


async def _previous(
    reader: Reader, actor: Actor, proposal: Proposal, content: dict[str, object] | None
) -> int | None:
    """The entry of the version before, if there is one."""
    if proposal.replaces:
        found = await reader.one(actor, "proposal", proposal.replaces, Proposal)
        return None if found is None else found.value.index
    size = proposal.index
    for concept, key in _subjects(proposal, content or {}):
        match concept:
            case "indicator":
                indicator = await reader.one(actor, concept, key, Indicator, size)
                return None if indicator is None else indicator.value.version.index
            case "scheme":
                scheme = await reader.one(actor, concept, key, Scheme, size)
                return None if scheme is None else scheme.value.index
            case "policy":
                narrowed = Narrowed(status=ProposalStatus.AGREED)
                policies = await reader.page(actor, concept, Policy, Window(last=1), narrowed, size)
                return policies.items[0].value.index if policies.items else None
            case _:
                narrowed = Narrowed(parent_id=key, status=ProposalStatus.AGREED)
                page = await reader.page(actor, concept, Membership, Window(last=1), narrowed, size)
                return page.items[0].value.index if page.items else None
    return None


def _subjects(proposal: Proposal, content: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Of what a proposal is the next version: a concept, and the object's id."""
    match proposal.kind:
        case ProposalKind.INDICATOR:
            yield "indicator", str(content.get("indicator_id", ""))
        case ProposalKind.SCHEME:
            yield "scheme", str(content.get("scheme_id", ""))
        case ProposalKind.POLICY:
            yield "policy", ""
        case ProposalKind.MEMBERSHIP | ProposalKind.DEPARTURE:
            yield "membership", str(content.get("party_id", ""))
        case _:
            return
