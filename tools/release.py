"""What must agree before a release: the tag, both versions, the changelog, and the addresses that the package gives.

Needs only the standard library: `python -m tools.release v0.1.0 https://github.com/owner/name`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_MODULES = ("airflow_provider_veza/__init__.py", "veza-emulator/veza_emulator/__init__.py")


def main(tag: str, address: str) -> int:
    """Print what does not agree, and return 1 if anything does not."""
    found = list(disagreements(REPOSITORY, tag, address))
    print(*found or [f"{tag} may be published"], sep="\n")
    return bool(found)


def disagreements(repository: Path, tag: str, address: str) -> Iterator[str]:
    """Yield what would make a wrong release.

    :param tag: such as ``v0.1.0``.
    :param address: of the repository that publishes, without a slash at its end.
    """
    version = tag.removeprefix("v")
    for module in _MODULES:
        stated = _VERSION.findall((repository / module).read_text("utf-8"))
        if stated != [version]:
            yield f"{module} says {stated}, the tag {version}"
    changelog = (repository / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## {re.escape(version)} - \d{{4}}-\d{{2}}-\d{{2}}$", changelog, re.MULTILINE):
        yield f"CHANGELOG.md has no heading for {version} with a date"
    source = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Source"]
    if source != address:
        yield f"pyproject.toml names {source} as the source, but {address} publishes"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
