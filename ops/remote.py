"""Remote: how a partner's tools speak to the service, over GraphQL with a bearer token."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from ledger.errors import Trouble

SECONDS = 30
ENTERING_SECONDS = 3600
"""How long a file of millions of rows may take until the service answers."""


class Unreachable(Trouble):
    """The service does not answer."""


class UrlWrong(Exception):  # noqa: N818 -- named for what it tells
    """What was given as --url is no address; no service was asked."""


class Denied(Exception):  # noqa: N818 -- named for what it tells, like Refusal and Fault
    """The service says no; its text says why and what to check."""

    def __init__(self, reason: str) -> None:
        """Keep why."""
        said = reason.rstrip(".")
        super().__init__(f"the service says no: {said}. Check the token, and what you asked for.")


class TokenUnreadable(Exception):  # noqa: N818 -- named for what it tells
    """The token's file cannot be read; no service was asked."""


class Remote:
    """One service, as one party."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is the service's, as https://kpi.example.com; `token` a bearer token.

        Raises UrlWrong.
        """
        _check_url(url)
        self._base = f"{url.rstrip('/')}/"
        self._url = f"{self._base}graphql"
        self._headers = {"authorization": f"Bearer {token}"}

    def ask(self, query: str, variables: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The data of an operation. Raises Unreachable, Denied."""
        try:
            response = httpx.post(
                self._url,
                json={"query": query, "variables": dict(variables or {})},
                headers=self._headers,
                timeout=SECONDS,
            )
            answer = _answer(response)
        except httpx.TransportError as error:
            raise _silent(self._url, str(error) or type(error).__name__) from error
        errors = answer.get("errors") or []
        codes = {each.get("extensions", {}).get("code") for each in errors}
        if codes & {"TRY_LATER", "INTERNAL", "FAULT"}:
            raise Unreachable(str(errors[0]["message"]))
        if "NO_SUCH_ADDRESS" in codes:
            raise _silent(self._url, "the service has nothing at this address")
        if errors or answer.get("data") is None:
            raise Denied(str(errors[0]["message"]) if errors else "no answer")
        data: dict[str, Any] = answer["data"]
        return data

    def change(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """The payload of a mutation that went through. Raises Unreachable, Denied."""
        [payload] = self.ask(query, variables).values()
        problems = payload.get("problems") or []
        if problems:
            raise Denied(f"{problems[0]['message']} {problems[0]['remedy']}".strip())
        found: dict[str, Any] = payload
        return found

    def send(
        self, path: str, pieces: Iterable[bytes], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """The answer to a file sent to a one-time address. Raises Unreachable, Denied."""
        patience = httpx.Timeout(SECONDS, read=ENTERING_SECONDS)
        try:
            response = httpx.put(
                self._base + path, content=pieces, headers=dict(headers), timeout=patience
            )
            answer = _answer(response)
        except httpx.TransportError as error:
            raise _silent(self._base, str(error) or type(error).__name__) from error
        errors = answer.get("errors") or []
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unreachable(str(errors[0]["message"]) if errors else response.reason_phrase)
        if errors:
            raise Denied(str(errors[0]["message"]))
        return answer


def _check_url(url: str) -> None:
    """Return if this can be a service's address. Raises UrlWrong."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        read = httpx.URL("")
    if read.scheme not in {"http", "https"} or not read.host:
        raise UrlWrong(
            f"--url {url!r} (or JPI_URL) is no address of a service: it is such as "
            "https://kpi.example.com, or http://127.0.0.1:8000 for `jpi run`."
        )


def _answer(response: httpx.Response) -> dict[str, Any]:
    """What a service of ours answers: a JSON object. Raises Unreachable."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        said = f"{response.status_code} {response.reason_phrase}".strip()
        raise _silent(str(response.url), f"no service of ours answers there ({said})")
    return answer


def _silent(url: str, reason: str) -> Unreachable:
    """Why there is no answer from an address, and what to check."""
    return Unreachable(
        f"{url}: {reason}; check --url (or JPI_URL) and its port, and that the service runs there "
        "(`jpi run` or `jpi serve` starts one)"
    )


def read_token(path: Path) -> str:
    """A token from a file, so that it stands in no process list. Raises TokenUnreadable."""
    try:
        return path.read_text().strip()
    except OSError as error:
        raise TokenUnreadable(
            f"the token file {path} cannot be read ({error.strerror}): check --token-file."
        ) from error
