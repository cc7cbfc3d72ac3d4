"""What was written before rules, delegates and disputes stays readable, and means what it meant."""

from typing import Any

from ledger import canonical
from ledger.answer import ProposalAgreed, ProposalConsented, ProposalObjected
from ledger.fact import EVERYBODY
from ledger.history import commit, encode_state, open_entry, open_envelope, render_instant
from ledger.policy import PolicyProposed, PolicyTerms
from ledger.proposal import Opening, ProposalKind
from ledger.reply import Signed
from ledger.theme import Theme, ThemeCap
from tests.agreement.told import BUYER, ECOSYSTEM, MONDAY, TRACK, TRAIN, Told

SALT = bytes(32)


def read(kind: str, version: int, body: dict[str, Any], index: int = 1) -> Any:
    """The event of an entry of an older version, as it is read today."""
    data = canonical.encode(body)
    envelope = {
        "actor": {"party": "p", "subject": "s"},
        "at": render_instant(MONDAY),
        "audience": list(EVERYBODY),
        "body": commit(SALT, data),
        "ecosystem": ECOSYSTEM,
        "index": index,
        "kind": kind,
        "v": version,
    }
    return open_entry(open_envelope(canonical.encode(envelope)), SALT, data).event


def test_old_answers_and_outcomes_are_read() -> None:
    """Unsigned, signed, and agreed: all in the newest version."""
    said = {"proposal_id": "x", "proposal_index": 7, "commitment": "AAAA"}
    signed = {**said, "signed": {"key_id": "k", "signature": "AAAA"}}

    assert read("proposal.consented", 1, said) == ProposalConsented("x", 7, "AAAA")
    assert read("proposal.objected", 1, said) == ProposalObjected("x", 7, "AAAA")
    mine = Signed("k", bytes(3))
    assert read("proposal.consented", 2, signed) == ProposalConsented("x", 7, "AAAA", mine)
    assert read("proposal.objected", 2, signed) == ProposalObjected("x", 7, "AAAA", mine)
    agreed = {"proposal_id": "x", "consents": [8, 9]}
    assert read("proposal.agreed", 1, agreed) == ProposalAgreed("x", (8, 9))


def test_old_policies_have_no_rules() -> None:
    """Neither rules nor a ladder, in force from their agreement on; some limit the priorities."""
    opening = {
        "proposal_id": "x",
        "kind": "POLICY",
        "subject": "policy",
        "signatories": ["a", "b"],
        "needed": 2,
        "replaces": "",
    }
    terms = {"signatures": ["INDICATOR"], "witnesses": [], "quorum": 0}
    event = read("policy.proposed", 1, {"opening": opening, "version": 2, "terms": terms})

    expected = Opening("x", ProposalKind.POLICY, "policy", ("a", "b"), 2)
    assert event == PolicyProposed(expected, 2, PolicyTerms((ProposalKind.INDICATOR,)))
    capped = {**terms, "theme_caps": [{"theme": "INNOVATION", "cap": 1}]}
    event = read("policy.proposed", 2, {"opening": opening, "version": 2, "terms": capped})
    caps = (ThemeCap(Theme.INNOVATION, 1),)
    assert event.terms == PolicyTerms((ProposalKind.INDICATOR,), theme_caps=caps)
    assert not event.terms.shapes(ProposalKind.INDICATOR)


def test_a_ledger_of_before_replays_under_the_audit() -> None:
    """Policies without rules, and outcomes right after the consents that they rest on."""
    told = Told.founded_before(TRACK, TRAIN)
    asked = told.asked()
    body: Any = canonical.decode_object(encode_state(told.entries[-1].event))
    body["terms"] = {"signatures": [], "witnesses": [], "quorum": 0}

    told.instead(read("policy.proposed", 1, body, told.entries[-1].index))
    told.consent(asked, BUYER, TRACK, TRAIN)
    assert told.status(asked) == "AGREED"
