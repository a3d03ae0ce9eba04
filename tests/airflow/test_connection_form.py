"""The connection form in a browser, on a real web server: what it shows, hides and stores, and what *Test* says."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from chromium import BrowserPage, browser, chromium

from airflow_provider_veza.hooks.connection_fields import EXTRA_FIELDS, PLACEHOLDERS, RELABELING
from tools.real_airflow.configuration import LOOPBACK, airflow_environment, free_port
from tools.real_airflow.deployment import Airflow
from tools.real_airflow.emulator import API_KEY, Emulator
from tools.real_airflow.processes import processes
from tools.real_airflow.release import Generation, installed_release
from tools.real_airflow.rest_api import rest_api
from tools.real_airflow.run_folder import claimed_run_folder

__all__ = ["browser", "chromium"]

RELEASE = installed_release()
IS_AIRFLOW_2 = RELEASE.generation is Generation.TWO
BOOT_LIMIT = 600.0
PATIENCE = 120.0
"""Seconds; the first request to a part of a web server builds that part."""
EXTRAS = {field.name for field in EXTRA_FIELDS}
MASKS_EXTRAS = RELEASE.series != "3.2"
"""Airflow 3.2's form shows an extra as it is, whatever the provider says of it."""
SECRETS = {"password"} | {field.name for field in EXTRA_FIELDS if field.is_secret and MASKS_EXTRAS}


@pytest.fixture(scope="module")
def pictures() -> Iterator[Path]:
    """Return where screenshots are left."""
    with claimed_run_folder(f"connection-form-{RELEASE.series}") as folder:
        yield folder


@pytest.fixture(scope="module")
def server(pictures: Path) -> Iterator[str]:
    """Run the web server of an Airflow of which nothing else runs, and return its address."""
    home = pictures / "airflow"
    (home / "dags").mkdir(parents=True)
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    environment = airflow_environment(RELEASE.generation, home, f"sqlite:///{home}/airflow.db", port) | {
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": f"{BOOT_LIMIT:.0f}",
    }
    if IS_AIRFLOW_2:
        environment["AIRFLOW__CORE__EXECUTOR"] = "SequentialExecutor"
    with processes() as started:
        airflow = Airflow(home, environment, rest_api(RELEASE.generation, url), started)
        airflow.command("db", "migrate")
        airflow.start(RELEASE.generation.roles[0])
        airflow.wait_until(lambda: answers(url) or None, "the web server", BOOT_LIMIT)
        yield url


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/{'v1' if IS_AIRFLOW_2 else 'v2'}/version", timeout=PATIENCE).ok
    except requests.RequestException:
        return False


class ConnectionForm(ABC):
    """The form for a new connection, as a user sees it."""

    extra_prefix: str
    """Before the name of an extra's field."""

    def __init__(self, page: BrowserPage, url: str, pictures: Path) -> None:
        self.page = page
        self.url = url
        self._pictures = pictures

    @abstractmethod
    def open(self, conn_id: str) -> None:
        """Open it for type `veza`."""

    @abstractmethod
    def show_extras(self) -> None:
        """Bring the fields of the extras into sight."""

    @abstractmethod
    def save(self) -> None:
        """Save, and wait until it is stored."""

    @abstractmethod
    def headers(self) -> Mapping[str, str]:
        """Return what a request to the REST API needs."""

    def fields(self) -> dict[str, dict[str, str]]:
        """Return type, placeholder and value of each field, by the name of what it stores."""
        read = "[...document.querySelectorAll('form input, form select, form textarea, [role=dialog] input')]"
        found = self.page.evaluate(f"{read}.map(e => [e.name, e.type, e.placeholder || '', e.value || ''])")
        return {
            name.removeprefix(self.extra_prefix): {"type": kind, "placeholder": placeholder, "value": value}
            for name, kind, placeholder, value in found
            if name
        }

    def fill(self, name: str, text: str) -> None:
        self.write_into(f"[name={json.dumps(name)}]", text)

    def write_into(self, selector: str, text: str) -> None:
        """Write as a user does, once the field takes the focus: one whose choices are still loading does not."""
        field = f"document.querySelector({json.dumps(selector)})"
        self.page.until(f"({field}.focus(), document.activeElement === {field})", PATIENCE)
        self.page.call("Input.insertText", text=text)

    def click(self, of_what: str) -> None:
        self.page.evaluate(f"{of_what}.click()")

    def stored(self, conn_id: str) -> dict[str, Any]:
        version = "v1" if IS_AIRFLOW_2 else "v2"
        answer = requests.get(
            f"{self.url}/api/{version}/connections/{conn_id}", headers=self.headers(), timeout=PATIENCE
        )
        answer.raise_for_status()
        return dict(answer.json())

    def picture(self, name: str) -> None:
        shot = self.page.call("Page.captureScreenshot", format="png")["data"]
        (self._pictures / f"{name}.png").write_bytes(base64.b64decode(shot))


