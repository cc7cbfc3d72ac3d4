"""The ladder: the rungs that a dispute climbs, who rules on each, and the last word.

The one rule: a ladder always has a last word, so that every dispute ends. A ruling is signed by
all the sponsors that the policy names on the rung; when the last rung's time is over, the status
quo stays, the undisputed part alone binds, or an arbiter named beforehand rules.
Source: `domain.md` section 3.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.checkpoint import KEY_SIZE
from ledger.ed25519 import is_of_small_order
from ledger.errors import Refusal
from ledger.workdays import MAX_DAYS

MAX_SUBJECT = 200
MAX_ARBITER = 120


class NoLastWord(Refusal):
    """This ladder has no last word: {reason}. -> Say what holds after its last rung."""


class LadderMalformed(Refusal):
    """This is no ladder: {reason}. -> Name each level at most once, from the lowest up."""


class Level(StrEnum):
    """At which level a dispute is to be solved, from the lowest up."""

    OPERATIONAL = "OPERATIONAL"
    MANAGEMENT = "MANAGEMENT"
    EXECUTIVE = "EXECUTIVE"


class LastWord(StrEnum):
    """What holds when the last rung's time is over."""

    STATUS_QUO = "STATUS_QUO"
    UNDISPUTED_PART = "UNDISPUTED_PART"
    EXTERNAL_RULING = "EXTERNAL_RULING"


class RulingOutcome(StrEnum):
    """How a dispute is ruled."""

    BINDS = "BINDS"
    REJECTED = "REJECTED"
    UNDISPUTED_PART = "UNDISPUTED_PART"


@dataclass(frozen=True, slots=True)
class Sponsor:
    """Who rules for a party. `subject` is a person's pseudonym; empty: any sponsor of the party."""

    party_id: str
    subject: str = ""

    def is_met_by(self, party_id: str, subject: str) -> bool:
        """Whether somebody of a party is this sponsor; that it holds the role is asked before."""
        return party_id == self.party_id and self.subject in ("", subject)


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: `days` business days of all whom the dispute concerns, and who rules there."""

    level: Level
    days: int
    sponsors: tuple[Sponsor, ...]


@dataclass(frozen=True, slots=True)
class Arbiter:
    """Who rules from outside, by its Ed25519 key (32 bytes), within `days` business days."""

    name: str
    public_key: bytes
    days: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs from the lowest up, and the last word. Empty: disputes end with the proposal."""

    rungs: tuple[Rung, ...] = ()
    last_word: LastWord | None = None
    arbiter: Arbiter | None = None

    @property
    def height(self) -> int:
        """How many rungs there are, the arbiter's above them not counted."""
        return len(self.rungs)

    def days_of(self, rung: int) -> int:
        """The time limit of a rung, in business days; rung `height` is the arbiter's."""
        if rung == self.height and self.arbiter is not None:
            return self.arbiter.days
        return self.rungs[rung].days

    def has_above(self, rung: int) -> bool:
        """Whether a dispute can climb on from a rung."""
        return rung + 1 < self.height or (rung + 1 == self.height and self.arbiter is not None)


@dataclass(frozen=True, slots=True)
class Ruling:
    """How one sponsor rules; its entry is `index`, `key_id` the consent key that signed it."""

    sponsor: Sponsor
    outcome: RulingOutcome
    document_sha256: str
    index: int
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it stands. `rung` counts from 0; the ladder's height is the arbiter's.

    `until` is the first instant after the rung's time; `sponsors` are those who must all rule
    alike; `external` is the arbiter's ruling, once it is recorded.
    """

    rung: int
    until: datetime
    sponsors: tuple[Sponsor, ...]
    index: int
    rulings: tuple[Ruling, ...] = ()
    external: Ruling | None = None

    def ruled(self) -> RulingOutcome | None:
        """How it is ruled: by the arbiter, or by all named sponsors alike; None: not yet."""
        if self.external is not None:
            return self.external.outcome
        alike = {(ruling.outcome, ruling.document_sha256) for ruling in self.rulings}
        if self.sponsors and len(self.rulings) == len(self.sponsors) and len(alike) == 1:
            return self.rulings[0].outcome
        return None

    def ruling_indices(self) -> tuple[int, ...]:
        """The entries of the rulings that stand."""
        if self.external is not None:
            return (self.external.index,)
        return tuple(ruling.index for ruling in self.rulings)


def check_ladder(ladder: Ladder, signing: Collection[str]) -> None:
    """Return if every dispute that climbs it ends. `signing`: the parties that sign.

    Raises NoLastWord, LadderMalformed.
    """
    if not ladder.rungs:
        if ladder.last_word is not None or ladder.arbiter is not None:
            raise LadderMalformed("ladder.rungs", reason="it has a last word and no rung")
        return
    if ladder.last_word is None:
        raise NoLastWord("ladder.lastWord", reason="none is stated")
    _check_arbiter(ladder)
    order = [list(Level).index(rung.level) for rung in ladder.rungs]
    if order != sorted(set(order)):
        raise LadderMalformed("ladder.rungs", reason="its levels do not rise")
    for number, rung in enumerate(ladder.rungs):
        _check_rung(rung, f"ladder.rungs[{number}]", signing)


def _check_arbiter(ladder: Ladder) -> None:
    arbiter = ladder.arbiter
    if (ladder.last_word is LastWord.EXTERNAL_RULING) != (arbiter is not None):
        reason = "an external ruling needs its arbiter, and only an external ruling has one"
        raise NoLastWord("ladder.arbiter", reason=reason)
    if arbiter is None:
        return
    if not 1 <= len(arbiter.name.strip()) <= MAX_ARBITER:
        raise LadderMalformed("ladder.arbiter.name", reason="an arbiter has a name")
    if len(arbiter.public_key) != KEY_SIZE or is_of_small_order(arbiter.public_key):
        reason = f"its key is an Ed25519 public key of {KEY_SIZE} bytes, not of small order"
        raise LadderMalformed("ladder.arbiter.publicKey", reason=reason)
    _check_days(arbiter.days, "ladder.arbiter.days")


def _check_rung(rung: Rung, path: str, signing: Collection[str]) -> None:
    _check_days(rung.days, f"{path}.days")
    if not rung.sponsors:
        raise LadderMalformed(f"{path}.sponsors", reason="nobody could rule on this rung")
    for number, sponsor in enumerate(rung.sponsors):
        place = f"{path}.sponsors[{number}]"
        if sponsor.party_id not in signing:
            raise LadderMalformed(place, reason="its party signs nothing here")
        if sponsor.party_id in (other.party_id for other in rung.sponsors[:number]):
            raise LadderMalformed(place, reason="its party is named twice")
        if len(sponsor.subject) > MAX_SUBJECT:
            raise LadderMalformed(place, reason=f"a subject has at most {MAX_SUBJECT} characters")


def _check_days(days: int, path: str) -> None:
    if not 1 <= days <= MAX_DAYS:
        raise LadderMalformed(path, reason=f"a time limit is 1 to {MAX_DAYS} business days")
