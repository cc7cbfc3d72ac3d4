"""Every open proposal ends: when its days are over it lapses, by an entry, and binds nobody."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from ledger.agreement import Consent, ProposalClosed
from ledger.answer import ProposalConsented, ProposalLapsed
from ledger.commands import Command
from ledger.ecosystem import EcosystemFounded
from ledger.fact import CLOCK
from ledger.indicator import ProposeIndicator
from ledger.initiative import Aim, InitiativeStage, InitiativeTerms, ProposeInitiative, ProposeStage
from ledger.membership import ProposeAdmission, ProposeDeparture, ProposeMembership
from ledger.party import MembershipTerms, PartyRole
from ledger.pilot import PilotTerms, ProposePilot, ProposePromotion
from ledger.policy import EndMalformed, PolicyProposed, PolicyTerms, ProposePolicy
from ledger.reply import Silence
from ledger.rule import RuleBroken
from service.embedded import Embedded
from service.settings import Settings
from tests.agreement.shift import shifting
from tests.agreement.test_forged import broken
from tests.agreement.told import BUYER, MONDAY, TRACK, TRAIN, Told, ladder, rule
from tests.auditor import audit
from tests.desk import until
from tests.parties.terms import delay_minutes
from tests.world import PROPOSED

END = MONDAY + timedelta(days=180)


def three() -> Told:
    """A buyer and two partners, under the founding's policy."""
    return Told.founded(TRACK, TRAIN)


def test_under_the_founding_policy_a_proposal_lapses_after_half_a_year() -> None:
    """Not an instant earlier; then nobody can answer it, and its subject is free again."""
    told = three()
    asked = told.asked()
    told.consent(asked, BUYER, TRACK)
    assert told.proposal(asked).ends_at == END

    told.now = END - timedelta(microseconds=1)
    assert told.tick() == []
    told.now = END
    assert told.tick() == ["ProposalLapsed"]

    assert told.entries[-1].event == ProposalLapsed(asked, (), END)
    assert told.entries[-1].party == CLOCK
    with pytest.raises(ProposalClosed):
        told.when(TRAIN, Consent(asked))
    assert told.status(told.asked()) == "OPEN"
    assert told.replayed() == told.book


def test_a_consent_after_the_end_comes_after_the_lapse_though_nobody_looked() -> None:
    """The last consent that was missing is late by a year: it binds nobody."""
    told = three()
    asked = told.asked()
    told.consent(asked, BUYER, TRACK)
    told.later(days=365)

    with pytest.raises(ProposalClosed):
        told.when(TRAIN, Consent(asked))

    assert told.status(asked) == "LAPSED"
    assert told.entries[-1].event == ProposalLapsed(asked, (), END)
    assert told.book.policy().version == 1


def test_who_was_never_told_is_bound_by_nothing_at_the_end() -> None:
    """Silence would accept; without a notice it is never counted, and the lapse is no answer."""
    told = three()
    told.policy(rule(Silence.ACCEPT, 3), proposal_days=30)
    asked = told.asked()
    told.consent(asked, BUYER)
    told.notify(asked, TRACK)
    told.later(days=30)

    assert told.tick() == ["SilenceCounted", "ProposalLapsed"]

    assert told.status(asked) == "LAPSED"
    assert {each.party_id for each in told.proposal(asked).answers} == {
        told.parties[BUYER],
        told.parties[TRACK],
    }


def test_a_dispute_without_a_ladder_ends_with_the_proposal() -> None:
    """Nobody withdrew, replaced or consented: the status quo stays."""
    told = three()
    asked = told.asked()
    told.objects(asked, TRAIN)
    assert told.status(asked) == "DISPUTED"

    told.now = END
    assert told.tick() == ["ProposalLapsed"]
    assert told.status(asked) == "LAPSED"


def test_a_dispute_on_a_ladder_has_the_ladders_time() -> None:
    """Opened on the last day, it climbs on beyond it, and the last word ends it."""
    told = three()
    told.policy(ladder=ladder(told, 2, 3), proposal_days=10)
    asked = told.asked()
    ends_at = told.proposal(asked).ends_at
    assert ends_at is not None
    told.now = ends_at - timedelta(hours=1)
    told.objects(asked, TRAIN)

    assert told.later(days=1).tick() == []
    assert told.status(asked) == "DISPUTED"
    assert told.later(days=30).tick() == ["DisputeEscalated", "ProposalRejected"]


