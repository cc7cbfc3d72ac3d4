"""The inbox: what waits for a party, by when, and what has changed against the version before.

The one rule: as `read`: only what the party may see, computed from what stands in the ledger. What
waits is an answer of the party's own, one that it gives for a party that delegated it, or a ruling
of its sponsor. Only its own answers are told by a notice: an inbox is no word to somebody else.
Source: `domain.md` section 3.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import cast

from ledger.actor import Actor
from ledger.book import Indicator
from ledger.canonical import decode_object
from ledger.delegation import Delegation
from ledger.difference import Difference, differences
from ledger.history import encode_state
from ledger.measurement import Measurement
from ledger.party import Party
from ledger.policy import Policy
from ledger.proposal import SETTLING, Proposal, ProposalKind, ProposalStatus
from ledger.read import MAX_PAGE, Narrowed, Reader, Window
from ledger.reply import Silence
from ledger.scheme import Scheme

PENDING = (ProposalStatus.OPEN, ProposalStatus.DISPUTED)
_ASIDE = ("opening", "version", "version_index", "rules_version")
"""Fields of a body that are not content: they differ from one version to the next anyway."""


class Asked(StrEnum):
    """What a proposal waits for: a party's ANSWER, or its sponsor's RULING of a dispute."""

    ANSWER = "ANSWER"
    RULING = "RULING"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pending proposal that waits for a party.

    `until` is the first instant that is too late, as it runs or will run once the party is told;
    None: silence means nothing. `silence` is what it means. `principal_id` is the party that it is
    answered for, by delegation; empty: for itself.
    """

    proposal: Proposal
    until: datetime | None
    is_told: bool
    silence: Silence
    asks: Asked = Asked.ANSWER
    principal_id: str = ""

    @property
    def is_own_answer(self) -> bool:
        """Whether it is the party's own to answer, so that it is told of it by a notice."""
        return self.asks is Asked.ANSWER and not self.principal_id


def waits_for(proposal: Proposal, party_id: str) -> bool:
    """Whether a proposal waits for a party's answer."""
    is_asked = party_id in proposal.signatories
    return proposal.is_pending and is_asked and proposal.answer_of(party_id) is None


def waiting_of(proposal: Proposal, party_id: str) -> Waiting:
    """A proposal as it waits for a party."""
    notice, deadline = proposal.notice_of(party_id), proposal.deadline_of(party_id)
    until = notice.until if notice is not None else deadline.at if deadline is not None else None
    is_told = notice is not None or party_id == proposal.proposer
    return Waiting(proposal, until, is_told, proposal.silence)


def ruling_of(proposal: Proposal, party_id: str) -> Waiting | None:
    """A dispute as it waits for the ruling of a party's sponsor; None: it does not.

    Whoever does not rule lets it climb; what holds after the last rung, the policy says.
    """
    dispute = proposal.dispute
    if proposal.status is not ProposalStatus.DISPUTED or dispute is None:
        return None
    has_ruled = any(each.sponsor.party_id == party_id for each in dispute.rulings)
    if has_ruled or not any(each.party_id == party_id for each in dispute.sponsors):
        return None
    silence = Silence.ESCALATE if dispute.rung + 1 < proposal.rungs else Silence.NOTHING
    return Waiting(proposal, dispute.until, is_told=True, silence=silence, asks=Asked.RULING)


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


async def inbox(reader: Reader, actor: Actor, now: datetime) -> list[Waiting]:
    """What waits for the actor's party: the nearest deadline first, then the older proposal.

    For one that has left by now, what it still answers: that of a period in which it was there.
    """
    key = actor.party_id
    party = (await reader.ecosystem(actor)).value.party(key)
    proposals = await pending(reader, actor)
    if party.has_left(now):
        waiting = [each for each in _own(proposals, key) if each.proposal.kind in SETTLING]
    else:
        waiting = _own(proposals, key)
        waiting += [found for each in proposals if (found := ruling_of(each, key)) is not None]
        for delegation in await delegated(reader, actor, now):
            waiting += [
                replace(each, principal_id=delegation.party_id)
                for each in _own(proposals, delegation.party_id)
                if delegation.covers(each.proposal.kind)
            ]
    return sorted(waiting, key=_urgency)


def _own(proposals: Sequence[Proposal], party_id: str) -> list[Waiting]:
    return [waiting_of(each, party_id) for each in proposals if waits_for(each, party_id)]


