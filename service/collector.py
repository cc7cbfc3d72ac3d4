"""The garbage collector of a serving process: seldom, and never over what stands.

The one rule: only cycles are its work. What a Book is made of has none and goes as soon as nobody
holds it; schema and modules stay. Decision 0016 has the figures.
"""

import gc

COLLECTED_AFTER = (50_000, 20, 100)
"""New objects, then younger collections, before each generation is looked through.

As often as Python does by itself it stops all writes for a tenth of a second at 10,000 entries.
"""


def calm_collector() -> None:
    """Set what stands aside for good, and look for cycles seldom from here on."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
