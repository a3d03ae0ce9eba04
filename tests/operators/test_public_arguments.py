"""The promise about arguments, over all public classes: spelled out, typed, documented, kept as given, checked, never lost."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

import pytest
from airflow.providers.common.compat.sdk import DAG, BaseHook, BaseOperator, BaseSensorOperator

import airflow
from airflow_provider_veza.async_query.record import OnAmbiguousSubmit, OnPreviousQuery
from airflow_provider_veza.exceptions import ArgumentError, HandleError
from airflow_provider_veza.operators import airflow_arguments, arguments
from airflow_provider_veza.operators.arguments import RULES
from airflow_provider_veza.operators.checked import defaults_of, is_literal
from airflow_provider_veza.operators.drift import VezaAccessDriftOperator
from airflow_provider_veza.operators.handle import CancelQueryOperator
from airflow_provider_veza.operators.query import VezaQueryOperator, VezaSubmitQueryOperator
from airflow_provider_veza.results.bad_text import OnBadText
from airflow_provider_veza.results.drift.counts import Change
from airflow_provider_veza.results.drift.partial import PartialCheck
from airflow_provider_veza.results.formats.known_formats import COMPRESSIONS, FORMATS
from airflow_provider_veza.results.row_count import RowCountCheck
from airflow_provider_veza.sensors.query import VezaQuerySensor
from airflow_provider_veza.services import veza_cache, veza_choices
from operators.public_classes import HANDLE, SPEC, own_parameters, public_classes, sample_arguments
from tools import airflow_arguments as generator

OURS = "airflow_provider_veza."
CLASSES = public_classes()
TASKS = [cls for cls in CLASSES if issubclass(cls, BaseOperator)]

of_every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
of_every_task = pytest.mark.parametrize("cls", TASKS, ids=lambda cls: cls.__name__)


def test_there_are_public_classes_of_every_kind() -> None:
    names = {cls.__name__ for cls in CLASSES}
    assert {"VezaQueryOperator", "EsqlDeleteQueryOperator", "VezaAccessDriftOperator", "EsqlQuerySensor"} <= names
    assert {"VezaHook", "EsqlHook", "VezaCancelOrphanedQueriesOperator"} <= names


@of_every_class
def test_all_arguments_stand_in_its_own_signature_by_keyword_and_typed(cls: Any) -> None:
    assert "__init__" in vars(cls)
    hidden = [c for c in cls.__mro__[1:] if c.__module__.startswith(OURS) and "__init__" in vars(c)]
    assert issubclass(cls, BaseHook) or not hidden
    for parameter in own_parameters(cls):
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, parameter.name
        assert parameter.annotation not in (inspect.Parameter.empty, "Any", Any), parameter.name


@of_every_task
def test_airflows_own_arguments_are_typed_too(cls: Any) -> None:
    kind = "SensorArguments" if issubclass(cls, BaseSensorOperator) else "OperatorArguments"
    assert inspect.signature(cls.__init__).parameters["kwargs"].annotation == f"Unpack[{kind}]"
    assert get_type_hints(getattr(airflow_arguments, kind), include_extras=True)


@of_every_class
def test_its_own_docstring_documents_each_argument_with_its_default(cls: Any) -> None:
    documented = _documented(cls)
    assert set(documented) == {p.name for p in own_parameters(cls)}
    for parameter in own_parameters(cls):
        if parameter.default is not inspect.Parameter.empty and parameter.default is not None:
            assert "default" in documented[parameter.name].lower(), parameter.name


@of_every_task
def test_its_own_docstring_names_each_value_of_an_argument_with_fixed_values(cls: Any) -> None:
    types = get_type_hints(cls.__init__, localns=vars(arguments))
    for parameter in own_parameters(cls):
        said = _documented(cls)[parameter.name]
        missing = [value for value in _fixed_values(types[parameter.name]) if f"``{value}``" not in said]
        assert missing == [], f"{cls.__name__}, {parameter.name}"


@of_every_class
def test_each_argument_is_an_attribute_with_the_value_that_was_given(cls: Any) -> None:
    given = sample_arguments(cls)
    if "include_execution_metadata" in given:
        given["include_execution_metadata"] = False
    made = cls(**given)
    for name, value in given.items():
        if name != "logger_name":
            assert getattr(made, name) is value, name


@of_every_task
def test_each_argument_has_a_rule_by_which_it_is_checked(cls: Any) -> None:
    assert [p.name for p in own_parameters(cls) if p.name not in RULES] == []


@of_every_task
def test_each_default_is_literal_and_right_so_that_it_needs_no_check(cls: Any) -> None:
    defaults = {p.name: p.default for p in own_parameters(cls) if p.default is not inspect.Parameter.empty}
    for name, default in defaults.items():
        RULES[name](default, name)
    assert [name for name, default in defaults.items() if not is_literal(cls, name, default)] == []
    assert defaults.items() <= defaults_of(cls).items()


@of_every_task
def test_each_attribute_is_typed_as_its_argument_is(cls: Any) -> None:
    typed = {name: said for c in reversed(cls.__mro__) for name, said in vars(c).get("__annotations__", {}).items()}
    airflows = {"timeout", "poke_interval", "max_wait"} if issubclass(cls, BaseSensorOperator) else set()
    here = {p.name: p.annotation for p in own_parameters(cls) if p.name not in airflows}
    assert {name: typed.get(name) for name in here} == here


@of_every_task
def test_a_subclass_that_makes_a_property_of_an_argument_or_sets_attributes_itself_is_asked(cls: Any) -> None:
    given = sample_arguments(cls)
    name = next(p.name for p in own_parameters(cls))

    class WithProperty(cls):  # type: ignore[misc]
        asked: ClassVar[list[Any]] = []
        locals()[name] = property(lambda self: self.asked[-1], lambda self, value: self.asked.append(value))

    class WithSetter(cls):  # type: ignore[misc]
        def __setattr__(self, key: str, value: Any) -> None:
            super().__setattr__(key, value)
            asked.append(key)

    asked: list[str] = []
    assert getattr(WithProperty(**given), name) is WithProperty.asked[-1] is given[name]
    WithSetter(**given)
    assert {p.name for p in own_parameters(cls)} <= set(asked)


@of_every_task
def test_each_template_field_is_an_argument(cls: Any) -> None:
    assert set(cls.template_fields) <= {p.name for p in own_parameters(cls)}
    assert set(cls.template_fields_renderers) <= set(cls.template_fields)


@of_every_task
def test_default_args_reach_every_argument(cls: Any) -> None:
    given = sample_arguments(cls)
    required = {p.name for p in own_parameters(cls) if p.default is inspect.Parameter.empty} | {"task_id"}
    defaults = {name: value for name, value in given.items() if name not in required}
    with DAG("defaults", schedule=None, default_args=defaults):
        made = cls(**{name: given[name] for name in required})
    assert {name: getattr(made, name) for name in defaults} == defaults


@of_every_task
def test_a_subclass_that_states_its_own_templates_and_arguments_loses_nothing(cls: Any) -> None:
    class Own(cls):  # type: ignore[misc]
        template_fields = ("team",)
        template_ext = (".team",)
        template_fields_renderers: ClassVar = {"team": "json"}

        def __init__(self, *, team: str, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.team = team

    assert {"team", *cls.template_fields} == set(Own.template_fields)
    assert {".team", *cls.template_ext} == set(Own.template_ext)
    assert {"team", *cls.template_fields_renderers} == set(Own.template_fields_renderers)
    given = sample_arguments(cls)
    made = Own(team="blue", **given)
    assert {name: getattr(made, name) for name in given} == given
    with pytest.raises(ArgumentError, match=r"\(task 'sample'\)$"):
        Own(team="blue", **given | {next(n for n in given if n.endswith(("conn_id", "_check", "cancels"))): ""})


def test_a_single_name_as_template_fields_is_one_name_as_airflow_has_it() -> None:
    class Own(VezaQueryOperator):
        template_fields = "team"  # type: ignore[assignment]

    assert Own.template_fields == ("team", *VezaQueryOperator.template_fields)


def test_a_mixin_with_templates_of_its_own_takes_none_away() -> None:
    class Mixin(BaseOperator):
        template_fields = ("team",)

    class Mixed(Mixin, VezaQueryOperator):
        """Airflow alone would know the mixin's fields only."""

    assert {"team", *VezaQueryOperator.template_fields} == set(Mixed.template_fields)


