"""Which effective permissions raw permissions amount to; the only place that knows both vocabularies."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class EffectivePermission(StrEnum):
    """Veza's system-independent permissions, as query specs name them."""

    DATA_READ = "DATA_READ"
    DATA_WRITE = "DATA_WRITE"
    DATA_CREATE = "DATA_CREATE"
    DATA_DELETE = "DATA_DELETE"
    METADATA_READ = "METADATA_READ"
    METADATA_WRITE = "METADATA_WRITE"
    METADATA_CREATE = "METADATA_CREATE"
    METADATA_DELETE = "METADATA_DELETE"
    NON_DATA = "NON_DATA"
    UNCATEGORIZED = "UNCATEGORIZED"

    @property
    def abstract_name(self) -> str:
        """The name that path rows use: `MetadataRead` for `METADATA_READ`."""
        return self.value.title().replace("_", "")


_EFFECTIVE_OF_RAW = {
    "s3:GetObject": {EffectivePermission.DATA_READ},
    "s3:PutObject": {EffectivePermission.DATA_CREATE, EffectivePermission.DATA_WRITE},
    "s3:DeleteObject": {EffectivePermission.DATA_DELETE},
    "s3:ListBucket": {EffectivePermission.METADATA_READ},
    "s3:GetBucketPolicy": {EffectivePermission.METADATA_READ},
    "s3:PutBucketAcl": {EffectivePermission.METADATA_WRITE},
    "s3:PutBucketPolicy": {EffectivePermission.METADATA_CREATE, EffectivePermission.METADATA_WRITE},
    "s3:DeleteBucket": {EffectivePermission.METADATA_DELETE},
    "SELECT": {EffectivePermission.DATA_READ},
    "INSERT": {EffectivePermission.DATA_CREATE},
    "UPDATE": {EffectivePermission.DATA_WRITE},
    "DELETE": {EffectivePermission.DATA_DELETE},
    "REFERENCES": {EffectivePermission.METADATA_READ},
    "OWNERSHIP": {EffectivePermission.METADATA_WRITE, EffectivePermission.METADATA_DELETE},
}


class CustomPermission(str):
    """A raw permission that brings its own meaning, as a pushed application or a tenant file defines it.

    Equal names count as one permission. That is safe where all permissions on a resource come from one system.
    """

    effective: frozenset[EffectivePermission]

    def __new__(cls, name: str, effective: Iterable[EffectivePermission]) -> CustomPermission:
        """Return the permission of this name."""
        permission = super().__new__(cls, name)
        permission.effective = frozenset(effective)
        return permission


def effective_permissions(raw_permissions: Iterable[str]) -> frozenset[EffectivePermission]:
    """Return what raw permissions amount to; a raw permission of an unknown system amounts to nothing."""
    return frozenset(effective for raw in raw_permissions for effective in _meaning_of(raw))


def _meaning_of(raw_permission: str) -> Iterable[EffectivePermission]:
    if isinstance(raw_permission, CustomPermission):
        return raw_permission.effective
    return _EFFECTIVE_OF_RAW.get(raw_permission, ())
