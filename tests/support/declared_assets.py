"""Assets that DAGs declare, as Airflow's database knows them; that the real one does so is shown by the landing DAGs."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import Asset

from support.task_run import OutletEventAccessors

HAS_REFERENCES = hasattr(Asset, "ref")
"""Whether tasks may refer to an asset by its URI alone, as on Airflow 3."""


def declare(monkeypatch: pytest.MonkeyPatch, *assets: Asset) -> None:
    """Let tasks find these assets by their URIs, and no other ones."""
    if HAS_REFERENCES:
        by_uri = {asset.uri: asset for asset in assets}
        find = staticmethod(lambda name=None, uri=None: by_uri[uri])
        monkeypatch.setattr(OutletEventAccessors, "_get_asset_from_db", find)
