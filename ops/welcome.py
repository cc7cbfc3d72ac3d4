"""What the command line tells a person: how to begin, and how a verification ended."""

import sys
from datetime import timedelta

from ledger.actor import Role
from ledger.checkpoint import render_verifier
from ledger.commit import system_clock
from ops.counting import counted, entries
from ops.demo import BUYER, Chain, bare
from ops.stage import BUYER as CITY
from ops.stage import DESK
from ops.verdict import Verdict
from service.keys import issuer_key, log_signer
from service.sandbox import base_url, issue
from service.settings import Settings

LIFETIME = timedelta(days=7)
SHOWN = (Role.VIEWER, Role.REPORTER, Role.APPROVER, Role.FINANCE)
QUERIES = (
    "{ ecosystem { name size parties { name role } } }",
    "{ measurements(first: 13) { nodes { periodKey displayed standing } } }",
    "{ settlements(first: 1) { nodes { periodKey payout { amount } trace { sentence } } } }",
)
GREEN_AND_UNHAPPY = (
    "{ ecosystem { name } measurements(first: 100) { nodes { periodKey displayed standing "
    "indicator { current { name } } } } }"
)
"""Of the second chain: claims all on time, beside punctuality and complaints in red."""


def text(settings: Settings, chains: tuple[Chain, Chain]) -> str:
    """URLs, a token per role, queries to copy for both chains of the demo."""
    chain, other = chains
    base = base_url(settings)
    key, now = issuer_key(settings), system_clock()
    ecosystem, party = bare(chain.ecosystem_id), bare(chain.parties[BUYER])

    def token(role: Role, chain: Chain = chain) -> str:
        return issue(
            key,
            subject=f"demo-{role.lower()}",
            roles=[role],
            now=now,
            lifetime=LIFETIME,
            ecosystem=bare(chain.ecosystem_id),
            party=bare(chain.parties[BUYER]),
        )

    lines = [
        "",
        "The joint-KPI ledger: figures of the Office of Rail and Road, roles staged, incentive",
        "terms invented (see ops/demo_figures.json).",
        "",
        f"  GraphiQL   {base}/graphql",
        f"  schema     {base}/schema.graphql",
        f"  health     {base}/live  {base}/ready",
        f"  ecosystem  {ecosystem}",
        *(f"  party      {bare(each)}  {name}" for name, each in chain.parties.items()),
        f"  log key    {render_verifier(log_signer(settings).verifier)}",
        "",
        f"Tokens of {BUYER}, for 7 days:",
        *(f"  {role.lower():9} {token(role)}" for role in SHOWN),
        "",
        "In GraphiQL's Headers tab:",
        f'  {{"authorization": "Bearer {token(Role.VIEWER)}"}}',
        "",
        "A token of another party:",
        f"  {sys.argv[0]} token --role APPROVER --ecosystem {ecosystem} --party ID",
        "",
        "Queries to copy; the last is of the second chain: a supplier's report all green, and its",
        "customers not content:",
    ]
    asked = [(query, chain) for query in QUERIES] + [(GREEN_AND_UNHAPPY, other)]
    for query, where in asked:
        viewer = token(Role.VIEWER, where)
        lines += [
            "",
            f"curl -s {base}/graphql -H 'content-type: application/json' \\",
            f"  -H 'authorization: Bearer {viewer}' \\",
            f'  -d \'{{"query":"{query}"}}\'',
        ]
    log_key = render_verifier(log_signer(settings).verifier)
    lines += [
        "",
        "Check the ledger without trusting this host:",
        f"  {sys.argv[0]} export --ecosystem {ecosystem} --as {party} > ledger.ndjson",
        f"  {sys.argv[0]} verify ledger.ndjson --log-key '{log_key}'",
        "",
    ]
    return "\n".join(lines)


def gallery_text(made: Chain, base: str) -> str:
    """Where it is to be seen, and whose tokens show what; `base` is the service's address."""
    ecosystem = bare(made.ecosystem_id)
    roles = " ".join(f"--role {each}" for each in SHOWN)
    lines = [
        "",
        "Everything that a screen has to show, all of it invented; ask for dues on 2025-05-20.",
        "",
        f"  GraphiQL   {base}/graphql",
        f"  schema     {base}/schema.graphql",
        f"  ecosystem  {ecosystem}",
        *(f"  party      {bare(each)}  {name}" for name, each in made.parties.items()),
        "",
        "A token, good for a day, of who pays, and of a partner that has something in its inbox:",
    ]
    for name in (CITY, DESK):
        place = f"--ecosystem {ecosystem} --party {bare(made.parties[name])}"
        lines += ["", f"  # {name}", f"  {sys.argv[0]} token {roles} {place}"]
    return "\n".join(lines)


def verdict_text(verdict: Verdict) -> str:
    """A verdict for a person."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.kinds.items()))
    checkpoints = counted(verdict.checkpoints, "checkpoint")
    lines = [
        f"{entries(verdict.entries)}, {checkpoints}, all hashes recomputed.",
        f"Kinds: {kinds}." if kinds else "There is no entry in it.",
        f"Replayed {verdict.replayed:,} of {entries(verdict.entries)}.",
        *(f"Checked: {each}." for each in verdict.checked),
        *(f"Also: {each}." for each in verdict.notes),
        *(f"Not checked: {each}." for each in verdict.not_checked),
        *(f"WRONG: {each}" for each in verdict.findings),
        *([f"WRONG: and {verdict.findings_untold} more"] if verdict.findings_untold else []),
        "VERDICT: GOOD" if verdict.is_good else "VERDICT: BAD, do not trust this ledger",
    ]
    return "\n".join(lines)
