"""Bounds: where a period of a key starts and ends, by the calendar of what it was measured by.

The one rule: the newest agreed version that knows the key says it. A listed calendar may no longer
list what was measured by it long ago; then the newest of the versions before it that does.
"""

from collections.abc import Iterable

from graph.calendars import Period, period_of
from graph.context import Info
from ledger.book import Indicator
from ledger.periods import PeriodUnknown
from ledger.scheme import Scheme
from ledger.settlement import SettlementContent

BOUNDED = (
    "The period with its days; null where no calendar that you may see knows its key: who was "
    "granted some of the ledger alone may not see the indicator."
)
KEY_OF_PERIOD = "The period's key, whoever sees its calendar."


async def indicators_period(
    info: Info, indicator_id: str, key: str, as_of: int | None = None
) -> Period | None:
    """A period of an indicator; None where no agreed version that is seen has it.

    The version in force is read together with others; those before it only where it does not know
    the key, once an indicator and request.
    """
    found = await info.context.load("indicator", indicator_id, Indicator, as_of)
    if found is None:
        return None
    period = _known(found.value, key)
    if period is None:
        versions = await info.context.agreed_versions(indicator_id)
        period = next(filter(None, (_known(each, key) for each in versions)), None)
    return period


def _known(indicator: Indicator, key: str) -> Period | None:
    try:
        return period_of(indicator.version.terms.calendar, key)
    except PeriodUnknown:
        return None


async def settlements_period(info: Info, content: SettlementContent, key: str) -> Period | None:
    """A period that a settlement settles or looks back at; None as in `indicators_period`.

    All indicators of a scheme have one calendar: those that the settlement was computed from, then
    those of the scheme's newest version.
    """
    read = (each.subject for each in content.trace if each.subject and not each.is_about_party)
    if (period := await _first(info, read, key)) is not None:
        return period
    scheme = await info.context.load("scheme", content.scheme_id, Scheme)
    return None if scheme is None else await _first(info, scheme.value.terms.indicator_ids(), key)


async def _first(info: Info, indicator_ids: Iterable[str], key: str) -> Period | None:
    for each in dict.fromkeys(indicator_ids):
        if (period := await indicators_period(info, each, key)) is not None:
            return period
    return None
