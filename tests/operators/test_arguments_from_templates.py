"""What templates give: every argument of every public class takes each form of its type, literal, rendered and native."""

from __future__ import annotations

import inspect
import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator, ObjectStoragePath, literal

from airflow_provider_veza.exceptions import ArgumentError, HandleError
from airflow_provider_veza.operators.arguments import RULES
from airflow_provider_veza.operators.checked import check_when_started
from airflow_provider_veza.operators.esql import EsqlQueryOperator
from airflow_provider_veza.operators.query import VezaQueryOperator
from operators.public_classes import SAMPLES, SPEC, own_parameters, public_classes, sample_arguments

ID = "123456789012"
PEOPLE = {"country": "NO", "n": None, "most": 1e3, "deep": [{"it": "it's \U0001f600", "yes": True}]}

HOUR = timedelta(hours=1)
FORMS: dict[str, list[Any]] = {
    "Duration": [HOUR, pendulum.duration(hours=1), 3600, 3600.0, "3600", "3600s", "PT1H", "PT60M", str(HOUR), "1 hour"],
    "Names": [["id", "name"], ("id", "name"), "['id', 'name']", '["id", "name"]', "('id', 'name')"],
    "StoragePath": ["/lake/a", "/lake/a/", Path("/lake/a"), ObjectStoragePath("/lake/a")],
    "QueryParameters": [PEOPLE, str(PEOPLE), json.dumps(PEOPLE), json.dumps(PEOPLE, indent=4)],
    "QueryFilter": [PEOPLE, str(PEOPLE), json.dumps(PEOPLE), "\ufeff" + json.dumps(PEOPLE, indent="\t")],
}
OTHERS = {"id": ["id", "['id']", '["id"]', ["id"]]}
"""Forms of another value: of a single name."""
CALENDAR = pendulum.duration(months=1), pendulum.duration(years=1, days=2)
REFUSED: dict[str, list[Any]] = {
    "Duration": [
        "soon",
        "",
        "None",
        "P1M",
        "P1Y",
        pendulum.duration(months=1),
        pendulum.duration(years=1, days=2),
        "-5",
        -5,
        True,
        math.nan,
        1e300,
        [],
        b"5",
    ],
    "Names": ["id,name", "", "None", "{'a': 1}", "['id", {"id": 1}, [1], 7],
    "StoragePath": ["", "None", "relative", 7, ["/lake"], "/lake/../b"],
    "QueryParameters": ["amara", "{'a': b'x'}", "None", 7],
    "QueryFilter": ["term", "[1]", "{'a': {1}}", 7],
    "QuerySpec": [7, True, b"{}", ["OktaUser"]],
    "GivenHandle": [7, True, b"{}", ["q1"], [{"id": "q1"}]],
    "GivenHandles": [7, True, b"{}", {1}],
    "LandedReference": [7, True, b"/lake", ["/lake"]],
    "bool": ["false", "true", "no", 0, 1],
    "int": ["100", 0, -1, True, 1.5, "None"],
    "float": ["0.5", 2, True],
}
READ_ELSEWHERE = {"GivenText", "ColumnNames", "str"}
"""Types whose values are read where they are used, as other tests show."""
LITERALS = {
    *("CacheModeName", "ChangeName", "CompressionName", "FailOrReplace", "FailOrWarn", "OnAmbiguous", "OnPrevious"),
    *("OutputFormat", "ResultKind"),
}

TASKS = [cls for cls in public_classes() if issubclass(cls, BaseOperator)]


def kind_of(parameter: inspect.Parameter) -> str:
    """Return the name of a parameter's type; a collection of names is one of names."""
    kind = str(parameter.annotation).split(" | ")[0]
    return "Names" if kind.startswith("Collection[str]") else kind.removeprefix("Collection[").removesuffix("]")


ARGUMENTS = [(cls, p.name, kind_of(p)) for cls in TASKS for p in own_parameters(cls)]
IN_FORMS = [a for a in ARGUMENTS if a[2] in FORMS]
of_each_argument = pytest.mark.parametrize(
    ("cls", "name", "kind"), IN_FORMS, ids=[f"{cls.__name__}-{name}" for cls, name, _ in IN_FORMS]
)
in_both_renderings = pytest.mark.parametrize("native", [False, True], ids=["text", "native"])


def arguments(cls: Any, name: str, value: Any) -> dict[str, Any]:
    """Return as few arguments as the one with this value needs."""
    given = {p.name: SAMPLES[p.name] for p in own_parameters(cls) if p.default is inspect.Parameter.empty}
    if "query_spec" in inspect.signature(cls.__init__).parameters and name != "saved_query_id":
        given["query_spec"] = SPEC
    longer = {"max_poll_interval": timedelta(hours=2)} if name == "min_poll_interval" else {}
    return {"task_id": "one", **given, **longer, name: value}


