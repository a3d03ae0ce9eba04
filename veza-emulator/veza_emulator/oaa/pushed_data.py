"""The JSON inside a push: plain, or gzipped in base64; bounded whatever it unpacks to. Knows no template.

The fields and the two ways to send are those of oaaclient 1.2.0; the bounds are the emulator's own, save that of a request.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.reading.fields import Fields
from veza_emulator.reading.json_text import parse_json_object

MAXIMUM_REQUEST_BYTES = 101_000_000
"""What a push or one part of it may measure: 100 MB of data, as the SDK bounds it, and what stands around."""

MAXIMUM_DATA_BYTES = 268_435_456
"""What the JSON of one push may measure, unpacked and put together."""

_GZIP_WINDOW = 31


class Compression(StrEnum):
    """How the data of a push is packed."""

    NONE = "NONE"
    GZIP = "GZIP"


@dataclass(frozen=True)
class PushedData:
    """The body of a push: the JSON of a payload as text, or gzipped in base64."""

    text: str
    compression: Compression

    def payload(self) -> Mapping[str, Any]:
        """Return the payload that it holds."""
        if self.compression is Compression.GZIP:
            return payload_of(unpacked(decoded(self.text, "json_data")))
        return payload_of(self.text.encode("utf-8", "surrogatepass"))


def read_pushed_data(fields: Fields) -> PushedData:
    """Read the body of a push; `options` of the SDK may add any further field."""
    compression = fields.enum("compression_type", Compression, Compression.NONE)
    text = fields.required_string("json_data")
    for name in ("id", "data_source_id"):
        fields.string(name)
    fields.ignore_rest()
    return PushedData(text, compression)


def decoded(text: str, name: str) -> bytes:
    """Return the bytes that a field holds in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_argument(FieldViolation(name, "is not base64")) from None


def unpacked(data: bytes) -> bytes:
    """Return gzipped bytes as they were; refuse what is cut short, or larger than the bound."""
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = unpacker.decompress(data, MAXIMUM_DATA_BYTES + 1)
    except zlib.error:
        raise invalid_argument(FieldViolation("json_data", "is not gzip")) from None
    if len(content) > MAXIMUM_DATA_BYTES:
        raise too_large("json_data")
    if not unpacker.eof:
        raise invalid_argument(FieldViolation("json_data", "is gzip that is cut short"))
    return content


def payload_of(data: bytes) -> Mapping[str, Any]:
    """Return the payload that the bytes spell."""
    if len(data) > MAXIMUM_DATA_BYTES:
        raise too_large("json_data")
    return parse_json_object(data, "json_data")


def too_large(name: str) -> Exception:
    """Return the refusal of a payload past the bound."""
    return invalid_argument(FieldViolation(name, f"is larger than {MAXIMUM_DATA_BYTES} bytes"))
