"""Landing on the storages that need nothing but this Python: a disk, and S3 as moto serves it; tests/storages has the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from results.landing_contract import LandingContract
from support.object_store import Bucket


class TestOnADisk(LandingContract):
    @pytest.fixture(params=["", "file://"])
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        return f"{request.param}{tmp_path}/lake"


class TestOnS3(LandingContract):
    @pytest.fixture
    def place(self, bucket: Bucket) -> str:
        return f"{bucket.url}/lake"
