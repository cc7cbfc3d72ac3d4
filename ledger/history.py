"""Event <-> stored record: how an entry is sealed, and how a stored one is opened.

The one rule: bodies are canonical JSON, with numbers and amounts as strings, of the kinds and
versions that `register` holds.

Source: `ledger-format.md`, "Entry".
"""

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from sys import intern
from typing import Annotated, TypeVar

import msgspec

from ledger import canonical, tree
from ledger.amounts import Money, render_number
from ledger.errors import Fault
from ledger.fact import Fact, Placed, Sealed
from ledger.ids import EcosystemId, PartyId, Seed
from ledger.register import REGISTER, WRITTEN

T = TypeVar("T")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


_Integer = Annotated[int, msgspec.Meta(ge=-canonical.MAX_INTEGER, le=canonical.MAX_INTEGER)]


class Undecodable(Fault):
    """Stored bytes that are not what the register says they are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed entry: what is stored and hashed. `annex` is None where there is none (any more)."""

    index: int
    at: datetime
    kind: str
    version: int
    party: str
    audience: tuple[str, ...]
    envelope: bytes
    leaf_hash: bytes
    salt: bytes
    body: bytes
    annex_salt: bytes | None
    annex: bytes | None


def encode_state(value: object) -> bytes:
    """Canonical JSON of any value made of our dataclasses; the inverse is `decode_state`."""
    return canonical.encode(msgspec.to_builtins(value, enc_hook=encode_hook))


def render_state(value: object) -> str:
    """JSON of such a value where nothing is hashed: no order, no limits, a fifth of the time."""
    return _JSON.encode(value).decode()


def decode_state(data: bytes | str, kind: type[T]) -> T:
    """The value that `encode_state` wrote. Raises Undecodable."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=decode_hook)
    except msgspec.MsgspecError as error:
        raise Undecodable(f"{kind.__name__}: {error}") from error


def seal(
    fact: Fact,
    *,
    ecosystem_id: EcosystemId,
    index: int,
    at: datetime,
    party: PartyId,
    subject: str,
    seed: Seed,
) -> tuple[Entry, Placed]:
    """The entry of a fact at its place, and the same fact as `evolve` reads it."""
    kind, version = WRITTEN[type(fact.event)]
    salt, body = seed.new_salt(), encode_state(fact.event)
    commitment = commit(salt, body)
    envelope: dict[str, object] = {
        "actor": {"party": party, "subject": subject},
        "at": render_instant(at),
        "audience": sorted(fact.audience),
        "body": commitment,
        "ecosystem": ecosystem_id,
        "index": index,
        "kind": kind,
        "v": version,
    }
    annex_salt = annex = None
    if fact.annex:
        annex_salt, annex = seed.new_salt(), canonical.encode(dict(fact.annex))
        envelope["annex"] = commit(annex_salt, annex)
    data = canonical.encode(envelope)
    audience = tuple(sorted(fact.audience))
    entry = Entry(
        index=index,
        at=at,
        kind=kind,
        version=version,
        party=party,
        audience=audience,
        envelope=data,
        leaf_hash=tree.leaf_hash(data),
        salt=salt,
        body=body,
        annex_salt=annex_salt,
        annex=annex,
    )
    placed = Placed(
        index, at, party, subject, audience, commitment, fact.event, has_annex=annex is not None
    )
    return entry, placed


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """The fields of an envelope, decoded. `annex` is empty where the entry never had one."""

    index: int
    at: datetime
    kind: str
    version: int
    party: str
    subject: str
    audience: tuple[str, ...]
    ecosystem: str
    body: str
    annex: str


class _Who(msgspec.Struct):
    party: str
    subject: str


class _Written(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The fields of an envelope in the order of canonical JSON.

    Bytes that it writes again are canonical: no float, nothing twice, nothing beside.
    """

    actor: _Who
    annex: str = ""
    at: str
    audience: list[str]
    body: str
    ecosystem: str
    index: _Integer
    kind: str
    v: _Integer


def open_envelope(data: bytes) -> Envelope:
    """The fields of envelope bytes. Raises Undecodable when they are not of format version 1."""
    try:
        fields = _ENVELOPES.decode(data)
        if _JSON.encode(fields) != data:
            fields = msgspec.convert(canonical.decode_object(data), type=_Written)
        return Envelope(
            index=fields.index,
            at=parse_instant(fields.at),
            kind=fields.kind,
            version=fields.v,
            party=intern(fields.actor.party),  # a few parties stand behind very many entries
            subject=fields.actor.subject,
            audience=tuple(fields.audience),
            ecosystem=fields.ecosystem,
            body=fields.body,
            annex=fields.annex,
        )
    except (canonical.NotCanonical, msgspec.MsgspecError, ValueError) as error:
        raise Undecodable(f"envelope: {error}") from error


def open_entry(envelope: Envelope, salt: bytes, body: bytes) -> Placed:
    """The fact of an opened entry. Raises Undecodable when the opening is not the committed one."""
    if commit(salt, body) != envelope.body:
        raise Undecodable(f"entry {envelope.index}: the body is not the one committed to")
    event = REGISTER.get((envelope.kind, envelope.version))
    if event is None:
        raise Undecodable(f"entry {envelope.index}: {envelope.kind} v{envelope.version} is unknown")
    return Placed(
        envelope.index,
        envelope.at,
        PartyId(envelope.party),
        envelope.subject,
        envelope.audience,
        envelope.body,
        _read(body, event),
        has_annex=bool(envelope.annex),
    )


def _read(body: bytes, kind: type) -> object:
    """The event of a body, in the newest version: an old one's own reader says what it means."""
    event: object = decode_state(body, kind)
    upgraded = getattr(event, "upgraded", None)
    return event if upgraded is None else upgraded()


def sealed_entry(envelope: Envelope) -> Sealed:
    """What is known of an entry whose body is not at hand."""
    return Sealed(
        envelope.index,
        envelope.at,
        PartyId(envelope.party),
        envelope.kind,
        envelope.audience,
        has_annex=bool(envelope.annex),
    )


def commit(salt: bytes, data: bytes) -> str:
    """base64 SHA-256(salt || data): hides the data, binds to it."""
    return render_base64(sha256(salt + data).digest())


def render_instant(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, the one form in envelopes."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """Inverse of `render_instant`. Raises ValueError on any other form."""
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no instant in UTC with microseconds")
    return datetime.fromisoformat(text)


def render_base64(data: bytes) -> str:
    """Canonical base64. Law: decode_base64(render_base64(data)) == data."""
    return b2a_base64(data, newline=False).decode()


def decode_base64(text: str) -> bytes:
    """Bytes of canonical base64. Raises ValueError on any other form of the same bytes."""
    data = a2b_base64(text, strict_mode=True)
    if render_base64(data) != text:
        raise ValueError("base64 is not canonical")
    return data


def encode_hook(value: object) -> object:
    """What our own numbers and amounts look like in JSON. Raises TypeError."""
    match value:
        case Fraction():
            return render_number(value)
        case Money():
            return {"amount": value.render(), "currency": value.currency}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a body")


def decode_hook(kind: type, value: object) -> object:
    """Inverse of `encode_hook`. Raises TypeError."""
    if kind is Fraction and isinstance(value, str):
        return Fraction(value)  # ours, so of any length: a quotient may have many digits
    if kind is Money and isinstance(value, dict):
        return Money.parse(str(value["amount"]), str(value["currency"]))
    raise TypeError(f"{kind.__name__} has no place in a body")


_JSON = msgspec.json.Encoder(enc_hook=encode_hook)
_ENVELOPES = msgspec.json.Decoder(_Written)
