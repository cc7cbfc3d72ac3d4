"""Ladders and disputes: the rungs that the policy states, and how a dispute climbs them."""

from base64 import b64decode
from datetime import datetime

import strawberry
from strawberry import field

from graph.context import NAME, Info
from graph.enums import describe
from graph.nodes import local_id
from graph.parties import Party, party_by_id
from graph.scalars import Base64, Index, Sha256, base64
from ledger import ladder as rules
from ledger.ladder import LastWord, Level, RulingOutcome

describe(
    Level,
    "At which level a dispute is to be solved, from the lowest up.",
    name="RungLevel",
    OPERATIONAL="Those who do the work.",
    MANAGEMENT="Those who answer for the service.",
    EXECUTIVE="Senior management.",
)
describe(
    LastWord,
    "What holds when the last rung's time is over.",
    STATUS_QUO="What held before stays; the proposal does not bind.",
    UNDISPUTED_PART="The part that nobody objects to binds alone.",
    EXTERNAL_RULING="What the mediator or arbitrator named in the policy rules.",
)
describe(
    RulingOutcome,
    "How a dispute is ruled.",
    BINDS="The proposal binds as it stands.",
    REJECTED="It does not bind.",
    UNDISPUTED_PART="The part that nobody objects to binds alone.",
)


@strawberry.type(description="Who rules for a party.")
class Sponsor:
    """Named by the policy."""

    party_id: strawberry.Private[str]
    subject: str | None = field(
        description="The person's pseudonym; null: anybody of the party in the role SPONSOR."
    )

    @field(description="The party that it rules for.")
    async def party(self, info: Info) -> Party:
        """The sponsor's party."""
        return await party_by_id(info, self.party_id)

    @field(description=NAME)
    async def subject_name(self, info: Info) -> str | None:
        """Null, too, where anybody of the party may rule."""
        return await info.context.name_of(self.party_id, self.subject or "")


@strawberry.type(description="One rung of the ladder.")
class Rung:
    """From the lowest up."""

    level: Level = field(description="The level.")
    days: int = field(description="Its time limit: business days of all whom the dispute concerns.")
    sponsors: list[Sponsor] = field(description="Who must all rule alike there.")


@strawberry.type(description="Who rules from outside, once the ladder is climbed.")
class Arbiter:
    """A mediator or arbitrator, by its key."""

    name: str = field(description="Its name.")
    public_key: Base64 = field(description="Ed25519, 32 bytes: what its rulings are signed with.")
    days: int = field(description="Business days it has; then the status quo stays.")


@strawberry.type(description="How a sponsor ruled, on the rung where the dispute stands.")
class Ruling:
    """Its latest counts."""

    sponsor: Sponsor = field(description="Who ruled, or laid down the arbiter's ruling.")
    outcome: RulingOutcome = field(description="How.")
    document_sha256: Sha256 | None = field(description="Of the ruling's text, if it named one.")
    index: Index = field(description="The entry of the ruling.")
    key_id: str | None = field(description="The consent key that signed it; null: unsigned.")


@strawberry.type(description="A dispute about a proposal, on the rung where it stands.")
class Dispute:
    """Every step of it is an entry."""

    rung: int = field(description="From 1 up; one more than the ladder has: before the arbiter.")
    until: datetime = field(
        description="The first instant after this rung's time, when the clock "
        "enters what comes next."
    )
    sponsors: list[Sponsor] = field(
        description="Who must all rule alike on this rung; empty before the arbiter."
    )
    rulings: list[Ruling] = field(description="Rulings on this rung so far.")
    index: Index = field(description="The entry by which it came to this rung.")


def sponsor_of(sponsor: rules.Sponsor) -> Sponsor:
    """A sponsor as the API shows it."""
    return Sponsor(party_id=sponsor.party_id, subject=sponsor.subject or None)


