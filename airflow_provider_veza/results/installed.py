"""Whether a library that not everybody needs is installed here, and what installs it; nothing is imported for that."""

from __future__ import annotations

import sys
from importlib.util import find_spec

_found: set[str] = set()


def is_installed(library: str) -> bool:
    """Whether a library can be imported.

    What was found is not looked for again: a look at all the folders of ``sys.path`` costs half as much as making a task.
    """
    if library in sys.modules:
        return sys.modules[library] is not None
    if library not in _found and find_spec(library) is not None:
        _found.add(library)
    return library in _found


def installing(extra: str) -> str:
    """Return the command that installs an extra, and the extra in words: Airflow's own tables leave out what is in brackets.

    >>> installing("drift")
    "pip install 'airflow-provider-veza[drift]' (the extra `drift`)"
    """
    return f"pip install 'airflow-provider-veza[{extra}]' (the extra `{extra}`)"
