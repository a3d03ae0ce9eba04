"""The steps of a push in parts, as requests: start, add a part, complete; `tenant.uploads` keeps the parts.

The operations and their fields are those of oaaclient 1.2.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from veza_emulator.reading.fields import Fields


class UploadOperation(StrEnum):
    """What a request of an upload in parts does."""

    START = "start"
    UPLOAD = "upload"
    COMPLETE = "complete"


@dataclass(frozen=True)
class StartUpload:
    """Open an upload."""


@dataclass(frozen=True)
class AddPart:
    """Keep one part, in base64; parts are numbered from 1."""

    upload_id: str
    sequence_number: int
    data: str


@dataclass(frozen=True)
class CompleteUpload:
    """Close an upload of so many parts."""

    upload_id: str
    sequence_count: int


UploadStep = StartUpload | AddPart | CompleteUpload


def read_upload_operation(fields: Fields) -> UploadOperation:
    """Read which step a request is."""
    fields.required_string("operation")
    return fields.enum("operation", UploadOperation, UploadOperation.START)


def read_upload_step(fields: Fields, operation: UploadOperation) -> UploadStep:
    """Read a step of an upload."""
    step = _read_step(fields, operation)
    fields.ignore_rest()
    return step


def _read_step(fields: Fields, operation: UploadOperation) -> UploadStep:
    match operation:
        case UploadOperation.START:
            return StartUpload()
        case UploadOperation.UPLOAD:
            upload_id, number = fields.required_string("upload_id"), _read_count(fields, "sequence_number")
            return AddPart(upload_id, number, fields.required_string("data"))
        case UploadOperation.COMPLETE:
            return CompleteUpload(fields.required_string("upload_id"), _read_count(fields, "sequence_count"))


def _read_count(fields: Fields, name: str) -> int:
    number = fields.count(name, 0)
    if not number:
        fields.violate(name, "must be a whole number from 1")
    return number
