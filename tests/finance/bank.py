"""A bank: statements as camt.053 of both versions, and as CSV, of transfers that a test names."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


@dataclass(frozen=True)
class Transfer:
    """What moved: positive came in. `reference` stands in the structured field, `text` in words."""

    amount: str
    reference: str = ""
    name: str = "Somebody"
    text: str = ""
    bank_reference: str = ""
    status: str = "BOOK"
    is_reversal: bool = False
    day: str = "2024-05-21"


def camt(
    transfers: Sequence[Transfer],
    version: str = "08",
    statement: str = "2024-05",
    currency: str = "GBP",
    opening: str = "100000.00",
    account: str = "GB33BUKB20201555555555",
    closing: str = "",
) -> str:
    """A camt.053 file of one statement."""
    moved = sum(Decimal(each.amount) for each in transfers if each.status == "BOOK")
    closing = closing or str(Decimal(opening) + moved)
    entries = "\n".join(_entry(each, version, currency) for each in transfers)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{NAMESPACE}{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2024-06-01T06:00:00</CreDtTm></GrpHdr>
<Stmt><Id>{statement}</Id><CreDtTm>2024-06-01T06:00:00</CreDtTm>
<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", opening, currency)}{_balance("CLBD", closing, currency)}
{entries}
</Stmt></BkToCstmrStmt></Document>"""


def _sides(amount: str) -> tuple[str, str]:
    return ("CRDT", amount) if not amount.startswith("-") else ("DBIT", amount[1:])


def _balance(kind: str, amount: str, currency: str) -> str:
    side, plain = _sides(amount)
    return f"""<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>
<Amt Ccy="{currency}">{plain}</Amt><CdtDbtInd>{side}</CdtDbtInd>
<Dt><Dt>2024-05-31</Dt></Dt></Bal>"""


def _entry(each: Transfer, version: str, currency: str) -> str:
    side, plain = _sides(each.amount)
    status = each.status if version == "02" else f"<Cd>{each.status}</Cd>"
    party = f"<Nm>{escape(each.name)}</Nm>"
    party = party if version == "02" else f"<Pty>{party}</Pty>"
    other = "Dbtr" if side == "CRDT" else "Cdtr"
    strd = f"<Strd><CdtrRefInf><Ref>{each.reference}</Ref></CdtrRefInf></Strd>"
    remittance = (strd if each.reference else "") or f"<Ustrd>{escape(each.text)}</Ustrd>"
    reversal = f"<RvslInd>{'true' if each.is_reversal else 'false'}</RvslInd>"
    servicer = f"<AcctSvcrRef>{each.bank_reference}</AcctSvcrRef>" if each.bank_reference else ""
    return f"""<Ntry><Amt Ccy="{currency}">{plain}</Amt><CdtDbtInd>{side}</CdtDbtInd>{reversal}
<Sts>{status}</Sts><BookgDt><Dt>{each.day}</Dt></BookgDt>{servicer}
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><{other}>{party}</{other}></RltdPties><RmtInf>{remittance}</RmtInf></TxDtls></NtryDtls></Ntry>"""


def bank_csv(
    transfers: Sequence[Transfer], statement: str = "2024-05", currency: str = "GBP"
) -> str:
    """The same as CSV, one statement."""
    lines = [
        "account,statement,booked_on,amount,currency,reference,counterparty,text,bank_reference"
    ]
    lines += [
        f'GB1,{statement},{each.day},{each.amount},{currency},{each.reference},"{each.name}",'
        f'"{each.text}",{each.bank_reference}'
        for each in transfers
    ]
    return "\r\n".join(lines) + "\r\n"
