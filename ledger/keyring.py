"""Party keys: what a party signs its consents with, and what its witness cosigns with.

The one rule: a key is taken only with a proof that its party holds the private half, and belongs
to one party for ever. What was signed while a key was good stays valid after it was revoked.

Sources: RFC 8032 (Ed25519), `ledger-format.md` "Consents" and "Witnesses".
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from immutables import Map

from ledger.actor import Actor, NotFound
from ledger.checkpoint import COSIGNATURE_V1, KEY_SIZE, NoteInvalid, Verifier, parse_verifier
from ledger.ed25519 import is_of_small_order, is_signed
from ledger.errors import Refusal
from ledger.fact import Fact, Placed

SIGNATURE_SIZE = 64
"""Bytes of an Ed25519 signature; RFC 8032 section 5.1.6."""
KEY_ID_DIGITS = 32
MAX_KEYS = 50
"""Consent keys that a party may have at once."""


class ConsentKeyMalformed(Refusal):
    """This is no usable key: {reason}. -> Make one with `jpi consent key`, or with WebCrypto."""


class KeyNotProved(Refusal):
    """The proof is not by this key over the statement. -> Sign `keyStatement` with the new key."""


class KeyTaken(Refusal):
    """This key was registered before. -> Make a new one: a key belongs to one party for ever."""


class KeyRevoked(Refusal):
    """The key {key} was revoked by entry {index}. -> Sign with a key of your party's in force."""


class WitnessMalformed(Refusal):
    """This is no witness's verifier key: {reason}. -> Use the one that `jpi witness` prints."""


@dataclass(frozen=True, slots=True)
class RegisterConsentKey:
    """Command: a party's new consent key, 32 bytes; `proof` is by it over `key_statement`."""

    public_key: bytes
    proof: bytes
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class RevokeConsentKey:
    """Command: nothing signed from here on with this key counts."""

    key_id: str


@dataclass(frozen=True, slots=True)
class RegisterWitness:
    """Command: the verifier key (C2SP, cosignature/v1) of a party's witness, and its proof."""

    verifier_key: str
    proof: bytes


@dataclass(frozen=True, slots=True)
class ConsentKeyRegistered:
    """A party's consent key is in force from here; `replaces` is out of force, if it names one."""

    key_id: str
    public_key: bytes
    proof: bytes
    replaces: str


@dataclass(frozen=True, slots=True)
class ConsentKeyRevoked:
    """A consent key is out of force from here."""

    key_id: str


@dataclass(frozen=True, slots=True)
class WitnessRegistered:
    """A party's witness cosigns with this key from here; an earlier key of it no longer counts."""

    verifier_key: str
    proof: bytes


@dataclass(frozen=True, slots=True)
class ConsentKey:
    """A consent key. `revoked_index` is the entry that ended it."""

    key_id: str
    party_id: str
    public_key: bytes
    index: int
    revoked_index: int | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A party's witness, by the verifier key that it cosigns with."""

    party_id: str
    verifier_key: str
    index: int


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every consent key by id, every party's witness, and what witness key was ever used."""

    consent_keys: Map[str, ConsentKey] = Map()
    witnesses: Map[str, Witness] = Map()
    # public key of a witness, in hexadecimal -> the entry that registered it
    witness_keys: Map[str, int] = Map()

    def consent_key(self, key_id: str, party_id: str, path: str) -> ConsentKey:
        """A party's key in force. Raises NotFound, KeyRevoked."""
        key = self.consent_keys.get(key_id)
        if key is None or key.party_id != party_id:
            raise NotFound(path, what="consent key of your party", id=key_id)
        if key.revoked_index is not None:
            raise KeyRevoked(path, key=key_id, index=key.revoked_index)
        return key


def key_id_of(public_key: bytes) -> str:
    """How a consent key is named: the first half of its SHA-256, in hexadecimal."""
    return sha256(public_key).hexdigest()[:KEY_ID_DIGITS]


def key_statement(ecosystem_id: str, party_id: str, key: str) -> bytes:
    """What a new key signs to prove possession: `key` is base64 or a witness's verifier key."""
    return f"jpi-key/v1\necosystem: {ecosystem_id}\nparty: {party_id}\nkey: {key}\n".encode()


def register(
    ring: Keyring, command: RegisterConsentKey, actor: Actor, key_text: str
) -> tuple[Fact, ...]:
    """The fact of a new consent key. `key_text` is its base64, as the statement has it.

    Raises ConsentKeyMalformed, KeyNotProved, KeyTaken, KeyRevoked, NotFound.
    """
    event = ConsentKeyRegistered(
        key_id_of(command.public_key), command.public_key, command.proof, command.replaces
    )
    check_registration(ring, event, actor.ecosystem_id, actor.party_id, key_text)
    return (Fact(event),)