@pytest.mark.parametrize(
    ("literal", "values"),
    [
        (arguments.ResultKind, veza_choices.RESULT_KINDS),
        (arguments.CacheModeName, list(veza_cache.CACHE_MODES)),
        (arguments.OnPrevious, OnPreviousQuery),
        (arguments.OnAmbiguous, OnAmbiguousSubmit),
        (arguments.OutputFormat, list(FORMATS)),
        (arguments.CompressionName, [name for name in COMPRESSIONS if name]),
        (arguments.FailOrWarn, RowCountCheck),
        (arguments.FailOrWarn, PartialCheck),
        (arguments.FailOrReplace, OnBadText),
        (arguments.ChangeName, Change),
    ],
)
def test_the_choices_that_types_name_are_those_that_there_are(literal: Any, values: Any) -> None:
    assert set(get_args(literal)) == {str(value) for value in values}


@of_every_task
def test_no_argument_takes_just_anything_while_a_dag_file_is_parsed(cls: Any) -> None:
    given = sample_arguments(cls)
    for parameter in own_parameters(cls):
        with pytest.raises((ArgumentError, HandleError), match=r"\(task 'sample'\)$"):
            cls(**given | {parameter.name: object()})


@of_every_task
def test_an_argument_that_must_be_given_is_not_none(cls: Any) -> None:
    given = sample_arguments(cls)
    types = get_type_hints(cls.__init__, localns=vars(arguments))
    required = [p.name for p in own_parameters(cls) if p.default is inspect.Parameter.empty]
    for name in (name for name in required if type(None) not in get_args(types[name])):
        with pytest.raises(ArgumentError, match=rf"^{name} must .*\(task 'sample'\)$"):
            cls(**given | {name: None})
        with DAG("mapped", schedule=None), pytest.raises(ArgumentError, match=rf"^{name} must .*\(task 'sample'\)$"):
            cls.partial(task_id="sample", **{name: None})


