"""Keys that keep no secret: the library lets a signature pass that nobody made; we do not."""

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.checkpoint import ED25519, Verifier
from ledger.ed25519 import is_of_small_order, is_signed
from ledger.keyring import ConsentKeyMalformed, RegisterConsentKey
from ledger.ladder import Arbiter, Ladder, LadderMalformed, LastWord, Level, Rung, Sponsor
from ledger.policy import PolicyTerms, ProposePolicy
from tests.agreement.told import BUYER, TRACK, Told

PRIME = 2**255 - 19
# The y coordinates of the points of order 8, as libsodium lists them (ge25519_has_small_order).
OF_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
)
SMALL = [
    (y | sign).to_bytes(32, "little")
    for y in (
        0,
        1,
        PRIME - 1,
        PRIME,
        PRIME + 1,
        *(int.from_bytes(bytes.fromhex(each), "little") for each in OF_ORDER_8),
    )
    for sign in (0, 1 << 255)
]
"""All encodings of the eight points, those that are no shortest ones too."""
NOBODYS = bytes([1]) + bytes(63)
"""R is the neutral point and S is 0: made without any key."""


def passes_in_the_library(key: bytes) -> bool:
    """Whether the library finds a message that the signature of nobody is over."""
    for number in range(64):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(NOBODYS, str(number).encode())
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def test_what_nobody_signed_passes_in_the_library_and_not_here() -> None:
    """A host, or a party, could have shown any text as signed by such a key."""
    assert sum(passes_in_the_library(key) for key in SMALL) >= 8
    for key in SMALL:
        assert is_of_small_order(key)
        for number in range(64):
            message = str(number)
            assert not is_signed(key, message.encode(), NOBODYS)
            assert not Verifier("name", ED25519, key).verifies(message, NOBODYS)


def test_real_keys_are_none_of_them() -> None:
    """A hundred keys sign, and are believed."""
    for number in range(100):
        private = Ed25519PrivateKey.from_private_bytes(sha256(str(number).encode()).digest())
        public = private.public_key().public_bytes_raw()
        assert not is_of_small_order(public)
        assert is_signed(public, b"text", private.sign(b"text"))


@pytest.mark.parametrize("key", SMALL, ids=lambda key: key.hex()[:8] + key.hex()[-2:])
def test_no_party_and_no_arbiter_registers_one(key: bytes) -> None:
    """With the reason, and nothing changes."""
    told = Told.founded(TRACK)
    with pytest.raises(ConsentKeyMalformed, match="small order"):
        told.when(TRACK, RegisterConsentKey(key, NOBODYS))
    rung = Rung(Level.MANAGEMENT, 1, (Sponsor(told.parties[TRACK]),))
    ladder = Ladder((rung,), LastWord.EXTERNAL_RULING, Arbiter("The mediator", key, 10))
    with pytest.raises(LadderMalformed, match="small order"):
        told.when(BUYER, ProposePolicy(PolicyTerms(ladder=ladder)))