def check_registration(
    ring: Keyring, event: ConsentKeyRegistered, ecosystem_id: str, party_id: str, key_text: str
) -> None:
    """Return if a consent key may be registered; raise like `register`."""
    if len(event.public_key) != KEY_SIZE:
        raise ConsentKeyMalformed("publicKey", reason=f"an Ed25519 public key has {KEY_SIZE} bytes")
    if is_of_small_order(event.public_key):
        raise ConsentKeyMalformed("publicKey", reason="it is of small order: it keeps no secret")
    if event.key_id != key_id_of(event.public_key):
        raise ConsentKeyMalformed("publicKey", reason="it is not named by its hash")
    if event.key_id in ring.consent_keys:
        raise KeyTaken("publicKey")
    mine = [key for key in ring.consent_keys.values() if key.party_id == party_id]
    if sum(key.revoked_index is None for key in mine) >= MAX_KEYS:
        raise ConsentKeyMalformed(
            "publicKey", reason=f"a party has at most {MAX_KEYS} keys in force"
        )
    if event.replaces:
        ring.consent_key(event.replaces, party_id, "replaces")
    if not is_signed(
        event.public_key, key_statement(ecosystem_id, party_id, key_text), event.proof
    ):
        raise KeyNotProved("proof")


def revoke(ring: Keyring, command: RevokeConsentKey, actor: Actor) -> tuple[Fact, ...]:
    """The fact that a key is out of force. Raises NotFound, KeyRevoked."""
    ring.consent_key(command.key_id, actor.party_id, "keyId")
    return (Fact(ConsentKeyRevoked(command.key_id)),)


def register_witness(ring: Keyring, command: RegisterWitness, actor: Actor) -> tuple[Fact, ...]:
    """The fact of a party's witness. Raises WitnessMalformed, KeyNotProved, KeyTaken."""
    event = WitnessRegistered(command.verifier_key, command.proof)
    check_witness(ring, event, actor.ecosystem_id, actor.party_id)
    return (Fact(event),)


def check_witness(
    ring: Keyring, event: WitnessRegistered, ecosystem_id: str, party_id: str
) -> None:
    """Return if a witness may be registered; raise like `register_witness`."""
    verifier = witness_verifier(event.verifier_key)
    if verifier.public_key.hex() in ring.witness_keys:
        raise KeyTaken("verifierKey")
    others = (parse_verifier(other.verifier_key) for other in ring.witnesses.values())
    if any(verifier.name == other.name for other in others) and party_id not in ring.witnesses:
        raise WitnessMalformed("verifierKey", reason="another witness has this name")
    statement = key_statement(ecosystem_id, party_id, event.verifier_key)
    if not is_signed(verifier.public_key, statement, event.proof):
        raise KeyNotProved("proof")


def witness_verifier(text: str) -> Verifier:
    """The verifier of a witness key. Raises WitnessMalformed."""
    try:
        verifier = parse_verifier(text)
    except NoteInvalid as error:
        raise WitnessMalformed("verifierKey", reason=str(error)) from error
    if verifier.algorithm != COSIGNATURE_V1:
        raise WitnessMalformed("verifierKey", reason="its algorithm is not cosignature/v1 (4)")
    return verifier


def evolve(ring: Keyring, placed: Placed) -> Keyring:
    """The keyring after an entry about keys."""
    match placed.event:
        case ConsentKeyRegistered(key_id=key_id, public_key=public_key, replaces=replaced):
            if replaced:
                ring = _ended(ring, replaced, placed.index)
            key = ConsentKey(key_id, placed.party, public_key, placed.index)
            return replace(ring, consent_keys=ring.consent_keys.set(key_id, key))
        case ConsentKeyRevoked(key_id=key_id):
            return _ended(ring, key_id, placed.index)
        case WitnessRegistered(verifier_key=text):
            witness = Witness(placed.party, text, placed.index)
            used = parse_verifier(text).public_key.hex()
            return replace(
                ring,
                witnesses=ring.witnesses.set(placed.party, witness),
                witness_keys=ring.witness_keys.set(used, placed.index),
            )
        case _:
            return ring


def _ended(ring: Keyring, key_id: str, index: int) -> Keyring:
    key = replace(ring.consent_keys[key_id], revoked_index=index)
    return replace(ring, consent_keys=ring.consent_keys.set(key_id, key))
