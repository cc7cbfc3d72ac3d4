"""Rotation of the log's key: an entry that the old key signs.

The one rule: who trusts the old key needs nothing else to trust the new one: the old key signed a
note that names it. Checkpoints that cover the entry are signed by the new key; the witnesses'
cosignatures on them confirm it. Source: `ledger-format.md`, "Checkpoint".
"""

from dataclasses import dataclass

from ledger.checkpoint import (
    ED25519,
    NoteInvalid,
    Signer,
    open_note,
    parse_verifier,
    render_verifier,
    sign_note,
)
from ledger.errors import Refusal
from ledger.fact import Fact


class RotationInvalid(Refusal):
    """The log's key cannot be changed so: {reason}. -> Use `jpi rotate-log-key`."""


@dataclass(frozen=True, slots=True)
class RotateLogKey:
    """Command of the log itself: the note by which the old key hands over."""

    note: str


@dataclass(frozen=True, slots=True)
class LogKeyRotated:
    """From the next entry's checkpoint on the log signs with `log_key`."""

    log_key: str
    note: str


def rotation_text(origin: str, new_key: str) -> str:
    """What the old key signs."""
    return f"jpi-log-key/v1\norigin: {origin}\nkey: {new_key}\n"


def sign_rotation(origin: str, old: Signer, new_key: str) -> str:
    """The note by which the old key hands over to the new one, a verifier key."""
    return sign_note(rotation_text(origin, new_key), old)


def check_rotation(origin: str, old_key: str, event: LogKeyRotated) -> None:
    """Return if the old key signed that the new one follows. Raises RotationInvalid."""
    try:
        new, old = parse_verifier(event.log_key), parse_verifier(old_key)
        opened = open_note(event.note, [old])
    except NoteInvalid as error:
        raise RotationInvalid("note", reason=str(error)) from error
    if opened.text != rotation_text(origin, event.log_key):
        raise RotationInvalid("note", reason="the note is about another key or another log")
    if new.algorithm != ED25519 or new.name != old.name:
        raise RotationInvalid("note", reason="the new key is not an Ed25519 key of the same log")
    if render_verifier(new) == old_key:
        raise RotationInvalid("note", reason="the new key is the old one")


def rotate(command: RotateLogKey, origin: str, old_key: str) -> tuple[Fact, ...]:
    """The fact of a rotation. Raises RotationInvalid."""
    new_key = command.note.partition("\nkey: ")[2].partition("\n")[0]
    event = LogKeyRotated(new_key, command.note)
    check_rotation(origin, old_key, event)
    return (Fact(event),)
