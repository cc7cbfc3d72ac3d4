"""Files of banks: what is read from camt.053 and CSV, and how a broken one is refused."""

from io import BytesIO

import pytest

from ledger.amounts import Money
from ledger.bankcsv import read_csv
from ledger.bankstatement import (
    StatementBroken,
    StatementUnbalanced,
    check_all,
    mark_of,
    reference_in,
)
from ledger.camt import pieces, read_camt
from ledger.reference import creditor_reference
from tests.finance.bank import Transfer, bank_csv, camt

REFERENCE = creditor_reference("settlement", "party")
SPACED = " ".join(REFERENCE[start : start + 4] for start in range(0, 20, 4)).lower()
BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&xxe;</Document>"""


def read(text: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 -- what read_camt gives
    """The statements of a text."""
    return read_camt(pieces(text.encode()))


@pytest.mark.parametrize("version", ["02", "08"])
def test_both_versions_of_camt_053_say_the_same(version: str) -> None:
    """Booked entries alone, signed, with the reference where the bank puts it."""
    transfers = (
        Transfer("4055.31", REFERENCE, "Buyer & Co", bank_reference="B1"),
        Transfer("-12.50", text=f"Thanks for {SPACED}!", name="Network", bank_reference="B2"),
        Transfer("-1.00", REFERENCE, is_reversal=True),
        Transfer("99.00", status="PDNG"),
    )

    [statement] = read(camt(transfers, version))

    assert statement.account == "GB33BUKB20201555555555"
    assert statement.opening == Money("GBP", 10_000_000)
    first, second, third = statement.lines
    assert (first.amount, first.reference) == (Money("GBP", 405_531), REFERENCE)
    assert (first.counterparty, first.bank_reference) == ("Buyer & Co", "B1")
    assert (second.amount, second.reference) == (Money("GBP", -1250), REFERENCE)
    assert (second.counterparty, second.end_to_end) == ("Network", "")
    assert third.is_reversal
    check_all([statement])


def test_a_batch_is_read_transfer_by_transfer_where_its_parts_add_up() -> None:
    """Else it stays the one line that the bank booked."""
    part = """<TxDtls><Amt Ccy="GBP">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
      <RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls>"""
    parts = part.format("60.00", REFERENCE) + part.format("40.00", "other")
    whole = camt((Transfer("100.00", bank_reference="B9"),))
    head, tail = whole.index("<NtryDtls>"), whole.index("</NtryDtls>")
    batch = whole[:head] + "<NtryDtls>" + parts + whole[tail:]

    [statement] = read(batch)
    assert [line.amount.amount_minor for line in statement.lines] == [6000, 4000]
    assert [line.reference for line in statement.lines] == [REFERENCE, ""]
    assert len({mark_of("p", statement, number) for number in (0, 1)}) == 2
    [statement] = read(batch.replace(">40.00<", ">39.00<"))
    assert [line.amount.amount_minor for line in statement.lines] == [10000]


def test_the_mark_is_the_banks_reference_whatever_file_shows_it() -> None:
    """And the content's digest does not hang on white space or the message's id."""
    transfers = (Transfer("1.00", bank_reference="B1"), Transfer("2.00", bank_reference="B2"))
    [day] = read(camt(transfers, statement="day"))
    [month] = read(camt((Transfer("9.00", bank_reference="B0"), *transfers), statement="month"))
    [again] = read(camt(transfers, "02", "day").replace("M1", "M2").replace("\n<", "\n  <"))

    assert mark_of("p", day, 0) == mark_of("p", month, 1)
    assert mark_of("p", day, 0) != mark_of("q", day, 0)
    assert day.digest == again.digest != month.digest


def file(text: str) -> BytesIO:
    """A text as a file of a bank's."""
    return BytesIO(text.encode())


