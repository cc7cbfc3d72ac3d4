"""Permissions: which act each mutation is, and how whoever may not do it is refused.

The one rule: roles and standing are the table of acts' (`ledger.acts`, `ledger.errands`); what
stands here beside them is the code that another member hears, who may do such a thing, but not to
what is somebody else's. A test performs every cell against a live service.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.act import Act
from ledger.actor import Role
from ledger.acts import ACTS
from ledger.errands import ERRANDS


class Standing(StrEnum):
    """How the caller's party stands to what the mutation is about."""

    RIGHT = "the right party"
    OTHER = "another member"
    OBSERVER = "an observer"
    DEPARTED = "who has left"
    STRANGER = "no member"


@dataclass(frozen=True, slots=True)
class Permission:
    """A mutation's row: the act that it is, and the code for another member's hand.

    `others` is empty where a member can only speak for itself, or any may begin it.
    """

    act: Act
    others: str = ""

    def refusal(self, role: Role, standing: Standing) -> str:
        """The code with which a role of a party is refused; empty where it may.

        A role that may not is told so before anything is looked at.
        """
        if role not in self.act.roles:
            return "NOT_PERMITTED"
        if role is Role.FOUNDER:
            return ""
        match standing:
            case Standing.STRANGER:
                return "NOT_FOUND"
            case Standing.OBSERVER if not self.act.observers:
                return "OBSERVERS_SIGN_NOTHING"
            case Standing.DEPARTED if not self.act.after_leaving:
                return "MEMBERSHIP_ENDED"
            case Standing.OTHER:
                return self.others
            case _:
                return ""


_NAMED_ELSE = {
    "consentToProposal": "consent",
    "objectToProposal": "object",
    "acknowledgeProposal": "notifyParty",
    "beginObservationUpload": "recordObservations",
}
"""Mutations that are not named like the act that they are."""
_OTHERS = {
    "consentToProposal": "NOT_A_SIGNATORY",
    "objectToProposal": "NOT_A_SIGNATORY",
    "withdrawProposal": "NOT_THE_PROPOSER",
    "acknowledgeProposal": "NOT_A_SIGNATORY",
    "escalateDispute": "NOT_THE_SPONSOR",
    "signRuling": "NOT_THE_SPONSOR",
    "revokeDelegation": "NOT_FOUND",
    "dropObservations": "NOTHING_TO_DROP",
    "submitPart": "NOT_A_CO_OWNER",
    "proposeMeasurement": "NOT_A_CO_OWNER",
    "proposeRestatement": "NOT_A_CO_OWNER",
    "proposeExclusion": "NOT_A_CO_OWNER",
    "reportPayment": "NOT_THE_PAYER",
    "confirmPayment": "NOT_THE_PAYEE",
    "reversePayment": "NOTHING_TO_REVERSE",
    "matchBankLine": "NOT_FOUND",
    "recordLesson": "NOT_IN_PILOT",
    "proposeInitiativeStage": "NOT_IN_INITIATIVE",
    "revokeConsentKey": "NOT_FOUND",
    "removeIdentityProvider": "NOT_FOUND",
    "eraseAnnex": "NOT_YOUR_REMARK",
}
"""What another member hears, of what is not its own."""


def act_of(mutation: str) -> str:
    """The row of the table of acts that a mutation is."""
    return _NAMED_ELSE.get(mutation, mutation)


PERMISSIONS: Mapping[str, Permission] = {
    mutation: Permission({**ACTS, **ERRANDS}[act_of(mutation)], _OTHERS.get(mutation, ""))
    for mutation in (
        *(name for name in ACTS if name not in {*_NAMED_ELSE.values(), "rotateLogKey"}),
        "recordObservations",
        *_NAMED_ELSE,
        *ERRANDS,
    )
}
"""Every mutation of the API. `rotateLogKey` is none: the log's own key signs it, on its host."""
