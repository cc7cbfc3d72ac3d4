"""Remarks: free text and evidence that a party lays down for all, or for some, to see.

The one rule: the text stands in the entry's annex, so that it can be erased one day and the tree
stays whole; the body holds only what is about things: an id, hashes of evidence. A remark's
audience alone can open it; that it was made, when and for whom, all members know.
Source: `ledger-format.md`, "Entry"; `domain.md` section 3 (comments and evidence hashes).
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.actor import Actor, NotFound
from ledger.errors import Refusal
from ledger.fact import EVERYBODY, Fact
from ledger.ids import Seed
from ledger.proposal import Agreements

MAX_TEXT = 4000
MAX_EVIDENCE = 20
MAX_MEDIA_TYPE = 120
HASH_SIZE = 32


class RemarkMalformed(Refusal):
    """This remark cannot be laid down: {reason}. -> Correct it and send it again."""


class NotYourRemark(Refusal):
    """Entry {index} is not your party's. -> Ask the party that wrote it to erase its text."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document kept elsewhere: SHA-256 of its bytes, and its media type."""

    sha256: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class MakeRemark:
    """Command: lay down a remark. `audience` is empty for everybody, else party ids."""

    about: str
    text: str
    audience: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class EraseAnnex:
    """Command: erase the free text of an entry of one's own party."""

    index: int


@dataclass(frozen=True, slots=True)
class RemarkMade:
    """A remark about a proposal, or about nothing in particular; its text is in the annex."""

    remark_id: str
    about: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class AnnexErased:
    """The annex of an entry is gone from every table; its commitment stays in the envelope."""

    index: int


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark as it stands; its text is the annex of its entry."""

    remark_id: str
    about: str
    party_id: str
    evidence: tuple[Evidence, ...]
    index: int


def make(
    command: MakeRemark,
    agreements: Agreements,
    members: Collection[str],
    actor: Actor,
    seed: Seed,
) -> tuple[Fact, ...]:
    """The fact of a remark; its author is in its audience. Raises RemarkMalformed, NotFound."""
    text = command.text.strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise RemarkMalformed("text", reason=f"a text has 1 to {MAX_TEXT} characters")
    check(command.about, command.evidence, agreements)
    for number, party_id in enumerate(command.audience):
        if party_id not in members:
            raise NotFound(f"audience[{number}]", what="party", id=party_id)
    named = {*command.audience, actor.party_id} if command.audience else set(EVERYBODY)
    event = RemarkMade(seed.new_id(), command.about, command.evidence)
    return (Fact(event, tuple(sorted(named)), {"text": text}),)


def check(about: str, evidence: tuple[Evidence, ...], agreements: Agreements) -> None:
    """Return if a remark's body can stand. Raises RemarkMalformed, NotFound."""
    if about:
        agreements.get(about)
    if len(evidence) > MAX_EVIDENCE:
        raise RemarkMalformed("evidence", reason=f"at most {MAX_EVIDENCE} documents")
    for number, each in enumerate(evidence):
        if len(each.sha256) != HASH_SIZE:
            raise RemarkMalformed(f"evidence[{number}].sha256", reason="a SHA-256 has 32 bytes")
        if not 1 <= len(each.media_type) <= MAX_MEDIA_TYPE or "/" not in each.media_type:
            reason = 'a media type is such as "application/pdf"'
            raise RemarkMalformed(f"evidence[{number}].mediaType", reason=reason)


def erase(index: int, annexes: Collection[int], author: str, actor: Actor) -> tuple[Fact, ...]:
    """The fact that an annex is erased. `annexes`: entries that have one still.

    Raises NotFound, NotYourRemark.
    """
    if index not in annexes:
        raise NotFound("index", what="entry with text to erase", id=str(index))
    if author != actor.party_id:
        raise NotYourRemark("index", index=index)
    return (Fact(AnnexErased(index)),)
