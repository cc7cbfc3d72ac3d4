"""Time travel: a state as the ledger had it, by its size or by an instant."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph.context import Info
from graph.paging import PageMalformed
from graph.scalars import Index

AsOf = Annotated[Index | None, strawberry.argument(description="As the ledger stood at this size.")]
AsOfInstant = Annotated[
    datetime | None,
    strawberry.argument(description="As the ledger stood at this instant; instead of `asOf`."),
]


async def ledger_size(info: Info, as_of: int | None, as_of_instant: datetime | None) -> int | None:
    """The size that is meant; None is now. Raises PageMalformed when both are given."""
    if as_of_instant is None:
        return as_of
    if as_of is not None:
        raise PageMalformed("asOf", reason="asOf and asOfInstant exclude each other")
    return await info.context.doors.gathering.size_at(info.context.actor, as_of_instant)
