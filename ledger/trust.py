"""Decisions about what trust rests on: policy, keys, witnesses, remarks, the log's own key. Pure.

The one rule: a member acts for itself alone, and an observer only watches: it may be a witness.
Source: `ledger-format.md`; `domain.md` sections 2 and 3.
"""

from base64 import b64encode
from datetime import datetime

from ledger import identity, keyring, policy, remark, rotation
from ledger.actor import Actor, NotFound
from ledger.book import Book
from ledger.commands import Decision
from ledger.ecosystem import Ecosystem
from ledger.errors import Refusal
from ledger.fact import CLOCK, Fact
from ledger.identity import RegisterIdentityProvider, RemoveIdentityProvider
from ledger.ids import Seed
from ledger.keyring import RegisterConsentKey, RegisterWitness, RevokeConsentKey
from ledger.party import PartyRole
from ledger.policy import ProposePolicy
from ledger.remark import EraseAnnex, MakeRemark, RemarkMade
from ledger.rotation import RotateLogKey


class ObserversSignNothing(Refusal):
    """An observer sees what it is granted and signs nothing. -> Ask a partner to act."""


TrustCommand = (
    ProposePolicy
    | RegisterConsentKey
    | RevokeConsentKey
    | RegisterWitness
    | RegisterIdentityProvider
    | RemoveIdentityProvider
    | MakeRemark
    | EraseAnnex
    | RotateLogKey
)


def member(book: Book, actor: Actor) -> Ecosystem:
    """The ecosystem the actor signs in. Raises NotFound, ObserversSignNothing."""
    ecosystem = watching(book, actor)
    if ecosystem.party(actor.party_id).role is PartyRole.OBSERVER:
        raise ObserversSignNothing
    return ecosystem


def watching(book: Book, actor: Actor) -> Ecosystem:
    """The ecosystem the actor is a member of, if only as an observer. Raises NotFound."""
    if book.ecosystem is None or actor.party_id not in book.ecosystem.party_ids():
        raise NotFound("ecosystem", what="ecosystem", id=actor.ecosystem_id)
    return book.ecosystem


def proposed(facts: tuple[Fact, ...], actor: Actor) -> Decision:
    """The decision that opens a proposal: the last fact is its `*.proposed` event."""
    opened = facts[-1].event
    proposal_id = str(getattr(opened, "opening").proposal_id)  # noqa: B009 -- of every *.proposed event
    return Decision(facts, proposal_id, actor.party_id)


def decide_trust(
    book: Book, command: TrustCommand, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    """The decision on a command about trust. Raises a Refusal."""
    match command:
        case ProposePolicy():
            return _propose_policy(book, command, actor, now, seed)
        case RegisterConsentKey():
            member(book, actor)
            text = b64encode(command.public_key).decode()
            facts = keyring.register(book.keyring, command, actor, text)
            return Decision(facts, keyring.key_id_of(command.public_key), actor.party_id)
        case RevokeConsentKey(key_id=key_id):
            member(book, actor)
            return Decision(keyring.revoke(book.keyring, command, actor), key_id, actor.party_id)
        case RegisterWitness():
            watching(book, actor)
            facts = keyring.register_witness(book.keyring, command, actor)
            return Decision(facts, actor.party_id, actor.party_id)
        case RegisterIdentityProvider(terms=terms):
            watching(book, actor)
            key = identity.provider_key(terms.issuer, terms.audience)
            return Decision(identity.register(book.identities, command, actor), key, actor.party_id)
        case RemoveIdentityProvider(issuer=issuer, audience=audience):
            watching(book, actor)
            key = identity.provider_key(issuer, audience)
            return Decision(identity.remove(book.identities, command, actor), key, actor.party_id)
        case MakeRemark():
            return _make_remark(book, command, actor, now, seed)
        case EraseAnnex(index=index):
            member(book, actor)
            author = book.annexes.get(index, "")
            facts = remark.erase(index, book.annexes.keys(), author, actor)
            return Decision(facts, str(index), actor.party_id, erased=index)
        case RotateLogKey():
            return _rotate(book, command, actor)


def _propose_policy(
    book: Book, command: ProposePolicy, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    ecosystem = member(book, actor)
    members = ecosystem.member_ids(now)
    facts = policy.propose(
        command,
        book.last_agreed_policy(),
        book.agreements,
        ecosystem.signing_ids(now),
        [each for each in book.keyring.witnesses if each in members],
        seed,
    )
    return proposed(facts, actor)


def _make_remark(
    book: Book, command: MakeRemark, actor: Actor, now: datetime, seed: Seed
) -> Decision:
    ecosystem = member(book, actor)
    facts = remark.make(command, book.agreements, ecosystem.member_ids(now), actor, seed)
    made = facts[-1].event
    if not isinstance(made, RemarkMade):
        raise TypeError("the fact of a remark is the remark")
    return Decision(facts, made.remark_id, actor.party_id)


def _rotate(book: Book, command: RotateLogKey, actor: Actor) -> Decision:
    if book.ecosystem is None or actor.party_id != CLOCK:
        raise NotFound("ecosystem", what="ecosystem", id=actor.ecosystem_id)
    facts: tuple[Fact, ...] = rotation.rotate(
        command, book.ecosystem.origin, book.ecosystem.log_key
    )
    return Decision(facts, book.ecosystem_id, CLOCK)
