"""The README is true: its test passes as it stands, and its command serves."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def test_its_test_passes_as_it_stands(tmp_path: Path) -> None:
    (code,) = blocks("python")
    name = re.match(r"# (\w+\.py)\n", code)
    assert name
    (tmp_path / name[1]).write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_its_command_serves() -> None:
    _, command = blocks("sh")
    arguments = command.split()[1:]
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
        finally:
            process.kill()


def test_the_modules_that_it_names_are_there() -> None:
    package = README.parent / "veza_emulator"
    for folder in re.findall(r"^\| `([a-z/]+)`", README.read_text(), re.MULTILINE):
        assert (package / folder / "__init__.py").is_file(), folder
