"""Laws of agreement: whatever anybody does in whatever order, only consent binds, and all ends."""

from datetime import timedelta
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.agreement import Consent, NotifyParty, Objection, Withdrawal
from ledger.answer import ProposalConsented, ProposalNoticed, SilenceCounted
from ledger.commands import Command
from ledger.delegation import DelegationGranted, GrantDelegation
from ledger.dispute import EscalateDispute, RulingSigned, SignRuling
from ledger.errors import Refusal
from ledger.fact import CLOCK
from ledger.ladder import LastWord, RulingOutcome
from ledger.policy import FOUNDING_DAYS, KindRule, PolicyTerms, ProposePolicy
from ledger.proposal import ProposalKind, ProposalStatus
from ledger.reply import Channel, Silence
from ledger.snapshot import decode_book, encode_book
from tests.agreement.told import BUYER, TRACK, TRAIN, Told, ladder

PARTIES = (BUYER, TRACK, TRAIN)
PEOPLE = ("alice", "bob")

party = st.sampled_from(PARTIES)
person = st.sampled_from(PEOPLE)


def acts() -> st.SearchStrategy[tuple[Any, ...]]:
    """One thing that somebody does, or an amount of time that passes."""
    return st.one_of(
        st.tuples(st.just("consent"), party, person, party),
        st.tuples(st.just("consent"), party, person, party),
        st.tuples(st.just("object"), party, person, party),
        st.tuples(st.just("notify"), party, person, party),
        st.tuples(st.just("delegate"), party, person, party),
        st.tuples(st.just("rule"), party, person, st.sampled_from(list(RulingOutcome))),
        st.tuples(st.just("escalate"), party, person, party),
        st.tuples(st.just("withdraw"), party, person, party),
        st.tuples(st.just("replace"), party, person, party),
        st.tuples(st.just("wait"), st.integers(1, 96), person, party),
    )


@st.composite
def policies(draw: st.DrawFn) -> tuple[KindRule, bool, bool, LastWord]:
    """A rule, whether there is a ladder, whether answers are signed, and the last word."""
    signed, climbs = draw(st.booleans()), draw(st.booleans())
    silences = set(Silence)
    if signed:
        silences.discard(Silence.ACCEPT)
    if not climbs:
        silences.discard(Silence.ESCALATE)
    silence = draw(st.sampled_from(sorted(silences)))
    days = 0 if silence is Silence.NOTHING else draw(st.integers(1, 4))
    rule = KindRule(
        ProposalKind.POLICY,
        draw(st.sampled_from((0, 2))),
        silence,
        days,
        draw(st.booleans()),
    )
    last = draw(st.sampled_from((LastWord.STATUS_QUO, LastWord.UNDISPUTED_PART)))
    return rule, climbs, signed, last


def under(policy: tuple[KindRule, bool, bool, LastWord], days: int | None = None) -> Told:
    """Three parties that agreed on such a policy, under which proposals stay open so long."""
    rule, climbs, signed, last = policy
    told = Told.founded(TRACK, TRAIN)
    signatures = (ProposalKind.POLICY,) if signed else ()
    climbing = ladder(told, 2, 3, last=last) if climbs else None
    told.policy(rule, ladder=climbing, signatures=signatures, proposal_days=days)
    return told


def do(told: Told, asked: str, act: tuple[Any, ...]) -> None:
    """Try one thing; a refusal changes nothing but what was due."""
    name, who, subject, other = act
    if name == "wait":
        told.later(hours=who)
        told.tick()
        return
    told.tick()
    size = told.book.size
    try:
        by, command = _command(told, asked, name, who, other)
        told.when(by, command, subject)
    except Refusal:
        assert told.book.size == size


def _command(told: Told, asked: str, name: str, who: str, other: object) -> tuple[str, Command]:
    match name:
        case "consent":
            behalf = "" if other == who else told.parties[str(other)]
            return who, Consent(asked, on_behalf_of=behalf)
        case "object":
            behalf = "" if other == who else told.parties[str(other)]
            return who, Objection(asked, "No.", on_behalf_of=behalf)
        case "notify":
            return CLOCK, NotifyParty(asked, told.parties[who], Channel.MAIL)
        case "delegate":
            start = told.now.date()
            to = told.parties[str(other)]
            return who, GrantDelegation(to, start, start + timedelta(days=3))
        case "rule":
            return who, SignRuling(asked, RulingOutcome(str(other)))
        case "escalate":
            return who, EscalateDispute(asked)
        case "withdraw":
            return who, Withdrawal(asked)
        case _:
            terms = PolicyTerms()
            return who, ProposePolicy(terms, replaces=asked)