def button(words: str, within: str = "document") -> str:
    """Return JavaScript of the button that says so, or is labelled so."""
    said = json.dumps(words)
    return f"[...{within}.querySelectorAll('button')].find(b => b.innerText.includes({said}) || b.ariaLabel === {said})"


class FormOfAirflow3(ConnectionForm):
    """The dialog of the page of connections."""

    extra_prefix = "element_"
    dialog = "document.querySelector('[role=dialog]')"

    def headers(self) -> Mapping[str, str]:
        token = requests.get(f"{self.url}/auth/token", timeout=PATIENCE).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def open_list(self) -> None:
        """Open the page of connections."""
        self.page.call("Network.enable")
        token = self.headers()["Authorization"].removeprefix("Bearer ")
        self.page.call("Network.setCookie", name="_token", value=token, url=self.url)
        self.page.open(f"{self.url}/connections", PATIENCE)
        self.page.until(button("Add Connection"), PATIENCE)

    def open(self, conn_id: str) -> None:
        self.open_list()
        self.click(button("Add Connection"))
        self.page.until("document.querySelector('[role=dialog] [role=combobox]')", PATIENCE)
        self.write_into("[role=dialog] [name=connection_id]", conn_id)
        self.write_into("[role=dialog] [role=combobox]", "Veza")
        self.page.until("document.querySelector('[role=option]')?.innerText === 'Veza'", PATIENCE)
        self.page.press("Enter", "\r")
        self.page.until(f"{self.dialog}.innerText.includes('Tenant URL')", PATIENCE)

    def show_extras(self) -> None:
        """Unfold the extras, by a real click: the page hears no other."""
        extras = f"[...{self.dialog}.querySelectorAll('button')].find(b => b.innerText.trim() === 'Extra Fields')"
        x, y = self.page.evaluate(
            f"(() => {{ const r = {extras}.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] }})()"
        )
        for event in ("mousePressed", "mouseReleased"):
            self.page.call("Input.dispatchMouseEvent", type=event, x=x, y=y, button="left", clickCount=1)
        self.page.until(f"{extras}.ariaExpanded === 'true'", PATIENCE)

    def save(self) -> None:
        self.click(button("Save", self.dialog))
        self.page.until(f"!{self.dialog}", PATIENCE)

    def tested(self) -> str:
        """Press *Test* beside the one connection, and return the colour in which it then shows the outcome."""
        icon = "document.querySelector('button[aria-label=\"Test Connection\"] svg').style.color"
        self.page.until("document.querySelector('button[aria-label=\"Test Connection\"]')", PATIENCE)
        self.click(button("Test Connection"))
        self.page.until(f"['red', 'green'].includes({icon})", PATIENCE)
        return str(self.page.evaluate(icon))


class FormOfAirflow2(ConnectionForm):
    """The page for a new connection."""

    extra_prefix = "extra__veza__"

    def headers(self) -> Mapping[str, str]:
        return {}

    def open(self, conn_id: str) -> None:
        self.page.open(f"{self.url}/connection/add", PATIENCE)
        self.page.until("document.querySelector('#test-connection')", PATIENCE)
        self.fill("conn_id", conn_id)
        self.page.evaluate(
            "(() => { const type = document.querySelector('#conn_type'); type.value = 'veza';"
            " type.dispatchEvent(new Event('change', {bubbles: true})) })()"
        )
        self.page.until("document.querySelector('[name=extra__veza__auth]')", PATIENCE)

    def show_extras(self) -> None:
        self.page.evaluate("document.querySelector('[name=extra__veza__auth]').scrollIntoView()")

    def save(self) -> None:
        self.click("document.querySelector('form#model_form button[type=submit]')")
        self.page.until("document.body?.innerText.includes('Added Row')", PATIENCE)

    def tested(self) -> str:
        """Press *Test*, and return what the page then says, with how it says it."""
        self.click("document.querySelector('#test-connection')")
        alert = "document.querySelector('.alert-success, .alert-error')"
        self.page.until(f"{alert}?.offsetParent", PATIENCE)
        return str(self.page.evaluate(f"{alert}.className + ': ' + {alert}.innerText"))