def test_a_dispute_that_is_taken_back_after_the_days_leaves_nothing_open() -> None:
    """The consent that was missing still binds; one that leaves others missing does not."""
    told = three()
    told.policy(ladder=ladder(told, 5, 5), proposal_days=10)
    outcomes = []
    for others in ((BUYER, TRACK), (BUYER,)):
        asked = told.asked()
        told.consent(asked, *others)
        ends_at = told.proposal(asked).ends_at
        assert ends_at is not None
        told.now = ends_at - timedelta(hours=1)
        told.objects(asked, TRAIN)
        told.later(days=1)
        told.consent(asked, TRAIN)
        told.tick()
        outcomes.append(told.status(asked))

    assert outcomes == ["AGREED", "LAPSED"]


def every_kind() -> tuple[Told, list[tuple[str, Command]]]:
    """What can be proposed without a result or money, each by its proposer."""
    told = three()

    def bound(party: str, command: Command) -> str:
        asked = told.open(party, command)
        told.consent(asked, *told.proposal(asked).signatories)
        return asked

    track, train = told.parties[TRACK], told.parties[TRAIN]
    terms = delay_minutes(told, TRACK, TRAIN)
    owned = bound(TRACK, ProposeIndicator(terms))
    key = told.book.indicator_versions[owned].version.indicator_id
    days = (date(2026, 1, 1), date(2026, 6, 30))
    pilot = PilotTerms("One line", "The north line.", 400, (track, train), (key,), *days)
    tried = bound(TRACK, ProposePilot(pilot))
    piloted = told.book.governance.pilots[tried].pilot_id
    aims = (Aim(key, Fraction(-5)),)
    trying = InitiativeTerms("Later doors", "They close later.", (train,), aims, date(2026, 9, 1))
    bound(TRACK, ProposeInitiative(trying))
    [initiative] = told.book.governance.agreed_initiatives
    joins = ("Small", PartyRole.PARTNER, date(2026, 4, 1), MembershipTerms())
    return told, [
        (BUYER, ProposePolicy(PolicyTerms())),
        (TRACK, ProposeIndicator(replace(terms, name="Delays"), key)),
        (TRACK, ProposePilot(replace(pilot, name="Another line"))),
        (TRACK, ProposePromotion(piloted, key, "2026-04")),
        (TRACK, ProposeInitiative(replace(trying, name="Earlier doors"))),
        (TRACK, ProposeStage(initiative, InitiativeStage.TRIAL, "We begin.")),
        (BUYER, ProposeAdmission(*joins)),
        (BUYER, ProposeMembership(track, MembershipTerms(notice_days=3))),
        (TRAIN, ProposeDeparture(train, date(2027, 6, 1))),
    ]


def test_what_is_proposed_ends_whatever_it_is_about() -> None:
    """Each of its kind, half a year after it was opened, and none of them binds."""
    told, proposals = every_kind()
    before = told.book
    asked = [told.open(party, command) for party, command in proposals]
    kinds = {told.proposal(each).kind for each in asked}
    assert len(kinds) == len(proposals)

    told.later(days=181)
    assert told.tick() == ["ProposalLapsed"] * len(proposals)

    assert {told.status(each) for each in asked} == {"LAPSED"}
    assert not told.book.agreements.pending
    assert not told.book.agreements.schedule
    assert told.book.ecosystem == before.ecosystem
    assert told.book.current_indicators == before.current_indicators
    assert told.book.policy() == before.policy()


def test_an_end_that_no_answer_fits_into_is_refused() -> None:
    """None, too long, or shorter than twice the days that a signatory has."""
    told = three()
    slow = (rule(Silence.ACCEPT, 10),)
    for terms in (
        PolicyTerms(proposal_days=0),
        PolicyTerms(proposal_days=-1),
        PolicyTerms(proposal_days=1097),
        PolicyTerms(rules=slow, proposal_days=19),
        PolicyTerms(rules=(rule(Silence.ACCEPT, 91),)),
    ):
        size = told.book.size
        with pytest.raises(EndMalformed) as refused:
            told.when(BUYER, ProposePolicy(terms))
        assert refused.value.path == "proposalDays"
        assert told.book.size == size
    told.policy(*slow, proposal_days=20)


def test_a_policy_that_says_nothing_of_it_keeps_the_end_of_before() -> None:
    """So an end, once agreed, is there for good; another one is agreed like everything else."""
    told = three()
    told.policy(proposal_days=40)
    told.policy(rule(Silence.ACCEPT, 2))
    assert told.book.policy().terms.proposal_days == 40
    asked = told.asked(proposal_days=50)
    ends_at = told.proposal(asked).ends_at
    told.consent(asked, BUYER, TRACK, TRAIN)

    assert ends_at == told.now + timedelta(days=40)  # it lives under the one it was opened with
    assert told.book.policy().terms.proposal_days == 50


