"""Builds both distributions as they would be published; nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Uv:
    """The packaging tool, which `make` installs."""

    path: str

    def run(self, *arguments: str | Path) -> None:
        done = subprocess.run([self.path, *arguments], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class Built:
    """The folder with the wheels and source distributions of both."""

    folder: Path

    def wheel(self, distribution: str) -> Path:
        return self._one(f"{distribution}-*.whl")

    def source(self, distribution: str) -> Path:
        return self._one(f"{distribution}-*.tar.gz")

    def _one(self, pattern: str) -> Path:
        (path,) = self.folder.glob(pattern)
        return path


@pytest.fixture(scope="session")
def uv() -> Uv:
    path = shutil.which("uv", path=os.pathsep.join([str(ROOT / ".venv/tools/bin"), os.environ["PATH"]]))
    assert path, "uv is missing; `make .venv/tools/installed` brings it"
    return Uv(path)


@pytest.fixture(scope="session")
def built(uv: Uv, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build each source distribution, and from it the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    sources: Sequence[Path] = (ROOT, ROOT / "veza-emulator")
    for source in sources:
        uv.run("build", "--quiet", "--out-dir", folder, source)
    return Built(folder)
