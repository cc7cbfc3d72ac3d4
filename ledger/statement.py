"""Statements: the bytes that a party signs for its answer to a proposal, and their check.

The one rule: a signature names the proposal by its entry and commitment, what it says, for whom,
and with which key, so that it can never be taken for another one.

A consent is signed over a statement that is text, so that a person can read what the key signs::

    jpi-consent/v1
    ecosystem: <id>
    proposal: <index of the entry that opened it>
    commitment: <salted commitment of that entry's body, base64>
    decision: CONSENT | OBJECTION | RULING_<outcome>
    disputed: none | <amount> <currency> of <party id>
    party: <id of the party that signs>
    on-behalf-of: <id of the party that it answers for: the same, or one that delegated to it>
    key: <key id>
    policy: <version that the proposal was opened under>
    rung: <where its dispute stands, from 1; 0: it is not disputed>

A ruling has one more line, `document: none | <SHA-256 of the ruling's text, hexadecimal>`.

Sources: RFC 8032 (Ed25519), `ledger-format.md` "Consents".
"""

from dataclasses import dataclass

from ledger.ed25519 import is_signed
from ledger.errors import Refusal
from ledger.keyring import Keyring
from ledger.proposal import Proposal, ProposalKind
from ledger.reply import Disputed, Signed


class SignatureMissing(Refusal):
    """The policy asks for a signature here. -> Sign `consentStatement` with a consent key."""


class SignatureInvalid(Refusal):
    """The signature is not by the key {key} over the statement. -> Sign `consentStatement` anew."""


@dataclass(frozen=True, slots=True)
class Stance:
    """What a party's signature says about a proposal; `on_behalf_of` is empty for itself."""

    decision: str
    disputed: Disputed | None = None
    on_behalf_of: str = ""
    document: str | None = None


def consent_statement(
    ecosystem_id: str, proposal: Proposal, party_id: str, key_id: str, stance: Stance
) -> bytes:
    """The bytes that a party signs for its answer to a proposal, or for its ruling."""
    disputed = stance.disputed
    part = "none"
    if disputed is not None:
        part = f"{disputed.amount.render()} {disputed.amount.currency} of {disputed.party_id}"
    lines = [
        "jpi-consent/v1",
        f"ecosystem: {ecosystem_id}",
        f"proposal: {proposal.index}",
        f"commitment: {proposal.commitment}",
        f"decision: {stance.decision}",
        f"disputed: {part}",
        f"party: {party_id}",
        f"on-behalf-of: {stance.on_behalf_of or party_id}",
        f"key: {key_id}",
        f"policy: {proposal.policy_version}",
        f"rung: {proposal.rung}",
    ]
    if stance.document is not None:
        lines.append(f"document: {stance.document or 'none'}")
    return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True)
class Signing:
    """What signatures are checked with: the keyring, and kinds that a policy wants signed.

    `signed_kinds` holds (policy version, kind).
    """

    ring: Keyring
    signed_kinds: frozenset[tuple[int, ProposalKind]]

    def check(
        self,
        ecosystem_id: str,
        proposal: Proposal,
        party_id: str,
        signed: Signed | None,
        stance: Stance,
    ) -> None:
        """Return if an answer or a ruling is signed as it must be.

        Raises SignatureMissing, SignatureInvalid, KeyRevoked, NotFound.
        """
        if signed is None:
            if (proposal.policy_version, proposal.kind) in self.signed_kinds:
                raise SignatureMissing("signature")
            return
        key = self.ring.consent_key(signed.key_id, party_id, "signature.keyId")
        statement = consent_statement(ecosystem_id, proposal, party_id, signed.key_id, stance)
        if not is_signed(key.public_key, statement, signed.signature):
            raise SignatureInvalid("signature", key=signed.key_id)
