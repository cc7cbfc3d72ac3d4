"""Lanes: payments of one amount on one due that one side stated, in the order of its words.

The one rule: what a bank's line may be about is found at an end of a lane, however many payments
there are: the first that no statement shows, the first that the other side never answered, the
last that still stands. A payment that no end can give any more never comes back to one.
"""

from dataclasses import dataclass, replace

from immutables import Map

from ledger.journal import Lookup
from ledger.payment import Payment


@dataclass(frozen=True, slots=True)
class Lane:
    """Payment ids by number from 0, and where looking begins.

    Nothing is to be found before `unshown` and `unanswered`, nor from `standing` on.
    """

    ids: Map[int, str] = Map()
    unshown: int = 0
    unanswered: int = 0
    standing: int = 0

    def with_payment(self, payment_id: str) -> "Lane":
        """The lane with one more payment at its end."""
        number = len(self.ids)
        return replace(self, ids=self.ids.set(number, payment_id), standing=number + 1)

    def trimmed(self, payments: Lookup[str, Payment], *, is_payer: bool) -> "Lane":
        """The lane with its ends moved to what can still be found."""
        return replace(
            self,
            unshown=self._unshown(payments, is_payer=is_payer),
            unanswered=self._unanswered(payments, is_payer=is_payer),
            standing=self._standing(payments, is_payer=is_payer),
        )

    def first_unshown(self, payments: Lookup[str, Payment], *, is_payer: bool) -> Payment | None:
        """The first that stands and that no bank statement of the side shows."""
        return self._at(payments, self._unshown(payments, is_payer=is_payer))

    def first_unanswered(self, payments: Lookup[str, Payment], *, is_payer: bool) -> Payment | None:
        """The first that stands and that the other side never stated."""
        return self._at(payments, self._unanswered(payments, is_payer=is_payer))

    def last_standing(self, payments: Lookup[str, Payment], *, is_payer: bool) -> Payment | None:
        """The last that stands."""
        return self._at(payments, self._standing(payments, is_payer=is_payer) - 1)

    def _at(self, payments: Lookup[str, Payment], number: int) -> Payment | None:
        key = self.ids.get(number)
        return None if key is None else payments[key]

    def _unshown(self, payments: Lookup[str, Payment], *, is_payer: bool) -> int:
        number = self.unshown
        while (payment := self._at(payments, number)) is not None:
            side = payment.payer_side if is_payer else payment.payee_side
            if side.stands and side.line is None:
                break
            number += 1
        return number

    def _unanswered(self, payments: Lookup[str, Payment], *, is_payer: bool) -> int:
        number = self.unanswered
        while (payment := self._at(payments, number)) is not None:
            side, other = payment.payer_side, payment.payee_side
            if not is_payer:
                side, other = other, side
            if side.stands and other.index is None:
                break
            number += 1
        return number

    def _standing(self, payments: Lookup[str, Payment], *, is_payer: bool) -> int:
        number = self.standing
        while (payment := self._at(payments, number - 1)) is not None:
            side = payment.payer_side if is_payer else payment.payee_side
            if side.stands:
                break
            number -= 1
        return number
