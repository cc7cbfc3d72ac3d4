"""camt.053: the bank-to-customer statement of ISO 20022, versions 001.02 and 001.08.

The one rule: a file is read as a stream by a parser that takes no DTD, no entity and no external
reference, and is refused with its line when it is not what it says it is. Booked entries alone are
read: what is pending or for information moved nothing. A batch is read transfer by transfer where
its parts add up, else as one line.

Sources: ISO 20022 message definitions camt.053.001.02 and .08; the defusedxml documentation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from ledger.amounts import Money
from ledger.bankstatement import (
    MAX_LINES,
    BankLine,
    BankStatement,
    StatementBroken,
    electronic,
    reference_in,
)
from ledger.errors import Refusal

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
VERSIONS = ("02", "08")
MAX_DEPTH = 40
MAX_TEXT = 4000
CHUNK = 65536
_KEPT = ("Ntry", "Bal")
_OPENING = ("OPBD", "PRCD")


@dataclass(slots=True)
class _Node:
    """An element below a statement, as far as it is read."""

    tag: str
    line: int
    currency: str = ""
    text: str = ""
    children: list["_Node"] = field(default_factory=list)

    def all(self, path: str) -> Iterator["_Node"]:
        """The elements at a path below."""
        tag, _, rest = path.partition("/")
        for child in self.children:
            if child.tag == tag:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, *paths: str) -> "_Node | None":
        """The first element at the first path that has one."""
        for path in paths:
            for found in self.all(path):
                return found
        return None

    def say(self, *paths: str) -> str:
        """The text at the first path that has one; empty when none has."""
        found = self.first(*paths)
        return "" if found is None else found.text.strip()


class _Handler(ContentHandler):
    """Builds one entry or balance at a time, and a statement of them at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[BankStatement] = []
        self.line_count = 0
        self._locator: Locator | None = None
        self._path: list[str] = []
        self._open: list[_Node] = []
        self._statement: _Node | None = None
        self._lines: list[BankLine] = []
        self._balances: dict[str, Money] = {}

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 -- SAX's name
        self._locator = locator

    @property
    def line(self) -> int:
        """Where the parser is."""
        return (self._locator.getLineNumber() if self._locator else None) or 1

    def startElementNS(  # noqa: N802 -- SAX's name
        self, name: tuple[str | None, str], qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        del qname
        uri, tag = name
        if not self._path:
            self._check_version(uri or "", tag)
        self._path.append(tag)
        if len(self._path) > MAX_DEPTH:
            raise broken(self.line, f"elements nest deeper than {MAX_DEPTH}")
        if tag == "Stmt" and len(self._path) == 3:  # noqa: PLR2004 -- Document/BkToCstmrStmt/Stmt
            self._statement = _Node(tag, self.line)
            self._lines, self._balances = [], {}
            return
        if self._statement is not None:
            self._open.append(_Node(tag, self.line, attrs.get((None, "Ccy"), "")))

    def _check_version(self, uri: str, tag: str) -> None:
        version = uri.removeprefix(NAMESPACE)
        if tag != "Document" or not uri.startswith(NAMESPACE):
            raise broken(self.line, "it is no camt.053 document")
        if version not in VERSIONS:
            raise broken(self.line, f"camt.053.001.{version[:4]} is not read, 02 and 08 are")

    def characters(self, content: str) -> None:
        """Text between tags."""
        if self._open:
            node = self._open[-1]
            node.text += content
            if len(node.text) > MAX_TEXT:
                raise broken(self.line, f"{node.tag} has more than {MAX_TEXT} characters")

    def endElementNS(  # noqa: N802 -- SAX's name
        self, name: tuple[str | None, str], qname: str | None
    ) -> None:
        del name, qname
        self._path.pop()
        if self._open:
            self._close(self._open.pop())
        elif self._statement is not None and len(self._path) == 2:  # noqa: PLR2004 -- see above
            self.statements.append(self._finished(self._statement))
            self._statement = None

    def _close(self, node: _Node) -> None:
        if self._open:
            self._open[-1].children.append(node)
        elif node.tag == "Ntry":
            self._lines += entry_lines(node)
            self.line_count += 1
            if len(self._lines) > MAX_LINES or self.line_count > MAX_LINES:
                raise broken(node.line, f"more than {MAX_LINES} lines in one file")
        elif node.tag == "Bal":
            self._balance(node)
        elif self._statement is not None:
            self._statement.children.append(node)

    def _balance(self, node: _Node) -> None:
        kind = node.say("Tp/CdOrPrtry/Cd")
        if kind in _OPENING:
            self._balances.setdefault("opening", signed(node))
        elif kind == "CLBD":
            self._balances["closing"] = signed(node)

    def _finished(self, node: _Node) -> BankStatement:
        account = node.say("Acct/Id/IBAN", "Acct/Id/Othr/Id")
        statement_id = node.say("Id")
        if not account:
            raise broken(node.line, "the statement names no account")
        if not statement_id:
            raise broken(node.line, "the statement has no Id")
        moved = [line.amount for line in self._lines] + list(self._balances.values())
        currency = node.say("Acct/Ccy") or (moved[0].currency if moved else "")
        if any(each.currency != currency for each in moved):
            raise broken(node.line, f"amounts of statement {statement_id} are not all {currency}")
        return BankStatement(
            electronic(account),
            statement_id,
            currency,
            self._balances.get("opening"),
            self._balances.get("closing"),
            tuple(self._lines),
        )


def broken(line: int, reason: str) -> StatementBroken:
    """A refusal with its place."""
    return StatementBroken("content", line=line, reason=reason)


def signed(node: _Node) -> Money:
    """An element's amount: positive for CRDT, negative for DBIT."""
    amount, sign = node.first("Amt"), node.say("CdtDbtInd")
    if amount is None or sign not in ("CRDT", "DBIT"):
        raise broken(node.line, f"{node.tag} has no amount, or is neither CRDT nor DBIT")
    money = _money(amount)
    return money if sign == "CRDT" else Money(money.currency, -money.amount_minor)


def _money(node: _Node) -> Money:
    text = node.text.strip()
    plain = text.rstrip("0").rstrip(".") if "." in text else text  # "12.500" EUR is written too
    try:
        money = Money.parse(plain or "0", node.currency)
    except Refusal as refusal:
        raise broken(node.line, refusal.message.rstrip(".")) from None
    if money.amount_minor < 0:
        raise broken(node.line, "an amount is below zero; its sign is CdtDbtInd")
    return money


def entry_lines(entry: _Node) -> list[BankLine]:
    """The transfers of a booked entry; none of one that is pending or for information."""
    if entry.say("Sts/Cd", "Sts") != "BOOK":
        return []
    total, booked_on = signed(entry), _day(entry)
    parts = list(entry.all("NtryDtls/TxDtls"))
    amounts = [_part_amount(part) for part in parts]
    sign = -1 if total.amount_minor < 0 else 1
    if len(parts) > 1 and all(amounts):
        minors = [sign * each.amount_minor for each in amounts if each]
        same = {each.currency for each in amounts if each} == {total.currency}
        if same and sum(minors) == total.amount_minor:
            return [
                _line(entry, part, Money(total.currency, minor), booked_on, number)
                for number, (part, minor) in enumerate(zip(parts, minors, strict=True))
            ]
    alone = parts[0] if len(parts) == 1 else None
    return [_line(entry, alone, total, booked_on, 0)]


def _part_amount(part: _Node) -> Money | None:
    found = part.first("Amt", "AmtDtls/TxAmt/Amt")
    return None if found is None else _money(found)


def _day(entry: _Node) -> date:
    text = entry.say("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise broken(entry.line, f"{text[:40]!r} is no booking date") from None


def _line(
    entry: _Node, part: _Node | None, amount: Money, booked_on: date, number: int
) -> BankLine:
    details = part or _Node("TxDtls", entry.line)
    other = "Dbtr" if amount.amount_minor > 0 else "Cdtr"
    text = " ".join(each.text.strip() for each in details.all("RmtInf/Ustrd"))
    text = text or details.say("AddtlTxInf") or entry.say("AddtlNtryInf")
    structured = details.say("RmtInf/Strd/CdtrRefInf/Ref")
    end_to_end = details.say("Refs/EndToEndId")
    returned = details.first("RtrInf") is not None
    return BankLine(
        amount=amount,
        booked_on=booked_on,
        reference=reference_in(structured, end_to_end, text),
        end_to_end="" if end_to_end == "NOTPROVIDED" else end_to_end,
        counterparty=details.say(f"RltdPties/{other}/Nm", f"RltdPties/{other}/Pty/Nm"),
        counterparty_account=electronic(
            details.say(f"RltdPties/{other}Acct/Id/IBAN", f"RltdPties/{other}Acct/Id/Othr/Id")
        ),
        text=text,
        bank_reference=entry.say("AcctSvcrRef") or details.say("Refs/AcctSvcrRef"),
        part=number,
        is_reversal=returned or entry.say("RvslInd") in ("true", "1"),
    )


def read_camt(chunks: Iterable[bytes]) -> tuple[BankStatement, ...]:
    """The statements of a camt.053 file, given in pieces. Raises StatementBroken with its line."""
    handler = _Handler()
    parser = make_parser()
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)  # which the parser does by itself only when it reads a file
    parser.forbid_dtd = True
    try:
        for chunk in chunks:
            parser.feed(chunk)
        parser.close()
    except SAXParseException as error:
        raise broken(error.getLineNumber() or handler.line, error.getMessage()) from None
    except DefusedXmlException:
        raise broken(handler.line, "a DTD or an entity, which no bank sends") from None
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise broken(handler.line, str(error)[:100]) from None
    return tuple(handler.statements)


def pieces(data: bytes) -> Iterator[bytes]:
    """A file's bytes in pieces."""
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]
