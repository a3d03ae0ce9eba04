"""`python -m airflow_provider_veza`: what each command prints, and which exit status it leaves.

A process of its own is started only where that is what is shown: that there is such a command, and what signals do to it.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_veza import __version__
from airflow_provider_veza.__main__ import main
from airflow_provider_veza.async_query.deadline import Deadline
from airflow_provider_veza.async_query.handle import QueryHandle
from airflow_provider_veza.hooks.veza import VezaHook
from airflow_provider_veza.services.veza_query import check_query
from tools.real_airflow.waiting import wait_until
from veza_emulator.http.server import RunningTenant, running_tenant
from veza_emulator.tenant.behaviours import Behaviour
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.variants import LookMethods, Variants

COMMAND = [sys.executable, "-m", "airflow_provider_veza"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    errors: str


Run = Callable[..., Ended]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process."""

    def run_here(*arguments: str, **environment: str) -> Ended:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO())
            capfd.readouterr()
            try:
                status = main([*arguments])
            except SystemExit as left:
                status = left.code if isinstance(left.code, int) else 0
        return Ended(status, *capfd.readouterr())

    return run_here


def run_process(*arguments: str) -> Ended:
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=600, check=False, stdin=subprocess.DEVNULL
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def handle(demo: RunningTenant, define_connection: Callable[..., None]) -> QueryHandle:
    """Submit a query that runs on connection ``veza_acme``."""
    define_connection("veza_acme", host=demo.url, password=demo.api_key)
    spec = {"source_node_types": {"nodes": [{"node_type": "OktaUser"}]}}
    deadline = Deadline.after(datetime.now(UTC), timedelta(hours=1))
    return VezaHook(veza_conn_id="veza_acme").submit(check_query(spec).query, deadline=deadline)


def states(demo: RunningTenant) -> list[str]:
    return [str(execution.state(demo.tenant.clock.now())) for execution in demo.tenant.executions()]


def test_a_running_query_is_cancelled_by_its_handle(demo: RunningTenant, handle: QueryHandle) -> None:
    ended = run_process("cancel", json.dumps(handle.to_json()))

    assert ended.status == 0, ended.errors
    assert f"Query {handle.id} was cancelled." in ended.output
    assert states(demo) == ["CANCELED"]


def test_a_query_that_has_ended_is_left_alone_and_that_is_no_failure(
    run: Run, demo: RunningTenant, handle: QueryHandle
) -> None:
    demo.tenant.clock.advance(timedelta(seconds=3))

    ended = run("cancel", json.dumps(handle.to_json()))

    assert ended.status == 0, ended.errors
    assert f"Nothing was cancelled of query {handle.id}: the query had already ended (state DONE)." in ended.output
    assert states(demo) == ["SUCCEEDED"]


def test_another_connection_to_the_same_tenant_will_do(
    run: Run, demo: RunningTenant, handle: QueryHandle, define_connection: Callable[..., None]
) -> None:
    define_connection("veza_admin", host=demo.url, password=demo.api_key)

    assert run("cancel", "--conn-id", "veza_admin", json.dumps(handle.to_json())).status == 0
    assert states(demo) == ["CANCELED"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("q1", "HandleError: Not a query handle: the text is not JSON (Expecting value"),
        ("{not json", "HandleError: Not a query handle: it is no JSON (Expecting property name"),
        ("{}", "HandleError: Not a query handle: it lacks service, id, tenant"),
        ("None", "MissingHandleError"),
        ('{"v": 1}', "HandleError: Not a query handle: it lacks service, id, tenant"),
        ('[{"v": 1}]', "HandleError: Not a query handle: it lacks service, id, tenant"),
    ],
)
def test_what_is_no_handle_is_said_so_with_status_one(run: Run, text: str, error: str) -> None:
    ended = run("cancel", text)

    assert ended.status == 1
    assert error in ended.errors
    assert "Traceback" not in ended.errors


def test_the_handles_of_a_mapped_task_are_cancelled_each_whatever_becomes_of_the_others(
    run: Run, demo: RunningTenant, handle: QueryHandle
) -> None:
    lost = replace(handle, id="11111111-2222-4333-8444-555555555555", conn_id="nowhere")

    ended = run("cancel", json.dumps([lost.to_json(), None, handle.to_json()]))

    assert ended.status == 1
    assert "Airflow connection 'nowhere' is not defined" in ended.errors
    assert f"Query {handle.id} was cancelled." in ended.output
    assert states(demo) == ["CANCELED"]


