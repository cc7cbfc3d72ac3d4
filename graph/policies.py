"""Policy: what the parties agreed about agreeing, and about being witnessed."""

from datetime import datetime

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.ladders import Ladder, LadderInput, ladder_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import EXPECTED_VERSION, KEY, DryRun, write
from graph.scalars import Index
from ledger import policy as rules
from ledger import theme as rules_of_theme
from ledger.policy import PolicyTerms, ProposePolicy
from ledger.proposal import ProposalKind, ProposalStatus
from ledger.read import Found
from ledger.reply import Silence
from ledger.theme import Theme


@strawberry.type(description="How many indicators may be live on a theme.")
class ThemeCap:
    """Limits the priorities on purpose."""

    theme: Theme = field(description="The theme.")
    cap: int = field(description="Live indicators at most, 0 to 100.")


@strawberry.input(description="How many indicators may be live on a theme.")
class ThemeCapInput:
    """Limits the priorities on purpose."""

    theme: Theme = field(description="The theme, named once.")
    cap: int = field(description="Live indicators at most, 0 to 100; those live today stay live.")


@strawberry.type(description="How proposals of a kind are agreed.")
class KindRule:
    """A proposal lives under the rule it was opened with."""

    kind: ProposalKind = field(description="The kind.")
    needed: int = field(description="Consents that are enough; 0: of all who are asked.")
    silence: Silence = field(description="What a party's silence at its deadline means.")
    answer_days: int = field(
        description="Business days of its own that a party has once it was told; 0: no deadline."
    )
    four_eyes: bool = field(
        description="Whether, within a party, another person has to consent than who proposed it "
        "or prepared a part of it."
    )


@strawberry.input(description="How proposals of a kind are to be agreed.")
class KindRuleInput:
    """One a kind."""

    kind: ProposalKind = field(description="The kind, named once.")
    needed: int = field(
        default=0, description="Consents that are enough, at least 2; 0: of all who are asked."
    )
    silence: Silence = field(
        default=Silence.NOTHING,
        description="What silence means. ACCEPT is refused where answers must be signed, ESCALATE "
        "without a ladder.",
    )
    answer_days: int = field(
        default=0, description="1 to 250 business days; 0 where silence means nothing."
    )
    four_eyes: bool = field(
        default=False,
        description="Whether, within a party, another person has to consent than who proposed it "
        "or prepared a part of it.",
    )

    def rule(self) -> rules.KindRule:
        """As the workroom has it."""
        return rules.KindRule(
            self.kind, self.needed, self.silence, self.answer_days, self.four_eyes
        )


@strawberry.type(
    description="A version of the policy; a proposal lives under the one it was opened with."
)
class Policy(Node):
    """It binds when its status is AGREED; version 1 is the founding's."""

    state: strawberry.Private[rules.Policy]
    version: int = field(description="Counts from 1.")
    status: ProposalStatus = field(description="How its proposal stands.")
    signatures: list[ProposalKind] = field(
        description="Kinds of proposals whose answers must be signed by a consent key."
    )
    quorum: int = field(description="Cosignatures that certify a checkpoint; 0: no quorum.")
    theme_caps: list[ThemeCap] = field(
        description="How many indicators may be live on a theme; one that is not named has no cap."
    )
    rules: list[KindRule] = field(
        description="How kinds of proposals are agreed; of a kind that is not named all who are "
        "asked consent, and silence means nothing."
    )
    ladder: Ladder = field(description="The ladder that disputes climb.")
    applies_from: datetime | None = field(
        description="Not in force before; null: from its agreement on."
    )
    proposal_days: int | None = field(
        description="Calendar days after which a proposal that is still open lapses: nobody is "
        "bound by it. Null: of before, when it could wait for ever."
    )
    index: Index = field(description="The entry that proposed it; 0 for the founding's.")

    @field(description="Parties whose witnesses the quorum counts.")
    async def witnesses(self, info: Info) -> list[Party]:
        """The n of k of n."""
        return [await party_by_id(info, each) for each in self.state.terms.witnesses]

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Whoever signs may propose the next version."""
        return await offered(info, ["proposePolicy"])

    @field(description="Its proposal; null for the founding's.")
    async def proposal(self, info: Info) -> Proposal | None:
        """How it was agreed."""
        key = self.state.proposal_id
        return await load_proposal(info, key) if key else None


def policy_of(state: rules.Policy) -> Policy:
    """A policy as the API shows it."""
    return Policy(
        id=global_id("Policy", state.proposal_id or "founding"),
        state=state,
        version=state.version,
        status=state.status,
        signatures=list(state.terms.signatures),
        quorum=state.terms.quorum,
        theme_caps=[ThemeCap(theme=each.theme, cap=each.cap) for each in state.terms.theme_caps],
        rules=[
            KindRule(
                kind=each.kind,
                needed=each.needed,
                silence=each.silence,
                answer_days=each.answer_days,
                four_eyes=each.four_eyes,
            )
            for each in state.terms.rules
        ],
        ladder=ladder_of(state.terms.ladder),
        applies_from=state.terms.applies_from,
        proposal_days=state.terms.proposal_days,
        index=Index(state.index),
    )


async def _founding(info: Info) -> Policy:
    """The policy that the founding stated."""
    return policy_of(rules.founding_policy((await info.context.ecosystem()).proposal_days))


async def load_policy(info: Info, key: str, as_of: int | None = None) -> Policy | None:
    """A policy by the workroom's id, or None."""
    if key == "founding":
        return await _founding(info)
    found = await info.context.load("policy", key, rules.Policy, as_of)
    return None if found is None else policy_of(found.value)


