"""RFC 8032 section 7.1 through our own notes: the signature bytes are the standard's."""

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.checkpoint import ED25519, Verifier, generate_signer, sign_note
from tests.shared import VECTORS, needs_shared

pytestmark = needs_shared

PATH = VECTORS / "rfc/rfc8032.json"
CASES: list[dict[str, Any]] = json.loads(PATH.read_bytes())["vectors"] if PATH.exists() else []
TEXTS = [case for case in CASES if bytes.fromhex(case["msg"]).isascii()]
"""The cases that a note could carry: its text is UTF-8."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"message {case['msg']!r}")
def test_seed_gives_the_published_public_key(case: dict[str, str]) -> None:
    """Our signer derives the key of the RFC."""
    signer = generate_signer("name", bytes.fromhex(case["sk"]))

    assert Verifier("name", ED25519, bytes.fromhex(case["pk"])) == signer.verifier


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"message {case['msg']!r}")
def test_library_signs_and_verifies_as_published(case: dict[str, str]) -> None:
    """The library under our notes is RFC 8032 to the byte."""
    message, expected = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])

    assert expected == Ed25519PrivateKey.from_private_bytes(bytes.fromhex(case["sk"])).sign(message)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["pk"])).verify(expected, message)


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: f"message {case['msg']!r}")
def test_our_verifier_accepts_the_published_signature_alone(case: dict[str, str]) -> None:
    """The published signature passes and no other does."""
    verifier = Verifier("name", ED25519, bytes.fromhex(case["pk"]))
    text, signature = bytes.fromhex(case["msg"]).decode(), bytes.fromhex(case["sig"])

    assert verifier.verifies(text, signature)
    assert not verifier.verifies(text, signature[:-1])
    for bit in range(len(signature) * 8):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verifier.verifies(text, bytes(changed))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"message {case['msg']!r}")
def test_a_note_carries_the_plain_signature(case: dict[str, str]) -> None:
    """Nothing but the text is signed: the library verifies what the note holds."""
    signer = generate_signer("name", bytes.fromhex(case["sk"]))

    blob = b64decode(sign_note("text\n", signer).rsplit(" ", 1)[1])

    Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["pk"])).verify(blob[4:], b"text\n")
