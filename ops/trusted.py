"""What a caller trusts when it verifies: a key of the log, an older checkpoint."""

import typer

from ledger.checkpoint import NoteInvalid, parse_checkpoint, parse_verifier


def require_trusted(log_key: str, since: str | None) -> None:
    """Return if what the caller trusts can be read: a slip of its own is no verdict on a file.

    Raises typer.BadParameter.
    """
    try:
        if log_key:
            parse_verifier(log_key)
    except NoteInvalid as error:
        raise typer.BadParameter(
            f"this is no verifier key ({error}): `jpi keys` at the host prints it, one line as "
            "name+hash+key",
            param_hint="--log-key",
        ) from error
    try:
        if since is not None:
            parse_checkpoint(since.rpartition("\n\n")[0] + "\n")
    except NoteInvalid as error:
        raise typer.BadParameter(
            f"this is no checkpoint ({error}): give what /checkpoint once gave you",
            param_hint="--since",
        ) from error
