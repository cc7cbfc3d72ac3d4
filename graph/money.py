"""Money as the API shows it: an exact decimal string, a currency, and what accounts hold."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.enums import describe
from graph.scalars import Exact
from ledger import amounts
from ledger.journal import AccountKind

describe(
    AccountKind,
    "What an account holds; the chart is the same in everybody's books.",
    INCENTIVE_EXPENSE="What its owner bears of incentives and credits.",
    INCENTIVE_INCOME="What its owner earned by them.",
    PAYABLE="What its owner still has to pay.",
    RECEIVABLE="What its owner still has to get.",
    CASH_CLEARING="What moved through the bank.",
    AT_RISK_WITHHELD="What of invoices was held back until a period is settled.",
)


@strawberry.type(description="An exact amount of money.")
class Money:
    """Never a float."""

    amount: Exact = field(description='All decimals of the currency, as "12.50".')
    currency: str = field(description="ISO 4217 code.")


@strawberry.input(description="An exact amount of money.")
class MoneyInput:
    """No more decimals than the currency has."""

    amount: Fraction = field(description='Major units, as "12.50".')
    currency: str = field(description="ISO 4217 code, as EUR.")

    def money(self, path: str) -> amounts.Money:
        """What the workroom reads. Raises CurrencyUnknown, TooManyDecimals, AmountTooLarge."""
        return amounts.Money.of(self.amount, self.currency, path)


def money_of(money: amounts.Money) -> Money:
    """An amount as the API shows it."""
    return Money(amount=Exact(money.render()), currency=money.currency)
