"""All pages of the site in one folder: those of docs/, with what they include, and the generated ones; links lead to either."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from airflow_provider_veza.hooks.connection_fields import EXTRA_FIELDS
from tools.docs_site.drilled import drill_table, looks_table
from tools.docs_site.markdown import relinked, section, slug
from tools.docs_site.reference import ReferencePage, reference_pages
from tools.docs_site.troubleshooting import troubleshooting_page

REPOSITORY = Path(__file__).parents[2]
_INCLUDE = re.compile(r"^<!-- include: ([^#\n]+?)(?:#([^\n]+?))? -->$", re.MULTILINE)
_DRILLS = re.compile(r"^<!-- drills: (.+) -->$", re.MULTILINE)
_LOOKS = "<!-- looks -->"
_SCHEME = re.compile(r"[a-z]+:|#|/")
_MENU_OF_REFERENCE = '{ "Reference" = [] },'


def written_site(repository: Path, built: Path) -> Path:
    """Write every page and the generator's settings below a folder; return the path of the settings."""
    pages = built / "pages"
    generated = {"errors.md": troubleshooting_page(repository / "airflow_provider_veza"), "extras.md": extras_page()}
    reference = list(reference_pages(repository))
    generated |= {f"reference/{page.file}": page.text for page in reference}
    site = Site(repository)
    written = {path.name: site.page(path) for path in sorted((repository / "docs").glob("*.md"))} | generated
    for name, text in written.items():
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        (pages / name).write_text(text, "utf-8")
    for picture in (repository / "docs" / "pictures").glob("*"):
        (pages / "pictures").mkdir(exist_ok=True)
        (pages / "pictures" / picture.name).write_bytes(picture.read_bytes())
    settings = settings_with((repository / "docs" / "zensical.toml").read_text("utf-8"), reference)
    check_menu(tomllib.loads(settings)["project"]["nav"], set(written))
    (built / "zensical.toml").write_text(settings, "utf-8")
    return built / "zensical.toml"


class Site:
    """Pages of docs/ as the site shows them."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        urls = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
        self.sources = f"{urls['Source']}/blob/main"

    def page(self, path: Path) -> str:
        """Return a page with what it includes, and with links that lead somewhere from the site."""
        own = relinked(path.read_text("utf-8"), lambda link: self.link(link, path))
        whole = _INCLUDE.sub(lambda found: self.included(found[1], found[2]), own)
        drills = (self.repository / "docs" / "drills.md").read_text("utf-8")
        return _DRILLS.sub(lambda found: drill_table(drills, found[1]), whole).replace(_LOOKS, looks_table())

    def included(self, name: str, heading: str | None) -> str:
        """Return a section of a page of the repository, or a whole file as code."""
        path = self.repository / name
        text = path.read_text("utf-8")
        if heading:
            return relinked(section(text, heading), lambda link: self.link(link, path)).rstrip()
        if path.suffix == ".md":
            return relinked(text, lambda link: self.link(link, path)).rstrip()
        language = {".py": "python", ".yaml": "yaml", ".esql": "esql"}[path.suffix]
        return f"```{language}\n{text.rstrip()}\n```"

    def link(self, target: str, page: Path) -> str:
        """Return where a link of a page leads on the site: another page, else the file among the sources."""
        if _SCHEME.match(target):
            return self._anchor_of_readme(target) if target.startswith("#") and page.name == "README.md" else target
        name, mark, anchor = target.partition("#")
        path = PurePosixPath(os.path.relpath(page.parent / name, self.repository))
        if path.is_relative_to("docs"):
            return f"{path.relative_to('docs')}{mark}{anchor}"
        if str(path) == "CHANGELOG.md":
            return "changelog.md"
        if not (self.repository / path).exists():
            raise ValueError(f"{page.name} leads to {target}, which is not there")
        return f"{self.sources}/{path}{mark}{anchor}"

    def _anchor_of_readme(self, anchor: str) -> str:
        """Return which page shows a section of README.md."""
        for path in sorted((self.repository / "docs").glob("*.md")):
            for found in _INCLUDE.finditer(path.read_text("utf-8")):
                if found[1] == "README.md" and found[2] and anchor in self._anchors(found[2]):
                    return f"{path.name}{'' if anchor == slug(found[2]) else anchor}"
        return f"{self.sources}/README.md{anchor}"

    def _anchors(self, heading: str) -> set[str]:
        text = section((self.repository / "README.md").read_text("utf-8"), heading)
        return {slug(heading), *(slug(found) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE))}


def settings_with(settings: str, reference: Sequence[ReferencePage]) -> str:
    """Return the generator's settings with the pages of the reference in the menu."""
    if _MENU_OF_REFERENCE not in settings:
        raise ValueError(f"docs/zensical.toml should have {_MENU_OF_REFERENCE}")
    return settings.replace(_MENU_OF_REFERENCE, f'{{ "Reference" = [{", ".join(_groups(reference))}] }},')


def _groups(reference: Sequence[ReferencePage]) -> Iterator[str]:
    for group, pages in groupby(reference, key=lambda page: page.group):
        entries = (f"{{ {json.dumps(page.title)} = {json.dumps(f'reference/{page.file}')} }}" for page in pages)
        yield f"{{ {json.dumps(group)} = [{', '.join(entries)}] }}"


def check_menu(menu: Sequence[object], pages: set[str]) -> None:
    """Refuse a menu that leaves a page out, or names one that is not there."""
    listed = set(_listed(menu))
    if listed != pages:
        raise ValueError(f"not in the menu: {sorted(pages - listed)}; not there: {sorted(listed - pages)}")


def _listed(menu: object) -> Iterator[str]:
    if isinstance(menu, str):
        yield menu
    elif isinstance(menu, dict):
        for entry in menu.values():
            yield from _listed(entry)
    elif isinstance(menu, list):
        for entry in menu:
            yield from _listed(entry)


def extras_page() -> str:
    """Return the table of every extra of a connection, as the code reads them."""
    rows = [
        f"| `{f.name}` | {f.kind} | {_shown(f.default)} | {_choices(f.choices)}{f.description} |" for f in EXTRA_FIELDS
    ]
    head = "# Extras of a connection of type veza\n\n| extra | kind | default | |\n|---|---|---|---|"
    return "\n".join([head, *rows]) + "\n"


def _shown(default: object) -> str:
    return "" if default is None or default == "" else f"`{json.dumps(default)}`"


def _choices(choices: Sequence[str]) -> str:
    return f"{' or '.join(f'`{choice}`' for choice in choices)}. " if choices else ""