def test_a_mapped_task_without_instances_has_nothing_to_cancel(run: Run) -> None:
    ended = run("cancel", "[]")

    assert (ended.status, ended.output) == (0, "Nothing was cancelled: the list has no handle.\n")


def test_the_command_line_says_which_version_it_is(run: Run) -> None:
    assert run("--version").output == f"airflow-provider-veza {__version__}\n"


def test_a_connection_to_another_tenant_is_refused_with_status_one(
    run: Run, demo: RunningTenant, handle: QueryHandle, define_connection: Callable[..., None]
) -> None:
    define_connection("other", host="https://other.vezacloud.com", password=demo.api_key)

    ended = run("cancel", "--conn-id", "other", json.dumps(handle.to_json()))

    assert ended.status == 1
    assert "ForeignTenantError" in ended.errors
    assert len(demo.tenant.journal.entries()) == 1


def test_a_connection_that_is_not_defined_is_named_with_status_one(run: Run, handle: QueryHandle) -> None:
    ended = run("cancel", "--conn-id", "nowhere", json.dumps(handle.to_json()))

    assert ended.status == 1
    assert "ConnectionSettingsError: Airflow connection 'nowhere' is not defined" in ended.errors


@pytest.mark.parametrize("arguments", [(), ("explode",), ("cancel",)], ids=["none", "unknown", "no handle"])
def test_a_wrong_command_is_answered_with_the_usage_and_status_two(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)

    assert ended.status == 2
    assert "usage: python -m airflow_provider_veza" in ended.errors


def test_the_emulator_listens_until_it_is_told_to_stop_and_leaves_with_status_zero() -> None:
    with subprocess.Popen([*COMMAND, "emulator", "--size", "100"], stdout=subprocess.PIPE, text=True) as emulator:
        assert emulator.stdout is not None
        assert emulator.stdout.readline().startswith("listening on http://127.0.0.1:")
        emulator.send_signal(signal.SIGTERM)
        assert emulator.wait(timeout=300) == 0


def test_the_emulators_own_flags_are_its_own(run: Run) -> None:
    ended = run("emulator", "--help")

    assert ended.status == 0
    assert "usage: python -m veza_emulator" in ended.output


# doctor


UNPACED = {"rate_limit": 100_000, "stale_grace": 0}
"""So that the doctor neither paces its requests nor waits for what may be stale."""


@pytest.fixture
def quick() -> Iterator[RunningTenant]:
    """Serve a tenant whose queries take a moment of real time."""
    settings = TenantSettings(size=400, query_duration=timedelta(seconds=0.3))
    with running_tenant(Tenant(settings)) as running:
        yield running


def test_the_doctor_examines_the_tenant_of_a_connection_and_says_first_that_it_is_an_emulator(
    run: Run, quick: RunningTenant, define_connection: Callable[..., None]
) -> None:
    define_connection("veza_acme", host=quick.url, password=quick.api_key, extra=UNPACED)

    ended = run("doctor", "--conn-id", "veza_acme")

    assert ended.status == 0, ended.errors
    assert ended.output.startswith("THIS IS AN EMULATOR")
    assert "0 confirmed, 0 contradicted" in ended.output
    assert quick.tenant.running() == []


def test_the_doctor_examines_the_default_connection_where_none_is_named(
    run: Run, quick: RunningTenant, define_connection: Callable[..., None]
) -> None:
    define_connection("veza_default", host=quick.url, password="wrong-key")

    ended = run("doctor")

    assert ended.status == 2
    assert f"doctor, {quick.url}" in ended.output


def test_the_doctor_leaves_status_one_where_an_assumption_is_contradicted_and_json_where_asked(
    define_connection: Callable[..., None],
) -> None:
    variants = Variants(nodes_get_methods=LookMethods.GET)
    tenant = Tenant(TenantSettings(size=400, query_duration=timedelta(seconds=0.1), variants=variants))
    with running_tenant(tenant) as running:
        define_connection("veza_acme", host=running.url, password=running.api_key, extra=UNPACED)
        ended = run_process("doctor", "--conn-id", "veza_acme", "--json", "--node-type", "S3Bucket")

    assert ended.status == 1, ended.errors
    assert json.loads(ended.output)["counts"]["contradicted"] == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [("wrong-key", "does not accept the credentials"), ("two words", "ConnectionSettingsError"), ("", "No API key")],
)
def test_the_doctor_takes_the_key_of_a_url_from_the_environment_and_says_plainly_what_is_wrong_with_it(
    run: Run, quick: RunningTenant, key: str, said: str
) -> None:
    ended = run("doctor", "--url", quick.url, VEZA_API_KEY=key)

    assert ended.status == 2
    assert said in ended.output + ended.errors
    assert "Traceback" not in ended.errors
    assert not key or key not in ended.output + ended.errors


