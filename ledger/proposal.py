"""Proposals: what is asked of whom, how it stands, and the events of its life.

The one rule: a proposal is identified by the entry that opened it, its index and salted body
commitment; every answer names both. Source: `domain.md` section 3.
"""

from dataclasses import dataclass
from enum import StrEnum

from immutables import Map

from ledger.actor import NotFound


class ProposalKind(StrEnum):
    """What a proposal is about."""

    INDICATOR = "INDICATOR"
    MEASUREMENT = "MEASUREMENT"
    SCHEME = "SCHEME"
    SETTLEMENT = "SETTLEMENT"
    POLICY = "POLICY"


class ProposalStatus(StrEnum):
    """How a proposal stands. OPEN -> DISPUTED | AGREED | WITHDRAWN | SUPERSEDED."""

    OPEN = "OPEN"
    DISPUTED = "DISPUTED"
    AGREED = "AGREED"
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Opening:
    """The terms of a proposal, part of every `*.proposed` event.

    `subject` names what it is about, such as "measurement/<indicator>/<period>": at most one
    open proposal a subject. `replaces` is the proposal that this one supersedes, or empty.
    """

    proposal_id: str
    kind: ProposalKind
    subject: str
    signatories: tuple[str, ...]
    needed: int
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """An Ed25519 signature by a party's consent key, over the statement of its answer."""

    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class ProposalConsented:
    """A party consents to the bytes at `proposal_index` that `commitment` commits to."""

    proposal_id: str
    proposal_index: int
    commitment: str
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class ProposalObjected:
    """A party objects; the reason is in the annex."""

    proposal_id: str
    proposal_index: int
    commitment: str
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class ProposalConsentedV1:
    """Version 1, before consents could be signed."""

    proposal_id: str
    proposal_index: int
    commitment: str

    def upgraded(self) -> ProposalConsented:
        """What it means in the newest version."""
        return ProposalConsented(self.proposal_id, self.proposal_index, self.commitment)


@dataclass(frozen=True, slots=True)
class ProposalObjectedV1:
    """Version 1, before objections could be signed."""

    proposal_id: str
    proposal_index: int
    commitment: str

    def upgraded(self) -> ProposalObjected:
        """What it means in the newest version."""
        return ProposalObjected(self.proposal_id, self.proposal_index, self.commitment)


@dataclass(frozen=True, slots=True)
class ProposalAgreed:
    """The rule is met: what was proposed binds from here. `consents` are ledger indices."""

    proposal_id: str
    consents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn:
    """The proposer took it back."""

    proposal_id: str


@dataclass(frozen=True, slots=True)
class ProposalSuperseded:
    """Another proposal on the same subject took its place and asks everybody again."""

    proposal_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One party's answer. `index` is its entry; `key_id` the consent key that signed it, if any."""

    party_id: str
    is_consent: bool
    index: int
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it stands. `index` and `commitment` are what a consent binds to.

    `policy_version` is the policy that was in force when it was opened: it lives under that one.
    """

    proposal_id: str
    kind: ProposalKind
    subject: str
    proposer: str
    signatories: tuple[str, ...]
    needed: int
    replaces: str
    index: int
    commitment: str
    status: ProposalStatus
    answers: tuple[Answer, ...] = ()
    policy_version: int = 1

    @property
    def is_pending(self) -> bool:
        """Whether it can still be answered or replaced."""
        return self.status in (ProposalStatus.OPEN, ProposalStatus.DISPUTED)

    def consents(self) -> tuple[Answer, ...]:
        """The consents given so far, in order."""
        return tuple(answer for answer in self.answers if answer.is_consent)

    def answer_of(self, party_id: str) -> Answer | None:
        """What a party answered, if it did."""
        return next((a for a in self.answers if a.party_id == party_id), None)


@dataclass(frozen=True, slots=True)
class Agreements:
    """Every pending proposal and, by subject, which one is pending."""

    proposals: Map[str, Proposal] = Map()
    pending: Map[str, str] = Map()

    def get(self, proposal_id: str) -> Proposal:
        """The proposal of an id. Raises NotFound."""
        proposal = self.proposals.get(proposal_id)
        if proposal is None:
            raise NotFound("proposalId", what="proposal", id=proposal_id)
        return proposal
