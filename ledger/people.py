"""People who do the work: stewards of indicators, and working sessions. They bind nobody.

The one rule: a person is a pseudonym here, as a token's subject; names live in the directory, which
can be erased. What was decided in words is an annex. Source: `domain.md` section 2.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from ledger.actor import NotFound, require_pseudonym
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import Seed
from ledger.proposal import Agreements

MAX_PEOPLE = 100
MAX_TEXT = 4000


class StewardsMalformed(Refusal):
    """These stewards cannot be named: {reason}. -> Name each person once, by its pseudonym."""


class SessionMalformed(Refusal):
    """This session cannot be recorded: {reason}. -> Correct it and send it again."""


@dataclass(frozen=True, slots=True)
class NameStewards:
    """Command: who of one's own party does the work of an indicator, whoever did it before."""

    indicator_id: str
    stewards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StewardsNamed:
    """The people of the acting party who do the work of an indicator; empty: nobody any more."""

    indicator_id: str
    stewards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stewards:
    """A party's stewards of an indicator as they stand."""

    indicator_id: str
    party_id: str
    stewards: tuple[str, ...]
    index: int


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody of a party who took part, by pseudonym."""

    party_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class RecordSession:
    """Command: a working session that was held. `proposals` came of it or were its matter."""

    held_on: date
    participants: tuple[Participant, ...]
    decisions: str
    proposals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionHeld:
    """A working session; what was decided is in the annex, in words."""

    session_id: str
    held_on: date
    participants: tuple[Participant, ...]
    proposals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it stands. `party_id` recorded it."""

    session_id: str
    held_on: date
    participants: tuple[Participant, ...]
    proposals: tuple[str, ...]
    party_id: str
    index: int


def name_stewards(command: NameStewards, indicators: Collection[str]) -> tuple[Fact, ...]:
    """The fact of a party's stewards. Raises NotFound, StewardsMalformed, PseudonymMalformed."""
    event = StewardsNamed(command.indicator_id, command.stewards)
    check_stewards(event, indicators)
    return (Fact(event),)


def check_stewards(event: StewardsNamed, indicators: Collection[str]) -> None:
    """Return if stewards can be named. `indicators`: those with an agreed version."""
    if event.indicator_id not in indicators:
        raise NotFound("indicatorId", what="agreed indicator", id=event.indicator_id)
    if len(event.stewards) > MAX_PEOPLE:
        raise StewardsMalformed("stewards", reason=f"at most {MAX_PEOPLE} people")
    for number, subject in enumerate(event.stewards):
        require_pseudonym(subject, f"stewards[{number}]")
        if subject in event.stewards[:number]:
            raise StewardsMalformed(f"stewards[{number}]", reason=f"{subject} stands twice")


def record_session(
    command: RecordSession,
    members: Collection[str],
    agreements: Agreements,
    today: date,
    seed: Seed,
) -> tuple[Fact, ...]:
    """The fact of a session. Raises SessionMalformed, PseudonymMalformed, NotFound."""
    decisions = command.decisions.strip()
    if not 1 <= len(decisions) <= MAX_TEXT:
        reason = f"what was decided is said in 1 to {MAX_TEXT} characters"
        raise SessionMalformed("decisions", reason=reason)
    event = SessionHeld(seed.new_id(), command.held_on, command.participants, command.proposals)
    check_session(event, members, agreements, today)
    return (Fact(event, annex={"decisions": decisions}),)


def check_session(
    event: SessionHeld, members: Collection[str], agreements: Agreements, today: date
) -> None:
    """Return if a session can be recorded. `today`: the date in UTC, a day of grace beside it.

    Raises SessionMalformed, PseudonymMalformed, NotFound.
    """
    if (event.held_on - today).days > 1:
        raise SessionMalformed("heldOn", reason=f"{event.held_on} has not come yet")
    if not 1 <= len(event.participants) <= MAX_PEOPLE:
        raise SessionMalformed("participants", reason=f"1 to {MAX_PEOPLE} people took part")
    for number, each in enumerate(event.participants):
        place = f"participants[{number}]"
        if each.party_id not in members:
            raise NotFound(f"{place}.partyId", what="party", id=each.party_id)
        require_pseudonym(each.subject, f"{place}.subject")
        if each in event.participants[:number]:
            raise SessionMalformed(place, reason=f"{each.subject} stands twice")
    if len(event.proposals) > MAX_PEOPLE:
        raise SessionMalformed("proposalIds", reason=f"at most {MAX_PEOPLE} proposals")
    for proposal_id in event.proposals:
        agreements.get(proposal_id)
