"""Identifiers and salts, derived from one seed a decision.

The one rule: nothing here is random. `commit` draws one seed of 32 random bytes under the head
lock and passes it to `decide`; ids and salts are HMAC-SHA-256(seed, counter), so a decision is a
pure function and a replay that is given the same seed gives the same bytes.

Ids are UUIDs of version 8 (RFC 9562 section 5.8: custom).
"""

import hmac
import re
from hashlib import sha256
from typing import NewType

EcosystemId = NewType("EcosystemId", str)
PartyId = NewType("PartyId", str)
ProposalId = NewType("ProposalId", str)
IndicatorId = NewType("IndicatorId", str)
SchemeId = NewType("SchemeId", str)
SettlementId = NewType("SettlementId", str)
PaymentId = NewType("PaymentId", str)

SEED_SIZE = 32
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def is_id(text: str) -> bool:
    """Whether a text has the one form in which we write ids: lower case, hyphens."""
    return _UUID.match(text) is not None


def derived_id(digest: bytes) -> str:
    """A UUID of version 8 as text, from the first 16 bytes of a hash."""
    raw = bytearray(digest[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Seed:
    """A stream of ids and salts from one seed of SEED_SIZE bytes, for one decision."""

    __slots__ = ("_count", "_key")

    def __init__(self, key: bytes) -> None:
        """Start the stream; the same key gives the same ids and salts in the same order."""
        if len(key) != SEED_SIZE:
            raise ValueError(f"a seed has {SEED_SIZE} bytes")
        self._key = key
        self._count = 0

    def draw(self, purpose: str) -> bytes:
        """The next 32 bytes, bound to their purpose."""
        self._count += 1
        return hmac.digest(self._key, f"{purpose}/{self._count}".encode(), sha256)

    def new_id(self) -> str:
        """The next id, a UUID of version 8 as text."""
        return derived_id(self.draw("id"))

    def new_salt(self) -> bytes:
        """The next salt, 32 bytes."""
        return self.draw("salt")
