"""Key sets: an issuer's public keys, as it publishes them, kept and renewed without blocking.

The one rule: keys that are known go on working when the issuer does not answer; a token whose key
is not known makes one look-up, and not more often than every half minute, whoever sends it.

Sources: OpenID Connect Discovery 1.0 sections 3 and 4; RFC 7517 section 5.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import jwt
import orjson

from ledger.errors import Trouble

log = logging.getLogger("jpi.identity")

MAX_AGE_SECONDS = 600.0
"""After this keys are renewed, beside the requests."""
MIN_PAUSE_SECONDS = 30.0
"""Between two look-ups of one issuer."""
FETCH_SECONDS = 5.0
MAX_BYTES = 200_000
MAX_ISSUERS = 1000
_UNUSABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What reading somebody else's JSON may raise."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class IssuerUnreachable(Trouble):
    """An issuer's keys are not known, and it does not give them just now."""


@dataclass(slots=True)
class _Known:
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    renewed_s: float = float("-inf")
    tried_s: float = float("-inf")
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None


class KeySets:
    """The key sets of issuers that publish them."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """`monotonic` counts seconds."""
        self._monotonic = monotonic
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._client: httpx.AsyncClient | None = None

    async def key(self, issuer: str, kid: str) -> jwt.PyJWK | None:
        """An issuer's key of an id, or None where it has none. Raises IssuerUnreachable."""
        known = self._known.setdefault(issuer, _Known())
        self._known.move_to_end(issuer)
        while len(self._known) > MAX_ISSUERS:
            self._known.popitem(last=False)
        now = self._monotonic()
        if kid in known.keys:
            if now - known.renewed_s > MAX_AGE_SECONDS and self._may_try(known):
                known.task = asyncio.create_task(self._renew_quietly(issuer, known))
            return known.keys[kid]
        async with known.turn:
            if kid not in known.keys and self._may_try(known):
                await self._renew(issuer, known)
        if not known.keys:
            raise IssuerUnreachable(f"{issuer} does not give its keys")
        return known.keys.get(kid)

    def _may_try(self, known: _Known) -> bool:
        is_trying = known.task is not None and not known.task.done()
        return not is_trying and self._monotonic() - known.tried_s > MIN_PAUSE_SECONDS

    async def _renew_quietly(self, issuer: str, known: _Known) -> None:
        async with known.turn:
            await self._renew(issuer, known)

    async def _renew(self, issuer: str, known: _Known) -> None:
        """Look the keys up; what is known stays where that fails."""
        known.tried_s = self._monotonic()
        try:
            usable = await self._published(issuer)
        except (*_UNUSABLE, httpx.HTTPError, jwt.PyJWTError) as error:
            log.warning("keys of %s: %s", issuer, error)
            return
        known.keys = {each.key_id: each for each in usable if each.key_id}
        known.renewed_s = self._monotonic()

    async def _published(self, issuer: str) -> list[jwt.PyJWK]:
        """What the issuer publishes now; keys of kinds that sign nothing here are passed over."""
        found = await self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ValueError("its configuration names another issuer")
        keys = (await self._fetch(str(found["jwks_uri"])))["keys"]
        if not isinstance(keys, list):
            raise TypeError("its key set holds no list of keys")
        return [jwt.PyJWK(each) for each in keys if each.get("kty") in ("RSA", "EC", "OKP")]

    async def _fetch(self, url: str) -> dict[str, object]:
        """A JSON object, of bounded size, from the address itself: no redirect leads elsewhere."""
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) not in [
            ("http", each) for each in _LOOPBACK
        ]:
            raise ValueError(f"{url} is no https:// address")
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False)
        body = b""
        async with self._client.stream("GET", url) as response:
            response.raise_for_status()
            async for block in response.aiter_bytes():
                body += block
                if len(body) > MAX_BYTES:
                    raise ValueError(f"{url} gives more than {MAX_BYTES} bytes")
        found = orjson.loads(body)
        if not isinstance(found, dict):
            raise TypeError(f"{url} gives no JSON object")
        return found

    async def close(self) -> None:
        """Let the connections go."""
        for known in self._known.values():
            if known.task is not None:
                known.task.cancel()
        if self._client is not None:
            await self._client.aclose()
