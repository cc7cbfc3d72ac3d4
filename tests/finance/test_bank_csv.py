"""A CSV file of a bank's is read line by line, however long it is."""

import io
import tracemalloc
from typing import IO, cast

import pytest

from ledger.bankcsv import MAX_ROW, read_csv
from ledger.bankstatement import StatementBroken

HEAD = "account,statement,booked_on,amount,currency,text\n"
ROW = "NL1,S1,2024-05-20,12.50,EUR,hello\n"


class Endless(io.BufferedIOBase):
    """A file that goes on and on; it counts what was read of it."""

    def __init__(self, begin: bytes, more: bytes) -> None:
        super().__init__()
        self.begin, self.more = begin, more
        self.count = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Its beginning, then always the same."""
        assert size is not None
        assert size > 0, "it has no end to be read to"
        part = (self.begin + self.more * (size // len(self.more) + 1))[:size]
        self.begin = self.begin[size:]
        self.count += len(part)
        return part

    def read1(self, size: int = -1, /) -> bytes:
        """As much as is asked."""
        return self.read(size)


@pytest.mark.parametrize(
    ("begin", "more", "line", "reason"),
    [
        (HEAD + ROW.replace("12.50", "x"), ROW, 2, "not a plain decimal"),
        (HEAD + "a" * 10, "a", 2, f"more than {MAX_ROW} characters"),
        (HEAD + 'NL1,S1,2024-05-20,1,EUR,"', "a\n", None, "more than"),
        (HEAD + ROW + "\0", ROW, 3, "NUL"),
        ("account;statement\n", ROW, 1, "no column booked_on"),
    ],
)
def test_a_broken_file_is_refused_where_it_is_broken_not_at_its_end(
    begin: str, more: str, line: int | None, reason: str
) -> None:
    """Of a file without an end no more is read than up to there."""
    file = Endless(begin.encode(), more.encode())

    with pytest.raises(StatementBroken) as refused:
        read_csv(cast("IO[bytes]", file))

    assert line in (None, refused.value.facts["line"])
    assert reason in str(refused.value.facts["reason"]), refused.value.facts
    assert file.count < 1_000_000


def test_what_is_held_is_the_transfers_not_the_file() -> None:
    """Sixteen mebibytes of empty rows around one transfer take next to nothing."""
    blank = (b"," * 63 + b"\n") * 1024 * 128
    file = io.BytesIO(HEAD.encode() + blank + ROW.encode() + blank)
    tracemalloc.start()

    [statement] = read_csv(file)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [line.text for line in statement.lines] == ["hello"]
    assert peak < 2**20


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_end_as_any_bank_ends_them(ends: str, mark: str) -> None:
    """Also within a quoted text, and where the last line has no end."""
    rows = f'{HEAD}NL1,S1,2024-05-20,12.50,EUR,"one\n""two"""\n{ROW.rstrip()}'
    text = mark + rows.replace("\n", ends)

    [statement] = read_csv(io.BytesIO(text.encode()))

    assert [line.text for line in statement.lines] == [f'one{ends}"two"', "hello"]


@pytest.mark.parametrize("before", [1, 9_000])
def test_a_byte_that_is_no_text_is_named_by_its_line(before: int) -> None:
    """Also where it stands far into the file, or cuts a character at its end."""
    head = (HEAD + ROW * before).encode()
    for broken in (b"\xff" + ROW.encode() * 9_000, b"\xc3"):
        with pytest.raises(StatementBroken) as refused:
            read_csv(io.BytesIO(head + broken))

        assert refused.value.facts == {"line": before + 2, "reason": "it is not UTF-8"}
