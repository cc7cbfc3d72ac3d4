"""Snapshot: a folded Book as bytes, and back.

The one rule: a snapshot is of one shape of the Book. When the Book or anything in it changes its
fields, or `RULES` counts on because `evolve` means something else, old snapshots are not read any
more and the fold begins at entry 0. Source: `design.md` decision 5.
"""

import dataclasses
import types
import typing
import zlib
from hashlib import sha256
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


def encode_book(book: Book) -> bytes:
    """The bytes of a Book, compressed. Law: decode_book(encode_book(b)) == b."""
    return zlib.compress(msgspec.json.encode(msgspec.to_builtins(book, enc_hook=_encode)), 1)


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
