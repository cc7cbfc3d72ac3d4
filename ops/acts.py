"""The table of acts as a page: who may do what, and whose consent it needs.

The one rule: the page is the table itself, printed; a test compares them. `make schema` writes it.
"""

from ledger.act import Consenters
from ledger.acts import ACTS

MEANING = {
    Consenters.CO_OWNERS: "all who own the indicator",
    Consenters.OUTSOURCER_AND_SHARERS: "the outsourcer and all who share",
    Consenters.ALL_SIGNING: "all who sign",
    Consenters.NAMED_PARTIES: "the parties that it names and concerns",
    Consenters.NAMED_SPONSORS: "the sponsors that the policy names on the rung",
    Consenters.ARBITER: "the arbiter that the policy names",
    Consenters.NOBODY: "nobody's",
}

HEAD = """# The table of acts

Who may do what, in which role, and whose consent it needs before it binds. Nothing binding has a
second way in: an act that needs nobody's consent is one party's own, and says why. How many of
those who are asked are enough, and what their silence means, is the policy's. A party that
has left may still do what is marked, for what is of its time. Written by `make schema` from
`ledger/acts.py`.

| act | roles | consent of | why | after leaving |
|---|---|---|---|---|
"""


def page() -> str:
    """The table as Markdown, in the order of `ACTS`."""
    rows = [
        f"| `{act.name}` | {', '.join(act.roles)} | {MEANING.get(act.consent, act.consent)} "
        f"| {act.reason} | {'yes' if act.after_leaving else ''} |\n"
        for act in ACTS.values()
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    print(page(), end="")
