"""Projections: the Book's own values, each with the indices between which it held.

The one rule: they are written in the transaction that appends the entries, and say nothing that a
refold of the entries would not say again. `asOf` is a filter on the indices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.change import Change
from ledger.history import render_state
from ledger.ids import EcosystemId
from ledger.store.entries import EVERYTHING
from ledger.store.pool import Connection
from ledger.store.queries import array_literal, load

SQL = load(__file__)


@dataclass(slots=True)
class Row:
    """A state and the indices between which it held. `first_index` orders lists."""

    change: Change
    audience: tuple[str, ...]
    from_index: int
    until_index: int | None
    first_index: int

    @property
    def key(self) -> tuple[str, str]:
        """What the state is of."""
        return self.change.concept, self.change.object_id


@dataclass(frozen=True, slots=True)
class State:
    """A state as read: JSON of one of the Book's values."""

    object_id: str
    from_index: int
    first_index: int
    data: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list is of: a concept, who looks, as of which size, and what it is narrowed to.

    `until` is the size at which the viewer's sight ends, but for what names it; None: it does not.
    """

    concept: str
    viewer: str
    as_of: int | None = None
    parent_id: str = ""
    period: str = ""
    status: str = ""
    until: int | None = None


def fold_rows(changes: Iterable[tuple[int, tuple[str, ...], Change]]) -> list[Row]:
    """Rows of (index, audience, change) in order; a later change of an object ends the earlier.

    Whom a change concerns is named in the row's audience, beside everybody where all may see it.
    Two changes of one object by one entry are one: the later stands.
    """
    rows: list[Row] = []
    current: dict[tuple[str, str], Row] = {}
    for index, audience, change in changes:
        row = Row(change, tuple(sorted({*audience, *change.concerns})), index, None, index)
        before = current.get(row.key)
        if before is not None:
            row.first_index = before.first_index
            if before.from_index == index:
                rows.remove(before)
            else:
                before.until_index = index
        current[row.key] = row
        rows.append(row)
    return rows


async def project(
    connection: Connection,
    ecosystem_id: EcosystemId,
    changes: Sequence[tuple[int, tuple[str, ...], Change]],
) -> None:
    """Write the changes of a batch: end what held before, begin what holds now."""
    rows = fold_rows(changes)
    if not rows:
        return
    begun: dict[tuple[str, str], int] = {}
    for row in rows:
        begun.setdefault(row.key, row.from_index)
    concepts, objects = ([key[part] for key in begun] for part in (0, 1))
    known = await connection.fetch(SQL["newest_states"], ecosystem_id, concepts, objects)
    held = {(concept, key): (since, first) for concept, key, since, first in known}
    if held:
        ended = [(ecosystem_id, *key, since, begun[key]) for key, (since, _) in held.items()]
        await connection.executemany(SQL["end_state"], ended)
    for row in rows:
        row.first_index = held.get(row.key, (0, row.first_index))[1]
    await connection.execute(SQL["add_states"], ecosystem_id, *_columns(rows))


def _columns(rows: Sequence[Row]) -> tuple[list[object], ...]:
    return (
        [row.change.concept for row in rows],
        [row.change.object_id for row in rows],
        [row.from_index for row in rows],
        [row.until_index for row in rows],
        [row.first_index for row in rows],
        [row.change.parent_id for row in rows],
        [row.change.period for row in rows],
        [row.change.status for row in rows],
        [array_literal(row.audience) for row in rows],
        [render_state(row.change.state) for row in rows],
    )


async def states_at(
    connection: Connection,
    ecosystem_id: EcosystemId,
    concept: str,
    object_ids: Sequence[str],
    viewer: str = EVERYTHING,
    as_of: int | None = None,
    until: int | None = None,
) -> dict[str, State]:
    """States by object id; what does not exist or may not be seen is missing alike.

    `until`: as in `Scope`.
    """
    rows = await connection.fetch(
        SQL["states_at"], ecosystem_id, concept, list(object_ids), viewer, as_of, until
    )
    return {row["object_id"]: State(*row.values()) for row in rows}


async def page(
    connection: Connection,
    ecosystem_id: EcosystemId,
    scope: Scope,
    cursor: tuple[int, str] | None,
    limit: int,
    *,
    backward: bool,
) -> list[State]:
    """Up to `limit` states after (or, backward, before) a cursor of (first_index, object id)."""
    if backward:
        name, start = "states_before", cursor or (2**62, "")
    else:
        name, start = "states_after", cursor or (-1, "")
    rows = await connection.fetch(
        SQL[name],
        ecosystem_id,
        scope.concept,
        scope.viewer,
        scope.as_of,
        scope.parent_id,
        scope.period,
        scope.status,
        *start,
        limit,
        scope.until,
    )
    return [State(*row.values()) for row in rows]
