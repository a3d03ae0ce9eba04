"""A custom provider, a data source of it, and how the wire shows them; `pushed_data` reads what is pushed.

Bodies are those of Veza's documents (create) and of its SDK's tests (state `ENABLED`, status `SUCCESS` once a push is in).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from veza_emulator.oaa.templates import FURTHER_TEMPLATES, Template
from veza_emulator.reading.fields import Fields

MAXIMUM_ICON_CHARACTERS = 64_000
"""Where the SDK refuses an icon."""

# As the SDK spells what the platform allows.
_ALLOWED_NAME = re.compile(r"[ @#$%&*:()!,a-zA-Z0-9_'\"=.-]*")
_NO_SCHEMA = "e30="


class DataSourceStatus(StrEnum):
    """How far a data source is; only what the SDK's tests name."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"


@dataclass(frozen=True)
class DataSource:
    """One instance of what a provider stands for, to which payloads are pushed."""

    name: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: DataSourceStatus = DataSourceStatus.PENDING

    def render(self) -> dict[str, Any]:
        """Return the data source as the wire shows it."""
        return {"id": self.id, "name": self.name, "status": self.status}


@dataclass(frozen=True)
class CustomProvider:
    """A provider that somebody registered."""

    name: str
    template: Template
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    icon_base64: str = ""
    provisioning: bool = False

    def render(self) -> dict[str, Any]:
        """Return the provider as the wire shows it; what is pushed does not fill the lists of types here."""
        return {
            "id": self.id,
            "name": self.name,
            "custom_template": self.template,
            "state": "ENABLED",
            "application_types": [],
            "resource_types": [],
            "idp_types": [],
            "provisioning": self.provisioning,
            "schema_definition_json": _NO_SCHEMA,
        }


def read_provider(fields: Fields) -> CustomProvider:
    """Read a provider to create; `options` of the SDK may add any further field."""
    fields.required_string("custom_template")
    provider = CustomProvider(
        name=_read_name(fields),
        template=fields.enum("custom_template", Template, Template.APPLICATION, also_documented=FURTHER_TEMPLATES),
    )
    fields.ignore_rest()
    return provider


def read_data_source(fields: Fields) -> DataSource:
    """Read a data source to create; `id`, which is that of the provider, stands in the path too."""
    fields.string("id")
    data_source = DataSource(_read_name(fields))
    fields.ignore_rest()
    return data_source


def read_provisioning(fields: Fields) -> bool:
    """Read whether a provider becomes a system of record."""
    provisioning = fields.boolean("provisioning")
    fields.ignore_rest()
    return provisioning


def read_icon(fields: Fields) -> str:
    """Read the icon of a provider, in base64."""
    icon = fields.required_string("icon_base64", MAXIMUM_ICON_CHARACTERS)
    fields.ignore_rest()
    return icon


def _read_name(fields: Fields) -> str:
    fields.required_string("name")
    wrong = f"has characters that are not allowed; it must match {_ALLOWED_NAME.pattern}"
    return fields.matching("name", _ALLOWED_NAME, wrong)