def rendered(cls: Any, name: str, template: Any, value: Any, *, native: bool) -> Any:
    """Return what a template leaves of a value in an argument."""
    with DAG("templates", schedule=None, render_template_as_native_obj=native):
        task = cls(**arguments(cls, name, template))
    task.render_template_fields({"params": {"value": value}})
    check_when_started(task)
    return getattr(task, name)


def test_the_page_of_arguments_names_each_that_takes_more_than_one_form() -> None:
    forms = {*FORMS, "QuerySpec", "GivenHandle", "GivenHandles", "LandedReference", "ColumnNames", "ChangeName"}
    page = (Path(__file__).parents[2] / "docs" / "arguments.md").read_text("utf-8")
    assert sorted({name for _, name, kind in ARGUMENTS if kind in forms and f"`{name}`" not in page}) == []


def test_each_type_of_an_argument_has_its_forms_or_its_fixed_values() -> None:
    assert {kind for *_, kind in ARGUMENTS} - {*FORMS, *REFUSED, *READ_ELSEWHERE, *LITERALS} == set()


@of_each_argument
def test_it_takes_each_form_of_its_type_keeps_it_as_given_and_reads_all_alike(cls: Any, name: str, kind: str) -> None:
    made = [cls(**arguments(cls, name, form)) for form in FORMS[kind]]
    for task, form in zip(made, FORMS[kind], strict=True):
        check_when_started(task)
        assert getattr(task, name) is form
    read = [RULES[name](form, name) for form in FORMS[kind]]
    assert read == [read[0]] * len(read)


@in_both_renderings
@of_each_argument
def test_it_takes_each_form_from_a_template(cls: Any, name: str, kind: str, native: bool) -> None:
    if name not in cls.template_fields:
        pytest.skip("It is no template.")
    right = RULES[name](FORMS[kind][0], name)
    for form in FORMS[kind]:
        left = rendered(cls, name, "{{ params.value }}", form, native=native)
        assert RULES[name](left, name) == right, form


@pytest.mark.parametrize("name", ["columns", "key"])
@pytest.mark.parametrize("given", [{"id", "name"}, frozenset({"id"}), {"id": 1}.keys()], ids=["set", "frozen", "keys"])
def test_names_whose_order_means_something_are_no_set(name: str, given: Any) -> None:
    with pytest.raises(ArgumentError, match=f"^{name} must be a list of names, in their order, and not a set"):
        RULES[name](given, name)


def test_a_part_of_a_second_is_read_as_pendulum_shows_it() -> None:
    assert RULES["poll_interval"](str(pendulum.duration(milliseconds=500)), "poll_interval") == 0.5


def test_whatever_means_time_may_be_a_template() -> None:
    assert [
        (cls, name) for cls, name, kind in ARGUMENTS if kind == "Duration" and name not in cls.template_fields
    ] == []


