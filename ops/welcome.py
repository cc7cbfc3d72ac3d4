"""What the command line tells a person: how to begin, and how a verification ended."""

import sys
from datetime import timedelta

from ledger.actor import Role
from ledger.checkpoint import render_verifier
from ledger.commit import system_clock
from ops.demo import BUYER, Chain, bare
from ops.verdict import Verdict
from service.keys import issuer_key, log_signer
from service.sandbox import issue
from service.settings import Settings

LIFETIME = timedelta(days=7)
SHOWN = (Role.VIEWER, Role.REPORTER, Role.APPROVER, Role.FINANCE)
QUERIES = (
    "{ ecosystem { name size parties { name role } } }",
    "{ measurements(first: 13) { nodes { periodKey displayed standing } } }",
    "{ settlements(first: 1) { nodes { period payout { amount currency } trace { sentence } } } }",
)


def text(settings: Settings, chain: Chain) -> str:
    """URLs, a token per role, three queries to copy."""
    base = f"http://{settings.host}:{settings.port}"
    key, now = issuer_key(settings), system_clock()
    ecosystem, party = bare(chain.ecosystem_id), bare(chain.parties[BUYER])

    def token(role: Role) -> str:
        return issue(
            key,
            subject=f"demo-{role.lower()}",
            roles=[role],
            now=now,
            lifetime=LIFETIME,
            ecosystem=ecosystem,
            party=party,
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
        f"Tokens of {BUYER}, for 7 days (others: {sys.argv[0]} token --help):",
        *(f"  {role.lower():9} {token(role)}" for role in SHOWN),
        "",
        "Three queries to copy:",
    ]
    viewer = token(Role.VIEWER)
    for query in QUERIES:
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


def verdict_text(verdict: Verdict) -> str:
    """A verdict for a person."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.kinds.items()))
    lines = [
        f"{verdict.entries} entries, {verdict.checkpoints} checkpoints, all hashes recomputed.",
        f"Replayed {verdict.replayed}: {kinds}." if kinds else "Nothing could be replayed.",
        *(f"Checked: {each}." for each in verdict.checked),
        *(f"Also: {each}." for each in verdict.notes),
        *(f"Not checked: {each}." for each in verdict.not_checked),
        *(f"WRONG: {each}" for each in verdict.findings),
        "VERDICT: GOOD" if verdict.is_good else "VERDICT: BAD, do not trust this ledger",
    ]
    return "\n".join(lines)