def test_the_doctor_asks_a_url_by_oauth2_and_with_the_extras_that_are_given(run: Run, quick: RunningTenant) -> None:
    of_tenant = quick.tenant.settings
    oauth = ("--client-id", of_tenant.oauth_client_id, "--token-url", f"{quick.url}/oauth/token")
    extras = [f"--extra={name}={value}" for name, value in {**UNPACED, "nodes_get_method": "GET"}.items()]

    ended = run("doctor", "--url", quick.url, *oauth, *extras, VEZA_CLIENT_SECRET=of_tenant.oauth_client_secret)

    assert ended.status == 0, ended.errors
    assert "GET /api/v1/assessments/query_spec:nodes_async_get shows the query." in ended.output
    assert of_tenant.oauth_client_secret not in ended.output + ended.errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "https://b", "--extra", "page_sise=5"), "--extra names what no connection has: page_sise"),
        (("--url", "https://b", "--extra", "page_size=many"), "extra page_size must be of type integer"),
        (("--url", "https://b", "--client-id", "c"), "No client secret: set VEZA_CLIENT_SECRET"),
        (("--conn-id", "a", "--extra", "page_size=5"), "go with --url"),
    ],
    ids=["misspelt", "no number", "no secret", "with a connection"],
)
def test_extras_that_make_no_sense_are_said_before_anything_is_sent(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    ended = run("doctor", *arguments, VEZA_API_KEY="k1-of-acme")

    assert (ended.status, ended.output) == (2, "")
    assert said in ended.errors
    assert "Nothing was sent." in ended.errors


def test_a_tenant_that_does_not_answer_is_said_without_a_traceback(run: Run) -> None:
    ended = run("doctor", "--url", "http://127.0.0.1:9", VEZA_API_KEY="k1")

    assert ended.status == 2
    assert "could not be reached" in ended.output
    assert "Traceback" not in ended.errors


def test_a_connection_that_is_not_defined_cannot_be_examined(run: Run) -> None:
    ended = run("doctor", "--conn-id", "nowhere")

    assert ended.status == 2
    assert "Airflow connection 'nowhere' is not defined" in ended.errors


def test_a_doctor_that_is_interrupted_cancels_what_it_has_submitted(
    quick: RunningTenant, define_connection: Callable[..., None]
) -> None:
    quick.tenant.set_behaviour(Behaviour(duration=None))
    define_connection("veza_acme", host=quick.url, password=quick.api_key, extra=UNPACED)
    with subprocess.Popen([*COMMAND, "doctor", "--conn-id", "veza_acme"], stdout=subprocess.PIPE, text=True) as doctor:
        wait_until(lambda: bool(quick.tenant.running()), "the doctor's first query", within=300)
        doctor.send_signal(signal.SIGINT)
        output, _ = doctor.communicate(timeout=300)

    assert doctor.returncode == 2
    assert "Interrupted." in output
    assert quick.tenant.running() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--conn-id", "a", "--url", "https://b"),
        ("--url", "https://b", "--patience", "0"),
        ("--url", "https://b", "--patience", "soon"),
        ("--api-key", "k"),
        ("--url", "b", "--extra", "verify"),
    ],
    ids=["two tenants", "no patience", "no number", "a key as an argument", "an extra without a value"],
)
def test_wrong_arguments_of_the_doctor_are_answered_with_its_usage_and_status_two(
    run: Run, arguments: tuple[str, ...]
) -> None:
    ended = run("doctor", *arguments)

    assert ended.status == 2
    assert "usage: python -m airflow_provider_veza doctor" in ended.errors
    assert "invalid _" not in ended.errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port", "http"), "http is not a port"),
        (("--port", "-1"), "-1 is not a port"),
        (("--query-seconds", "soon"), "soon is not a number of seconds"),
        (("--pace", "soon"), "soon is not a pace"),
        (("--size", "many"), "'many'"),
        (("--api-key", "two words"), "a key has no spaces"),
        (("--forbidden-key", ""), "a key has no spaces"),
        (("--variant", "lost_query"), "'lost_query' is not of the form NAME=VALUE"),
        (("--variable", "=1"), "'=1' is not of the form NAME=VALUE"),
    ],
)
def test_wrong_arguments_of_the_emulator_are_named_in_words_of_its_users(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    ended = run("emulator", *arguments)

    assert ended.status in (1, 2)
    assert said in ended.errors
    assert "invalid _" not in ended.errors
    assert "Traceback" not in ended.errors
