"""What users do with files of observations, over real HTTP."""

import gzip
from collections.abc import AsyncIterator, Iterable
from typing import Any

from tests.world import World

TRACK, TRAIN, BUYER = "Track", "Train", "Buyer"
SERIES = "answers"
SHOWN = """upload { id state bytesReceived rowsReceived rowsLoaded rowsUnchanged rowsRefused
  problems { line column reason } moreProblems index expiresAt } url"""
PROGRESS = """query($id: ID!) { observationUpload(id: $id) { state bytesReceived rowsReceived
  rowsLoaded rowsUnchanged rowsRefused problems { line column reason } moreProblems index } }"""


async def begin(world: World, party: str = TRACK, **terms: Any) -> dict[str, Any]:
    """An upload that was begun, and where its file goes."""
    given = {"series": SERIES, "format": "CSV", **terms}
    return await world.done(party, "beginObservationUpload", given, SHOWN)


async def send(
    world: World, begun: dict[str, Any], body: bytes | AsyncIterator[bytes], **headers: str
) -> tuple[int, dict[str, Any]]:
    """The status and the answer to a file sent to an address."""
    response = await world.client.put(f"/{begun['url']}", content=body, headers=headers)
    answer: dict[str, Any] = response.json()
    return response.status_code, answer


async def push(world: World, body: bytes, party: str = TRACK, **terms: Any) -> dict[str, Any]:
    """The answer to a file that went in."""
    status, answer = await send(world, await begin(world, party, **terms), body)
    assert status == 200, answer
    return answer


async def turned_down(world: World, body: bytes, **terms: Any) -> list[tuple[int, str, str]]:
    """The refused lines (line, column, reason) of a file; nothing of it was entered."""
    headers = {"content-encoding": terms.pop("coding")} if "coding" in terms else {}
    before = await world.size()
    status, answer = await send(world, await begin(world, **terms), body, **headers)
    assert status == 422, answer
    assert (answer["state"], answer["index"], answer["rowsEntered"]) == ("REFUSED", None, 0)
    assert await world.size() == before
    return [(each["line"], each["column"], each["reason"]) for each in answer["problems"]]


def csv(lines: Iterable[str], header: str = "reference,at,value") -> bytes:
    """A CSV file."""
    return "\n".join([header, *lines, ""]).encode()


def answers(count: int, value: str = "7") -> bytes:
    """A file of so many answers in February 2024."""
    return csv(f"r{n},2024-02-{n % 28 + 1:02}T10:00:00Z,{value}" for n in range(count))


def zipped(body: bytes) -> bytes:
    """The body in its gzip coding."""
    return gzip.compress(body)
