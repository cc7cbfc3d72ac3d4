"""Snapshot: a folded Book as bytes, and back.

The one rule: a snapshot is of one shape of the Book. When the Book or anything in it changes its
fields, or `RULES` counts on because `evolve` means something else, old snapshots are not read any
more and the fold begins at entry 0. Source: `design.md` decision 5.
"""

import dataclasses
import types
import typing
import zlib
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any, cast

import msgspec
from immutables import Map

from ledger.book import Book
from ledger.errors import Fault
from ledger.history import decode_hook, encode_hook

RULES = 1
"""Counts on whenever `evolve` makes another Book of the same entries."""


class SnapshotBroken(Fault):
    """A snapshot's bytes are not those of a Book."""


SLICE = 32
"""Values of a map that are encoded together."""
SLICE_BYTES = 16_384
"""JSON in a slice: about a millisecond of work."""


def encode_book(book: Book) -> bytes:
    """The bytes of a Book, compressed. Law: decode_book(encode_book(b)) == b."""
    return b"".join(encode_slices(book))


def encode_slices(book: Book) -> Iterator[bytes]:
    """The same bytes in slices, each little work, so that a busy loop can do something between.

    A slice may be empty: the compressor keeps what it has until it is worth writing.
    """
    compressor = zlib.compressobj(1)
    parts: list[bytes] = []
    size = 0
    for piece in _pieces(book):
        parts.append(compressor.compress(piece))
        size += len(piece)
        if size >= SLICE_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    yield b"".join(parts) + compressor.flush()


def _pieces(value: object) -> Iterator[bytes]:
    """JSON of a value, its records and maps taken apart as far as they are the Book's own."""
    if isinstance(value, Map):
        yield b"["
        items, comma = iter(value.items()), b""
        while some := list(islice(items, SLICE)):
            yield comma + _json([list(item) for item in some])[1:-1]
            comma = b","
        yield b"]"
    elif dataclasses.is_dataclass(value):
        comma = b"{"
        for field in dataclasses.fields(value):
            yield comma + _json(field.name) + b":"
            yield from _pieces(getattr(value, field.name))
            comma = b","
        yield b"}"
    else:
        yield _json(value)


def _json(value: object) -> bytes:
    return _ENCODER.encode(value)


def decode_book(data: bytes) -> Book:
    """The Book of such bytes. Raises SnapshotBroken."""
    try:
        return msgspec.json.decode(zlib.decompress(data), type=Book, dec_hook=_decode)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise SnapshotBroken(str(error)) from error


def shape_of(kind: object = Book) -> str:
    """A hash of every field's name and type, all the way down."""
    lines: list[str] = [str(RULES)]
    _describe(kind, lines, set())
    return sha256("\n".join(lines).encode()).hexdigest()


def _describe(kind: object, lines: list[str], seen: set[object]) -> None:
    arguments = typing.get_args(kind)
    if arguments or isinstance(kind, types.UnionType):
        for each in arguments:
            _describe(each, lines, seen)
    elif dataclasses.is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        for name, hint in typing.get_type_hints(cast("type", kind)).items():
            lines.append(f"{kind}.{name}: {hint}")
            _describe(hint, lines, seen)


def _encode(value: object) -> object:
    if isinstance(value, Map):
        return [[key, value[key]] for key in value]
    return encode_hook(value)


def _decode(kind: type, value: object) -> object:
    if typing.get_origin(kind) is Map:
        key, held = typing.get_args(kind)
        pairs = msgspec.convert(value, type=cast("Any", list[tuple[key, held]]), dec_hook=_decode)  # type: ignore[valid-type]  # built at run time from the Book's own hints
        return Map(pairs)
    return decode_hook(kind, value)


_ENCODER = msgspec.json.Encoder(enc_hook=_encode)
