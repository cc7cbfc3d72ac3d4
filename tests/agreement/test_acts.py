"""The table of acts: documented, whole, and what the mutations of the API are."""

from pathlib import Path

from ledger.act import Consenters
from ledger.acts import ACTS
from ledger.commands import ACT_OF
from ops.acts import MEANING, page

PAGE = Path(__file__).parents[2] / "ops" / "acts.md"


def test_the_page_is_the_table() -> None:
    """`make schema` writes it anew."""
    assert PAGE.read_text() == page()


def test_every_act_can_be_commanded_and_says_why() -> None:
    """No row without a command, no command without a row, no own act without its reason."""
    assert set(ACT_OF.values()) == set(ACTS)
    assert set(MEANING) == set(Consenters)
    own = [act for act in ACTS.values() if act.consent is Consenters.NOBODY]
    assert all(": " in act.reason for act in own)