def ruling_of(ruling: rules.Ruling) -> Ruling:
    """A ruling as the API shows it."""
    return Ruling(
        sponsor=sponsor_of(ruling.sponsor),
        outcome=ruling.outcome,
        document_sha256=Sha256(ruling.document_sha256) if ruling.document_sha256 else None,
        index=Index(ruling.index),
        key_id=ruling.key_id or None,
    )


def dispute_of(dispute: rules.Dispute) -> Dispute:
    """A dispute as the API shows it."""
    external = () if dispute.external is None else (dispute.external,)
    return Dispute(
        rung=dispute.rung + 1,
        until=dispute.until,
        sponsors=[sponsor_of(each) for each in dispute.sponsors],
        rulings=[ruling_of(each) for each in (*dispute.rulings, *external)],
        index=Index(dispute.index),
    )


@strawberry.type(description="The ladder that disputes climb, and its last word.")
class Ladder:
    """Empty: disputes have no time limit."""

    rungs: list[Rung] = field(description="From the lowest up; empty: no ladder.")
    last_word: LastWord | None = field(
        description="What holds when the last rung's time is over; null without a ladder."
    )
    arbiter: Arbiter | None = field(description="Who rules from outside; null: nobody does.")


def ladder_of(ladder: rules.Ladder) -> Ladder:
    """A ladder as the API shows it."""
    arbiter = ladder.arbiter
    return Ladder(
        rungs=[
            Rung(
                level=rung.level,
                days=rung.days,
                sponsors=[sponsor_of(each) for each in rung.sponsors],
            )
            for rung in ladder.rungs
        ],
        last_word=ladder.last_word,
        arbiter=None
        if arbiter is None
        else Arbiter(name=arbiter.name, public_key=base64(arbiter.public_key), days=arbiter.days),
    )


@strawberry.input(description="Who rules for a party on a rung.")
class SponsorInput:
    """One a party and rung."""

    party_id: strawberry.ID = field(description="A party that signs.")
    subject: str | None = field(
        default=None,
        description="The person's pseudonym, as `viewer` shows it to that person and entries to "
        "all; null: anybody of the party in the role SPONSOR.",
    )


@strawberry.input(description="One rung of the ladder.")
class RungInput:
    """From the lowest up."""

    level: Level = field(description="The level, each at most once.")
    days: int = field(description="Its time limit, 1 to 250 business days of all concerned.")
    sponsors: list[SponsorInput] = field(description="Who must all rule alike; at least one.")


@strawberry.input(description="Who rules from outside, once the ladder is climbed.")
class ArbiterInput:
    """A mediator or arbitrator, by its key."""

    name: str = field(description="Its name, 1 to 120 characters.")
    public_key: Base64 = field(description="Ed25519, 32 bytes: what its rulings are signed with.")
    days: int = field(description="1 to 250 business days; then the status quo stays.")


@strawberry.input(description="The ladder that disputes climb.")
class LadderInput:
    """It has a last word."""

    rungs: list[RungInput] = field(description="One to three, from the lowest up.")
    last_word: LastWord | None = field(
        default=None, description="Required: what holds when the last rung's time is over."
    )
    arbiter: ArbiterInput | None = field(
        default=None, description="Required for EXTERNAL_RULING, and only then."
    )

    def ladder(self) -> rules.Ladder:
        """As the workroom has it."""
        arbiter = self.arbiter
        return rules.Ladder(
            tuple(
                rules.Rung(
                    rung.level,
                    rung.days,
                    tuple(
                        rules.Sponsor(
                            local_id(each.party_id, "Party", f"ladder.rungs[{number}].sponsors"),
                            each.subject or "",
                        )
                        for each in rung.sponsors
                    ),
                )
                for number, rung in enumerate(self.rungs)
            ),
            self.last_word,
            None
            if arbiter is None
            else rules.Arbiter(arbiter.name, b64decode(arbiter.public_key), arbiter.days),
        )
