"""Consent keys on a party's own machine: make one, and sign what the API states.

The one rule: what is signed is text that begins with a domain of ours and names this very key, so
that a signature can never be taken for another thing. Source: `ledger-format.md`, "Consents".
"""

import os
from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.keyring import key_id_of

DOMAINS = ("jpi-consent/v1\n", "jpi-key/v1\n")


class CannotSign(Exception):  # noqa: N818 -- named for what it tells
    """Why nothing was signed."""


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new key in a PEM file (PKCS #8), readable by its owner alone. Raises CannotSign."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CannotSign(
            f"{path} cannot be made ({error.strerror}): name a file that is not there yet, in a "
            "folder that you may write to."
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key of a PEM file. Raises CannotSign."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise CannotSign(f"{path} holds no PEM private key: run `jpi consent key`.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotSign(f"{path} holds no Ed25519 key: make one with `jpi consent key`.")
    return key


def public_text(key: Ed25519PrivateKey) -> tuple[str, str]:
    """The public key in base64, and its id."""
    public = key.public_key().public_bytes_raw()
    return b64encode(public).decode(), key_id_of(public)


def sign(statement: bytes, key: Ed25519PrivateKey) -> str:
    """The signature of a statement, base64. Raises CannotSign on anything but our statements."""
    text = statement.decode(errors="replace")
    public, key_id = public_text(key)
    if not text.startswith(DOMAINS):
        raise CannotSign(
            "This is no statement of ours: it begins with neither jpi-consent/v1 nor jpi-key/v1. "
            "Take the bytes of `consentStatement` or `keyStatement` as they are."
        )
    if f"\nkey: {key_id}\n" not in text and f"\nkey: {public}\n" not in text:
        raise CannotSign(
            f"The statement names another key than this one ({key_id}): ask for the statement of "
            "the key that you sign with."
        )
    return b64encode(key.sign(statement)).decode()
