"""The three kinds of error, and nothing else.

::

    Exception
    ├── Refusal   an expected business *no*; typed in the schema; changes nothing
    ├── Fault     a broken invariant: wrong hash, gap, failed decode; writes to that ecosystem stop
    └── Trouble   the outside world failed: retried a bounded number of times, then "try later"

A refusal's `code` is its class name in upper snake case and is never reused. Its docstring is the
message template, filled from its facts; the last sentence is the remedy. Subclasses live beside
the rule that raises them. Source: decision 0002.
"""

import re
from typing import ClassVar

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Refusal(Exception):  # noqa: N818 -- a refusal is an answer, not an error of the program
    """Refused. Correct the input and try again."""

    code: ClassVar[str] = "REFUSAL"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = _WORD_START.sub("_", cls.__name__).upper()

    def __init__(self, path: str = "", **facts: object) -> None:
        """Keep the facts that fill the message; `path` is the input field at fault, if one is."""
        self.path = path
        self.facts = facts
        super().__init__(self.message)

    @property
    def _sentences(self) -> tuple[str, str]:
        text = " ".join((type(self).__doc__ or "").split()).format(**self.facts)
        message, _, remedy = text.rpartition(" -> ")
        return (message, remedy) if message else (text, "")

    @property
    def message(self) -> str:
        """What is wrong, and where, for a person."""
        return self._sentences[0]

    @property
    def remedy(self) -> str:
        """How to mend it; empty where nothing can be done."""
        return self._sentences[1]


class Fault(Exception):  # noqa: N818 -- named for what it is in design.md
    """A broken invariant: the ledger or its projections are not what they must be."""


class Trouble(Exception):  # noqa: N818 -- named for what it is in design.md
    """The outside world failed; the same request may succeed later."""