NO_HANDLES = {
    "an id": "q1",
    "broken text": "{",
    "a mapping without all it needs": {"id": "q1"},
    "a number": 5,
    "a truth": True,
    "bytes": b"{}",
    "a sequence of something else": [HANDLE, "q1"],
    "text of such a sequence": json.dumps([HANDLE, 5]),
}
ON_HANDLES = [cls for cls in TASKS if "handle" in sample_arguments(cls)]


@pytest.mark.parametrize("handle", NO_HANDLES.values(), ids=NO_HANDLES)
@pytest.mark.parametrize("cls", ON_HANDLES, ids=lambda cls: cls.__name__)
def test_a_literal_that_is_no_handle_is_refused_while_a_dag_file_is_parsed(cls: Any, handle: Any) -> None:
    with pytest.raises(HandleError, match=r"^Not a query handle: .*\(task 'sample'\)$"):
        cls(**sample_arguments(cls) | {"handle": handle})


@pytest.mark.parametrize("handles", [[HANDLE], [HANDLE, None], json.dumps([HANDLE])], ids=["list", "gaps", "text"])
@pytest.mark.parametrize("cls", ON_HANDLES, ids=lambda cls: cls.__name__)
def test_only_a_cancel_takes_several_handles(cls: Any, handles: Any) -> None:
    given = sample_arguments(cls) | {"handle": handles}
    if issubclass(cls, CancelQueryOperator):
        assert cls(**given).handle is handles
        return
    with pytest.raises(
        ArgumentError, match=r"^handle is a list, and this task takes one handle\. .*\(task 'sample'\)$"
    ):
        cls(**given)


