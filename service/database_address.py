"""Addresses of databases as settings give them: what can be one, and what cannot. Pure."""

import re
from urllib.parse import unquote

_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:,\[\]]*)(?::(\d{1,5}))?")
_URL = re.compile(r"(?:postgresql|postgres)://(?:(.*)@)?([^/?#@]*)(?:/([^?#]*))?(?:\?([^#]*))?")
PORT_MAX = 65535


def database_url(url: str) -> str:
    """The address, as it is. Raises ValueError with what is wrong, without quoting it."""
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
