"""Forwards the format of tenant files."""

from __future__ import annotations

from veza_emulator.tenant.tenant_file import TenantFileError as TenantFileError
from veza_emulator.tenant.tenant_file import read_tenant as read_tenant
from veza_emulator.tenant.tenant_file import read_tenant_file as read_tenant_file
