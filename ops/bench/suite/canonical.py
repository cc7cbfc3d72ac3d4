"""The canonical encoder beside rfc8785, the independent one that the tests hold it against."""

import rfc8785

from ledger import canonical
from ops.bench.figure import at_least
from ops.bench.frame import Run, bench, in_turn

ROUNDS = 9
BODY: dict[str, object] = {
    "payment_id": "6f0a5c52-8c8e-8f0e-9d3a-52e6a4a1b0c7",
    "settlement_id": "0b9f7a3e-4f0d-8a8b-b1c1-0d6a51c9e7f2",
    "amount": {"amount": "7500.00", "currency": "GBP"},
    "paid_on": "2024-07-01",
    "reference": "RF18539007547034",
    "postings": [
        {
            "account": {"owner": owner, "counterparty": "p2", "kind": kind, "currency": "GBP"},
            "amount_minor": amount,
            "sequence": 12,
            "balance_minor": amount * 12,
        }
        for owner, kind, amount in (("p1", "PAYABLE", 750000), ("p1", "CASH_CLEARING", -750000))
    ],
}
BEYOND_ASCII: dict[str, object] = {
    "\ufb33 key": "ein längerer Text, damit nicht nur Schlüssel zählen",
    "\U0001f602": {"é": 1, "a": [None, True, '\u2028 " \\ \n']},
}


@bench("canonical", size=20_000, smoke_size=20)
async def encoding(run: Run) -> None:
    """Canonical bytes of a payment's body, and of characters from U+E000 on, beside rfc8785."""
    for what, value, aim in (
        ("a payment's body", BODY, at_least(1)),
        ("characters from U+E000 on, ordered by our own hand", BEYOND_ASCII, None),
    ):
        assert canonical.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]

        async def ours(value: dict[str, object] = value) -> None:
            for _ in range(run.size // ROUNDS):
                canonical.encode(value)

        async def theirs(value: dict[str, object] = value) -> None:
            for _ in range(run.size // ROUNDS):
                rfc8785.dumps(value)  # type: ignore[arg-type]

        laps = await in_turn(ROUNDS, ours, theirs)
        rates = [run.size // ROUNDS / lap.median for lap in laps]
        run.figure(what, rates[0], "/s", beside=rates[1], than="rfc8785", aim=aim)
