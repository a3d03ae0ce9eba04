"""What a tenant is started with; a plain record that holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from airflow_provider_veza.emulator.variants import Variants


@dataclass(frozen=True)
class TenantSettings:
    """Keys, size and times of one tenant."""

    api_key: str = "emulator-key"
    forbidden_key: str = "no-query-rights"
    oauth_client_id: str = "emulator-client"
    oauth_client_secret: str = "emulator-secret"
    oauth_token_lifetime: timedelta = timedelta(hours=1)
    size: int = 3_000
    seed: int = 7
    query_duration: timedelta = timedelta(seconds=3)
    cache_lifetime: timedelta = timedelta(hours=24)
    result_lifetime: timedelta = timedelta(hours=24)
    variants: Variants = field(default_factory=Variants)
