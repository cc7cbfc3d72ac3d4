"""What `proposeInitiative` and `proposeInitiativeStage` take."""

from datetime import date
from fractions import Fraction

import strawberry
from strawberry import field

from graph.enums import describe
from graph.nodes import local_id
from graph.receipts import KEY
from ledger import initiative as rules
from ledger.initiative import InitiativeStage

describe(
    InitiativeStage,
    "How far an initiative came: IDEA, TRIAL, ADOPTED; STOPPED from each of them.",
    IDEA="Agreed, not tried yet.",
    TRIAL="It is being tried.",
    ADOPTED="It stays.",
    STOPPED="It is over, with the reason.",
)


@strawberry.input(description="An indicator that an initiative aims at.")
class AimInput:
    """What is expected of it."""

    indicator_id: strawberry.ID = field(description="An indicator with an agreed version.")
    expected_change: Fraction = field(
        description="By how much its value is expected to change, in its own unit; not 0."
    )


@strawberry.input(description="An initiative to be agreed by those whom it names.")
class ProposeInitiativeInput:
    """Any member proposes one, the smallest too."""

    idempotency_key: str = field(description=KEY)
    name: str = field(description="1 to 120 characters.")
    trial: str = field(description="What it will try, 1 to 4000 characters; no person's name.")
    party_ids: list[strawberry.ID] = field(
        description="With whom: members that sign, beside your party; may be empty."
    )
    aims: list[AimInput] = field(description="1 to 20 indicators that it aims at.")
    judged_on: date = field(description="When it is judged.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal of the initiative that this one supersedes."
    )

    def terms(self) -> rules.InitiativeTerms:
        """As the workroom has them."""
        parties = [
            local_id(each, "Party", f"terms.partyIds[{number}]")
            for number, each in enumerate(self.party_ids)
        ]
        aims = [
            rules.Aim(
                local_id(each.indicator_id, "Indicator", f"terms.aims[{number}]"),
                each.expected_change,
            )
            for number, each in enumerate(self.aims)
        ]
        return rules.InitiativeTerms(
            self.name, self.trial, tuple(parties), tuple(aims), self.judged_on
        )


@strawberry.input(description="A stage that an initiative is to go to.")
class ProposeInitiativeStageInput:
    """Agreed by those concerned that are members."""

    idempotency_key: str = field(description=KEY)
    initiative_id: strawberry.ID = field(description="An agreed initiative of your party's.")
    stage: InitiativeStage = field(description="One of its next stages.")
    reason: str = field(description="Why, 1 to 4000 characters; can be erased later.")
    replaces: strawberry.ID | None = field(
        default=None, description="A pending stage of the initiative that this one supersedes."
    )
