"""Priorities: the policy caps how many indicators are live on a theme.

The one rule: the cap is looked at when an indicator is proposed and again when it would bind,
under the policy that the proposal was opened with; what is live already stays live. Here is also
asked whether what a promotion or a departure was proposed on still stands when it would bind.
Source: `domain.md` section 4 ("limit the priorities").
"""

from ledger.book import Book
from ledger.errors import Refusal
from ledger.indicator import IndicatorTerms, Stage
from ledger.membership import DepartureStale, require_unfixed
from ledger.pilot import PromotionStale, ResultsKnown, promoted, require_unknown
from ledger.policy import Policy
from ledger.proposal import Proposal, ProposalKind, ProposalStatus
from ledger.theme import Theme


class ThemeFull(Refusal):
    """{theme} has room for {cap}; live now: {live}. -> Take one to SHADOW or agree a higher cap."""


def live_names(book: Book, theme: Theme, but: str = "") -> tuple[str, ...]:
    """Names of the indicators that are live on a theme, but one, in the order of the alphabet."""
    names = []
    for indicator_id, proposal_id in book.current_indicators.items():
        terms = book.indicator_versions[proposal_id].version.terms
        if indicator_id != but and terms.theme is theme and terms.stage is Stage.LIVE:
            names.append(terms.name)
    return tuple(sorted(names))


def require_room(book: Book, terms: IndicatorTerms, indicator_id: str, policy: Policy) -> None:
    """Return if an indicator of these terms may be live beside the others. Raises ThemeFull.

    `indicator_id` is the one that the terms are of; empty for a new one.
    """
    cap = next((e.cap for e in policy.terms.theme_caps if e.theme is terms.theme), None)
    if terms.stage is not Stage.LIVE or cap is None:
        return
    live = live_names(book, terms.theme, indicator_id)
    if len(live) >= cap:
        named = ", ".join(live) or "none"
        raise ThemeFull("theme", cap=cap, theme=terms.theme, live=named)


def is_bindable(book: Book, proposal: Proposal) -> bool:
    """Whether what a proposal would make binding may bind now."""
    try:
        require_bindable(book, proposal)
    except (ThemeFull, PromotionStale, ResultsKnown, DepartureStale):
        return False
    return True


def require_bindable(book: Book, proposal: Proposal) -> None:
    """Return if what a proposal would make binding may bind now.

    Raises ThemeFull, for a promotion PromotionStale, ResultsKnown, for a departure DepartureStale.
    """
    if proposal.kind is ProposalKind.DEPARTURE and book.ecosystem is not None:
        require_unfixed(book.ecosystem, book.governance.memberships[proposal.proposal_id])
    policy = book.policy_of(proposal.policy_version)
    state = book.indicator_versions.get(proposal.proposal_id)
    if state is not None:
        require_room(book, state.version.terms, state.version.indicator_id, policy)
    promotion = book.governance.promotions.get(proposal.proposal_id)
    if promotion is not None:
        version = book.current_indicator(promotion.indicator_id)
        if version is None or version.version != promotion.version:
            raise PromotionStale(version=promotion.version)
        measured = book.measured_periods(promotion.indicator_id)
        require_unknown(version.terms, promotion.live_from, measured)
        live = promoted(version.terms, promotion.live_from)
        require_room(book, live, promotion.indicator_id, policy)


def shadow_ids(book: Book) -> frozenset[str]:
    """Indicators of which a version in SHADOW is in force, or proposed and still pending."""
    return frozenset(
        state.version.indicator_id
        for proposal_id, state in book.indicator_versions.items()
        if state.version.terms.stage is Stage.SHADOW
        and (
            state.status is not ProposalStatus.AGREED
            or book.current_indicators.get(state.version.indicator_id) == proposal_id
        )
    )
