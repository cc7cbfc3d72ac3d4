"""Old entries stay readable: each kind and version ever registered is read by its own reader."""

import json
from typing import Any

import pytest

from ledger.canonical import decode_object
from ledger.history import encode_state, open_envelope
from ledger.register import REGISTER, WRITTEN
from tests.freezer import FOLDER, freezer, meaning, path_of, read, write

KINDS = sorted(REGISTER)
RECIPE = "run the test that enters it with --freeze: CONTRIBUTING, 'Add a version of an event'"


def sample(kind: str, version: int) -> dict[str, Any]:
    """The kept sample of a kind and version."""
    found: dict[str, Any] = json.loads(path_of(kind, version).read_text())
    return found


def test_every_registered_kind_has_a_sample_and_no_other() -> None:
    """A kind without one is a kind that may become unreadable unseen."""
    kept = {path.name for path in FOLDER.glob("*.json")}

    missing = {path_of(*name).name for name in KINDS} - kept
    assert missing == set(), RECIPE
    assert kept - {path_of(*name).name for name in KINDS} == set()


@pytest.mark.parametrize(("kind", "version"), KINDS)
def test_a_sample_means_what_it_meant(kind: str, version: int) -> None:
    """Its bytes are canonical and of that kind; its reader gives the event that was kept."""
    kept = sample(kind, version)
    envelope = open_envelope(kept["envelope"].encode())
    assert (envelope.kind, envelope.version) == (kind, version)
    assert decode_object(kept["body"].encode())
    placed = read(kept)
    if freezer.is_on:
        write(path_of(kind, version), kept, placed)

    assert meaning(placed) == {name: kept[name] for name in ("event", "means")}


@pytest.mark.parametrize(("kind", "version"), KINDS)
def test_what_is_written_today_has_the_form_of_its_sample(kind: str, version: int) -> None:
    """A field more or less is another version of the event, with a reader for this one."""
    kept = sample(kind, version)
    event = read(kept).event
    assert WRITTEN[type(event)][0] == kind
    if REGISTER[kind, version] is type(event):
        assert encode_state(event).decode() == kept["body"]
