"""The events of a proposal's life: notice, answer, counted silence, outcome; old versions too.

The one rule: every answer names the entry that opened the proposal by its index and salted body
commitment, so that all signed the same bytes. Source: `ledger-format.md`, "Consents".
"""

from dataclasses import dataclass
from datetime import datetime

from ledger.reply import Channel, Deadline, Disputed, Signed, Silence


@dataclass(frozen=True, slots=True)
class ProposalConsented:
    """A party consents to the bytes at `proposal_index` that `commitment` commits to.

    `on_behalf_of` is the party that the acting one is a delegate of; empty: for itself.
    """

    proposal_id: str
    proposal_index: int
    commitment: str
    signed: Signed | None = None
    on_behalf_of: str = ""


@dataclass(frozen=True, slots=True)
class ProposalObjected:
    """A party objects, to all or to the `disputed` part alone; the reason is in the annex."""

    proposal_id: str
    proposal_index: int
    commitment: str
    signed: Signed | None = None
    on_behalf_of: str = ""
    disputed: Disputed | None = None


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
class ProposalConsentedV2:
    """Version 2, before delegates could answer."""

    proposal_id: str
    proposal_index: int
    commitment: str
    signed: Signed | None = None

    def upgraded(self) -> ProposalConsented:
        """What it means in the newest version."""
        return ProposalConsented(
            self.proposal_id, self.proposal_index, self.commitment, self.signed
        )


@dataclass(frozen=True, slots=True)
class ProposalObjectedV2:
    """Version 2, before delegates could answer and parts of amounts be disputed."""

    proposal_id: str
    proposal_index: int
    commitment: str
    signed: Signed | None = None

    def upgraded(self) -> ProposalObjected:
        """What it means in the newest version."""
        return ProposalObjected(self.proposal_id, self.proposal_index, self.commitment, self.signed)


@dataclass(frozen=True, slots=True)
class ProposalOpened:
    """What the policy in force says about the proposal of the entry before, while it lives.

    `needed`: consents that are enough. `deadlines`: of every signatory, where silence means
    something, and the calendars that its days and a dispute's are counted by. `rungs`: how high
    the ladder is. Not entered where the policy has neither a rule nor a ladder for its kind.
    """

    proposal_id: str
    policy_version: int
    needed: int
    silence: Silence
    answer_days: int
    four_eyes: bool
    rungs: int
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True)
class ProposalNoticed:
    """A party was told of a proposal. `until`: its deadline from here on; None: it has none."""

    proposal_id: str
    party_id: str
    channel: Channel
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SilenceCounted:
    """A party's deadline `due` passed without its answer, which has the meaning of `silence`."""

    proposal_id: str
    party_id: str
    silence: Silence
    due: datetime


@dataclass(frozen=True, slots=True)
class ProposalAgreed:
    """The rule is met, or it was ruled so: what was proposed binds from here.

    `consents` are the ledger indices of the consents, `rulings` those of the rulings, and `due` is
    the end of the last rung, or of its days, whichever it rests on.
    `is_partial`: the undisputed part alone binds.
    """

    proposal_id: str
    consents: tuple[int, ...]
    rulings: tuple[int, ...] = ()
    due: datetime | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class ProposalAgreedV1:
    """Version 1, before disputes could be ruled."""

    proposal_id: str
    consents: tuple[int, ...]

    def upgraded(self) -> ProposalAgreed:
        """What it means in the newest version."""
        return ProposalAgreed(self.proposal_id, self.consents)


@dataclass(frozen=True, slots=True)
class ProposalRejected:
    """It was ruled out, or the last rung's time was over at `due` and the status quo stays."""

    proposal_id: str
    rulings: tuple[int, ...] = ()
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalLapsed:
    """It binds nobody any more.

    Its rule cannot be met by `silences`, there is no room for it now, or the days that it could
    stay open were over at `due`.
    """

    proposal_id: str
    silences: tuple[int, ...]
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalLapsedV1:
    """Version 1, before open proposals had an end."""

    proposal_id: str
    silences: tuple[int, ...]

    def upgraded(self) -> ProposalLapsed:
        """What it means in the newest version."""
        return ProposalLapsed(self.proposal_id, self.silences)


@dataclass(frozen=True, slots=True)
class UndisputedBound:
    """All who are needed consented, but for disputed parts: the undisputed part binds from here.

    `answers` are the ledger indices of the consents and the partial objections.
    """

    proposal_id: str
    answers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn:
    """The proposer took it back."""

    proposal_id: str


@dataclass(frozen=True, slots=True)
class ProposalSuperseded:
    """Another proposal on the same subject took its place and asks everybody again."""

    proposal_id: str
    by: str