@pytest.mark.parametrize("nothing", [None, "", "None", {}], ids=repr)
@pytest.mark.parametrize("cls", ON_HANDLES, ids=lambda cls: cls.__name__)
def test_whether_there_is_a_handle_only_the_task_can_tell(cls: Any, nothing: Any) -> None:
    assert cls(**sample_arguments(cls) | {"handle": nothing}).handle is nothing


NO_LANDINGS = {
    "nothing": "",
    "a mapping without a path": {"count": 3},
    "a list": ["a"],
    "a number": 5,
    "broken text": "{",
}


@pytest.mark.parametrize("reference", NO_LANDINGS.values(), ids=NO_LANDINGS)
@pytest.mark.parametrize("name", ["current", "baseline"])
def test_a_literal_that_names_no_landed_result_is_refused_while_a_dag_file_is_parsed(name: str, reference: Any) -> None:
    given = sample_arguments(VezaAccessDriftOperator) | {name: reference}
    with pytest.raises(ArgumentError, match=rf"^{name} must be .*\(task 'sample'\)$"):
        VezaAccessDriftOperator(**given)


def test_what_partial_is_given_is_checked_one_by_one() -> None:
    with (
        DAG("mapped", schedule=None),
        pytest.raises(ArgumentError, match=r"^result_kind must be one of .*\(task 'ask'\)$"),
    ):
        VezaQueryOperator.partial(task_id="ask", result_kind="nodez")
    with DAG("mapped", schedule=None), pytest.raises(ArgumentError, match=r"^poke_interval must .*\(task 'wait'\)$"):
        VezaQuerySensor.partial(task_id="wait", poke_interval="soon")
    with DAG("mapped", schedule=None), pytest.raises(TypeError, match="unexpected keyword argument"):
        VezaQueryOperator.partial(task_id="ask", result_kynd="nodes")


def test_what_only_the_run_knows_passes_while_a_dag_file_is_parsed() -> None:
    with DAG("later", schedule=None):
        made = VezaSubmitQueryOperator(task_id="one", query_spec=SPEC)
        VezaQueryOperator(
            task_id="two", saved_query_id=made.output, cache_mode="{{ params.mode }}", output_path="{{ ds }}"
        )
        VezaQueryOperator(task_id="three", query_spec="queries/users.yaml", columns="{{ params.columns }}")
        mapped = VezaQueryOperator.partial(task_id="four", cache_mode="{{ params.mode }}").expand(
            query_spec=made.output
        )
    assert mapped.task_id == "four"


def test_partial_of_a_task_is_refused_as_airflow_does() -> None:
    with pytest.raises(TypeError, match="partial can only be called on Operator classes"):
        VezaQueryOperator(task_id="ask", query_spec=SPEC).partial(task_id="other")


@pytest.mark.parametrize("name", ["OperatorArguments", "SensorArguments"])
def test_the_typed_arguments_of_airflow_are_those_of_this_airflow(name: str) -> None:
    version = ".".join(airflow.__version__.split(".")[:2])
    typed: Mapping[str, Any] = getattr(airflow_arguments, name).__annotations__
    inherited = airflow_arguments.OperatorArguments.__annotations__ if name == "SensorArguments" else {}
    here = {n for n in typed if n not in inherited and version in airflow_arguments.ONLY_IN.get(n, (version,))}
    assert here == set(generator.installed()[name])


def _documented(cls: Any) -> dict[str, str]:
    return dict(re.findall(r":param (\w+): (.*?)(?=\n\s*:param|\n\n|\Z)", inspect.cleandoc(cls.__doc__), re.DOTALL))


def _fixed_values(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [value for inner in get_args(annotation) for value in _fixed_values(inner)]
