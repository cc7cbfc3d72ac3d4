"""Actions: mutations that the viewer could call on what it sees; a screen then needs no rules.

The one rule: whoever shows a thing knows to whom its matter is open; whether the caller's roles and
its party's standing allow such an act is asked here, of the same table that decides.
"""

from collections.abc import Iterable

from graph.context import Info
from graph.permissions import PERMISSIONS
from ledger.act import Act
from ledger.errors import Refusal
from ledger.standing import require_standing

OWN = "Mutations that you could call on it now, so that a screen needs no rules."
BEGUN_WITH_NOTHING = (
    "proposeIndicator",
    "recordObservations",
    "beginObservationUpload",
    "proposeScheme",
    "importBankStatement",
    "proposePeriodClose",
    "proposePolicy",
    "proposeAdmission",
    "proposePilot",
    "proposeInitiative",
    "recordSession",
    "makeRemark",
    "nameSponsor",
    "adoptBusinessCalendar",
    "grantDelegation",
    "registerConsentKey",
    "registerWitness",
    "registerIdentityProvider",
    "namePerson",
    "forgetPerson",
    "setNoticeAddress",
)
"""Mutations that need nothing that is there already: what a menu offers."""


async def offered(info: Info, names: Iterable[str]) -> list[str]:
    """Those of the mutations that the caller's roles and its party's standing allow, in order."""
    actor, doors = info.context.actor, info.context.doors
    held = [name for name in names if actor.roles.intersection(PERMISSIONS[name].act.roles)]
    if not held:
        return []
    party = (await info.context.ecosystem()).party(actor.party_id)
    at = doors.ledger.clock()

    def stands(act: Act) -> bool:
        try:
            require_standing(party, act, at)
        except Refusal:
            return False
        return True

    return [name for name in held if stands(PERMISSIONS[name].act)]
