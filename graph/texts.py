"""Free text beside an entry: its annex, as long as it was not erased."""

from graph.actions import offered
from graph.context import Info
from ledger.canonical import decode_object


async def erasable(info: Info, index: int, party_id: str) -> list[str]:
    """`eraseAnnex`, where the caller's party wrote the entry and its text is there still."""
    if info.context.actor.party_id != party_id:
        return []
    stored = await info.context.entry(index)
    has_text = stored is not None and stored.annex is not None
    return await offered(info, ["eraseAnnex"] if has_text else [])


async def annex_text(info: Info, index: int, key: str) -> str | None:
    """A text of the annex of an entry; None once it was erased, and outside the audience."""
    stored = await info.context.entry(index)
    if stored is None or stored.annex is None:
        return None
    return str(decode_object(stored.annex)[key])
