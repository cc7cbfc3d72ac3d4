"""What was entered before an event grew is read for ever, with the meaning that it had."""

from ledger.history import decode_state
from ledger.policy import PolicyProposed, PolicyProposedV1, PolicyTerms
from ledger.proposal import Opening, ProposalKind

OLD_POLICY = (
    '{"opening":{"kind":"POLICY","needed":2,"proposal_id":"p","replaces":"",'
    '"signatories":["a","b"],"subject":"policy"},"terms":{"quorum":2,"signatures":["SCHEME"],'
    '"witnesses":["a","b"]},"version":2}'
)


def test_a_policy_from_before_the_caps_caps_nothing() -> None:
    """Version 1 of the event in the meaning of today."""
    terms = PolicyTerms((ProposalKind.SCHEME,), ("a", "b"), 2)
    opening = Opening("p", ProposalKind.POLICY, "policy", ("a", "b"), 2)

    assert decode_state(OLD_POLICY, PolicyProposedV1).upgraded() == PolicyProposed(
        opening, 2, terms
    )
    assert terms.theme_caps == ()
