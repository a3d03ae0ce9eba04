"""Pushes that come in parts: open uploads, and the bytes of one that is complete; knows neither templates nor HTTP.

The operations `start`, `upload` and `complete` and their fields are those of oaaclient 1.2.0. A part that comes again takes the
place of the first, so that a client may retry (inferred).
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice

from veza_emulator.oaa.pushed_data import MAXIMUM_DATA_BYTES, too_large
from veza_emulator.reading.errors import FieldViolation, invalid_argument, not_found

MAXIMUM_OPEN_UPLOADS = 10
"""The oldest open upload is dropped when one more starts, since clients may never complete theirs."""

MAXIMUM_PARTS = 100_000
"""The parts of one upload."""

_NAMED_PARTS = 5


@dataclass
class _Upload:
    """One open upload: its parts by sequence number."""

    data_source_id: str
    parts: dict[int, bytes] = field(default_factory=dict)
    size: int = 0

    def put(self, sequence_number: int, data: bytes) -> None:
        """Keep a part, in place of the one with its number if there is one; refuse one too many."""
        size = self.size + len(data) - len(self.parts.get(sequence_number, b""))
        if size > MAXIMUM_DATA_BYTES:
            raise too_large("data")
        if len(self.parts) >= MAXIMUM_PARTS and sequence_number not in self.parts:
            raise invalid_argument(FieldViolation("sequence_number", f"is of more than {MAXIMUM_PARTS} parts"))
        self.parts[sequence_number] = data
        self.size = size


class Uploads:
    """The open uploads of a tenant; any thread may call."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Upload] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, data_source_id: str) -> str:
        """Open an upload to a data source and return its id."""
        with self._lock:
            upload_id = str(uuid.uuid4())
            self._open[upload_id] = _Upload(data_source_id)
            if len(self._open) > MAXIMUM_OPEN_UPLOADS:
                self._open.popitem(last=False)
            return upload_id

    def add(self, data_source_id: str, upload_id: str, sequence_number: int, data: bytes) -> None:
        """Keep a part; parts are numbered from 1."""
        with self._lock:
            self._find(data_source_id, upload_id).put(sequence_number, data)

    def complete(self, data_source_id: str, upload_id: str, sequence_count: int) -> bytes:
        """Close an upload and return everything that was uploaded; refuse while a part is missing."""
        with self._lock:
            upload = self._find(data_source_id, upload_id)
            missing = (number for number in range(1, sequence_count + 1) if number not in upload.parts)
            if named := ", ".join(str(number) for number in islice(missing, _NAMED_PARTS)):
                raise _wrong_count(f"counts parts that were not uploaded, such as {named}")
            if len(upload.parts) != sequence_count:
                raise _wrong_count(f"is less than the {len(upload.parts)} parts that were uploaded")
            del self._open[upload_id]
            return b"".join(upload.parts[number] for number in range(1, sequence_count + 1))

    def _find(self, data_source_id: str, upload_id: str) -> _Upload:
        upload = self._open.get(upload_id)
        if upload is None or upload.data_source_id != data_source_id:
            raise not_found("upload", upload_id)
        return upload


def _wrong_count(description: str) -> Exception:
    return invalid_argument(FieldViolation("sequence_count", description))