def said_yes(told: Told, asked: str) -> tuple[set[str], set[str]]:
    """By the entries alone: whose consent was given, and whose silence was counted as one."""
    given, silent = set(), set()
    delegated: set[tuple[str, str]] = set()
    noticed: dict[str, object] = {}
    proposal = told.proposal(asked)
    for placed in told.entries:
        match placed.event:
            case DelegationGranted(delegate_id=delegate):
                delegated.add((placed.party, delegate))
            case ProposalNoticed(proposal_id=key, party_id=who, until=until) if key == asked:
                noticed.setdefault(who, until)
            case ProposalConsented(proposal_id=key, on_behalf_of=behalf) if key == asked:
                assert not behalf or (behalf, placed.party) in delegated
                given.add(behalf or placed.party)
            case SilenceCounted(proposal_id=key) as counted if key == asked:
                assert placed.at >= counted.due
                own = counted.party_id == proposal.proposer
                assert own or noticed[counted.party_id] == counted.due
                if counted.silence is Silence.ACCEPT:
                    silent.add(counted.party_id)
            case _:
                pass
    return given, silent


@given(policies(), st.lists(acts(), max_size=25))
@settings(max_examples=150, deadline=None)
def test_nothing_binds_by_fewer_than_the_policy_asks_for(
    policy: tuple[KindRule, bool, bool, LastWord], does: list[tuple[Any, ...]]
) -> None:
    """Only consents, silence that was told and waited for, or all the sponsors' rulings do."""
    told = under(policy)
    rule, _, signed, _ = policy
    asked = told.asked()

    for act in does:
        do(told, asked, act)

    if told.status(asked) == "AGREED":
        given, silent = said_yes(told, asked)
        ruled = {
            placed.party
            for placed in told.entries
            if isinstance(placed.event, RulingSigned)
            and placed.event.outcome is RulingOutcome.BINDS
        }
        needed = rule.needed or len(PARTIES)
        assert not signed  # nobody here can sign
        assert rule.silence is Silence.ACCEPT or not silent
        assert len(given | silent) >= needed or len(ruled) == len(PARTIES)
    assert told.replayed() == told.book
    assert decode_book(encode_book(told.book)) == told.book


@given(policies(), st.sampled_from((8, 30, None)), st.lists(acts(), max_size=15))
@settings(max_examples=120, deadline=None)
def test_every_open_proposal_ends(
    policy: tuple[KindRule, bool, bool, LastWord], days: int | None, does: list[tuple[Any, ...]]
) -> None:
    """From wherever it stands, told or not: once the clock has passed its last term, it is over.

    And who said nothing, and was not told, is bound by nothing for having been silent.
    """
    told = under(policy, days)
    asked = told.asked()
    for act in does:
        do(told, asked, act)
    before = told.book.agreements.proposals

    told.later(days=(days or FOUNDING_DAYS) + 60)  # and the ladder's two rungs, of 2 and 3 days
    told.tick()

    for key, proposal in told.book.agreements.proposals.items():
        assert not proposal.is_pending
        assert all(due.proposal_id != key for due in told.book.agreements.schedule)
        if before[key].is_pending and proposal.status is ProposalStatus.AGREED:
            given, silent = said_yes(told, key)
            assert len(given | silent) >= proposal.needed
    assert not told.book.agreements.pending
    assert told.replayed() == told.book


@given(policies(), st.lists(st.booleans(), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_the_order_of_independent_answers_does_not_matter(
    policy: tuple[KindRule, bool, bool, LastWord], says: list[bool]
) -> None:
    """Consents and objections of different parties commute, as far as they all are taken."""
    rule, climbs, _, last = policy
    outcomes = set()
    for order in permutations(zip(PARTIES, says, strict=True)):
        told = under((rule, climbs, False, last))
        asked = told.asked(BUYER, "proposer")
        taken = 0
        for name, yes in order:
            try:
                command = Consent(asked) if yes else Objection(asked, "No.")
                told.when(name, command)
                taken += 1
            except Refusal:  # it was agreed, by enough of them, before
                assert told.status(asked) == "AGREED"
        answers = {(each.party_id, each.is_consent) for each in told.proposal(asked).answers}
        full = frozenset(answers) if taken == len(PARTIES) else frozenset()
        outcomes.add((told.status(asked), full))
    statuses = {status for status, _ in outcomes}
    assert len(statuses) == 1
