"""Loads the `.sql` file beside a module: one named query each.

A query is headed `-- name: append_entries :many` with a line of purpose. `:one` gives at most one
row, `:many` rows, `:exec` none. A test prepares every query on the migrated database.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_HEAD = re.compile(r"^-- name: (\w+) :(one|many|exec)$", re.MULTILINE)


def load(module_file: str) -> Mapping[str, str]:
    """Query text by name, from the `.sql` beside `module_file`. They are ours, so they are safe."""
    text = Path(module_file).with_suffix(".sql").read_text(encoding="utf-8")
    parts = _HEAD.split(text)[1:]
    return {
        name: "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip()
        for name, _, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


@lru_cache(maxsize=1024)
def array_literal(texts: tuple[str, ...]) -> str:
    """A text[] as PostgreSQL reads it: what one row of an unnest holds where it is an array."""
    quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in texts)
    return "{" + ",".join(f'"{each}"' for each in quoted) + "}"