def test_a_policy_without_an_end_and_a_lapse_out_of_time_are_found() -> None:
    """A host that lets things wait for ever, or ends them too early, is named by the audit."""
    told = three()
    asked = told.asked()
    event = told.entries[-1].event
    told.forget()
    assert isinstance(event, PolicyProposed)
    endless = replace(event, terms=replace(event.terms, proposal_days=None))
    broken(told, BUYER, endless, "wait for ever")

    asked = told.asked()
    proposal = told.proposal(asked)
    broken(told, CLOCK, ProposalLapsed(asked, (), END), "nothing of it is due")
    told.now = END
    late = ProposalConsented(asked, proposal.index, proposal.commitment)
    broken(told, TRAIN, late, "ProposalLapsed of proposal .* comes first")
    broken(told, TRAIN, ProposalLapsed(asked, (), END), "only the clock")
    broken(told, CLOCK, ProposalLapsed(asked, (), END - timedelta(days=1)), "comes first")


def test_in_a_ledger_of_before_proposals_wait_until_a_policy_ends_them() -> None:
    """What was opened then stays open and can be agreed; the first new policy states an end."""
    told = Told.founded_before(TRACK, TRAIN)
    first = told.asked()
    assert told.proposal(first).ends_at is None
    told.later(days=900)
    assert told.tick() == []

    told.consent(first, BUYER, TRACK, TRAIN)
    assert told.book.policy().terms.proposal_days == 180
    second = told.asked()
    assert told.later(days=180).tick() == ["ProposalLapsed"]
    assert told.status(second) == "LAPSED"
    assert told.replayed() == told.book


def test_a_founding_with_an_impossible_end_is_found() -> None:
    """By the audit, as the service refuses it."""
    told = three()
    founding = told.entries[0].event
    assert isinstance(founding, EcosystemFounded)
    with pytest.raises(RuleBroken):
        told.instead(replace(founding, proposal_days=0))


async def test_an_end_over_http(settings: Settings, database: Embedded) -> None:
    """Stated at the founding, shown with the proposal, and entered though nobody writes."""
    async with shifting(settings, database, "2026-03-02T09:00") as (world, shift):
        parties = [{"name": BUYER, "role": "OUTSOURCER"}, {"name": TRACK, "role": "PARTNER"}]
        given = {"name": "A chain", "parties": parties, "proposalDays": 10}
        show = "ecosystem { id parties { id name } }"
        refused = await world.do("", "foundEcosystem", {**given, "proposalDays": 0}, show)
        assert refused["problems"][0]["code"] == "END_MALFORMED"
        founded = (await world.done("", "foundEcosystem", given, show))["ecosystem"]
        world.ecosystem_id = founded["id"]
        world.parties = {each["name"]: each["id"] for each in founded["parties"]}
        terms = {"signatures": [], "witnesses": [], "quorum": 0}
        problem = await world.refused(BUYER, "proposePolicy", {**terms, "proposalDays": 1097})
        assert (problem["code"], problem["path"]) == ("END_MALFORMED", "proposalDays")
        show = f"policy {{ proposalDays }} {PROPOSED}"
        payload = await world.done(BUYER, "proposePolicy", terms, show)
        assert payload["policy"] == {"proposalDays": 10}
        asked = payload["proposal"]["id"]
        query = """query($id: ID!) { policy { proposalDays }
          proposal(id: $id) { status endsAt allowedActions } }"""
        data = await world.read(TRACK, query, id=asked)
        assert data["policy"] == {"proposalDays": 10}
        ends_at = datetime.fromisoformat(data["proposal"]["endsAt"])
        assert ends_at.date() == date(2026, 3, 12)

        await shift.to(
            (ends_at + timedelta(seconds=1)).astimezone(UTC).replace(tzinfo=None).isoformat()
        )

        async def is_over() -> bool:
            data = await world.read(TRACK, query, id=asked)
            return bool(data["proposal"]["status"] == "LAPSED")

        await until(is_over, "the clock entered the end")
        data = await world.read(TRACK, query, id=asked)
        assert data["proposal"]["allowedActions"] == []
        late = await world.refused(TRACK, "consentToProposal", {"proposalId": asked})
        assert late["code"] == "PROPOSAL_CLOSED"
        await audit(world.settings, world.ecosystem_id)
