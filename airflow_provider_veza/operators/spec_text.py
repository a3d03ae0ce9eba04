"""A query spec that is given as text, from a template or a file, as the mapping that it describes.

What a spec may hold is checked in :mod:`.services.veza_spec`.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from airflow_provider_veza.async_query.json_value import ascii_of, value_of
from airflow_provider_veza.async_query.rendered_text import looks_structured, value_in
from airflow_provider_veza.exceptions import QuerySpecError
from airflow_provider_veza.shown import shortened

YAML_EXTENSIONS = (".yaml", ".yml")
_NESTING = {"[": 1, "{": 1, "]": -1, "}": -1}
_DEEPEST = 200
"""The time that YAML's reader takes grows with the square of this."""
_LONGEST_SHOWN = 80


def parsed_spec(spec: Any, file: str = "") -> Any:
    """Return a spec given as text as what it describes; anything else as it is.

    Text is JSON, or a Python dict as a template shows it; YAML only where it comes from a YAML file.

    :param file: the name of the template file that the text comes from; empty where it comes from none.
    :raises QuerySpecError: when the text is none of these, with the line where reading stopped.
    """
    if not isinstance(spec, str):
        return spec
    parsed = _from_yaml_file(spec) if file.endswith(YAML_EXTENSIONS) else _from_text(spec)
    if isinstance(parsed, str):
        raise _refused(_why_no_object(parsed))
    return parsed


def _from_text(text: str) -> Any:
    try:
        return value_in(text)
    except ValueError as e:
        raise _refused(
            f"{e}. In a template, write {{{{ ... | tojson }}}}" if looks_structured(text) else _why_no_object(text)
        ) from None


def _from_yaml_file(text: str) -> Any:
    from airflow_provider_veza.operators.yaml_as_json import value_of_yaml

    try:
        return value_of(text)
    except ValueError:
        pass
    if max(accumulate(_NESTING.get(character, 0) for character in text), default=0) > _DEEPEST:
        raise _refused(f"it is nested deeper than {_DEEPEST} levels")
    try:
        return value_of_yaml(text)
    except Exception as e:  # PyYAML's constructors raise what Python does.
        raise _refused(f"it is neither JSON nor YAML: {' '.join(str(e).split())}") from e


def _why_no_object(text: str) -> str:
    if looks_structured(text):
        return "it is a text that holds the spec once more, as where `| tojson` stands twice; write it once"
    shown = ascii_of(shortened(text, _LONGEST_SHOWN))
    return (
        f"it is a plain text, not an object: {shown}. Was a template file meant? YAML is read from .yaml and .yml files only, "
        "so in a template write {{ ... | tojson }}"
    )


def _refused(problem: str) -> QuerySpecError:
    return QuerySpecError("(the rendered text)", problem)
