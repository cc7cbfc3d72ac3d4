"""Breaking changes of the API, looked for against the schema that was committed last.

The one rule: what a caller could rely on stays, unless `graph/breaks.txt` says that it goes, and
why. Additions are free: the schema says of every enum that values may be added.

Source: `api.md`, "evolution"; the changes are those of graphql-core's `find_breaking_changes`
(decision 0032).
"""

import subprocess
import sys
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = "graph/schema.graphql"
ACCEPTED = "graph/breaks.txt"


def breaks(before: str, after: str) -> list[str]:
    """What a caller of `before` may miss in `after`, a sentence each, in a stable order."""
    old, new = (build_schema(each, no_location=True) for each in (before, after))
    return sorted(change.description for change in find_breaking_changes(old, new))


def accepted(text: str) -> dict[str, str]:
    """Sentences that are meant, with their reasons: a line each, "sentence | reason"."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    cut = [line.partition(" | ") for line in lines]
    return {sentence.strip(): reason.strip() for sentence, _, reason in cut}


def _git(root: Path, *words: str) -> str | None:
    """What git prints; None where there is no such thing, or no git."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def before(root: Path) -> str | None:
    """The schema that was committed before the one that lies here; None where there is none."""
    here = (root / SCHEMA).read_text()
    committed = _git(root, "log", "--first-parent", "-2", "--format=%H", "--", SCHEMA) or ""
    for commit in committed.split():
        text = _git(root, "show", f"{commit}:{SCHEMA}")
        if text != here:
            return text
    return None


def main(root: Path = ROOT) -> int:
    """Tell what breaks without a word in `graph/breaks.txt`; the exit code."""
    old = before(root)
    if old is None:
        print("no earlier schema is committed: nothing to compare")
        return 0
    meant = accepted((root / ACCEPTED).read_text())
    found = breaks(old, (root / SCHEMA).read_text())
    unmeant = [each for each in found if not meant.get(each)]
    for each in unmeant:
        print(f"breaks callers: {each}", file=sys.stderr)
    if unmeant:
        print(
            f"Keep it with @deprecated(reason:), or add a line to {ACCEPTED}: sentence | reason",
            file=sys.stderr,
        )
    return 1 if unmeant else 0


if __name__ == "__main__":
    sys.exit(main())
