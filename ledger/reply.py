"""Replies: what a party can say to a proposal, by when, and how it was told. Values only.

The one rule: a deadline is fixed when the proposal is opened, and runs once the party was told.
Source: `domain.md` section 3.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.amounts import Money


class Silence(StrEnum):
    """What a party's silence at its deadline means; NOTHING: it has no deadline."""

    NOTHING = "NOTHING"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ESCALATE = "ESCALATE"


class Channel(StrEnum):
    """How a party was told of a proposal; ACKNOWLEDGED: it said itself that it had read it."""

    SUBSCRIPTION = "SUBSCRIPTION"
    MAIL = "MAIL"
    CALLBACK = "CALLBACK"
    ACKNOWLEDGED = "ACKNOWLEDGED"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A signatory's deadline: the first instant that is too late; None: silence means nothing.

    `calendar_index` is the entry of the calendar that its days are counted by; 0: the default.
    """

    party_id: str
    calendar_index: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """An Ed25519 signature by a party's consent key, over the statement of its answer."""

    key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Disputed:
    """The disputed part of an amount: of the stake of `party_id`, in absolute value."""

    party_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Answer:
    """One party's answer. `index` is its entry; `key_id` the consent key that signed it, if any.

    `by` is the delegate that answered for the party, empty when it did itself. `is_silent`: the
    clock counted its silence. `disputed`: an objection to that part of an amount alone.
    """

    party_id: str
    is_consent: bool
    index: int
    key_id: str = ""
    by: str = ""
    is_silent: bool = False
    disputed: Disputed | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A party was told. `until`: the first instant that is too late for it; None: no deadline."""

    party_id: str
    channel: Channel
    until: datetime | None
    index: int
