"""The catalogue of errors and the table of limits as pages: printed from the code, for callers.

The one rule: nothing on them is written by hand; a test compares them. `make schema` writes both.
"""

from pathlib import Path

from graph.codes import CODES
from graph.limits import LIMITS
from graph.prices import INTROSPECTION, LIST_LENGTH, MUTATION, REFUSED, WEIGHTS
from graph.problems import CONCRETE, meaning, refusals
from ledger.allowance import LOT
from service.settings import describe

OPS = Path(__file__).parent
ERRORS_FILE, LIMITS_FILE = OPS / "errors.md", OPS / "limits.md"

ERRORS_HEAD = """# Errors

Two kinds, and a code for each error that stays what it is: none is ever reused, more may come.
Written by `make schema` from the code.

## Of a request as a whole

In `errors[].extensions.code`. Nothing was changed, but for what an idempotency key was sent with:
after `TRY_LATER`, `FAULT` and `INTERNAL` the outcome is unknown, and the same request with the same
key tells it. The status is 200 where the caller accepts `application/json` alone, and for an error
beside data.

| code | HTTP status | what it means | what to do |
|---|---|---|---|
"""
PROBLEMS_HEAD = """
## Of a mutation: problems

In the payload's `problems { code message path remedy }`. Nothing was changed and no key used up. A
query that is refused by such a rule has the same codes in `errors[].extensions.code`, with `remedy`
and `path`. Words in angle brackets are filled in. The type is `RuleProblem` but where one is named.

| code | message | remedy |
|---|---|---|
"""
LIMITS_HEAD = """# Limits

What is larger is refused with the code `LIMIT_EXCEEDED` (`COST_EXCEEDED` for the price), with
`limit`, `allowed` and `found`, before anything runs. Written by `make schema` from the code.

| limit | at most | of | instead |
|---|---|---|---|
"""


def errors_page() -> str:
    """Every code with its meaning and remedy, as Markdown."""
    rows = [f"| `{each.code}` | {each.status} | {each.meaning} | {each.remedy} |" for each in CODES]
    problems = []
    for kind in refusals():
        message, remedy = meaning(kind)
        name = CONCRETE.get(kind)
        named = f" (`{name}`)" if name else ""
        problems.append(f"| `{kind.code}`{named} | {_cell(message)} | {_cell(remedy)} |")
    return ERRORS_HEAD + "\n".join(rows) + "\n" + PROBLEMS_HEAD + "\n".join(problems) + "\n"


def limits_page() -> str:
    """Every limit, the rule of prices, and the settings that bound a request, as Markdown."""
    rows = [
        f"| `{each.name}` | {each.allowed:,} | {each.counted} | {each.instead} |" for each in LIMITS
    ]
    weights = [f"| `{name}` | {points} |" for name, points in WEIGHTS.items()]
    bounds = ("JPI_BODY_LIMIT_BYTES", "JPI_UPLOAD_LIMIT_BYTES", "JPI_RATE_", "JPI_BURST_")
    settings = [
        f"| `{each.variable}` | {each.default} | {each.meaning} |"
        for each in describe()
        if each.variable.startswith(bounds)
    ]
    return (
        LIMITS_HEAD
        + "\n".join(rows)
        + f"""

## What an operation costs

An object costs 1 point, scalars are free. A list costs as often as it may have entries: `edges` and
`nodes` of a connection as many as `first` or `last` say (20 when neither does), `nodes(ids:)` as
many as there are ids, any other list {LIST_LENGTH}. A mutation costs {MUTATION} more, each question
about the schema {INTROSPECTION}. A fragment counts at each of its spreads. What is refused costs
{REFUSED}. These fields cost more, because they compute more than they show:

| field | points |
|---|---|
"""
        + "\n".join(weights)
        + f"""

`extensions.cost` of each answer tells its `points` and the `limit` of one operation. They are taken
from one bucket of your party's, whichever of its programs asks; the header fields `RateLimit` (`r`
points left, full in `t` seconds) and `RateLimit-Policy` (`q` points when full, filled in `w`
seconds) tell how it stands, within {LOT:,} points a process. An empty one is answered 429, with
`Retry-After`. A subscription costs once, when it begins.

| the operator's setting | default | what it bounds |
|---|---|---|
"""
        + "\n".join(settings)
        + "\n"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    ERRORS_FILE.write_text(errors_page())
    LIMITS_FILE.write_text(limits_page())
