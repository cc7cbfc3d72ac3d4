"""Checkpoints that other implementations wrote and signed, and cosignatures over them."""

import json
from base64 import b64decode
from typing import Any

import pytest

from ledger import checkpoint
from ledger.checkpoint import (
    COSIGNATURE_V1,
    Checkpoint,
    NoteInvalid,
    OpenedCheckpoint,
    cosign,
    generate_signer,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_verifier,
    render_checkpoint,
    sign_checkpoint,
    sign_note,
)
from tests.shared import VECTORS, needs_shared

pytestmark = needs_shared

PATH = VECTORS / "transparency-dev-formats/formats_vectors.json"
FORMATS: dict[str, Any] = json.loads(PATH.read_bytes()) if PATH.exists() else {}
TESSERA_ORIGIN = "example.com/log/testdata"
TESSERA_KEY = f"{TESSERA_ORIGIN}+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
ORIGIN = "example.com/ours"
LOG = generate_signer(ORIGIN, b"l" * 32)
WITNESS = generate_signer("witness.example", b"w" * 32, COSIGNATURE_V1)
CHECKPOINT = Checkpoint(ORIGIN, 42, bytes(range(32)))
NOW_S = 1_774_958_400


def _tessera(suffix: str) -> str:
    return (VECTORS / "tessera-testlog/testdata/log" / f"checkpoint{suffix}").read_text("utf-8")


