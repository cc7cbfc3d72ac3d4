"""The signed-note cases of the Go implementation, which defines the format in practice."""

import json
from typing import Any

import pytest

from ledger.checkpoint import (
    COSIGNATURE_V1,
    ED25519,
    MAX_NOTE_SIZE,
    NoteInvalid,
    Signer,
    Verifier,
    cosign,
    generate_signer,
    open_note,
    parse_signer,
    parse_verifier,
    render_signer,
    render_verifier,
    sign_note,
)
from tests.shared import VECTORS, needs_shared

pytestmark = needs_shared

PATH = VECTORS / "signed-note/note_vectors.json"
VECTOR: dict[str, Any] = json.loads(PATH.read_bytes()) if PATH.exists() else {}
OPENING = [case for case in VECTOR.get("cases", []) if "ok" in case]
KEYS = [*VECTOR.get("vkeys", {}).values()]
ERRORS = ("note has no verifiable signatures", "invalid signature for key PeterNeumann+c74f20a3")
"""The messages that are the same words as Go's; others only begin alike."""


def _substrings(key: str) -> set[str]:
    starts = range(len(key))
    return {key[i:j] for i in starts for j in range(i, len(key) + 1)} - {key}


def _incremented(key: str) -> list[str]:
    return [key[:i] + chr(ord(key[i]) + 1) + key[i + 1 :] for i in range(len(key))]


def _verifier(name: str) -> Verifier:
    return parse_verifier(VECTOR["vkeys"][name])


def test_signing_gives_the_published_note() -> None:
    """Ed25519 is deterministic: the same text and key give the same bytes."""
    [expected] = [case["note"] for case in VECTOR["cases"] if case["name"] == "sign"]

    assert expected == sign_note(VECTOR["text"], parse_signer(VECTOR["skey"]))


@pytest.mark.parametrize("case", OPENING, ids=lambda case: str(case["name"]))
def test_opening_agrees_with_the_go_implementation(case: dict[str, Any]) -> None:
    """Each note opens to the same signatures, or is refused for the same reason."""
    note = case["note"]
    if "note_prefix_hex" in case:
        note = bytes.fromhex(case["note_prefix_hex"]).decode(errors="surrogateescape") + note
    verifiers = [_verifier(name) for name in case["known"]]

    if not case["ok"]:
        reason = case["error"] if case["error"] in ERRORS else "malformed note|a key's name"
        with pytest.raises(NoteInvalid, match=reason.replace("+", r"\+")):
            open_note(note, verifiers)
        return
    opened = open_note(note, verifiers)

    assert VECTOR["text"] == opened.text
    assert case["verified"] == [signature.name for signature in opened.verified]
    assert case["unverified"] == [signature.name for signature in opened.unverified]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.partition("+")[0]))
def test_a_public_key_reads_and_writes_itself(key: str) -> None:
    """Parsing and rendering are inverse."""
    assert key == render_verifier(parse_verifier(key))


def test_a_private_key_reads_and_writes_itself() -> None:
    """Parsing and rendering are inverse, and the public half is the published one."""
    signer = parse_signer(VECTOR["skey"])

    assert VECTOR["skey"] == render_signer(signer)
    assert _verifier("PeterNeumann") == signer.verifier
    assert signer == generate_signer("PeterNeumann", signer.seed)


def test_a_private_key_does_not_show_its_seed() -> None:
    """The representation that ends in logs has no secret."""
    signer = parse_signer(VECTOR["skey"])

    assert repr(signer) == "Signer(name='PeterNeumann', algorithm=1)"


@pytest.mark.parametrize("bad", VECTOR.get("bad_vkeys", []))
def test_a_key_of_wrong_length_or_algorithm_is_refused(bad: str) -> None:
    """Material that is no 32 byte Ed25519 key is no key, though its hash be right."""
    with pytest.raises(NoteInvalid):
        parse_verifier(bad)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(key.partition("+")[0]))
def test_a_damaged_public_key_is_refused(key: str) -> None:
    """Every proper substring and every byte incremented by one."""
    for damaged in [*_substrings(key), *_incremented(key)]:
        with pytest.raises(NoteInvalid):
            parse_verifier(damaged)