async def delegated(reader: Reader, actor: Actor, now: datetime) -> list[Delegation]:
    """The delegations by which the actor's party answers for others now, in the ledger's order."""
    found: list[Delegation] = []
    cursor: tuple[int, str] | None = None
    while True:
        window = Window(first=MAX_PAGE, after=cursor)
        page = await reader.page(actor, "delegation", Delegation, window)
        found += [each.value for each in page.items]
        if not page.has_next:
            break
        cursor = (page.items[-1].first_index, page.items[-1].object_id)
    return [each for each in found if each.delegate_id == actor.party_id and each.is_in_force(now)]


def _urgency(waiting: Waiting) -> tuple[bool, datetime, int]:
    proposal = waiting.proposal
    until = waiting.until or proposal.touched_at
    return waiting.until is None, until, proposal.index


async def changed(reader: Reader, actor: Actor, proposal: Proposal) -> tuple[Difference, ...]:
    """What a proposal's content says otherwise than the version before it.

    That is the proposal that it replaces, else what stood when it was opened; empty when there is
    none, or the actor may not open it.
    """
    ecosystem = (await reader.ecosystem(actor)).value
    new = await _content(reader, actor, proposal.index)
    old = None if new is None else await _previous(reader, actor, proposal, new)
    if old is None or new is None:
        return ()
    return differences(old, new, _told_apart(ecosystem.parties))


def _told_apart(parties: Sequence[Party]) -> dict[str, str]:
    """What to call each party: its name, with its id where one of before had the same."""
    names = Counter(party.name for party in parties)
    return {
        party.party_id: party.name if names[party.name] == 1 else f"{party.name} {party.party_id}"
        for party in parties
    }


async def _content(reader: Reader, actor: Actor, index: int) -> dict[str, object] | None:
    """What an entry proposes, with the sealed parts that the actor may open; None: it is closed."""
    stored = (await reader.entries_at(actor, [index])).get(index)
    if stored is None or stored.body is None:
        return None
    body = decode_object(stored.body)
    content = {key: value for key, value in body.items() if key not in _ASIDE}
    if sealed := content.pop("sealed", None):
        places = [place["index"] for place in cast("list[dict[str, int]]", sealed)]
        opened = await reader.entries_at(actor, places)
        bodies = [decode_object(each.body) for each in opened.values() if each.body is not None]
        content["parts"] = [each["part"] for each in bodies]
    return content


async def _previous(
    reader: Reader, actor: Actor, proposal: Proposal, content: dict[str, object]
) -> dict[str, object] | None:
    """What stood before a proposal of such a content, if anything did.

    An indicator and a party are taken as they stood: a promotion, or a leaving at a gate, changed
    them without a version of its own.
    """
    if proposal.replaces:
        replaced = await reader.one(actor, "proposal", proposal.replaces, Proposal)
        return None if replaced is None else await _content(reader, actor, replaced.value.index)
    size, kind = proposal.index, proposal.kind
    if kind is ProposalKind.INDICATOR:
        key = str(content["indicator_id"])
        indicator = await reader.one(actor, "indicator", key, Indicator, size)
        if indicator is None:
            return None
        return {"indicator_id": key, "terms": _plain(indicator.value.version.terms)}
    if kind in (ProposalKind.MEMBERSHIP, ProposalKind.DEPARTURE):
        party = await reader.one(actor, "party", str(content["party_id"]), Party, size)
        if party is None:
            return None
        stood = _plain(party.value)
        return {key: stood.get(key) for key in content}
    index = await _entry_before(reader, actor, proposal, content)
    return None if index is None else await _content(reader, actor, index)


def _plain(value: object) -> dict[str, object]:
    """A value as the body of an entry has it."""
    return decode_object(encode_state(value))


async def _entry_before(
    reader: Reader, actor: Actor, proposal: Proposal, content: dict[str, object]
) -> int | None:
    """The entry that proposed what stood before, where it stands as it was proposed."""
    size = proposal.index
    match proposal.kind:
        case ProposalKind.SCHEME:
            key = str(content["scheme_id"])
            scheme = await reader.one(actor, "scheme", key, Scheme, size)
            return None if scheme is None else scheme.value.index
        case ProposalKind.MEASUREMENT:
            place = f"{content['indicator_id']}/{content['period']}"
            restated = await reader.one(actor, "result", place, Measurement, size)
            return None if restated is None else restated.value.index
        case ProposalKind.POLICY:
            narrowed = Narrowed(status=ProposalStatus.AGREED)
            page = await reader.page(actor, "policy", Policy, Window(last=1), narrowed, size)
            return page.items[0].value.index if page.items else None
        case _:
            return None