def _flipped(line: str, bit: int) -> str:
    """A cosignature line with one bit of the blob after the key hash changed."""
    head, _, encoded = line.rstrip("\n").rpartition(" ")
    blob = bytearray(b64decode(encoded))
    blob[4 + bit // 8] ^= 1 << bit % 8
    return f"{head} {_base64(bytes(blob))}\n"


def _base64(data: bytes) -> str:
    text = render_checkpoint(Checkpoint("any", 0, data))
    return text.split("\n")[2]


@pytest.mark.parametrize("case", FORMATS.get("checkpoint_valid", []), ids=lambda c: str(c["text"]))
def test_a_valid_checkpoint_reads_and_writes_itself(case: dict[str, Any]) -> None:
    """Origin, size, root and extension lines are upstream's, and nothing is lost."""
    parsed = parse_checkpoint(case["text"])

    extension = tuple(case["rest"].splitlines())
    root = b64decode(case["hash_b64"])
    assert Checkpoint(case["origin"], case["size"], root, extension) == parsed
    assert case["text"] == render_checkpoint(parsed)


@pytest.mark.parametrize(
    "case", FORMATS.get("checkpoint_invalid", []), ids=lambda case: str(case["desc"])
)
def test_an_invalid_checkpoint_is_refused(case: dict[str, Any]) -> None:
    """Each case that upstream refuses."""
    with pytest.raises(NoteInvalid):
        parse_checkpoint(case["text"])


def test_the_go_checksum_database_tree_is_a_checkpoint() -> None:
    """The format's ancestor reads the same."""
    text = json.loads((VECTORS / "signed-note/note_vectors.json").read_bytes())["tree"]["note"]

    parsed = parse_checkpoint(text)

    assert (
        parsed.origin,
        parsed.size,
        parsed.extension,
    ) == ("go.sum database tree", 123456789012, ())
    assert text == render_checkpoint(parsed)


@pytest.mark.parametrize(
    "text",
    [
        "Log\n007\nYQ==\n",
        "Log\n+7\nYQ==\n",
        "Log\n7 \nYQ==\n",
        "Log\n\u0667\nYQ==\n",
        "Log\n18446744073709551616\nYQ==\n",
        "Log\n7\nYR==\n",
        "Log\n7\nYQ\n",
        "Log\n7\nYQ==\n\n",
        "Log\n7\nYQ==\nextension\n\nmore\n",
        "Log\n7\n\nYQ==\n",
        "Log\r\n7\nYQ==\n",
    ],
)
def test_a_loose_spelling_of_a_checkpoint_is_refused(text: str) -> None:
    """One checkpoint, one text: no leading zeros, foreign digits, stray bits or empty lines."""
    with pytest.raises(NoteInvalid):
        parse_checkpoint(text)


def test_the_largest_size_is_below_two_to_the_sixty_four() -> None:
    """The last size that the format can say."""
    largest = Checkpoint("Log", 2**64 - 1, b"a")

    assert largest == parse_checkpoint(render_checkpoint(largest))
    with pytest.raises(NoteInvalid):
        render_checkpoint(Checkpoint("Log", 2**64, b"a"))


@pytest.mark.parametrize(
    "lie",
    [
        Checkpoint("", 1, b"a"),
        Checkpoint("Log\nx", 1, b"a"),
        Checkpoint("Log", -1, b"a"),
        Checkpoint("Log", 1, b""),
        Checkpoint("Log", 1, b"a", ("",)),
        Checkpoint("Log", 1, b"a", ("two\nlines",)),
    ],
)
def test_a_checkpoint_that_would_not_read_back_is_not_written(lie: Checkpoint) -> None:
    """Rendering is the inverse of parsing, or refuses."""
    with pytest.raises(NoteInvalid):
        render_checkpoint(lie)


@pytest.mark.parametrize("suffix", ["", *(f".{size}" for size in range(16))])
def test_every_checkpoint_of_the_tessera_log_is_signed_by_its_key(suffix: str) -> None:
    """Signature, origin and size of a log that another implementation wrote."""
    opened = open_checkpoint(_tessera(suffix), TESSERA_ORIGIN, parse_verifier(TESSERA_KEY))

    assert int(suffix[1:] or 15) == opened.checkpoint.size
    assert _tessera(suffix) == opened.note
    assert opened.cosigned == ()


@pytest.mark.parametrize("size", range(15))
def test_no_tessera_checkpoint_passes_under_another_ones_signature(size: int) -> None:
    """The text of one size with the signature of the next is refused."""
    text = _tessera(f".{size}").partition("\n\n")[0]
    signature = _tessera(f".{size + 1}").partition("\n\n")[2]

    with pytest.raises(NoteInvalid, match="invalid signature"):
        open_checkpoint(f"{text}\n\n{signature}", TESSERA_ORIGIN, parse_verifier(TESSERA_KEY))


def test_our_checkpoint_opens_with_its_cosignatures() -> None:
    """What the log signs and a witness cosigns is read back with the witness's time."""
    note = sign_checkpoint(CHECKPOINT, LOG)
    note += cosign(note, WITNESS, NOW_S)

    opened = open_checkpoint(note, ORIGIN, LOG.verifier, [WITNESS.verifier])

    assert OpenedCheckpoint(CHECKPOINT, note, (("witness.example", NOW_S),)) == opened


def test_a_cosignature_is_laid_out_as_the_specification_says() -> None:
    """Key hash, time as eight bytes big-endian, and an Ed25519 signature over header and text."""
    note = sign_checkpoint(CHECKPOINT, LOG)
    line = cosign(note, WITNESS, NOW_S)

    blob = b64decode(line.split(" ")[2])
    plain = generate_signer("plain", WITNESS.seed)
    message = f"cosignature/v1\ntime {NOW_S}\n{render_checkpoint(CHECKPOINT)}"
    signed = b64decode(sign_note(message, plain).rsplit(" ", 1)[1])

    assert line.startswith("\N{EM DASH} witness.example ")
    assert (WITNESS.verifier.key_hash, NOW_S.to_bytes(8), signed[4:]) == (
        blob[:4],
        blob[4:12],
        blob[12:],
    )


def test_each_changed_bit_of_a_cosignature_is_found() -> None:
    """All 576 bits of time and signature."""
    note = sign_checkpoint(CHECKPOINT, LOG)
    line = cosign(note, WITNESS, NOW_S)

    for bit in range(72 * 8):
        with pytest.raises(NoteInvalid):
            open_note(note + _flipped(line, bit), [LOG.verifier, WITNESS.verifier])


def test_a_cosignature_of_another_checkpoint_is_refused() -> None:
    """A witness's line does not travel to a fork."""
    fork = sign_checkpoint(Checkpoint(ORIGIN, 42, bytes(32)), LOG)
    line = cosign(sign_checkpoint(CHECKPOINT, LOG), WITNESS, NOW_S)

    with pytest.raises(NoteInvalid, match="invalid signature"):
        open_checkpoint(fork + line, ORIGIN, LOG.verifier, [WITNESS.verifier])


def test_an_unknown_witness_is_passed_over() -> None:
    """Cosignatures of keys that the caller did not pin count for nothing, and harm nothing."""
    note = sign_checkpoint(CHECKPOINT, LOG)

    assert open_checkpoint(note + cosign(note, WITNESS, 0), ORIGIN, LOG.verifier).cosigned == ()


def test_witnesses_alone_do_not_make_a_checkpoint() -> None:
    """Without the log's own signature there is nothing to trust."""
    note = sign_checkpoint(CHECKPOINT, generate_signer("stranger", bytes(32)))

    with pytest.raises(NoteInvalid, match="not signed by its log"):
        open_checkpoint(note + cosign(note, WITNESS, 1), ORIGIN, LOG.verifier, [WITNESS.verifier])


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    """A key that signs for two ledgers does not let one pass for the other."""
    with pytest.raises(NoteInvalid, match=r"example\.com/other"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, LOG), "example.com/other", LOG.verifier)


