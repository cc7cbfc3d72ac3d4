"""Audit of what trust rests on: keys, witnesses, remarks and the log's own key. Pure."""

from base64 import b64encode

from ledger import identity, keyring, remark
from ledger.book import Book
from ledger.ecosystem import EcosystemFounded
from ledger.fact import Placed
from ledger.identity import IdentityProviderRegistered, IdentityProviderRemoved
from ledger.keyring import ConsentKeyRegistered, ConsentKeyRevoked, WitnessRegistered
from ledger.policy import check_days
from ledger.remark import AnnexErased, RemarkMade
from ledger.rotation import LogKeyRotated, check_rotation
from ledger.rule import ecosystem, require


def check_trust(book: Book, placed: Placed) -> None:
    """Keys, witnesses, policy, remarks and the log's own key."""
    match placed.event:
        case ConsentKeyRegistered() as registered:
            text = b64encode(registered.public_key).decode()
            keyring.check_registration(
                book.keyring, registered, book.ecosystem_id, placed.party, text
            )
        case ConsentKeyRevoked(key_id=key_id):
            book.keyring.consent_key(key_id, placed.party, "")
        case WitnessRegistered() as witness:
            keyring.check_witness(book.keyring, witness, book.ecosystem_id, placed.party)
        case IdentityProviderRegistered(terms=terms):
            identity.check(book.identities, terms, placed.party)
        case IdentityProviderRemoved(issuer=issuer, audience=audience):
            identity.check_removal(book.identities, issuer, audience, placed.party)
        case RemarkMade(about=about, evidence=evidence):
            remark.check(about, evidence, book.agreements)
        case AnnexErased(index=index):
            require(book.annexes.get(index) == placed.party, "it erases what is not its own")
        case EcosystemFounded(proposal_days=days) if days is not None:
            check_days(days, "")
        case LogKeyRotated() as rotated:
            check_rotation(ecosystem(book).origin, ecosystem(book).log_key, rotated)
        case _:
            pass
