"""A slip in what the caller trusts is the caller's to mend: no verdict on the file."""

from pathlib import Path

import pytest

from tests.ops.test_command_line import jpi


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--log-key", "localhost/jpi+..."), "this is no verifier key"),
        (("--log-key", "localhost/jpi+00000000+AAAA"), "this is no verifier key"),
        (("--since", "file"), "this is no checkpoint"),
    ],
)
def test_what_cannot_be_trusted_is_told_before_the_file_is_read(
    tmp_path: Path, words: tuple[str, str], told: str
) -> None:
    """Exit code 2, with the option's name; a ledger is BAD only where it is."""
    file = tmp_path / "file"
    file.write_text("{}\n")
    given = [str(file) if word == "file" else word for word in words]
    found = jpi("verify", str(file), *given)
    assert found.returncode == 2
    said = " ".join(found.stderr.replace("│", " ").split())
    assert words[0] in said
    assert told in said
    assert "VERDICT" not in found.stdout
