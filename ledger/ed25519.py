"""Ed25519 signatures, as everybody who checks this ledger checks them.

The one rule: a key of small order signs nothing. Such a key is no secret of anybody's: a signature
that fits it can be written down without one, for one message in eight or all of them, so that
whoever registered it could be shown to have signed anything, and could deny everything.
RFC 8032 section 5.1.7 lets them pass, and so do libraries.

Sources: RFC 8032; "Taming the Many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020), section 3.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PRIME = 2**255 - 19
_SIGN_BIT = 1 << 255
_Y_OF_ORDER_8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL = frozenset({0, 1, _PRIME - 1, _Y_OF_ORDER_8, _PRIME - _Y_OF_ORDER_8})
"""The y coordinates of the eight points of order 1, 2, 4 and 8."""


def is_of_small_order(public_key: bytes) -> bool:
    """Whether a key is one of the points, in any of their encodings, that keep no secret."""
    return (int.from_bytes(public_key, "little") & ~_SIGN_BIT) % _PRIME in _SMALL


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is by the key over the message."""
    if is_of_small_order(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
