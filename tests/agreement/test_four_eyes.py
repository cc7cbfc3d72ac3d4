"""Four eyes: within a party, who proposed or prepared something does not approve it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ledger.actor import Role
from ledger.agreement import Consent, FourEyes, Objection
from ledger.audit import check
from ledger.errors import Fault
from ledger.figures import Figures
from ledger.indicator import ProposeIndicator
from ledger.measurement import ProposeMeasurement
from ledger.part import PartSubmitted, PartSubmittedV2, SubmitPart
from ledger.policy import KindRule
from ledger.proposal import ProposalKind
from ledger.snapshot import decode_book, encode_book
from tests.agreement.told import TRACK, TRAIN, Told
from tests.auditor import audit
from tests.parties.terms import delay_minutes
from tests.test_story import BUYER, FIGURES, OTHERS, PARTNERS, agreed_indicator
from tests.test_story import TRACK as NETWORK
from tests.test_story import TRAIN as OPERATOR
from tests.world import PROPOSED, World, person

RULE = KindRule(ProposalKind.MEASUREMENT, four_eyes=True)


def owned(*rules: KindRule, told: Told | None = None) -> tuple[Told, str]:
    """An indicator of two parties that agreed such rules; its id."""
    told = told or Told.founded(TRACK, TRAIN)
    told.policy(*rules)
    asked = told.open(TRACK, ProposeIndicator(delay_minutes(told, TRACK, TRAIN)))
    told.consent(asked, TRACK, TRAIN)
    return told, told.book.indicator_versions[asked].version.indicator_id


def reports(told: Told, key: str, party: str, who: str, minutes: int = 30) -> None:
    """Somebody of a party reports its part of January."""
    figures = Figures(told.parties[party], Fraction(minutes), None, None)
    told.when(party, SubmitPart(key, "2026-01", figures, "0" * 64), who)


def measured(*rules: KindRule) -> tuple[Told, str]:
    """January, of parts by Paula and Tess, as Tom of Train proposes it."""
    told, key = owned(*rules)
    reports(told, key, TRACK, "paula")
    reports(told, key, TRAIN, "tess")
    return told, told.open(TRAIN, ProposeMeasurement(key, "2026-01"), "tom")


def test_who_prepared_a_part_does_not_approve_what_rests_on_it() -> None:
    """Neither in the proposing party nor in another; a colleague does, and anybody may object."""
    told, asked = measured(RULE)

    for party, who in ((TRACK, "paula"), (TRAIN, "tess"), (TRAIN, "tom")):
        size = told.book.size
        with pytest.raises(FourEyes):
            told.when(party, Consent(asked), who)
        assert told.book.size == size
    told.when(TRACK, Objection(asked, "Look again."), "paula")
    told.when(TRACK, Consent(asked), "anna")
    told.when(TRAIN, Consent(asked), "theo")

    assert told.status(asked) == "AGREED"
    assert told.replayed() == told.book == decode_book(encode_book(told.book))


def test_a_namesake_in_another_party_is_somebody_else() -> None:
    """Pseudonyms are a party's own: four eyes are within one party."""
    told, asked = measured(RULE)

    told.when(TRACK, Consent(asked), "tess")
    told.when(TRAIN, Consent(asked), "paula")

    assert told.status(asked) == "AGREED"


def test_who_prepared_what_was_replaced_since_is_free() -> None:
    """The part that counts is the one in the measurement."""
    told, key = owned(RULE)
    reports(told, key, TRACK, "paula")
    reports(told, key, TRACK, "petra", 31)
    reports(told, key, TRAIN, "tess")
    asked = told.open(TRAIN, ProposeMeasurement(key, "2026-01"), "tom")
    reports(told, key, TRACK, "piet", 32)

    with pytest.raises(FourEyes):
        told.when(TRACK, Consent(asked), "petra")
    told.when(TRACK, Consent(asked), "paula")
    assert told.when(TRAIN, Consent(asked), "theo") == ["ProposalConsented", "ProposalAgreed"]


