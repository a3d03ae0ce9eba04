"""A query spec that comes as text, from a rendered template file, becomes the mapping it describes; nothing is checked here."""

from __future__ import annotations

from typing import Any

from airflow_provider_veza.exceptions import QuerySpecError


def parsed_spec(spec: Any) -> Any:
    """Return a spec given as JSON or YAML text as what it describes; anything else as it is.

    :raises QuerySpecError: when the text is neither, with the line where reading stopped.
    """
    if not isinstance(spec, str):
        return spec
    import yaml

    try:
        parsed = yaml.safe_load(spec)
    except yaml.YAMLError as e:
        raise QuerySpecError("(the rendered text)", f"it is neither JSON nor YAML: {' '.join(str(e).split())}") from e
    if isinstance(parsed, str):
        raise QuerySpecError(
            "(the rendered text)", f"it is a plain text, not an object: {parsed[:80]!r}. Was a template file meant?"
        )
    return parsed