Form = FormOfAirflow2 if IS_AIRFLOW_2 else FormOfAirflow3


@pytest.fixture
def form(browser: Any, server: str, pictures: Path) -> ConnectionForm:
    """Return the form in a window that is high enough for all of it."""
    browser.call("Emulation.setDeviceMetricsOverride", width=1200, height=2800, deviceScaleFactor=1, mobile=False)
    return Form(browser, server, pictures)


def labels(page: BrowserPage) -> str:
    return str(page.evaluate("[...document.querySelectorAll('label')].map(l => l.innerText).join('\\n')"))


def test_every_field_is_there_and_has_nothing_in_it(form: ConnectionForm, pictures: Path) -> None:
    form.open("veza_looked_at")

    fields = form.fields()
    form.picture("empty-form")
    form.show_extras()
    form.picture("empty-extras")
    assert EXTRAS - fields.keys() == set()
    assert {name: fields[name]["value"] for name in EXTRAS} == dict.fromkeys(EXTRAS, "")
    assert fields["host"]["placeholder"] == PLACEHOLDERS["host"]
    for label in (*RELABELING.values(), "Link template"):
        assert label in labels(form.page)


def test_what_is_secret_is_masked(form: ConnectionForm) -> None:
    form.open("veza_masked")

    shown = {name for name, field in form.fields().items() if field["type"] == "password"}
    assert shown == SECRETS


def test_an_untouched_form_stores_no_extra(form: ConnectionForm, emulator: Emulator) -> None:
    form.open("veza_untouched")
    form.fill("host", emulator.url)
    form.fill("password", API_KEY)
    form.picture("filled-form")
    form.save()

    stored = form.stored("veza_untouched")
    assert (stored["conn_type"], stored["host"]) == ("veza", emulator.url)
    extra = json.loads(stored["extra"] or "{}")
    assert {name: value for name, value in extra.items() if value not in (None, "")} == {}


@pytest.mark.skipif(not IS_AIRFLOW_2, reason="the form of Airflow 3 has no such button; the list has it")
def test_the_button_of_airflow_2_tests_what_the_form_says(form: FormOfAirflow2, emulator: Emulator) -> None:
    form.open("veza_tested")
    form.fill("host", emulator.url)
    form.fill("password", API_KEY)

    said = form.tested()
    form.picture("tested")
    assert "alert-success" in said, said


@pytest.mark.skipif(not IS_AIRFLOW_2, reason="the form of Airflow 3 has no such button; the list has it")
def test_the_button_of_airflow_2_says_what_is_wrong(form: FormOfAirflow2, emulator: Emulator) -> None:
    form.open("veza_refused")
    form.fill("host", emulator.url)
    form.fill("password", "no key of this tenant")

    # This page is green whatever its API says; what it says is ours.
    assert "Error: " in form.tested()


WITHOUT_PORT = "green" if RELEASE.series == "3.2" else "red"
NO_PORT = (
    "README.md, Connection: Airflow 3.3's page sends port 0 for a connection without one, and its API then refuses"
)


@pytest.mark.skipif(IS_AIRFLOW_2, reason="the button of Airflow 2 is in the form")
@pytest.mark.parametrize(("has_port", "colour"), [(False, WITHOUT_PORT), (True, "green")], ids=["no port", "a port"])
def test_the_button_of_airflow_3_works_for_a_connection_with_a_port(
    form: FormOfAirflow3, emulator: Emulator, has_port: bool, colour: str
) -> None:
    address = urlsplit(emulator.url)
    given = (
        {"host": f"http://{address.hostname}", "port": address.port}
        if has_port
        else {"host": emulator.url, "port": None}
    )
    for conn_id in ("veza_untouched", "veza_ported"):
        requests.delete(f"{form.url}/api/v2/connections/{conn_id}", headers=form.headers(), timeout=PATIENCE)
    requests.post(
        f"{form.url}/api/v2/connections",
        json={"connection_id": "veza_ported", "conn_type": "veza", "password": API_KEY, **given},
        headers=form.headers(),
        timeout=PATIENCE,
    ).raise_for_status()
    form.open_list()

    shown = form.tested()
    form.picture(f"tested-{'with' if has_port else 'without'}-port")
    assert shown == colour, NO_PORT
