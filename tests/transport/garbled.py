"""Answers that break HTTP's rules, as raw bytes, and what each is: the same for every driver.

Sources: RFC 9112 (status line 4, fields 5, length 6.3, chunks 7.1), RFC 9110 (5.5 field values, 8.4 encodings, 8.6 length).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

OURS = b"content-type: application/json\r\nx-elastic-product: Elasticsearch\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + OURS
SIZED = b"content-length: 2\r\n\r\n{}"
IN_CHUNKS = OK + b"transfer-encoding: chunked\r\n\r\n"
TEXT = b'{"a": "' + b"b" * 5_000 + b'"}'


def encoded(encoding: bytes, body: bytes) -> bytes:
    """Return an answer whose body says to be encoded so."""
    return OK + b"content-encoding: %s\r\ncontent-length: %d\r\n\r\n" % (encoding, len(body)) + body


def with_header(line: bytes) -> bytes:
    """Return an answer with one more line in its head."""
    return OK + line + b"\r\n" + SIZED


BROKEN: Mapping[str, bytes] = {
    "nothing": b"",
    "a blank line": b"\r\n",
    "zeros": b"\0" * 40,
    "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a status line without a version": b"200 OK\r\n" + OURS + SIZED,
    "a version that is none": b"HTTP/x.y 200 OK\r\n" + OURS + SIZED,
    "a status that is no number": b"HTTP/1.1 abc OK\r\n" + OURS + SIZED,
    "a status of two digits": b"HTTP/1.1 20 OK\r\n" + OURS + SIZED,
    "a status of five digits": b"HTTP/1.1 20000 OK\r\n" + OURS + SIZED,
    "no status": b"HTTP/1.1\r\n" + OURS + SIZED,
    "half a head": OK,
    "a header without a colon": with_header(b"garbage"),
    "a header without a name": with_header(b": x"),
    "a space in a header's name": with_header(b"x y: z"),
    "a space before the colon": with_header(b"x : z"),
    "a zero in a header": with_header(b"x-a: b\0c"),
    "a header of 100,000 bytes": with_header(b"x-a: " + b"b" * 100_000),
    "a length beside chunks": OK + b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two lengths that differ": with_header(b"content-length: 3"),
    "two lengths that agree": with_header(b"content-length: 2"),
    "two lengths in one header": OK + b"content-length: 2, 3\r\n\r\n{}",
    "a length below zero": OK + b"content-length: -2\r\n\r\n{}",
    "a length that is no number": OK + b"content-length: two\r\n\r\n{}",
    "a length with a sign": OK + b"content-length: +2\r\n\r\n{}",
    "more announced than comes": OK + b"content-length: 9\r\n\r\n{}",
    "a chunk whose size is no number": IN_CHUNKS + b"zz\r\n{}\r\n0\r\n\r\n",
    "a chunk whose size is below zero": IN_CHUNKS + b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk of endless digits": IN_CHUNKS + b"2" * 5_000 + b"\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than it says": IN_CHUNKS + b"1\r\n{}\r\n0\r\n\r\n",
    "chunks without an end": IN_CHUNKS + b"2\r\n{}\r\n",
    "half a chunk": IN_CHUNKS + b"9\r\n{}",
    "half of gzip": encoded(b"gzip", gzip.compress(TEXT)[:-9]),
    "gzip with a wrong sum": encoded(b"gzip", gzip.compress(TEXT)[:-8] + b"\1" * 8),
    "gzip that is none": encoded(b"gzip", TEXT),
    "half of deflate": encoded(b"deflate", zlib.compress(TEXT)[:-9]),
    "deflate that is none": encoded(b"deflate", b"x\x00" + TEXT),
    "zstd, unasked": encoded(b"zstd", b"\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00{}\x00\x00\x00\x00"),
    "br, unasked": encoded(b"br", b"\x0b\x02\x80{}\x03"),
    "an encoding that nobody knows": encoded(b"\xffx", TEXT),
    "one encoding in another": encoded(b"gzip, gzip", gzip.compress(gzip.compress(TEXT))),
}
"""No answer: whatever was sent may have been acted on."""

WHOLE: Mapping[str, tuple[bytes, bytes]] = {
    "no content type": (b"HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\n" + SIZED, b"{}"),
    "letters outside ASCII in a header": (with_header(b"x-a: \xc3\xa5\xff"), b"{}"),
    "a folded header": (with_header(b"x-a: b\r\n c"), b"{}"),
    "a status that has no name": (b"HTTP/1.1 299 \r\n" + OURS + SIZED, b"{}"),
    "a status of no class": (b"HTTP/1.1 799 Odd\r\n" + OURS + SIZED, b"{}"),
    "gzip and what is no gzip after it": (encoded(b"gzip", gzip.compress(TEXT) + b"x" * 9), TEXT),
    "chunks with extensions": (IN_CHUNKS + b"2;a=b\r\n{}\r\n0\r\nx-after: 1\r\n\r\n", b"{}"),
    "half a character": (OK + b"content-length: 1\r\n\r\n\xff", b"\xff"),
}
"""Odd, and yet an answer: what a service makes of it is its own matter."""

ODD_TYPE = b"HTTP/1.1 200 OK\r\nx-elastic-product: Elasticsearch\r\ncontent-type: x/y; charset=\xff\r\n" + SIZED
"""A tenant's answer is read by its text; a cluster's by its type, which Elastic's client goes by."""
