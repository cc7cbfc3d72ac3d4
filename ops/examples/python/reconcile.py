"""Finance's month: what is due, what is open and how late, and the payee's word that money came.

Run: JPI_TOKEN=... python reconcile.py DAY [REFERENCE ...]
Each REFERENCE is a due whose reported payments did arrive at your bank.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import date

from documents import ByHash
from ledger_client import ConfirmPaymentInput, LedgerClient
from ledger_client.dues import DuesReconciliationDuesNodes as Due
from ledger_client.enums import PaymentStatus

URL = os.environ.get("JPI_URL", "http://127.0.0.1:8000")


async def dues(client: LedgerClient, day: date) -> AsyncIterator[Due]:
    """Every due, page by page."""
    after = None
    while True:
        page = (await client.dues(on=day, after=after)).reconciliation.dues
        for due in page.nodes:
            yield due
        if not page.page_info.has_next_page:
            return
        after = page.page_info.end_cursor


async def confirm(client: LedgerClient, due: Due) -> None:
    """Say that the reported payments of a due arrived; said again, it changes nothing."""
    for payment in due.payments.nodes:
        if payment.status is not PaymentStatus.REPORTED:
            continue
        given = ConfirmPaymentInput(idempotency_key=f"arrived/{payment.id}", payment_id=payment.id)
        answer = (await client.confirm(given)).confirm_payment
        for problem in answer.problems:
            print(f"{problem.code.value}: {problem.message} {problem.remedy}", file=sys.stderr)
        if answer.payment:
            print(f"{due.reference}: {payment.amount.amount} is {answer.payment.status.value}")


async def main(day: date, arrived: set[str]) -> None:
    """Confirm what arrived, then show how everything stands on a day."""
    http = ByHash(headers={"authorization": f"Bearer {os.environ['JPI_TOKEN']}"})
    async with LedgerClient(url=f"{URL}/graphql", http_client=http) as client:
        async for due in dues(client, day):
            if due.reference in arrived:
                await confirm(client, due)
        async for due in dues(client, day):
            print(
                f"{due.reference} {due.period_key} {due.payer.name} -> {due.payee.name}: "
                f"{due.amount.amount} {due.amount.currency}, open {due.open.amount}, "
                f"{due.status.value}, {due.ageing.value}"
            )
        for total in (await client.dues(on=day)).reconciliation.totals:
            print(f"{total.ageing.value}: {total.open.amount} {total.open.currency} open")


if __name__ == "__main__":
    asyncio.run(main(date.fromisoformat(sys.argv[1]), set(sys.argv[2:])))
