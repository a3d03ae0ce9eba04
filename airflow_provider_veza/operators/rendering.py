"""What this provider adds to Airflow's rendering of templates: text stays text, and paths of Python's own are rendered too."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import PurePath
from typing import Any, cast

from airflow_provider_veza.exceptions import ArgumentError

TEMPLATE_MARKS = ("{{", "{%", "{#")


def is_template(text: str) -> bool:
    """Whether Jinja would change a text."""
    return "{" in text and any(mark in text for mark in TEMPLATE_MARKS)


def given_files(task: Any, given: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the names of the template files among a task's arguments, whose content Airflow puts in their place.

    >>> from types import SimpleNamespace
    >>> task = SimpleNamespace(template_fields=("spec",), template_ext=(".yaml",))
    >>> given_files(task, {"spec": "specs/users.yaml", "doc": "specs/users.yaml"})
    {'spec': 'specs/users.yaml'}
    """
    extensions = tuple(task.template_ext)
    return {
        name: value
        for name, value in given.items()
        if isinstance(value, str) and value.endswith(extensions) and name in task.template_fields
    }


def rendered(
    content: Any, context: Mapping[str, Any], jinja_env: Any, extensions: tuple[str, ...], render: Callable[[Any], Any]
) -> Any:
    """Render one text or path; a collection is rendered by Airflow, which calls again for each text in it.

    Where a DAG asks for native objects, an expression's value is given as it is: an object stays one, and text stays text.
    Airflow alone would make a number of the account id ``"123456789012"``, and read JSON as if it were Python.

    :param extensions: of template files.
    :param render: Airflow's own rendering.
    :raises ArgumentError: when there is no file of the name that was given. A retry renders anew: the file may come with the next
        version of the DAGs.
    """
    from jinja2.exceptions import TemplateNotFound
    from jinja2.nativetypes import NativeEnvironment

    try:
        if isinstance(content, PurePath):
            return type(content)(render(str(content)))
        if isinstance(content, str) and isinstance(jinja_env, NativeEnvironment):
            return _natively(content, context, jinja_env, extensions)
        return render(content)
    except TemplateNotFound as e:
        raise ArgumentError(
            f"There is no template file {e.name!a} in the DAG's folder or its template_searchpath. Nothing was submitted. "
            f"A text that ends with {', '.join(extensions)} is taken for a file: wrap one that is none in `literal`.",
            about=e.message or "",
        ) from e


def _natively(content: str, context: Mapping[str, Any], jinja_env: Any, extensions: tuple[str, ...]) -> Any:
    from jinja2 import Undefined

    is_file = content.endswith(extensions)
    template = jinja_env.get_template(content) if is_file else jinja_env.from_string(content)
    names = ChainMap(cast("MutableMapping[str, Any]", context), template.globals)
    scope = jinja_env.context_class(jinja_env, names, template.name, template.blocks)
    parts = [str(part) if isinstance(part, Undefined) else part for part in template.root_render_func(scope)]
    return parts[0] if len(parts) == 1 else "".join(map(str, parts))