@pytest.mark.parametrize(
    ("cls", "name", "kind"),
    [a for a in ARGUMENTS if a[2] in REFUSED],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_none_of_its_type_is_refused_while_the_dag_file_is_parsed(cls: Any, name: str, kind: str) -> None:
    for wrong in REFUSED[kind]:
        with pytest.raises((ArgumentError, HandleError), match=rf"^(Not a query )?{name}\b.*\(task 'one'\)$"):
            cls(**arguments(cls, name, wrong))


@pytest.mark.parametrize("name", ["xcom_max_rows", "xcom_max_bytes", "part_bytes", "timeout", "fail_on_empty"])
def test_none_is_refused_where_it_means_nothing(name: str) -> None:
    with pytest.raises(ArgumentError, match=rf"^{name} must "):
        VezaQueryOperator(**arguments(VezaQueryOperator, name, None))


def test_a_single_name_is_one_name_and_not_its_letters() -> None:
    for name in ("columns", "key", "ignore_properties", "also_compare"):
        assert {RULES[name](form, name) for form in map(_hashable, OTHERS["id"])} == {("id",)}
    assert RULES["fail_on"]("added", "fail_on") == RULES["fail_on"]("['added']", "fail_on") == {"added"}


@in_both_renderings
@pytest.mark.parametrize("template", ["{{ params.value }}", ID])
@pytest.mark.parametrize("given", [ID, int(ID)])
def test_an_id_stays_text(template: str, given: Any, native: bool) -> None:
    left = rendered(VezaQueryOperator, "saved_query_id", template, given, native=native)
    assert RULES["saved_query_id"](left, "saved_query_id") == ID


@in_both_renderings
def test_an_account_id_inside_a_spec_or_among_parameters_stays_text(native: bool) -> None:
    spec = {**SPEC, "limit": "{{ params.value }}"}
    assert rendered(VezaQueryOperator, "query_spec", spec, ID, native=native)["limit"] == ID
    parameters = {"account": "{{ params.value }}", "fixed": ID}
    assert rendered(EsqlQueryOperator, "parameters", parameters, ID, native=native) == {"account": ID, "fixed": ID}


def test_a_number_stays_a_number_where_a_dag_asks_for_native_objects() -> None:
    parameters = {"days": "{{ params.value }}", "text": "{{ params.value }} days"}
    left = rendered(EsqlQueryOperator, "parameters", parameters, 7, native=True)
    assert left == {"days": 7, "text": "7 days"}


@in_both_renderings
@pytest.mark.parametrize(
    "template", ["{{ params.value }}", "{{ params.value | tojson }}", "{{ params.value | string }}"]
)
def test_a_spec_from_a_template_is_sent_as_it_was_meant(template: str, native: bool) -> None:
    spec = {**SPEC, "query_type": None, "source_tags": [{"key": "it's", "value": 'a\\/"\U0001f600'}]}
    with DAG("templates", schedule=None, render_template_as_native_obj=native):
        task = VezaQueryOperator(task_id="one", query_spec=template)
    task.render_template_fields({"params": {"value": spec}})
    assert task.checked_query().spec == spec


def test_times_in_a_spec_are_sent_as_rfc_3339_writes_them() -> None:
    moments = {
        "a": datetime(2026, 1, 1, tzinfo=UTC),
        "b": pendulum.datetime(2026, 1, 1, 1, tz="Europe/Berlin"),
        "c": [date(2026, 1, 1)],
    }
    spec = {**SPEC, "new_field": moments}
    sent = VezaQueryOperator(task_id="one", query_spec=spec).checked_query().spec["new_field"]
    assert sent == {"a": "2026-01-01T00:00:00Z", "b": "2026-01-01T00:00:00Z", "c": ["2026-01-01"]}
    asked = EsqlQueryOperator(task_id="two", query="FROM a", parameters=[moments["b"]], filter={"gte": moments["a"]})
    body = asked.checked_query().body(keep_alive=HOUR)
    assert (body["params"], body["filter"]) == (["2026-01-01T00:00:00Z"], {"gte": "2026-01-01T00:00:00Z"})


@in_both_renderings
@pytest.mark.parametrize("path", ["/lake/{{ params.value }}", Path("/lake/{{ params.value }}")])
def test_a_path_is_a_template_of_whatever_type_it_is(path: Any, native: bool) -> None:
    left = rendered(VezaQueryOperator, "output_path", path, "run 1", native=native)
    assert left == type(path)("/lake/run 1")


@in_both_renderings
def test_an_object_storage_path_is_a_template_that_keeps_its_connection(native: bool) -> None:
    path = ObjectStoragePath("file:///lake/{{ params.value }}", conn_id="disk")
    left = rendered(VezaQueryOperator, "output_path", path, "run 1", native=native)
    assert RULES["output_path"](left, "output_path") == str(left)
    assert str(left).endswith("/lake/run 1")


@in_both_renderings
def test_text_that_looks_like_a_file_is_none_inside_literal(native: bool) -> None:
    spec = {**SPEC, "node_id": literal("report.json")}
    assert rendered(VezaQueryOperator, "query_spec", spec, "", native=native)["node_id"] == "report.json"
    assert rendered(VezaQueryOperator, "saved_query_id", literal("7.yaml"), "", native=native) == "7.yaml"


@pytest.mark.parametrize("name", ["saved_query_id", "cache_id", "created_by", "name_pattern"])
@pytest.mark.parametrize("nothing", ["", "None", " ", 1.5, True])
def test_an_id_that_a_template_left_empty_is_refused(name: str, nothing: Any) -> None:
    with pytest.raises(ArgumentError, match=f"^{name} "):
        RULES[name](nothing, name)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


READERS_OF_FILES = [c for c in public_classes() if issubclass(c, BaseOperator) and c.template_ext]


@in_both_renderings
@pytest.mark.parametrize("operator", READERS_OF_FILES, ids=lambda c: c.__name__)
def test_a_template_file_that_is_not_there_is_named(tmp_path: Path, operator: Any, native: bool) -> None:
    with DAG("files", schedule=None, template_searchpath=[str(tmp_path)], render_template_as_native_obj=native):
        task = operator(**sample_arguments(operator))
    missing = f"specs/acess{task.template_ext[0]}"

    with pytest.raises(
        ArgumentError, match=rf"There is no template file '{missing}'.*Nothing was submitted\..*`literal`"
    ):
        task.render_template(missing, {})
