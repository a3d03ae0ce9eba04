"""`python -m tools.docs_site`: writes all pages below .run/docs, compiles their code, builds the site, fails at any warning."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.docs_site.code_blocks import blocks, problem
from tools.docs_site.site import REPOSITORY, written_site

BUILT = REPOSITORY / ".run" / "docs"


def main() -> int:
    """Return 0 where every page, link and code block is sound."""
    shutil.rmtree(BUILT, ignore_errors=True)
    config = written_site(REPOSITORY, BUILT)
    if found := list(problems(BUILT / "pages")):
        print(*found, sep="\n")
        return 1
    generator = Path(sys.executable).with_name("zensical")
    return subprocess.call([generator, "build", "--strict", "--config-file", config])


def problems(pages: Path) -> list[str]:
    """Return what is wrong with the code blocks of all pages."""
    return [
        f"{page.relative_to(pages)}:{block.line}: {wrong}"
        for page in sorted(pages.rglob("*.md"))
        for block in blocks(page.read_text("utf-8"))
        if (wrong := problem(block))
    ]


if __name__ == "__main__":
    sys.exit(main())
