"""The fields of a `veza` connection as one table: form, placeholders and parsing all read it; it imports no Airflow.

Forms say what the defaults are and give none: what a form gives is stored, and a later release could not correct it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FieldKind = Literal["string", "boolean", "integer", "number"]
LONGEST_SECONDS = 86_400.0
"""A day; no timeout or grace of one request makes sense beyond it, and sockets refuse far longer ones."""


@dataclass(frozen=True)
class ExtraField:
    """One key of the connection's extra.

    :param default: what holds where the key is absent or empty.
    :param choices: the only texts allowed, where they are limited.
    :param minimum: the smallest number allowed.
    :param maximum: the largest number allowed.
    :param is_secret: it may hold credentials, which the form does not show.
    """

    name: str
    label: str
    description: str
    kind: FieldKind = "string"
    default: Any = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    is_secret: bool = False

    @property
    def shown_default(self) -> str:
        """What holds where the field is left empty, in the words that can be put into it; empty where that is nothing."""
        if self.default is None:
            return ""
        return str(self.default).lower() if self.kind == "boolean" else f"{self.default}"

    @property
    def help_text(self) -> str:
        """What the form says beside the field."""
        return f"{self.description} Default: {self.shown_default}" if self.shown_default else self.description

    def json_schema(self) -> dict[str, Any]:
        """Return the field's schema for Airflow's declarative connection form.

        A yes or no is a choice of two words: a switch shows no third state, and would look off where it is not set.
        """
        schema: dict[str, Any] = {"type": ["string" if self.kind == "boolean" else self.kind, "null"]}
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        schema |= {key: value for key, value in bounds.items() if value is not None}
        if choices := ("true", "false") if self.kind == "boolean" else self.choices:
            schema["enum"] = list(choices)
        if self.is_secret:
            schema["format"] = "password"
        return schema


EXTRA_FIELDS: tuple[ExtraField, ...] = (
    ExtraField(
        "auth",
        "Authentication",
        "api_key: password is the API key. oauth2_client_credentials: login is the client id, password the secret.",
        default="api_key",
        choices=("api_key", "oauth2_client_credentials"),
    ),
    ExtraField(
        "token_url", "OAuth2 token URL", "Where client credentials are exchanged for a token; Veza documents none."
    ),
    ExtraField("scope", "OAuth2 scope", "Scopes to ask for, separated by spaces."),
    ExtraField("verify", "Verify TLS", "Switch off only against a test tenant.", kind="boolean", default=True),
    ExtraField("ca_bundle", "CA bundle", "Path of a PEM file with the certificate authorities to trust."),
    ExtraField(
        "proxy",
        "Proxy",
        "URL of the HTTP proxy, with its login where it wants one; without it the usual environment variables hold.",
        is_secret=True,
    ),
    ExtraField(
        "connect_timeout",
        "Connect timeout (s)",
        "For one connection attempt.",
        kind="number",
        default=10.0,
        minimum=0.1,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "read_timeout",
        "Read timeout (s)",
        "The longest silence while an answer comes.",
        kind="number",
        default=60.0,
        minimum=0.1,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "look_timeout",
        "Total time of a look (s)",
        "For all of a look's or a submit's answer, however slowly it comes, repetitions included.",
        kind="number",
        default=60.0,
        minimum=0.1,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "page_timeout",
        "Total time of a page (s)",
        "The same for a page of rows.",
        kind="number",
        default=300.0,
        minimum=0.1,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "token_timeout",
        "Total time of a token (s)",
        "The same for an OAuth2 token.",
        kind="number",
        default=30.0,
        minimum=0.1,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "cancel_timeout",
        "Total time of a cancel (s)",
        "For a cancel and the look before it; a task that is being ended takes less than 2.",
        kind="number",
        default=10.0,
        minimum=0.1,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "max_answer_bytes",
        "Bytes of an answer",
        "More, decompressed or not, is not read.",
        kind="integer",
        default=268_435_456,
        minimum=1_000,
    ),
    ExtraField(
        "page_size", "Page size", "Rows a page; 100 is the documented maximum.", kind="integer", default=100, minimum=1
    ),
    ExtraField(
        "rate_limit",
        "Requests per second",
        "Per process; Veza publishes no limit.",
        kind="number",
        default=20.0,
        minimum=0.01,
    ),
    ExtraField(
        "max_connections",
        "Connections",
        "Open at once, per process.",
        kind="integer",
        default=200,
        minimum=1,
        maximum=10_000,
    ),
    ExtraField(
        "nodes_get_path",
        "Path of nodes_async_get",
        "The path is inferred; set it if your tenant serves it under another path.",
        default="/api/v1/assessments/query_spec:nodes_async_get",
    ),
    ExtraField(
        "nodes_get_method",
        "Method of nodes_async_get",
        "The method is inferred.",
        default="POST",
        choices=("POST", "GET"),
    ),
    ExtraField(
        "rows_field",
        "Field with the rows",
        "In answers of asynchronous queries; inferred: values, then path_values.",
    ),
    ExtraField(
        "saved_query_create_path",
        "Path that runs a saved query",
        "The path is inferred; {id} stands for the saved query's id.",
        default="/api/v1/assessments/queries/{id}:nodes_async_create",
    ),
    ExtraField(
        "saved_query_owner_field",
        "Field with a saved query's owner",
        "In the list of saved queries; inferred: created_by, creator, owner, owner_email, then created_by_email.",
    ),
    ExtraField(
        "stale_grace",
        "Stale grace (s)",
        "An immediate run that is done sooner than this is looked at once more: it may still show an older result.",
        kind="number",
        default=4.0,
        minimum=0.0,
        maximum=LONGEST_SECONDS,
    ),
    ExtraField(
        "ui_url_template",
        "Link template",
        "URL of a query in Veza's UI, on the tenant's host, with {tenant} and {query_id}; empty links to the tenant.",
    ),
)

HIDDEN_FIELDS = ["schema"]
RELABELING = {"host": "Tenant URL", "login": "OAuth2 client id", "password": "API key (or OAuth2 client secret)"}
PLACEHOLDERS = {"host": "https://your-tenant.vezacloud.com", "password": "personal API key", "port": "443"}


def declarative_form() -> dict[str, Any]:
    """Return the form in the shape of ``connection-types[]`` of provider info (Airflow 3.2 and later)."""
    return {
        "conn-fields": {
            field.name: {"label": field.label, "description": field.help_text, "schema": field.json_schema()}
            for field in EXTRA_FIELDS
        },
        "ui-field-behaviour": {
            "hidden-fields": HIDDEN_FIELDS,
            "relabeling": RELABELING,
            "placeholders": PLACEHOLDERS,
        },
    }


def python_form_behaviour() -> dict[str, Any]:
    """Return the same in the shape of ``get_ui_field_behaviour`` (Airflow 2.11)."""
    of_extras = {field.name: field.shown_default for field in EXTRA_FIELDS if field.shown_default}
    return {"hidden_fields": HIDDEN_FIELDS, "relabeling": RELABELING, "placeholders": PLACEHOLDERS | of_extras}


def defaults() -> Mapping[str, Any]:
    """Return each field's default by name."""
    return {field.name: field.default for field in EXTRA_FIELDS}
