"""When arguments are checked: literal values while a DAG file is parsed, all when the task starts.

What each may be is in :mod:`.arguments`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from inspect import Parameter, signature
from pathlib import PurePath
from typing import Any

from airflow.providers.common.compat.sdk import SET_DURING_EXECUTION, BaseOperator, XComArg

from airflow_provider_veza.exceptions import ConfigurationError
from airflow_provider_veza.operators.arguments import RULES, RULES_OF_REQUIRED, Read, is_output_of_task
from airflow_provider_veza.operators.extras import require_extra
from airflow_provider_veza.operators.rendering import given_files, is_template, rendered

Together = tuple[tuple[str, ...], Callable[[Any], object]]
"""Names of arguments, and what raises an :class:`~.exceptions.ArgumentError` for a task in which they do not go together."""
_PACKAGE = __name__.partition(".")[0]
_REFER_TO_NO_TASK = frozenset({str, int, float, bool, type(None), timedelta})
"""The exact types of values in which no task's output can be."""


@cache
def defaults_of(task_class: Any) -> Mapping[str, Any]:
    """Return all arguments that our classes among the bases of a class spell out, with their defaults."""
    ours = [c for c in task_class.__mro__ if c.__module__.partition(".")[0] == _PACKAGE and "__init__" in vars(c)]
    parameters = [p for c in ours for p in signature(vars(c)["__init__"]).parameters.values()]
    found: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is Parameter.KEYWORD_ONLY:
            found.setdefault(parameter.name, parameter.default)
    return found


@cache
def spelled_out(task_class: Any) -> tuple[str, ...]:
    """Return the names of all arguments that our classes among the bases of a class spell out."""
    return tuple(defaults_of(task_class))


@cache
def rules_of(task_class: Any) -> Mapping[str, Read]:
    """Return how each argument is read; what has no default must be given."""
    defaults = defaults_of(task_class).items()
    return {name: (RULES_OF_REQUIRED if default is Parameter.empty else RULES)[name] for name, default in defaults}


def given_to(task: Any) -> dict[str, Any]:
    """Return the arguments of a task that are not at their defaults."""
    defaults = defaults_of(task.__class__)
    return {name: value for name in defaults if (value := getattr(task, name)) is not defaults[name]}


def keep(task: Any, arguments: Mapping[str, Any]) -> None:
    """Make each argument an attribute with the given value, while a task is made.

    Airflow's own ``__setattr__`` would first look for a converter of each and for tasks that it refers to. None has the one, and
    Airflow asks for the other once all are there; it takes a third of what the constructor costs.
    """
    at_once, one_by_one = _ways_to_set(task.__class__)
    vars(task).update({name: arguments[name] for name in at_once})
    for name in one_by_one:
        setattr(task, name, arguments[name])


