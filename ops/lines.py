"""Lines of an export: what each may hold, read strictly. Source: `ledger-format.md`, "Offline"."""

from contextlib import suppress

import msgspec

from ledger.canonical import decode_object


class Line(msgspec.Struct, omit_defaults=True):
    """What a line may hold, in the order of canonical JSON: bytes it writes again are canonical."""

    annex: str | None = None
    annexSalt: str | None = None  # noqa: N815 -- as it is written
    body: str | None = None
    checkpoint: str | None = None
    envelope: str | None = None
    leafHash: str | None = None  # noqa: N815 -- as it is written
    salt: str | None = None


_LINES = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()


def read_line(line: bytes) -> Line:
    """What a line holds; what else it holds is passed over. Raises NotCanonical, TypeError."""
    with suppress(msgspec.MsgspecError):  # what is wrong is said below
        known = _LINES.decode(line)
        if _ENCODER.encode(known) == line:
            return known
    fields = decode_object(line)
    return Line(
        **{name: text_of(fields, name) for name in Line.__struct_fields__ if name in fields}
    )


def there(text: str | None, name: str) -> str:
    """A field that must be there. Raises KeyError."""
    if text is None:
        raise KeyError(name)
    return text


def text_of(fields: dict[str, object], name: str) -> str:
    """A field that is a text. Raises KeyError, TypeError."""
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value
