"""Free text beside an entry: its annex, as long as it was not erased."""

from graph.context import Info
from ledger.canonical import decode_object


async def annex_text(info: Info, index: int, key: str) -> str | None:
    """A text of the annex of an entry; None once it was erased, and outside the audience."""
    reader, actor = info.context.doors.reader, info.context.actor
    stored = (await reader.entries_at(actor, [index])).get(index)
    if stored is None or stored.annex is None:
        return None
    return str(decode_object(stored.annex)[key])