@strawberry.input(description="A policy to be agreed by all who sign.")
class ProposePolicyInput:
    """Terms that hold from their agreement on."""

    idempotency_key: str = field(description=KEY)
    signatures: list[ProposalKind] = field(
        description="Kinds of proposals whose answers must be signed by a consent key; may be "
        "empty."
    )
    witnesses: list[strawberry.ID] = field(
        description="Parties with a registered witness whom the quorum counts; may be empty."
    )
    quorum: int = field(
        description="How many of them certify a checkpoint: more than half; 0 for none."
    )
    theme_caps: list[ThemeCapInput] = field(
        default_factory=list,
        description="How many indicators may be live on a theme; one that is not named has no cap.",
    )
    rules: list[KindRuleInput] = field(
        default_factory=list,
        description="How kinds of proposals are agreed; of a kind that is not named all who are "
        "asked consent, and silence means nothing.",
    )
    ladder: LadderInput | None = field(
        default=None,
        description="The ladder that disputes climb; null: they end with the proposal's days.",
    )
    applies_from: datetime | None = field(
        default=None,
        description="In force from this instant on, if it is agreed before; null: from its "
        "agreement on.",
    )
    proposal_days: int | None = field(
        default=None,
        description="Calendar days after which a proposal that is still open lapses: 1 to 1096, "
        "at least twice any rule's `answerDays`; null: as the policy before.",
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending policy proposal that this one supersedes."
    )
    expected_version: int | None = field(default=None, description=EXPECTED_VERSION)


@strawberry.type(description="Answer to `proposePolicy`.")
class ProposePolicyPayload(ProposalPayload):
    """The opened proposal and its policy."""

    @field(description="The proposed policy; null when refused, and in a dry run.")
    async def policy(self, info: Info) -> Policy | None:
        """As it stood right after."""
        if self.written.landed is None:
            return None
        return await load_policy(info, self.written.object_id, self.written.as_of)


@strawberry.type
class PolicyQuery:
    """Reading."""

    @field(description="The policy in force, now or when the ledger had `asOf` entries.")
    async def policy(
        self,
        info: Info,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Policy:
        """The founding's until another was agreed."""
        size = await ledger_size(info, as_of, as_of_instant)
        found = await info.context.load("policy_in_force", "policy", rules.Policy, size)
        return await _founding(info) if found is None else policy_of(found.value)

    @field(description="Proposed policies in the order of the ledger.")
    async def policies(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Policy]:
        """A page of policies."""
        page = await info.context.doors.reader.page(
            info.context.actor, "policy", rules.Policy, window(first, after, last, before)
        )
        return connection(page, _built)


def _built(found: Found[rules.Policy]) -> Policy:
    return policy_of(found.value)


@strawberry.type
class PolicyMutation:
    """Writing."""

    @strawberry.mutation(description="Propose a policy to all who sign. Needs APPROVER.")
    async def propose_policy(
        self, info: Info, input: ProposePolicyInput, dry_run: DryRun = False
    ) -> ProposePolicyPayload:
        """Binds once all who sign consented."""

        def prepare() -> ProposePolicy:
            witnesses = tuple(
                local_id(each, "Party", f"witnesses[{number}]")
                for number, each in enumerate(input.witnesses)
            )
            caps = tuple(rules_of_theme.ThemeCap(each.theme, each.cap) for each in input.theme_caps)
            terms = PolicyTerms(
                tuple(input.signatures),
                witnesses,
                input.quorum,
                caps,
                tuple(each.rule() for each in input.rules),
                input.ladder.ladder() if input.ladder else rules.PolicyTerms().ladder,
                input.applies_from,
                input.proposal_days,
            )
            replaces = local_id(input.replaces or "", "Proposal", "replaces")
            return ProposePolicy(terms, replaces, input.expected_version)

        written = await write(info, "proposePolicy", input, prepare, dry_run=dry_run)
        return ProposePolicyPayload(written=written)
