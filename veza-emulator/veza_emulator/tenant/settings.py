"""What a tenant is started with; a plain record that holds no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from veza_emulator.tenant.behaviours import Pace
from veza_emulator.variants import Variants


@dataclass(frozen=True)
class TenantSettings:
    """Keys, size and times of one tenant.

    :param variables: values of `$COOKIE_...` variables, by name, in place of what the tenant's nodes say; a list for several.
    :param data: a file of nodes and edges, as `tenant_file` describes it, in place of the demo tenant.
    """

    api_key: str = "emulator-key"
    forbidden_key: str = "no-query-rights"
    oauth_client_id: str = "emulator-client"
    oauth_client_secret: str = "emulator-secret"
    oauth_token_lifetime: timedelta = timedelta(hours=1)
    size: int = 3_000
    seed: int = 7
    data: Path | None = None
    query_duration: timedelta = timedelta(seconds=3)
    pace: Pace = Pace.TIME
    cache_lifetime: timedelta = timedelta(hours=24)
    result_lifetime: timedelta = timedelta(hours=24)
    variants: Variants = field(default_factory=Variants)
    variables: Mapping[str, Any] = field(default_factory=dict)