def test_a_damaged_private_key_is_refused() -> None:
    """Every proper substring and every byte incremented by one."""
    for damaged in [*_substrings(VECTOR["skey"]), *_incremented(VECTOR["skey"])]:
        with pytest.raises(NoteInvalid):
            parse_signer(damaged)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "a\x01b", "a\ud800b"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    """Names are not empty, without spaces, controls, plus signs or half characters."""
    with pytest.raises(NoteInvalid):
        generate_signer(name, bytes(32))


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "half \ud800\n"])
def test_a_text_that_cannot_be_a_note_is_not_signed(text: str) -> None:
    """A signer refuses what an opener would refuse."""
    with pytest.raises(NoteInvalid):
        sign_note(text, parse_signer(VECTOR["skey"]))


def test_a_note_of_many_signers_keeps_their_order() -> None:
    """Each signer adds a line; all open."""
    signers = [generate_signer(f"signer{n}", bytes([n]) * 32) for n in range(100)]

    opened = open_note(sign_note("text\n", *signers), [signer.verifier for signer in signers])

    assert [signer.name for signer in signers] == [s.name for s in opened.verified]


def test_a_text_with_blank_lines_and_signature_lines_inside_opens_whole() -> None:
    """The last blank line divides; what looks like a signature before it is text."""
    signer = parse_signer(VECTOR["skey"])
    text = sign_note("inner\n", signer) + "\nouter\n"

    assert text == open_note(sign_note(text, signer), [signer.verifier]).text


def test_two_verifiers_of_one_name_and_hash_are_ambiguous() -> None:
    """A list that gives a key twice is refused where a signature needs it, else harmless."""
    peter, enoch = _verifier("PeterNeumann"), _verifier("EnochRoot")
    note = sign_note("text\n", parse_signer(VECTOR["skey"]))

    with pytest.raises(NoteInvalid, match="ambiguous key"):
        open_note(note, [peter, peter])
    assert open_note(note, [peter, enoch, enoch]).text == "text\n"


def test_a_repeated_signature_by_a_known_key_counts_once_and_is_not_looked_at() -> None:
    """As in Go, the first line of a key decides; a differing second one is dropped."""
    signer = parse_signer(VECTOR["skey"])
    note = sign_note("text\n", signer) + sign_note("other\n", signer).rpartition("\n\n")[2]

    assert len(open_note(note, [signer.verifier]).verified) == 1


def test_differing_signatures_by_an_unknown_key_are_both_kept() -> None:
    """Only identical lines of unknown keys collapse."""
    signer, known = parse_signer(VECTOR["skey"]), generate_signer("known", bytes(32))
    note = sign_note("text\n", known, signer) + sign_note("other\n", signer).rpartition("\n\n")[2]

    assert len(open_note(note, [known.verifier]).unverified) == 2


def test_a_note_beyond_the_size_limit_is_refused() -> None:
    """The limit is on bytes of the whole note."""
    signer = parse_signer(VECTOR["skey"])
    note = sign_note("é" * (MAX_NOTE_SIZE // 2 - 100) + "\n", signer)

    assert open_note(note, [signer.verifier]).verified
    with pytest.raises(NoteInvalid, match="bytes"):
        open_note("é" * 100 + note, [signer.verifier])


@pytest.mark.parametrize("encoded", ["x08go", "x08goQ=", "x08goR==", "x08go\u00e9==", "AAAAAA=="])
def test_a_signature_in_loose_base64_or_too_short_is_malformed(encoded: str) -> None:
    """One text a signature: no missing padding, no stray bits, at least a byte after the hash."""
    note = sign_note("text\n", parse_signer(VECTOR["skey"]))

    with pytest.raises(NoteInvalid, match="malformed note"):
        open_note(f"{note}\N{EM DASH} unknown {encoded}\n", [_verifier("PeterNeumann")])


def test_signature_lines_without_a_blank_line_are_malformed() -> None:
    """A note needs a text before its signatures."""
    signer = parse_signer(VECTOR["skey"])

    with pytest.raises(NoteInvalid, match="malformed note"):
        open_note(sign_note("text\n", signer).removeprefix("text\n\n"), [signer.verifier])


def test_keys_of_the_two_algorithms_do_not_stand_in_for_each_other() -> None:
    """One seed and name give two key hashes; the log's key never reads as a witness's."""
    log = Signer("name", ED25519, bytes(32))
    witness = Signer("name", COSIGNATURE_V1, bytes(32))

    assert log.verifier.public_key == witness.verifier.public_key
    assert log.verifier.key_hash != witness.verifier.key_hash
    assert witness == parse_signer(render_signer(witness))
    assert witness.verifier == parse_verifier(render_verifier(witness.verifier))
    with pytest.raises(NoteInvalid):
        sign_note("text\n", witness)
    with pytest.raises(NoteInvalid):
        cosign(sign_note(VECTOR["tree"]["note"], log), log, 1)
