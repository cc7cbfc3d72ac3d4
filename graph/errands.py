"""Errands: mutations beside the ledger. What they ask of a caller is what every mutation asks.

The one rule: each brings something to a state, so that doing it twice is the same as doing it once,
and no key need be kept; a key is asked for all the same, so that a client has one way to write.
"""

from ledger.actor import Actor
from ledger.commit import require_key
from ledger.errands import ERRANDS

TWICE_IS_ONCE = "Any text of 1 to 200 characters; doing this twice is the same as once."


def require_errand(actor: Actor, name: str, idempotency_key: str) -> None:
    """Return if the caller may, and its key is one. Raises NotPermitted, KeyMalformed."""
    ERRANDS[name].permit(actor)
    require_key(idempotency_key)
