"""The statement as a page that prints well on A4: for a person, and for the file of a controller.

The one rule: it says what the JSON says, with every name escaped, without a script and without
anything from elsewhere.
"""

from collections.abc import AsyncIterator
from html import escape

from ledger.amounts import Money
from ledger.due import Ageing
from ledger.settlement import Settlement
from ledger.store.postings import StoredPosting
from service.statement import Statement, paper_texts, sentences

STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); } }
* { box-sizing: border-box; }
body { font: 10pt/1.4 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: #1a1a1a;
  max-width: 180mm; margin: 10mm auto; }
@media print { body { margin: 0; max-width: none; } }
h1 { font-size: 16pt; margin: 0 0 1mm; } h2 { font-size: 11.5pt; margin: 7mm 0 2mm; }
.lead { color: #555; margin: 0 0 5mm; }
dl { display: grid; grid-template-columns: 38mm 1fr; gap: 0.5mm 4mm; margin: 0 0 4mm; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: 0 0 3mm; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { text-align: left; font-weight: 600; border-bottom: 0.4mm solid #1a1a1a; padding: 1mm 1.5mm; }
td { border-bottom: 0.2mm solid #ccc; padding: 0.8mm 1.5mm; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.code { font: 8.5pt/1.4 "Liberation Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
ol { padding-left: 6mm; margin: 0 0 3mm; } li { margin: 0 0 0.8mm; overflow-wrap: anywhere; }
h2, h3 { break-after: avoid; } .late { color: #a00000; font-weight: 600; }
footer { margin-top: 8mm; color: #555; font-size: 8.5pt; border-top: 0.2mm solid #ccc;
  padding-top: 2mm; }
"""
_AGEING = {
    Ageing.NOT_DUE: "not due yet",
    Ageing.DAYS_1_TO_30: "1 to 30 days late",
    Ageing.DAYS_31_TO_60: "31 to 60 days late",
    Ageing.DAYS_61_TO_90: "61 to 90 days late",
    Ageing.OVER_90_DAYS: "more than 90 days late",
    Ageing.SETTLED: "settled",
}
_AMOUNTS = {
    "owed": "To be paid (below zero: by the partner)",
    "withheld": "Withheld of its invoices",
    "released": "Released of it",
    "kept": "Kept of it by the outsourcer",
}
_ACCOUNTS = {
    "INCENTIVE_EXPENSE": "Incentive expense",
    "INCENTIVE_INCOME": "Incentive income",
    "PAYABLE": "Payable",
    "RECEIVABLE": "Receivable",
    "CASH_CLEARING": "Cash clearing",
    "AT_RISK_WITHHELD": "At risk, withheld",
}


def _row(cells: list[tuple[str, str]], tag: str = "td") -> str:
    made = "".join(
        f"<{tag}{f' class={kind}' if kind else ''}>{escape(text)}</{tag}>" for text, kind in cells
    )
    return f"<tr>{made}</tr>\n"


def _table(heads: list[tuple[str, str]], rows: list[list[tuple[str, str]]]) -> str:
    body = "".join(_row(each) for each in rows)
    return f"<table><thead>{_row(heads, 'th')}</thead><tbody>{body}</tbody></table>\n"


def _amount(money: Money) -> str:
    return f"{money.render()} {money.currency}"


async def statement_html(statement: Statement) -> AsyncIterator[bytes]:
    """The page, its postings as a stream within."""
    yield _head(statement).encode()
    for settled in statement.settlements:
        yield _settled(statement, settled).encode()
    yield _money_tables(statement).encode()
    heads = [("Entry", "n"), ("Account", ""), ("No", "n"), ("Amount", "n"), ("Balance", "n")]
    heads.append(("About", ""))
    yield (
        f"<h2>Postings in the books of {escape(statement.name(statement.owner))} about "
        f"{escape(statement.name(statement.about))}</h2>\n<p class=lead>Numbers of an account have "
        f"no gap and each balance follows from the one before: nothing is missing.</p>\n"
        f"<table><thead>{_row(heads, 'th')}</thead><tbody>"
    ).encode()
    async for page in statement.pages():
        yield "".join(_posting(each) for each in page).encode()
    yield (
        f"</tbody></table>\n<footer>Ledger {statement.ecosystem.ecosystem_id}, the first "
        f"{statement.size} entries. Debit is positive, credit negative. Check it with the file of "
        f"this statement: <code>jpi verify LEDGER --statement STATEMENT.json</code></footer>\n"
        "</body></html>\n"
    ).encode()


def _posting(each: StoredPosting) -> str:
    posting, account = each.posting, each.posting.account
    back = "" if each.reverses is None else f", takes back {each.reverses}"
    return _row(
        [
            (str(each.entry_index), "n"),
            (_ACCOUNTS.get(account.kind.value, account.kind.value), ""),
            (str(posting.sequence), "n"),
            (_amount(Money(account.currency, posting.amount_minor)), "n"),
            (Money(account.currency, posting.balance_minor).render(), "n"),
            (each.reference + back, "code"),
        ]
    )


def _head(statement: Statement) -> str:
    partner, buyer = statement.name(statement.partner), statement.ecosystem.outsourcer.name
    facts = (
        ("Partner", partner),
        ("Outsourcer", buyer),
        ("Period", statement.period),
        ("As of", f"{statement.on}, {statement.size} ledger entries"),
    )
    listed = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    title = f"Statement {escape(statement.period)}: {escape(partner)}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        f"<p class=lead>{escape(statement.ecosystem.name)}</p>\n<dl>{listed}</dl>\n"
    )


def _settled(statement: Statement, settled: Settlement) -> str:
    content = settled.content
    stake = content.stake_of(statement.partner)
    rows = [
        [("Pool", ""), (_amount(content.pool), "n")],
        [("Payout to all partners", ""), (_amount(content.payout), "n")],
        [("Not allocated", ""), (_amount(content.unallocated), "n")],
    ]
    names = _AMOUNTS | {"stake": f"Stake of {statement.name(statement.partner)}"}
    rows += [[(names[name], ""), (_amount(amount), "n")] for name, amount in stake.amounts]
    steps = "".join(f"<li>{escape(each)}</li>" for each in sentences(statement, settled))
    return (
        f"<h2>Settlement (entry {settled.index})</h2>\n"
        f"{_table([('', ''), ('Amount', 'n')], rows)}"
        f"<h3>How it was computed</h3><ol>{steps}</ol>\n"
    )


def _papers(statement: Statement) -> str:
    """What both sides' finance needs on the documents; nothing where nobody stated any."""
    said = {
        papers.party_id: ", ".join(paper_texts(papers))
        for due in statement.dues
        for papers in due.papers
    }
    rows = [[(statement.name(key), ""), (text, "")] for key, text in said.items() if text]
    return _table([("For the documents of", ""), ("", "")], rows) if rows else ""


def _money_tables(statement: Statement) -> str:
    heads = [("Reference", ""), ("From", ""), ("To", ""), ("Amount", "n"), ("Open", "n")]
    heads += [("Due", ""), ("Stands", "")]
    rows = [
        [
            (due.reference, "code"),
            (statement.name(due.payer), ""),
            (statement.name(due.payee), ""),
            (_amount(due.amount), "n"),
            (due.open.render(), "n"),
            (due.due_on.isoformat(), ""),
            (_AGEING[due.ageing(statement.on)], "late" if due.days_overdue(statement.on) else ""),
        ]
        for due in statement.dues
    ]
    text = "<h2>Due</h2>\n" + _table(heads, rows) + _papers(statement)
    if not statement.payments:
        return text + "<h2>Payments</h2>\n<p>None.</p>\n"
    heads = [("Paid on", ""), ("Amount", "n"), ("Stands", ""), ("Reference", "")]
    rows = [
        [
            (each.paid_on.isoformat(), ""),
            (_amount(each.amount), "n"),
            (each.status.value.capitalize(), ""),
            (each.reference, "code"),
        ]
        for each in statement.payments
    ]
    return text + "<h2>Payments</h2>\n" + _table(heads, rows)
