"""Audit of governance: who takes part, on which terms, until when, asked again. Pure."""

from dataclasses import replace

from ledger import membership
from ledger.book import Book
from ledger.fact import Placed
from ledger.membership import LeftAtGate, MembershipProposed
from ledger.party import Party
from ledger.proposal import ProposalKind
from ledger.rule import RuleBroken, ecosystem, require


def asked_of_governance(book: Book, placed: Placed) -> tuple[str, frozenset[str]]:
    """The subject that a proposal must name, and those whose consent it must ask."""
    match placed.event:
        case MembershipProposed(party_id=party_id):
            return membership.subject_of(party_id), ecosystem(book).signing_ids(placed.at)
        case _:
            raise RuleBroken("it proposes nothing that we know")


def check_governance(book: Book, placed: Placed) -> None:
    """What is proposed can hold, and an own act keeps to its rule. Raises RuleBroken, a Refusal."""
    match placed.event:
        case MembershipProposed() as proposed:
            _check_membership(book, placed, proposed)
        case LeftAtGate(left_on=left_on):
            membership.check_gate(ecosystem(book).party(placed.party), left_on, placed.at)
        case _:
            raise RuleBroken("it proposes nothing that we know")


def _check_membership(book: Book, placed: Placed, event: MembershipProposed) -> None:
    """A proposed membership changes what its kind says, and nothing beside."""
    around = ecosystem(book)
    membership.check_terms(event.terms, event.role)
    wanted = membership.state_of(event, placed.index).party
    if event.opening.kind is ProposalKind.ADMISSION:
        membership.check_admission(around, event.name, event.role, placed.at)
        require(event.party_id not in around.party_ids(), "it admits a party that was admitted")
        require(event.left_on is None, "it admits a party that leaves")
        return
    present = around.member(event.party_id, placed.at)
    if event.opening.kind is ProposalKind.MEMBERSHIP:
        expected = replace(_bare(present), terms=event.terms)
    elif event.left_on is not None:
        membership.check_departure(present, event.left_on, "")
        expected = replace(_bare(present), left_on=event.left_on)
    else:
        raise RuleBroken("it says not when the party leaves")
    require(wanted == expected, "it changes more of the membership than it says")


def _bare(party: Party) -> Party:
    """A party without the entries that made it what it is."""
    return replace(party, joined_index=0, left_index=None)