def test_a_key_of_the_wrong_algorithm_is_no_log_and_no_witness() -> None:
    """The two roles have their own algorithm bytes."""
    note = sign_checkpoint(CHECKPOINT, LOG)

    with pytest.raises(NoteInvalid, match="a log signs"):
        open_checkpoint(note + cosign(note, WITNESS, 1), ORIGIN, WITNESS.verifier)
    with pytest.raises(NoteInvalid, match="a witness cosigns"):
        open_checkpoint(note, ORIGIN, LOG.verifier, [generate_signer("w", bytes(32)).verifier])


def test_a_root_of_another_length_is_neither_signed_nor_opened_nor_cosigned() -> None:
    """Ours are SHA-256 roots; the format itself would take any."""
    short = Checkpoint(ORIGIN, 1, b"banana")
    note = sign_note(render_checkpoint(short), LOG)

    with pytest.raises(NoteInvalid, match="32 bytes"):
        sign_checkpoint(short, LOG)
    with pytest.raises(NoteInvalid, match="32 bytes"):
        open_checkpoint(note, ORIGIN, LOG.verifier)
    with pytest.raises(NoteInvalid, match="32 bytes"):
        cosign(note, WITNESS, 1)


@pytest.mark.parametrize("timestamp_s", [-1, 2**63])
def test_a_time_that_the_format_cannot_say_is_not_cosigned(timestamp_s: int) -> None:
    """Times are between zero and 2**63, exclusive."""
    with pytest.raises(NoteInvalid, match="time"):
        cosign(sign_checkpoint(CHECKPOINT, LOG), WITNESS, timestamp_s)


def test_a_signed_time_that_the_format_cannot_say_is_refused() -> None:
    """Though the witness's key stands behind it."""
    note, late_s = sign_checkpoint(CHECKPOINT, LOG), 2**63
    message = checkpoint._cosigned_message(render_checkpoint(CHECKPOINT), late_s)
    line = checkpoint._signature_line(WITNESS, message, late_s.to_bytes(8))

    with pytest.raises(NoteInvalid, match="time"):
        open_checkpoint(note + line, ORIGIN, LOG.verifier, [WITNESS.verifier])


def test_a_cosignature_without_a_whole_time_is_refused() -> None:
    """Fewer than eight bytes are no time, and no crash."""
    note = sign_checkpoint(CHECKPOINT, LOG)
    line = f"\N{EM DASH} witness.example {_base64(WITNESS.verifier.key_hash + b'short')}\n"

    with pytest.raises(NoteInvalid, match="invalid signature"):
        open_checkpoint(note + line, ORIGIN, LOG.verifier, [WITNESS.verifier])
