"""Audit of payouts: schemes, settlements and what they post, computed again. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ledger import first_check, first_settlement, first_terms, scheme
from ledger.basis import facts_for, measured_for
from ledger.book import Book
from ledger.closeout import require_open
from ledger.correction import require_alone
from ledger.evaluation import RULES_VERSION
from ledger.journal import SettlementPosted, StakePosted
from ledger.netting import DuesNetted
from ledger.partner import SchemePartProposed, SealedAt, is_confidential, personal
from ledger.payout import posted, set_off
from ledger.proposal import ProposalStatus
from ledger.reversal import reversible
from ledger.rule import RuleBroken, ecosystem, require
from ledger.scheme import Scheme, SchemeProposed
from ledger.settlement import (
    Corrected,
    SettlementContent,
    SettlementKind,
    SettlementProposed,
    own_kind,
)
from ledger.settling import corrected_periods, joint, sealed_parties, settled
from ledger.stake import SealedPart, SealedStake, StakeProposed


def check_scheme(book: Book, event: SchemeProposed, at: datetime) -> None:
    """A scheme's terms can hold, by the rules of their version. Raises RuleBroken."""
    current = book.current_scheme(event.scheme_id)
    follows = event.version == (current.version + 1 if current else 1)
    require(follows, "its version does not follow")
    if ecosystem(book).proposal_days is not None:  # before, a version could change it
        scheme.check_next(event.terms, current)
    facts = facts_for(book, event.terms)
    around = ecosystem(book)
    signing, outsourcer = around.signing_ids(at), around.outsourcer.party_id
    if event.first is not None:
        first_check.check(event.first, facts, signing, outsourcer)
        return
    scheme.check(event.terms, facts, signing, outsourcer)
    named = [place.party_id for place in event.sealed]
    wanted = sorted(event.terms.party_ids()) if is_confidential(event.terms) else []
    require(sorted(named) == wanted, "it lacks a partner's own part")
    _check_places(book, event.sealed, book.sealed.parts_of(event.opening.proposal_id))
    for part in book.sealed.parts_of(event.opening.proposal_id).values():
        scheme.check(personal(event.terms, part.part), facts, signing, outsourcer)
        require((part.scheme_id, part.version) == (event.scheme_id, event.version), "it is another")


def _check_places(
    book: Book, places: Sequence[SealedAt], opened: Mapping[str, SealedPart | SealedStake]
) -> None:
    """Sealed entries stand where they are named, as far as the reader may open them."""
    indices = [place.index for place in places]
    require(all(index < book.size for index in indices), "it names entries that are not there yet")
    require(len(set(indices)) == len(indices), "it names an entry twice")
    known = {place.party_id: place.index for place in places}
    for party_id, state in opened.items():
        require(known.get(party_id) == state.index, "it names another entry than the sealed one")


def check_own(book: Book, at: datetime, event: SchemePartProposed | StakeProposed) -> None:
    """A stake recomputes from the partner's own terms; a part is checked with its scheme.

    Raises RuleBroken.
    """
    match event:
        case SchemePartProposed(proposal_id=key, part=part):
            require(key not in book.schemes, "its scheme was proposed before it")
            require(part.party_id not in book.sealed.parts_of(key), "it is entered twice")
        case StakeProposed(settlement_id=key, party_id=party_id, content=content):
            require(key not in book.settlement_proposals, "its settlement was proposed before it")
            agreed = _agreed(book, content)
            args = (content.kind, content.period, at, key, party_id, content.rules_version)
            require(settled(book, agreed, *args) == content, "it computes otherwise")


def _agreed(book: Book, content: SettlementContent) -> Scheme:
    agreed = book.current_scheme(content.scheme_id)
    if agreed is None:
        raise RuleBroken("it settles a scheme that is not agreed")
    return agreed


def check_settlement(book: Book, at: datetime, event: SettlementProposed) -> None:
    """A settlement recomputes to the cent, by the rules that it names. Raises RuleBroken."""
    content = event.content
    agreed = _agreed(book, content)
    kind, period, key = content.kind, content.period, event.settlement_id
    rules = content.rules_version
    require(rules <= RULES_VERSION, "it names rules that are not known")
    require(rules >= book.payout_rules, "it goes back to older rules")
    is_own = kind in (SettlementKind.INCENTIVE, SettlementKind.CREDIT)
    require(not is_own or kind is own_kind(agreed), "it settles as another kind than its scheme's")
    is_free = (content.scheme_id, content.place) not in book.settled
    require(is_free, "its period is settled already")
    require(key not in book.settlement_proposals, "its id was used before")
    require_open(book, agreed, period)
    if ecosystem(book).proposal_days is not None:  # before, two could be pending at once
        require_alone(book, content.scheme_id, kind)
    if rules == first_terms.RULES_VERSION:
        measured = measured_for(book, agreed.terms.indicator_ids(), period)
        expected = first_settlement.compute_first(agreed, measured, period, key)
    elif parties := sealed_parties(book, agreed, kind, period):
        stakes = book.sealed.stakes_of(key)
        _check_places(book, content.sealed, stakes)
        named = corrected_periods(stake.content for stake in stakes.values())
        known = {each.period for each in content.corrected}
        require(known.issuperset(each.period for each in named), "it hides a corrected period")
        if kind is SettlementKind.REVERSAL:
            _check_taken_back(book, agreed, content, parties)
        named_here = (content.corrected, content.sealed, rules)
        expected = joint(book, agreed, kind, period, key, *named_here)
    else:
        expected = settled(book, agreed, kind, period, at, key, rules=rules)
    require(expected == content, "it computes otherwise")


def _check_taken_back(
    book: Book, agreed: Scheme, content: SettlementContent, party_ids: Sequence[str]
) -> None:
    """A confidential reversal takes back all stakes of what was settled, and names it."""
    back = Corrected(content.period, reversible(book, agreed, content.period).settlement_id, (), ())
    require(content.corrected == (back,), "it takes back another settlement")
    whose = [place.party_id for place in content.sealed]
    require(sorted(whose) == sorted(party_ids), "it takes back other stakes")


def check_posted(book: Book, entered: SettlementPosted | StakePosted) -> None:
    """A settlement is posted once it is agreed, by what follows from it. Raises RuleBroken."""
    proposal_id = book.settlement_proposals[entered.settlement_id]
    state = book.settlements[proposal_id]
    require(state.status is ProposalStatus.AGREED, "the settlement is not agreed")
    if isinstance(entered, StakePosted):
        is_posted = (entered.settlement_id, entered.party_id) in book.sealed.posted
    else:
        is_posted = entered.settlement_id in book.posted
    require(not is_posted, "the settlement is posted twice")
    expected = [fact.event for fact in posted(book, proposal_id)]
    require(entered in expected, "its postings do not follow from the settlement")


def check_netted(book: Book, entered: DuesNetted) -> None:
    """What is set off follows from what was posted, once. Raises RuleBroken."""
    key, party_id = entered.settlement_id, entered.party_id
    is_sealed = (key, party_id) in book.sealed.posted
    require(is_sealed or key in book.posted, "its settlement is not posted")
    whole = SettlementPosted(key, ())
    about: SettlementPosted | StakePosted = StakePosted(key, party_id, ()) if is_sealed else whole
    expected = [fact.event for fact in set_off(book, [about])]
    require(entered in expected, "it is not what follows from the settlement")
