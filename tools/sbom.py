"""Completes a CycloneDX list of what an installation brings: of which version of the package it is, and what that asks for.

`cyclonedx-py requirements` knows neither: the version is in the code, and a lock file is flat. Needs only the standard library:
`python -m tools.sbom EXTRA... < list.json > sbom.cdx.json`.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
_NAME = re.compile(r"[\w.-]+")
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


class IncompleteError(ValueError):
    """The list lacks what the package asks for, as where the pipe before it broke."""


def completed(
    bom: Mapping[str, Any], project: Mapping[str, Any], version: str, extras: Iterable[str]
) -> dict[str, Any]:
    """Return the list with its root named by version, and the root's own dependencies.

    :param project: table ``project`` of pyproject.toml.
    :param extras: whose dependencies are in the list.
    :raises IncompleteError: when one of them is not.
    """
    root = {**bom["metadata"]["component"], "version": version, "purl": f"pkg:pypi/{project['name']}@{version}"}
    references = {_normalized(component["name"]): component["bom-ref"] for component in bom.get("components", ())}
    asked = sorted(set(_asked(project, extras)))
    if missing := [name for name in asked if name not in references]:
        raise IncompleteError(f"the list lacks {', '.join(missing)}")
    others = [one for one in bom.get("dependencies", ()) if one["ref"] != root["bom-ref"]]
    own = {"ref": root["bom-ref"], "dependsOn": [references[name] for name in asked]}
    return {**bom, "metadata": {**bom["metadata"], "component": root}, "dependencies": [own, *others]}


def _asked(project: Mapping[str, Any], extras: Iterable[str]) -> Iterator[str]:
    optional = project.get("optional-dependencies", {})
    for requirement in (*project["dependencies"], *(one for extra in extras for one in optional[extra])):
        found = _NAME.match(requirement)
        yield _normalized(found[0] if found else requirement)


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(extras: Iterable[str]) -> int:
    """Complete what standard input has, on standard output."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    (version,) = _VERSION.findall((REPOSITORY / "airflow_provider_veza" / "__init__.py").read_text("utf-8"))
    try:
        bom = completed(json.loads(sys.stdin.read() or "{}"), project, version, extras)
    except (IncompleteError, KeyError, ValueError) as e:
        print(f"This is no list of an installation: {e!r}", file=sys.stderr)
        return 1
    print(json.dumps(bom, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
