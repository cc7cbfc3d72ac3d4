"""Key files: the log's, the pseudonyms', the development issuer's. Made once, never replaced.

The one rule: a key file is complete or not there (written aside, synced, linked into place), is
readable by its owner alone, and is never replaced: rotation is an entry, not an overwrite.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.checkpoint import NoteInvalid, Signer, generate_signer, parse_signer, render_signer
from service.settings import Settings


class KeyMissing(Exception):  # noqa: N818 -- named for what it tells, like Refusal and Fault
    """A key that the service cannot do without: where it was looked for, and how to make it."""


def make_keys(settings: Settings) -> list[Path]:
    """Make the key files that are not there; returns those made."""
    made = []
    if settings.log_key is None and _make(settings.log_key_file, lambda: _new_log_key(settings)):
        made.append(settings.log_key_file)
    if _make(settings.pseudonym_key_file, lambda: secrets.token_hex(32) + "\n"):
        made.append(settings.pseudonym_key_file)
    if settings.dev_issuer and _make(settings.dev_issuer_key_file, _new_issuer_key):
        made.append(settings.dev_issuer_key_file)
    return made


def log_signer(settings: Settings) -> Signer:
    """The key that signs checkpoints. Raises KeyMissing."""
    where = "JPI_LOG_KEY" if settings.log_key else str(settings.log_key_file)
    text = settings.log_key or _read(settings.log_key_file, "JPI_LOG_KEY_FILE")
    signer = _parsed(text, where)
    if signer.name != settings.log_name:
        raise KeyMissing(
            f"The key in {where} is of the log {signer.name}, JPI_LOG_NAME is "
            f"{settings.log_name}: set JPI_LOG_NAME to the key's log, or use that log's key."
        )
    return signer


def log_signers(settings: Settings) -> list[Signer]:
    """The log's key, then a next one that is being rotated to, then retired ones.

    Retired keys sign for ecosystems that were not rotated yet. Raises KeyMissing.
    """
    signers = [log_signer(settings)]
    if settings.log_key is None:
        beside = settings.log_key_file.parent
        stem = settings.log_key_file.name
        paths = (next_key_file(settings), *sorted(beside.glob(f"{stem}.retired.*")))
        signers.extend(
            _parsed(_read(path, "JPI_LOG_KEY_FILE"), str(path)) for path in paths if path.exists()
        )
    return signers


def next_key_file(settings: Settings) -> Path:
    """Where the key stands that a rotation leads to."""
    return settings.log_key_file.with_name(f"{settings.log_key_file.name}.next")


def make_next_key(settings: Settings) -> Signer:
    """The key to rotate to, made unless it is there. Raises KeyMissing."""
    if settings.log_key is not None:
        raise KeyMissing("JPI_LOG_KEY names the key itself: rotate with JPI_LOG_KEY_FILE.")
    path = next_key_file(settings)
    _make(path, lambda: _new_log_key(settings))
    return _parsed(_read(path, "JPI_LOG_KEY_FILE"), str(path))


def retire_key(settings: Settings) -> Path:
    """Put the next key in the log key's place; the old one stays beside it, retired."""
    old = log_signer(settings)
    digest = old.verifier.key_hash.hex()
    retired = settings.log_key_file.with_name(f"{settings.log_key_file.name}.retired.{digest}")
    os.link(settings.log_key_file, retired)
    next_key_file(settings).replace(settings.log_key_file)
    return retired


def _parsed(text: str, where: str) -> Signer:
    try:
        return parse_signer(text.strip())
    except NoteInvalid as error:
        raise KeyMissing(f"{where} holds no signed-note private key: run `jpi keys`.") from error


def issuer_key(settings: Settings) -> Ed25519PrivateKey:
    """The development issuer's key. Raises KeyMissing."""
    text = _read(settings.dev_issuer_key_file, "JPI_DEV_ISSUER_KEY_FILE")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except ValueError as error:
        raise KeyMissing(f"{settings.dev_issuer_key_file} holds no PEM private key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyMissing(f"{settings.dev_issuer_key_file} holds no Ed25519 key.")
    return key


def pseudonym_key(settings: Settings) -> bytes:
    """The key that makes pseudonyms of subjects, 32 bytes. Raises KeyMissing."""
    text = _read(settings.pseudonym_key_file, "JPI_PSEUDONYM_KEY_FILE")
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != 32:  # noqa: PLR2004 -- as long as the hash that it keys
        raise KeyMissing(f"{settings.pseudonym_key_file} holds no 64 hexadecimal digits.")
    return key


def _new_log_key(settings: Settings) -> str:
    return render_signer(generate_signer(settings.log_name, secrets.token_bytes(32))) + "\n"


def _new_issuer_key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise KeyMissing(
            f"{variable}: {path} cannot be read ({reason}). Run `jpi keys` to make the keys."
        ) from error


def _make(path: Path, new_text: Callable[[], str]) -> bool:
    """Make a file whole or not at all; False when it is there already."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(new_text())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)  # fails where somebody was faster; then theirs stands
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True
