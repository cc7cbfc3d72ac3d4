"""Errands: what a party may do beside the ledger. None makes an entry, so nothing binds by one.

The one rule: a party runs them for itself alone; what checks itself by a signature needs no role.
"""

from collections.abc import Mapping

from ledger.act import Act, Consenters
from ledger.actor import Role

_ANY = tuple(role for role in Role if role is not Role.FOUNDER)


def _errand(name: str, roles: tuple[Role, ...], reason: str, *, after_leaving: bool = True) -> Act:
    return Act(name, roles, Consenters.NOBODY, reason, after_leaving, observers=True)


ERRANDS: Mapping[str, Act] = {
    act.name: act
    for act in (
        _errand(
            "namePerson",
            (Role.ADMIN,),
            "one party's own: whom its pseudonyms stand for, in no entry, so that it can go",
        ),
        _errand(
            "forgetPerson",
            (Role.ADMIN,),
            "one party's own: a name that it no longer may keep",
        ),
        _errand(
            "setNoticeAddress",
            (Role.ADMIN,),
            "one party's own: where it wants to be told of what waits",
        ),
        _errand(
            "uploadCosignature",
            _ANY,
            "one party's own: the signature of its registered witness proves itself",
        ),
        _errand(
            "reportCheckpoint",
            _ANY,
            "one party's own: the log's signature proves the checkpoint, whoever holds it",
        ),
    )
}
"""What makes no entry. Keys are the mutations' names."""