@cache
def _ways_to_set(task_class: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the arguments that are attributes and no more, and those of which a subclass made a property of its own."""
    names = spelled_out(task_class)
    if task_class.__setattr__.__module__.partition(".")[0] != "airflow":
        return (), names
    at_once = tuple(name for name in names if not hasattr(getattr(task_class, name, None), "__set__"))
    return at_once, tuple(name for name in names if name not in at_once)


def follow_outputs(task: Any) -> None:
    """Put a task behind those whose outputs are among the values of its template fields.

    Airflow's own way does the same, but looks into every value, of which most are defaults: a tenth of what making a task costs.
    """
    for name in task.template_fields:
        value = getattr(task, name, None)
        if type(value) not in _REFER_TO_NO_TASK:
            XComArg.apply_upstream_relationship(task, value)


def check_given(task: Any, given: Mapping[str, Any]) -> None:
    """Check each argument whose value is literal; a mapped task has values only when it starts.

    What was left at its default is right (a test holds all of them to the rules), and most arguments are.

    :param given: what :func:`given_to` says.
    :raises ArgumentError: naming the task; a HandleError where that is no handle, a QuerySpecError where that is no spec.
    """
    if is_of_mapped(task):
        return
    literal = [name for name, value in given.items() if is_literal(task, name, value)]
    _check(task, literal, unknown=given.keys() - literal)


def is_of_mapped(task: Any) -> bool:
    """Whether a task is one instance of a mapped one, so that it is made while that runs."""
    return bool(getattr(task, "_BaseOperator__from_mapped", False))


def check_when_started(task: Any) -> None:
    """Check every argument; by now all are rendered.

    :raises ArgumentError: naming the task; a HandleError where that is no handle, a QuerySpecError where that is no spec.
    """
    _check(task, spelled_out(task.__class__), unknown=frozenset())


def _check(task: Any, names: Sequence[str], *, unknown: Set[str]) -> None:
    with naming(task.task_id):
        if extra := getattr(task, "needs_extra", ""):
            require_extra(extra)
        rules = rules_of(task.__class__)
        for name in names:
            rules[name](getattr(task, name), name)
        for names_together, check in task.together:
            if unknown.isdisjoint(names_together):
                check(task)


@contextmanager
def naming(task_id: str) -> Iterator[None]:
    """Let what is wrong with an argument name the task."""
    try:
        yield
    except ConfigurationError as e:
        if (named := f"task {task_id!r}") not in e.about:
            e.also_about(named)
        raise


def is_literal(task: Any, name: str, value: Any) -> bool:
    """Whether the value is what the task will see: no template, no file of one, nothing that another task returns."""
    if value is SET_DURING_EXECUTION:
        return False
    if name in task.template_fields:
        return not _is_rendered_later(value) and not (
            isinstance(value, str) and value.endswith(tuple(task.template_ext))
        )
    return True


def _is_rendered_later(value: Any) -> bool:
    if isinstance(value, (str, PurePath)):
        return is_template(str(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_is_rendered_later, value))
    if isinstance(value, (dict, Mapping)):
        return any(map(_is_rendered_later, (*value.keys(), *value.values())))
    return callable(value) or is_output_of_task(value)


def check_one_by_one(task_class: Any, given: Mapping[str, Any]) -> None:
    """Check each literal value of an argument of ours, before there is a task, so that nothing is known of the others.

    :param given: also Airflow's own arguments, which are not looked at.
    :raises ArgumentError: when it cannot be one; a HandleError where that is no handle.
    """
    for name, read in rules_of(task_class).items():
        if name in given and is_literal(task_class, name, given[name]):
            read(given[name], name)
    task_class.refuse_for_all(given)


class CheckedPartial:
    """``partial`` of a class, behind a check of what it is given."""

    def __get__(self, task: Any, task_class: Any = None) -> Callable[..., Any]:
        """Return Airflow's own ``partial`` behind a check; of a task it refuses, as Airflow does."""
        plain = vars(BaseOperator)["partial"].__get__(task, task_class)

        def partial(**kwargs: Any) -> Any:
            with naming(str(kwargs.get("task_id"))):
                check_one_by_one(task_class, kwargs)
            return plain(**kwargs)

        return partial


def keep_inherited(task_class: Any) -> None:
    """Add to what a class says of its templates what its bases say: a subclass that states its own loses nothing."""
    for name in ("template_fields", "template_ext"):
        own = getattr(task_class, name)
        own = (own,) if isinstance(own, str) else tuple(own)
        inherited = (one for base in task_class.__bases__ for one in getattr(base, name, ()))
        setattr(task_class, name, tuple(dict.fromkeys((*own, *inherited))))
    renderers = [getattr(base, "template_fields_renderers", {}) for base in reversed(task_class.__bases__)]
    task_class.template_fields_renderers = {
        field: renderer
        for fields in (*renderers, task_class.template_fields_renderers)
        for field, renderer in fields.items()
    }


class CheckedOperator(BaseOperator):
    """An operator whose arguments are attributes with the given values, checked where they can be, and read when used."""

    partial = CheckedPartial()
    together: Sequence[Together] = ()
    template_files: Mapping[str, str] = {}
    """The names of the files that arguments were given as."""
    needs_extra = ""
    """The extra of this package without which no task of this class can run."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        keep_inherited(cls)

    def when_parsed(self) -> None:
        """Do what is to be done once all arguments are attributes."""
        given = given_to(self)
        if files := given_files(self, given):
            self.template_files = files
        check_given(self, given)

    def _set_xcomargs_dependencies(self) -> None:
        follow_outputs(self)

    set_xcomargs_dependencies = _set_xcomargs_dependencies
    """What Airflow 2.11 calls it."""

    def render_template(self, content: Any, context: Any, jinja_env: Any = None, seen_oids: Any = None) -> Any:
        """Render as Airflow does, but for what :mod:`.rendering` says."""
        env = jinja_env or self.get_template_env()
        airflows = super().render_template
        return rendered(
            content, context, env, tuple(self.template_ext), lambda value: airflows(value, context, env, seen_oids)
        )

    @classmethod
    def refuse_for_all(cls, given: Mapping[str, Any]) -> None:
        """Refuse what mapped tasks cannot be given all alike.

        :raises ArgumentError: which the caller lets name the task.
        """
