"""Variables: how one is declared, and what the values that they may have must look like."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Field

from ledger.checkpoint import NoteInvalid, parse_signer

_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:,\[\]]*)(?::(\d{1,5}))?")
_URL = re.compile(r"(?:postgresql|postgres)://(?:(.*)@)?([^/?#@]*)(?:/([^?#]*))?(?:\?([^#]*))?")
PORT_MAX = 65535


def setting(variable: str, meaning: str, mend: str, **rule: Any) -> Any:  # noqa: ANN401 -- see Field
    """A field read from `variable`; `mend` completes "set it to ...", `shown` is its default."""
    shown, secret = rule.pop("shown", None), rule.pop("secret", False)
    facts = {"mend": mend, "shown": shown, "secret": secret}
    return Field(
        validation_alias=variable,
        description=meaning,
        json_schema_extra=facts,
        repr=not secret,
        validate_default=False,
        **rule,
    )


def checked_smtp_url(url: str) -> str:
    """The address of a mail server. Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or re.search(r"\s", url):
        raise ValueError("is not an smtp:// or smtps:// address")
    if parts.path not in ("", "/") or parts.query:
        raise ValueError("has something after the port")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("names a port that cannot be one") from None
    return url


def mail_address(address: str) -> str:
    """A sender of letters. Raises ValueError with what is wrong."""
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address):
        raise ValueError("is no mail address")
    return address


def database_url(url: str) -> str:
    """The address of a database. Raises ValueError with what is wrong."""
    parts = _URL.fullmatch(url)
    if parts is None or re.search(r"\s", url):
        raise ValueError("is not a postgresql:// address")
    _, hosts, database, query = parts.groups()
    for host in hosts.split(","):
        named = _HOST.fullmatch(host)
        if named is None or not 0 < int(named[2] or "1") <= PORT_MAX:
            raise ValueError("names a host or a port that cannot be one")
    if not hosts and "host=" not in (query or ""):
        raise ValueError("names no host")
    if not unquote(database or ""):
        raise ValueError("names no database")
    return url


def log_name(name: str) -> str:
    """The first part of checkpoints' origins. Raises ValueError."""
    if not name or re.search(r"[\s+\x00-\x1f]", name):
        raise ValueError("is empty or contains white space or a plus sign")
    return name


def log_key(key: str) -> str:
    """A signed-note private key. Raises ValueError without quoting it."""
    try:
        if key.startswith("PRIVATE+KEY+"):
            parse_signer(key)
            return key
    except NoteInvalid:
        pass  # its text could quote the key
    raise ValueError("is not a signed-note private key")


def host(host: str) -> str:
    """An address to listen on. Raises ValueError."""
    if re.search(r"\s", host):
        raise ValueError("contains white space")
    return host


def folder(path: Path) -> Path:
    """An absolute path."""
    return path.expanduser().absolute()


def lower(text: object) -> object:
    """A text in lower case; anything else as it is."""
    return text.lower() if isinstance(text, str) else text
