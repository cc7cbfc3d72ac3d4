"""Proposals: what is asked of whom, how it stands, and what follows from how it stands.

The one rule: a proposal is identified by the entry that opened it, its index and salted body
commitment; every answer names both. What follows from a proposal, and when something about it is
due, are functions of its state. Source: `domain.md` section 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from immutables import Map

from ledger.actor import NotFound
from ledger.ladder import Dispute
from ledger.reply import Answer, Deadline, Notice, Silence
from ledger.schedule import AT_ONCE, Due, DueKind, rescheduled
from ledger.workdays import Calendars


class ProposalKind(StrEnum):
    """What a proposal is about."""

    INDICATOR = "INDICATOR"
    MEASUREMENT = "MEASUREMENT"
    SCHEME = "SCHEME"
    SETTLEMENT = "SETTLEMENT"
    POLICY = "POLICY"
    PERIOD_CLOSE = "PERIOD_CLOSE"
    ADMISSION = "ADMISSION"
    MEMBERSHIP = "MEMBERSHIP"
    DEPARTURE = "DEPARTURE"
    PILOT = "PILOT"
    PROMOTION = "PROMOTION"
    INITIATIVE = "INITIATIVE"
    INITIATIVE_STAGE = "INITIATIVE_STAGE"
    EXCLUSION = "EXCLUSION"


SETTLING = frozenset({ProposalKind.MEASUREMENT, ProposalKind.EXCLUSION, ProposalKind.SETTLEMENT})
"""Kinds that are about a period: a party whose time it was answers them after it left too."""


class ProposalStatus(StrEnum):
    """How a proposal stands. OPEN <-> DISPUTED -> one of the outcomes, which all the others are."""

    OPEN = "OPEN"
    DISPUTED = "DISPUTED"
    AGREED = "AGREED"
    REJECTED = "REJECTED"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"


class Step(StrEnum):
    """What follows from how a proposal stands, by an entry of its own."""

    OPEN = "OPEN"
    AGREE = "AGREE"
    LAPSE = "LAPSE"
    RULE = "RULE"
    OPEN_DISPUTE = "OPEN_DISPUTE"
    BIND_UNDISPUTED = "BIND_UNDISPUTED"


@dataclass(frozen=True, slots=True)
class Opening:
    """The terms of a proposal, part of every `*.proposed` event.

    `subject` names what it is about, such as "measurement/<indicator>/<period>": at most one
    open proposal a subject. `replaces` is the proposal that this one supersedes, or empty. What
    the policy in force says about it stands in the entry after it, `proposal.opened`.
    """

    proposal_id: str
    kind: ProposalKind
    subject: str
    signatories: tuple[str, ...]
    needed: int
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Preparer:
    """Who prepared what a proposal rests on: somebody of a party, by pseudonym."""

    party_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it stands. `index` and `commitment` are what a consent binds to.

    `policy_version` is the policy that was in force when it was opened: it lives under that one.
    `touched_at` is the instant of the latest entry about it, or that at which this was due.
    `undisputed_index` is the entry by which the undisputed part of its amount bound already;
    `is_partial`: it was agreed, and that part alone binds. `awaits_terms`: the policy has a rule
    or a ladder for it, which the next entry says. `prepared_by`: where the policy asks for four
    eyes, who prepared the parts that it rests on. `ends_at`: the first instant at which it lapses
    where no ladder's time runs; None: it was opened before proposals had an end.
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
    proposer_subject: str = ""
    silence: Silence = Silence.NOTHING
    answer_days: int = 0
    four_eyes: bool = False
    rungs: int = 0
    deadlines: tuple[Deadline, ...] = ()
    notices: tuple[Notice, ...] = ()
    dispute: Dispute | None = None
    undisputed_index: int | None = None
    is_partial: bool = False
    touched_at: datetime = AT_ONCE
    awaits_terms: bool = False
    prepared_by: tuple[Preparer, ...] = ()
    ends_at: datetime | None = None

    @property
    def is_pending(self) -> bool:
        """Whether it can still be answered or replaced."""
        return self.status in (ProposalStatus.OPEN, ProposalStatus.DISPUTED)

    @property
    def rung(self) -> int:
        """Where its dispute stands, from 1, as consent statements have it; 0: no dispute."""
        return 0 if self.dispute is None else self.dispute.rung + 1

    def consents(self) -> tuple[Answer, ...]:
        """The consents given so far, in order; a silence that counts as one among them."""
        return tuple(answer for answer in self.answers if answer.is_consent)

    def objections(self) -> tuple[Answer, ...]:
        """The noes so far, in order; a silence that counts as one among them."""
        return tuple(answer for answer in self.answers if not answer.is_consent)

    def answer_of(self, party_id: str) -> Answer | None:
        """What a party answered, if it did."""
        return next((a for a in self.answers if a.party_id == party_id), None)

    def deadline_of(self, party_id: str) -> Deadline | None:
        """A signatory's deadline as it was fixed at opening."""
        return next((each for each in self.deadlines if each.party_id == party_id), None)

    def notice_of(self, party_id: str) -> Notice | None:
        """The notice from which a party's time runs, if it was given one."""
        return next((each for each in self.notices if each.party_id == party_id), None)

    def runs_until(self, party_id: str) -> datetime | None:
        """When a party's silence will be counted: None while no deadline of its own runs.

        The proposer needs no notice of its own proposal.
        """
        deadline, notice = self.deadline_of(party_id), self.notice_of(party_id)
        if deadline is None or self.answer_of(party_id) is not None:
            return None
        if notice is not None:
            return notice.until
        return deadline.at if party_id == self.proposer else None

    def asks_another(self, party_id: str, subject: str) -> bool:
        """Whether four eyes ask for another person of a party: this one proposed or prepared it."""
        mine = Preparer(party_id, subject)
        is_mine = mine == Preparer(self.proposer, self.proposer_subject)
        return self.four_eyes and (is_mine or mine in self.prepared_by)

    @property
    def is_blocked(self) -> bool:
        """Whether so many said no that the rule can no longer be met."""
        return len(self.signatories) - len(self.objections()) < self.needed

    @property
    def partial(self) -> tuple[Answer, ...]:
        """The objections to a part of an amount alone."""
        return tuple(each for each in self.objections() if each.disputed is not None)

    @property
    def has_undisputed(self) -> bool:
        """Whether all who said no object to a part of an amount alone."""
        return bool(self.partial) and len(self.partial) == len(self.objections())

    @property
    def binds_undisputed(self) -> bool:
        """Whether the rule is met but for disputed parts: the undisputed part can bind."""
        answered = len(self.consents()) + len(self.partial)
        return bool(self.partial) and answered >= self.needed

    def settled(self) -> "Proposal":
        """The proposal with the status that its answers give a pending one.

        A no that blocks opens a dispute, unless it is silence that the policy counts as a
        rejection; a dispute whose noes were all taken back, by consenting, is over.
        """
        said = any(not (a.is_silent and self.silence is Silence.REJECT) for a in self.objections())
        if self.is_blocked and said:
            return replace(self, status=ProposalStatus.DISPUTED)
        return replace(self, status=ProposalStatus.OPEN, dispute=None)

    def next_step(self) -> Step | None:
        """What follows from how it stands now, if something does."""
        if not self.is_pending:
            return None
        if self.awaits_terms:
            return Step.OPEN
        if len(self.consents()) >= self.needed:
            return Step.AGREE
        if self.dispute is not None and self.dispute.ruled() is not None:
            return Step.RULE
        if self.status is ProposalStatus.OPEN and self.is_blocked:
            return Step.LAPSE
        if self.status is ProposalStatus.DISPUTED and self.dispute is None and self.rungs:
            return Step.OPEN_DISPUTE
        if self.undisputed_index is None and self.binds_undisputed:
            return Step.BIND_UNDISPUTED
        return None

    def dues(self) -> Iterator[Due]:
        """What is due about it, and from when on."""
        if not self.is_pending:
            return
        if self.next_step() is not None:
            yield Due(AT_ONCE, DueKind.OUTCOME, self.proposal_id)
        if self.dispute is not None:
            yield Due(self.dispute.until, DueKind.RUNG, self.proposal_id)
        elif self.ends_at is not None:
            yield Due(self.ends_at, DueKind.TERM, self.proposal_id)
        for party_id in self.signatories:
            until = self.runs_until(party_id)
            if until is not None:
                yield Due(until, DueKind.SILENCE, self.proposal_id, party_id)


