"""The read door of evidence: what rows add up to, and which results there are.

The one rule: as `read`: what may not be seen is not in the answer, decided inside the SQL. Every
member sees what every co-owner reported: an indicator is joint.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ledger.actor import Actor, NotFound
from ledger.exclusion import Window
from ledger.method import MethodTerms
from ledger.observation import Aggregate
from ledger.periods import Period
from ledger.read import Reader
from ledger.store import entries, results, sums
from ledger.store.results import ResultKey
from ledger.store.sums import LateRows


class Gathering(Reader):
    """Reads of evidence for actors. Raises NotFound, Trouble or Fault."""

    async def sum_up(
        self,
        actor: Actor,
        parties: Sequence[str],
        method: MethodTerms,
        period: Period,
        windows: Sequence[tuple[int, Window]],
        proposed: Window | None = None,
        *,
        is_attributed: bool = False,
    ) -> list[Aggregate]:
        """What the rows of each party say to a method. See `store.sums.sum_up`.

        One's own rows always; others' while one is a member that may see observations. Raises
        NotFound.
        """
        key = actor.ecosystem_id
        async with self._seeing(actor) as (connection, sight):
            sees_all = sight.covers("observations") and sight.until is None
            if not sees_all and set(parties) != {actor.party_id}:
                raise NotFound("parties", what="observations of others", id=method.series)
            return [
                await sums.sum_up(
                    connection,
                    key,
                    party,
                    method,
                    period,
                    windows,
                    proposed,
                    is_attributed=is_attributed,
                )
                for party in parties
            ]

    async def late_rows(
        self, actor: Actor, parts: Mapping[str, int], method: MethodTerms, period: Period
    ) -> list[LateRows]:
        """Rows of a period that came after the parts (party -> entry) of a measurement."""
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers("observations") or sight.until is not None:
                return []
            return await sums.late_rows(connection, actor.ecosystem_id, parts, method, period)

    async def result_keys(self, actor: Actor, as_of: int | None = None) -> list[ResultKey]:
        """Indicator and period of every agreed result, without the results themselves."""
        async with self._seeing(actor) as (connection, sight):
            if not sight.covers("result"):
                return []
            seen = [each for each in (as_of, sight.until) if each is not None]
            return await results.result_keys(
                connection, actor.ecosystem_id, actor.party_id, min(seen) if seen else None
            )

    async def size_at(self, actor: Actor, instant: datetime) -> int:
        """How many entries the ledger had at an instant."""
        async with self._reading(actor) as connection:
            return await entries.size_at(connection, actor.ecosystem_id, instant)
