"""The directory: names of people and addresses of parties, outside the ledger, erasable."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.ids import EcosystemId
from ledger.store.pool import Connection
from ledger.store.queries import load

SQL = load(__file__)


@dataclass(frozen=True, slots=True)
class PersonName:
    """Whom a pseudonym of a party stands for."""

    party: str
    subject: str
    name: str


async def put_name(connection: Connection, ecosystem_id: EcosystemId, person: PersonName) -> None:
    """Keep a name in place of the one before."""
    await connection.execute(
        SQL["put_name"], ecosystem_id, person.party, person.subject, person.name
    )


async def drop_name(
    connection: Connection, ecosystem_id: EcosystemId, party: str, subject: str
) -> None:
    """Erase a name."""
    await connection.execute(SQL["drop_name"], ecosystem_id, party, subject)


async def names(
    connection: Connection,
    ecosystem_id: EcosystemId,
    party: str,
    place: tuple[str, str] | None,
    limit: int,
    *,
    backward: bool,
) -> list[PersonName]:
    """Up to `limit` names after a place of (party, pseudonym); `party` empty: of all.

    Backward: those before it, the last first. Without a place from the list's end.
    """
    query = SQL["names_before" if backward else "names_after"]
    start = place or ((None, None) if backward else ("", ""))
    rows = await connection.fetch(query, ecosystem_id, party, *start, limit)
    return [PersonName(*row.values()) for row in rows]


async def names_of(
    connection: Connection, ecosystem_id: EcosystemId, people: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Names of (party, pseudonym); who has none is missing."""
    rows = await connection.fetch(
        SQL["names_of"],
        ecosystem_id,
        [party for party, _ in people],
        [subject for _, subject in people],
    )
    return {(row["party"], row["subject"]): row["name"] for row in rows}


async def put_address(
    connection: Connection, ecosystem_id: EcosystemId, party: str, address: str
) -> None:
    """Keep an address in place of the one before."""
    await connection.execute(SQL["put_address"], ecosystem_id, party, address)


async def drop_address(connection: Connection, ecosystem_id: EcosystemId, party: str) -> None:
    """Erase an address."""
    await connection.execute(SQL["drop_address"], ecosystem_id, party)


async def addresses(connection: Connection, ecosystem_id: EcosystemId) -> dict[str, str]:
    """Addresses by party."""
    rows = await connection.fetch(SQL["addresses"], ecosystem_id)
    return {row["party"]: row["address"] for row in rows}
