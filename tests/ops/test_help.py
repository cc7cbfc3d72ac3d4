"""Help: every command, argument and option says what it is, in words that one can act on."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from ops.__main__ import app
from ops.counting import counted, entries, verb
from tests.ops.test_command_line import jpi


def commands(found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command by its words."""
    inside: dict[str, Any] = getattr(found, "commands", {})
    for name, each in inside.items():
        yield from commands(each, (*path, name))
    if not inside:
        yield path, found


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_there_are_commands() -> None:
    """What follows looks at all of them."""
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_and_all_that_it_takes_say_what_they_are(words: tuple[str, ...]) -> None:
    """A sentence each; no bare "Id."."""
    command = COMMANDS[words]

    assert (command.help or "").strip().endswith(".")
    for each in command.params:
        said = getattr(each, "help", None) or ""
        assert len(said.split()) >= 3, (words, each.name, said)
        assert said.endswith((".", ")")), (words, each.name, said)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1234, "1,234 entries")],
)
def test_one_entry_is_no_entries(number: int, said: str) -> None:
    """As a person says it."""
    assert entries(number) == said
    assert counted(number, "row").endswith("row") is (number == 1)
    assert verb(number, "rest") == ("rests" if number == 1 else "rest")


@pytest.mark.parametrize(
    "words",
    [
        ("token", "--role", "VIEWER", "--ecosystem", "mine", "--party", "mine"),
        ("sandbox-client", "--role", "VIEWER", "--ecosystem", "mine", "--party", "mine"),
        ("export", "--ecosystem", "mine", "--as", "mine"),
        ("resume", "--ecosystem", "mine"),
        ("rebuild", "--ecosystem", "mine"),
    ],
    ids=lambda words: words[0],
)
def test_an_id_that_is_none_is_told_with_one_that_is(words: tuple[str, ...], tmp_path: str) -> None:
    """Which option, what it said, and where ids are shown; never "nothing is wrong with it"."""
    done = jpi(*words, JPI_HOME=str(tmp_path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert done.returncode == 1
    assert "jpi: --ecosystem 'mine' is no id: an id is such as " in done.stderr
    assert "jpi demo" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify-proof", "none.txt", "--log-key", "k"), "none.txt"),
        (("consent", "sign", "none.txt", "--key", "none.pem"), "none.txt"),
        (("consent", "key", "nowhere/key.pem"), "name a file that is not there yet"),
        (("witness-key", "/proc/key", "--name", "witness.example.com/a"), "jpi: /proc/"),
    ],
    ids=lambda each: " ".join(each[:2]) if isinstance(each, tuple) else "",
)
def test_a_path_that_is_wrong_is_named(words: tuple[str, ...], said: str) -> None:
    """One message, no traceback."""
    done = jpi(*words)

    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