def test_a_policy_without_four_eyes_asks_nobody_who_prepared_what() -> None:
    """One person may do all of it where the parties agreed on no such rule."""
    told, asked = measured()

    told.when(TRACK, Consent(asked), "paula")
    told.when(TRAIN, Consent(asked), "tom")

    assert told.status(asked) == "AGREED"


def test_parts_of_before_name_nobody_and_still_replay() -> None:
    """What was agreed before preparers were named stays agreed under the audit."""
    told, key = owned(RULE, told=Told.founded_before(TRACK, TRAIN))
    for party, who in ((TRACK, "paula"), (TRAIN, "tess")):
        reports(told, key, party, who)
        event = told.entries[-1].event
        assert isinstance(event, PartSubmitted)
        fields = (event.indicator_id, event.version, event.period, event.figures, event.basis)
        told.instead(PartSubmittedV2(*fields).upgraded())
    asked = told.open(TRAIN, ProposeMeasurement(key, "2026-01"), "tom")

    told.when(TRACK, Consent(asked), "paula")
    told.when(TRAIN, Consent(asked), "tess")

    assert told.status(asked) == "AGREED"


def test_a_consent_by_who_prepared_and_a_part_in_anothers_name_are_found() -> None:
    """A host that lets one person do both is named by the audit."""
    told, asked = measured(RULE)
    told.when(TRACK, Consent(asked), "anna")
    honest = told.entries[-1]
    told.forget()
    with pytest.raises(Fault, match="four eyes"):
        check(told.book, replace(honest, subject="paula"))

    told, key = owned(RULE)
    reports(told, key, TRACK, "paula")
    part = told.entries[-1]
    told.forget()
    assert isinstance(part.event, PartSubmitted)
    with pytest.raises(Fault, match="names another"):
        check(told.book, replace(part, event=replace(part.event, prepared_by="anna")))
    with pytest.raises(Fault, match="names another"):
        check(told.book, replace(part, event=replace(part.event, prepared_by="")))


async def test_a_screen_offers_no_consent_to_who_prepared(world: World) -> None:
    """Over HTTP: the part says who prepared it, and that person cannot consent."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    rules = [{"kind": "MEASUREMENT", "fourEyes": True}]
    policy = {"signatures": [], "witnesses": [], "quorum": 0, "rules": rules}
    payload = await world.done(BUYER, "proposePolicy", policy, PROPOSED)
    await world.agree(payload["proposal"], BUYER, *PARTNERS)
    paula, place = person(world, NETWORK, "paula"), {"indicatorId": indicator, "period": "2024-04"}
    for name, value in FIGURES.items():
        figures = {"partyId": world.parties[name], "value": value}
        declared = {"figures": figures, "evidenceSha256": "0" * 64}
        token = paula if name == NETWORK else person(world, name, "desk")
        given = {**place, "declared": declared}
        await world.done(name, "submitPart", given, "part { preparedBy }", token=token)
    asked = (await world.done(OPERATOR, "proposeMeasurement", place, PROPOSED))["proposal"]

    query = "query($id: ID!) { proposal(id: $id) { allowedActions } }"
    shown = (await world.ask(query, {"id": asked["id"]}, paula))["data"]["proposal"]
    assert shown["allowedActions"] == ["objectToProposal", "acknowledgeProposal"]
    answer = {"proposalId": asked["id"]}
    problem = await world.refused(NETWORK, "consentToProposal", answer, token=paula)
    assert problem["code"] == "FOUR_EYES"
    for name in (NETWORK, OTHERS):
        await world.consent(name, asked)
    colleague = person(world, OPERATOR, "anna", Role.APPROVER)
    done = await world.done(OPERATOR, "consentToProposal", answer, PROPOSED, token=colleague)
    assert done["proposal"]["status"] == "AGREED"
    await audit(world.settings, world.ecosystem_id)
