"""A party: who it is, under which terms it is a member, and from when until when.

The one rule: days are calendar days in the membership's time zone, `left_on` is exclusive. A party
may act from the entry on that admits it and until `left_on` begins; shares count by the days.
Source: `domain.md` section 2.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ledger.amounts import Money
from ledger.periods import midnight


class PartyRole(StrEnum):
    """What a party is in the ecosystem."""

    OUTSOURCER = "OUTSOURCER"
    PARTNER = "PARTNER"
    OBSERVER = "OBSERVER"


class Grant(StrEnum):
    """What an observer may see beside what is governed: proposals, policies, parties, keys.

    STAKES are the partners' own parts of confidential schemes and what follows from them: entries
    of the time from the grant on name the observer in their audience. No observer sees them
    without this grant, not even one whose grants are not limited.
    """

    MEASUREMENTS = "MEASUREMENTS"
    INCENTIVES = "INCENTIVES"
    JOURNAL = "JOURNAL"
    STAKES = "STAKES"


_GRANTED: Mapping[Grant, tuple[str, ...]] = {
    Grant.MEASUREMENTS: (
        "indicator",
        "indicator_version",
        "observations",
        "part",
        "measurement",
        "result",
        "exclusion",
    ),
    Grant.INCENTIVES: ("scheme", "settlement"),
    Grant.JOURNAL: (
        "account",
        "payment",
        "posting",
        "due",
        "dues",
        "lines",
        "bank_line",
        "close",
        "closing",
        "books",
    ),
    Grant.STAKES: ("scheme", "scheme_part", "schemepart", "settlement", "stake"),
}
_GOVERNED = (
    "ecosystem",
    "party",
    "membership",
    "pilot",
    "lesson",
    "promotion",
    "initiative",
    "stage",
    "stage_move",
    "stewards",
    "session",
    "sponsor",
    "proposal",
    "policy",
    "key",
    "consent_key",
    "witness",
    "remark",
    "annex",
    "logkey",
)
"""Concepts, and first words of kinds of entries, that every observer sees. What is in no list here
is seen by those alone whose grants are not limited: nothing new is shown by oversight."""


def is_granted(grants: Collection[Grant] | None, concept: str) -> bool:
    """Whether a concept, or the first word of an entry's kind, is shown; None: everything is."""
    if grants is None or concept in _GOVERNED:
        return True
    return any(concept in _GRANTED[grant] for grant in grants)


@dataclass(frozen=True, slots=True)
class MembershipTerms:
    """What was agreed about one party. The defaults are a founding party's.

    `cap`: at most this much is put to it in one period, either way; None: the scheme's caps alone.
    `is_gain_only`: it bears no malus. `exit_gates`: dates at which it may leave by its own act,
    entered `notice_days` calendar days before or earlier. `grants`: of an observer; None: all.
    """

    time_zone: str = "UTC"
    cap: Money | None = None
    is_gain_only: bool = False
    exit_gates: tuple[date, ...] = ()
    notice_days: int = 0
    grants: tuple[Grant, ...] | None = None


@dataclass(frozen=True, slots=True)
class FoundingParty:
    """A party as the founding names it. `name` is an organisation's, never a person's."""

    party_id: str
    name: str
    role: PartyRole


@dataclass(frozen=True, slots=True)
class Party:
    """A member of the ecosystem, or one that was. `name` is an organisation's, never a person's.

    `joined_on` is None for a founding party: it was there before the ledger. `joined_index` is the
    entry that made it a member, `left_index` the one that fixed when it leaves.
    """

    party_id: str
    name: str
    role: PartyRole
    terms: MembershipTerms = MembershipTerms()
    joined_on: date | None = None
    left_on: date | None = None
    joined_index: int = 0
    left_index: int | None = None

    @property
    def leaves_at(self) -> datetime | None:
        """The first instant at which it is no member any more, in UTC; None: none is fixed."""
        return None if self.left_on is None else midnight(self.left_on, self.terms.time_zone)

    def has_left(self, at: datetime) -> bool:
        """Whether it is no member any more at an instant."""
        leaves_at = self.leaves_at
        return leaves_at is not None and at >= leaves_at

    def days_in(self, start_on: date, end_on: date) -> int:
        """Calendar days of membership in `[start_on, end_on)`.

        Law: days_in(a, b) + days_in(b, c) == days_in(a, c) for a <= b <= c.
        """
        start = start_on if self.joined_on is None else max(start_on, self.joined_on)
        end = end_on if self.left_on is None else min(end_on, self.left_on)
        return max(0, (end - start).days)
