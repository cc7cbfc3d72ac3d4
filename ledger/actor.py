"""Who acts: a person or system of one party of one ecosystem, in roles.

Sources: `domain.md` section 2 (roles within a party); `ledger-format.md` (the subject is a
pseudonym: names and addresses live outside the ledger).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from ledger.errors import Refusal
from ledger.ids import EcosystemId, PartyId

MAX_SUBJECT = 200


class NotPermitted(Refusal):
    """This needs the role {needed}; you act as {held}. -> Ask your party's admin for the role."""


class NotFound(Refusal):
    """No {what} that you can see has the id {id}. -> Check the id and your token's ecosystem."""


class PseudonymMalformed(Refusal):
    """{subject!r} is no pseudonym. -> Use a token's subject; names belong into the directory."""


class Role(StrEnum):
    """What somebody may do for the party."""

    VIEWER = "VIEWER"
    REPORTER = "REPORTER"
    APPROVER = "APPROVER"
    FINANCE = "FINANCE"
    SPONSOR = "SPONSOR"
    ADMIN = "ADMIN"
    FOUNDER = "FOUNDER"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller. `ecosystem_id` and `party_id` are empty for a founder only."""

    ecosystem_id: EcosystemId
    party_id: PartyId
    subject: str
    roles: frozenset[Role] = field(default_factory=frozenset)

    def require(self, *needed: Role) -> None:
        """Return if the actor holds one of the roles; raise NotPermitted otherwise."""
        if not self.roles.intersection(needed):
            held = ", ".join(sorted(self.roles)) or "nobody"
            raise NotPermitted(needed=" or ".join(needed), held=held)


def require_pseudonym(subject: str, path: str) -> str:
    """The subject, if it can be a person's pseudonym: no blanks, no mail address.

    Raises PseudonymMalformed.
    """
    if not 1 <= len(subject) <= MAX_SUBJECT or any(c.isspace() or c == "@" for c in subject):
        raise PseudonymMalformed(path, subject=subject[:60])
    return subject
