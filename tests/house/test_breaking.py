"""A change of the API that breaks callers does not pass unless somebody meant it."""

import subprocess
from pathlib import Path

import pytest

from ops import breaking

BEFORE = """
type Query { settled(period: String!): Int! gone: Int }
enum Standing { GREEN RED }
input Place { period: String! }
"""
GONE = "Field Query.gone was removed."


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose last commit has a schema."""
    (tmp_path / "graph").mkdir()
    (tmp_path / breaking.ACCEPTED).write_text("# none\n")
    (tmp_path / breaking.SCHEMA).write_text(BEFORE)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "as it is")


def change(folder: Path, old: str, new: str) -> None:
    """Write another schema."""
    path = folder / breaking.SCHEMA
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_additions_pass(checkout: Path) -> None:
    """Fields, optional inputs and values may be added."""
    change(checkout, "RED", "RED UNKNOWN")
    change(checkout, "gone: Int", "gone: Int more: Int!")
    change(checkout, "period: String! }", "period: String! note: String }")

    assert breaking.main(checkout) == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (" gone: Int", "", GONE),
        ("settled(period: String!): Int!", "settled(period: String!): Int", "Query.settled"),
        ("settled(period: String!)", "settled(period: String!, at: Int!)", "at"),
        ("GREEN RED", "GREEN", "RED"),
        ("period: String! }", "period: String! note: String! }", "note"),
    ],
)
def test_what_callers_would_miss_is_told(
    checkout: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    """Whether it is committed already or not, as in a clone that only reads."""
    change(checkout, old, new)

    assert breaking.main(checkout) == 1
    assert told in capsys.readouterr().err
    commit(checkout)
    assert breaking.main(checkout) == 1


def test_a_meant_break_has_a_reason(checkout: Path) -> None:
    """A line without one does not count."""
    change(checkout, " gone: Int", "")
    (checkout / breaking.ACCEPTED).write_text(f"{GONE}\n")
    assert breaking.main(checkout) == 1
    (checkout / breaking.ACCEPTED).write_text(f"{GONE} | `settled` says it since 2026-03-01\n")

    assert breaking.main(checkout) == 0


def test_without_history_nothing_is_compared(tmp_path: Path) -> None:
    """An archive of the sources has none."""
    (tmp_path / "graph").mkdir()
    (tmp_path / breaking.SCHEMA).write_text(BEFORE)

    assert breaking.main(tmp_path) == 0