def test_an_account_is_one_however_its_iban_is_written() -> None:
    """In capitals or not, in groups of four or not, in either kind of file; other numbers stand."""
    transfers = (Transfer("1.00", bank_reference="B1"),)
    [plain] = read(camt(transfers, account="GB33BUKB20201555555555"))
    [written] = read(camt(transfers, account="gb33 bukb 2020 1555 5555 55"))
    [own] = read(camt(transfers, account="giro-77a"))
    [listed] = read_csv(file(bank_csv(transfers).replace("GB1", "gb33bukb20201555555555")))

    assert plain.account == written.account == listed.account
    assert mark_of("p", plain, 0) == mark_of("p", written, 0) == mark_of("p", listed, 0)
    assert own.account == "giro-77a"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (BOMB, 1, "a DTD"),
        (OUTSIDE, 1, "a DTD"),
        ("no xml", 1, "syntax error"),
        (camt((Transfer("1.00"),))[:-20], 15, "no element found|unclosed token"),
        (camt(()).replace("053.001.08", "053.001.13"), 2, "camt.053.001.13 is not read"),
        (camt(()).replace("camt.053", "pain.001"), 2, "no camt.053"),
        (camt((Transfer("1.00"),)).replace(">1.00<", ">1,00<"), 11, "plain decimal"),
        (camt((Transfer("1.00"),)).replace(">1.00<", ">1.001<"), 11, "more decimals"),
        (camt((Transfer("1.00"),)).replace("2024-05-21", "21.05.2024"), 11, "no booking date"),
        (
            camt((Transfer("1.00"),)).replace('<Ntry><Amt Ccy="GBP"', '<Ntry><Amt Ccy="EUR"'),
            4,
            "all GBP",
        ),
        (camt(()).replace("<Id>2024-05</Id>", ""), 4, "no Id"),
        (camt(()).replace("IBAN", "NABI"), 4, "no account"),
        (camt(()).replace("<GrpHdr>", "<a>" * 50), 3, "nest deeper"),
        (camt((Transfer("1.00", name="x" * 5000),)), 14, "more than 4000"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    """A billion laughs and a file from outside never open."""
    with pytest.raises(StatementBroken, match=reason) as refused:
        read(text)

    assert refused.value.facts["line"] == line


def test_lines_that_do_not_lead_to_the_closing_balance_are_refused() -> None:
    """A page is missing, or a line twice."""
    statements = read(camt((Transfer("1.00"),), closing="100000.00"))

    with pytest.raises(StatementUnbalanced, match=r"100001\.00"):
        check_all(statements)


def test_csv_says_the_same_as_camt() -> None:
    """With a byte-order mark, semicolons and several statements too."""
    transfers = (Transfer("4055.31", REFERENCE, "Buyer", bank_reference="B1"), Transfer("-2.00"))
    text = bank_csv(transfers)
    both = text + bank_csv((Transfer("3.00"),), "2024-06").partition("\r\n")[2]

    [may, june] = read_csv(file("\ufeff" + both.replace(",", ";")))

    assert (may.statement_id, june.statement_id) == ("2024-05", "2024-06")
    assert [line.amount.amount_minor for line in may.lines] == [405_531, -200]
    assert may.lines[0].reference == REFERENCE


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (bank_csv(()).replace("amount", "sum"), 1, "no column amount"),
        (bank_csv(()).replace("text", "memo"), 1, "no column is called 'memo'"),
        (bank_csv((Transfer("1,5"),)), 2, "columns"),
        (bank_csv((Transfer("1.00"), Transfer("x"))), 3, "plain decimal"),
        (bank_csv((Transfer("1.00", day="21.05.24"),)), 2, "no date"),
        (bank_csv((Transfer("1.00"),), currency="XXX"), 2, "not a currency"),
        (bank_csv((Transfer("1.00"),)) + 'GB1,"', 3, "unexpected end"),
        (
            bank_csv((Transfer("1.00"),)) + bank_csv((Transfer("1.00"),), currency="EUR")[86:],
            1,
            "two",
        ),
        ("", 1, "no statement"),
    ],
)
def test_a_broken_csv_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(StatementBroken, match=reason) as refused:
        check_all(read_csv(file(text)))

    assert refused.value.facts["line"] == line


def test_a_csv_in_another_encoding_is_refused_with_its_line() -> None:
    """A bank's Latin-1 export is converted first."""
    data = bank_csv((Transfer("1.00"), Transfer("2.00", name="Müller"))).encode("latin-1")

    with pytest.raises(StatementBroken, match="UTF-8") as refused:
        read_csv(BytesIO(data))

    assert refused.value.facts["line"] == 3


def test_references_are_found_in_words_and_only_valid_ones() -> None:
    """ISO 11649: two check digits."""
    wrong = "RF00" + REFERENCE[4:]

    assert reference_in("", f"inv 7, {SPACED}, thanks") == REFERENCE
    assert reference_in(wrong) == ""
    assert reference_in("RF18539007547034") == "RF18539007547034"
    assert reference_in("transfer") == ""
