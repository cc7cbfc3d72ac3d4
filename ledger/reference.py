"""References: what a bank transfer carries, so that both sides know the stake that it pays.

The one rule: a stake's reference follows from its settlement and its party alone. Source: ISO 11649
(creditor references), ISO 7064 (mod 97-10).
"""

from functools import lru_cache
from hashlib import sha256

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from ledger.errors import Fault

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REFERENCE_DIGITS = 16


@lru_cache(maxsize=4096)
def creditor_reference(settlement_id: str, party_id: str) -> str:
    """The RF reference of a stake: "RF", two check digits, 16 letters or digits of its identity.

    Source: ISO 11649, ISO 7064 (mod 97-10).
    """
    number = int.from_bytes(sha256(f"{settlement_id}/{party_id}".encode()).digest(), "big")
    text = ""
    for _ in range(_REFERENCE_DIGITS):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    reference = f"RF{mod_97_10.calc_check_digits(text + 'RF')}{text}"
    if not iso11649.is_valid(reference):
        raise Fault(f"{reference} is no creditor reference")
    return reference
