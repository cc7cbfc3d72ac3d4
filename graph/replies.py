"""Replies: what parties said to a proposal, by when, how they were told; signatures and parts."""

from base64 import b64decode
from datetime import datetime

import strawberry
from strawberry import field

from graph.context import Info
from graph.enums import describe
from graph.money import Money, MoneyInput, money_of
from graph.nodes import local_id
from graph.parties import Party, party_by_id
from graph.scalars import Base64, Index
from ledger import reply as rules
from ledger.proposal import Proposal
from ledger.reply import Channel, Signed, Silence

describe(
    Silence,
    "What a party's silence at its deadline means.",
    NOTHING="It has no deadline.",
    ACCEPT="Consent.",
    REJECT="An objection.",
    ESCALATE="A dispute, at the first rung of the ladder.",
)
describe(
    Channel,
    "How a party was told of a proposal.",
    SUBSCRIPTION="A subscription of it delivered the proposal.",
    MAIL="A letter to the address that it gave.",
    CALLBACK="A callback that its system answered.",
    ACKNOWLEDGED="It said itself that it had read it.",
)


@strawberry.type(description="The disputed part of an amount.")
class DisputedPart:
    """The rest settles on time."""

    party_id: strawberry.Private[str]
    amount: Money = field(description="How much is disputed, above zero.")

    @field(description="Whose stake it is of.")
    async def party(self, info: Info) -> Party:
        """The party whose stake is disputed."""
        return await party_by_id(info, self.party_id)


@strawberry.input(description="The disputed part of an amount.")
class DisputedPartInput:
    """The rest settles on time."""

    party_id: strawberry.ID = field(
        description="Whose stake: the outsourcer may dispute any, a partner its own."
    )
    amount: MoneyInput = field(description="Above zero, at most the stake.")

    def disputed(self) -> rules.Disputed:
        """As the workroom has it."""
        party_id = local_id(self.party_id, "Party", "disputed.partyId")
        return rules.Disputed(party_id, self.amount.money("disputed.amount"))


@strawberry.type(description="One party's answer to a proposal.")
class Answer:
    """A consent or an objection, or its silence."""

    state: strawberry.Private[rules.Answer]
    is_consent: bool = field(description="True: consent; false: objection.")
    is_silent: bool = field(description="Whether it is silence, which the clock counted.")
    index: Index = field(description="The entry of the answer.")
    key_id: str | None = field(
        description="The consent key that signed it; null: it rests on the host's word."
    )
    disputed: DisputedPart | None = field(
        description="The part of an amount that it objects to; null: to all of it, or a consent."
    )

    @field(description="Whose answer it is.")
    async def party(self, info: Info) -> Party:
        """The answering party."""
        return await party_by_id(info, self.state.party_id)

    @field(description="The delegate that answered for it; null: it did so itself.")
    async def delegate(self, info: Info) -> Party | None:
        """Visible to all."""
        return await party_by_id(info, self.state.by) if self.state.by else None


def answer_of(state: rules.Answer) -> Answer:
    """An answer as the API shows it."""
    part = state.disputed
    shown = (
        None if part is None else DisputedPart(party_id=part.party_id, amount=money_of(part.amount))
    )
    return Answer(
        state=state,
        is_consent=state.is_consent,
        is_silent=state.is_silent,
        index=Index(state.index),
        key_id=state.key_id or None,
        disputed=shown,
    )


@strawberry.type(description="By when a signatory has to answer, and since when that runs.")
class SignatoryDeadline:
    """No notice, no silence: a deadline runs once the party was told."""

    party_id: strawberry.Private[str]
    deadline: datetime | None = field(
        description="Fixed when the proposal was opened: the first instant that is too late. Null "
        "where silence means nothing."
    )
    calendar_index: Index | None = field(
        description="The entry of the business calendar that its days are counted by; null: the "
        "default one, Monday to Friday in UTC."
    )
    noticed_by: Channel | None = field(description="How it was told first; null: not yet.")
    noticed_index: Index | None = field(description="The entry of that notice.")
    runs_until: datetime | None = field(
        description="When its silence will be counted: later than `deadline` when it was told "
        "later. Null while no time of its runs: not told, answered, or silence means nothing."
    )
    answer: Answer | None = field(description="What it answered; null: nothing yet.")

    @field(description="The signatory.")
    async def party(self, info: Info) -> Party:
        """The party that is asked."""
        return await party_by_id(info, self.party_id)


def deadlines_of(state: Proposal) -> list[SignatoryDeadline]:
    """Every signatory's deadline as the API shows it."""
    shown = []
    for party_id in state.signatories:
        fixed, told = state.deadline_of(party_id), state.notice_of(party_id)
        said = state.answer_of(party_id)
        shown.append(
            SignatoryDeadline(
                party_id=party_id,
                deadline=fixed.at if fixed else None,
                calendar_index=Index(fixed.calendar_index)
                if fixed and fixed.calendar_index
                else None,
                noticed_by=told.channel if told else None,
                noticed_index=Index(told.index) if told else None,
                runs_until=state.runs_until(party_id) if state.is_pending else None,
                answer=answer_of(said) if said else None,
            )
        )
    return shown


@strawberry.input(description="A signature by a consent key, made on your own machine.")
class SignatureInput:
    """Over `consentStatement`."""

    key_id: str = field(description="A consent key of your party's in force.")
    signature: Base64 = field(description="64 bytes, Ed25519 (RFC 8032).")

    def signed(self) -> Signed:
        """As the workroom has it."""
        return Signed(local_id(self.key_id, "ConsentKey", "keyId"), b64decode(self.signature))