@dataclass(frozen=True, slots=True)
class Agreements:
    """Every proposal, by subject which one is pending, and what is due about any of them.

    Beside them stand the calendars that their deadlines are counted by.
    """

    proposals: Map[str, Proposal] = Map()
    pending: Map[str, str] = Map()
    schedule: tuple[Due, ...] = ()
    calendars: Calendars = Calendars()

    def get(self, proposal_id: str) -> Proposal:
        """The proposal of an id. Raises NotFound."""
        proposal = self.proposals.get(proposal_id)
        if proposal is None:
            raise NotFound("proposalId", what="proposal", id=proposal_id)
        return proposal

    def put(self, proposal: Proposal) -> "Agreements":
        """With a proposal as it stands now: pending on its subject or not, and what is due."""
        key, subject = proposal.proposal_id, proposal.subject
        before = self.proposals.get(key)
        pending = self.pending
        if proposal.is_pending and before is None:
            pending = pending.set(subject, key)
        elif not proposal.is_pending and pending.get(subject) == key:
            pending = pending.delete(subject)
        gone = () if before is None else before.dues()
        schedule = rescheduled(self.schedule, gone, proposal.dues())
        proposals = self.proposals.set(key, proposal)
        return replace(self, proposals=proposals, pending=pending, schedule=schedule)
