"""The command `doctor`: flags, where the key comes from, what is printed and the exit status.

The examination is run in :mod:`.visit`.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import sys
import uuid
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import cast

from airflow_provider_veza.doctor.driver import Driver
from airflow_provider_veza.doctor.examination import COMMON_NODE_TYPES, Plan
from airflow_provider_veza.doctor.interrupts import Interrupts
from airflow_provider_veza.doctor.report import Report, as_json, as_text
from airflow_provider_veza.doctor.visit import visit
from airflow_provider_veza.exceptions import AsyncQueryError, ConnectionSettingsError
from airflow_provider_veza.hooks.connection_fields import defaults
from airflow_provider_veza.hooks.veza_settings import VezaSettings, read_connection
from airflow_provider_veza.transport.sync import SyncTransport

KEY_VARIABLE = "VEZA_API_KEY"
SECRET_VARIABLE = "VEZA_CLIENT_SECRET"
COULD_NOT_RUN = 2
LONGEST_PATIENCE = 86_400.0


@dataclass(frozen=True)
class Printed:
    """What a command prints, and the exit status that it leaves."""

    status: int
    output: str = ""
    errors: str = ""


@dataclass
class _GivenTenant:
    """A tenant given by arguments, in the fields of an Airflow connection."""

    host: str | None
    password: str | None
    login: str | None
    extra: str | None
    conn_id: str = "(given by --url)"
    schema: str | None = None
    port: int | None = None


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Printed:
    """Examine the tenant that the arguments name."""
    options = parser().parse_args(arguments)
    try:
        veza = settings_of(options, environment)
        with Interrupts() as interrupts, SyncTransport(veza.transport) as transport:
            report = Report.of(visit(veza, _plan(options), Driver(transport, hold=interrupts.held)), veza)
            return Printed(report.exit_status, output=transport.redacted(_shown(report, in_json=options.json)))
    except AsyncQueryError as e:
        return Printed(COULD_NOT_RUN, errors=f"{type(e).__name__}: {e}\n")
    except (KeyboardInterrupt, EOFError):
        return Printed(COULD_NOT_RUN, errors="Interrupted before anything was sent.\n")


def _shown(report: Report, *, in_json: bool) -> str:
    return json.dumps(as_json(report), indent=2) + "\n" if in_json else as_text(report)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_veza doctor",
        description="Ask a tenant whether it is as this provider assumes: one small query of each kind, read only.",
        epilog="Exit status: 0 nothing is contradicted, 1 something is, 2 nothing could be examined.",
    )
    tenant = parser.add_mutually_exclusive_group()
    tenant.add_argument("--conn-id", help="Airflow connection of the tenant (default: veza_default)")
    tenant.add_argument("--url", help=f"URL of the tenant; the API key is read from {KEY_VARIABLE}, or asked for")
    oauth = parser.add_argument_group("for --url")
    oauth.add_argument(
        "--client-id",
        help=f"OAuth2 client id; the secret is read from {SECRET_VARIABLE}, or asked for (needs --token-url)",
    )
    oauth.add_argument("--token-url", help="where OAuth2 client credentials are exchanged for a token")
    oauth.add_argument(
        "--extra",
        action="append",
        default=[],
        type=_extra,
        metavar="NAME=VALUE",
        help="a connection extra, such as verify=false or nodes_get_method=GET; may be repeated",
    )
    parser.add_argument("--node-type", help="node type to ask for (default: the first common one that has rows)")
    parser.add_argument("--patience", type=_seconds, default=60.0, help="seconds to wait for one query (default: 60)")
    parser.add_argument("--json", action="store_true", help="for a bug report: JSON without ids, names and messages")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST_PATIENCE:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to {LONGEST_PATIENCE:g}")
    return seconds


def _extra(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"{text!a} is not of the form NAME=VALUE")
    return name.strip(), value


def _plan(options: argparse.Namespace) -> Plan:
    node_types = (options.node_type,) if options.node_type else COMMON_NODE_TYPES
    marker = f"airflow-provider-veza doctor {secrets.token_hex(8)}"
    return Plan(marker, str(uuid.uuid4()), node_types, options.patience)


def settings_of(options: argparse.Namespace, environment: Mapping[str, str]) -> VezaSettings:
    """Return what a connection says, or what the arguments say in its place.

    :raises AsyncQueryError: when that is no tenant that can be asked.
    """
    if options.url:
        return _by_url(options, environment)
    if options.client_id or options.token_url or options.extra:
        raise ConnectionSettingsError(
            "--client-id, --token-url and --extra go with --url: a connection says these itself. Nothing was sent."
        )
    return _by_connection(options.conn_id)


def _by_connection(conn_id: str | None) -> VezaSettings:
    # Airflow 2.11 logs to stdout, which is the report's.
    with redirect_stdout(sys.stderr):
        from airflow_provider_veza.hooks.veza import VezaHook

        return cast("VezaSettings", VezaHook(veza_conn_id=conn_id or VezaHook.default_conn_name).settings)


def _by_url(options: argparse.Namespace, environment: Mapping[str, str]) -> VezaSettings:
    extra = dict(options.extra)
    if options.client_id or options.token_url:
        extra |= {"auth": "oauth2_client_credentials", "token_url": options.token_url or ""}
    is_oauth = extra.get("auth") == "oauth2_client_credentials"
    variable, name = (SECRET_VARIABLE, "client secret") if is_oauth else (KEY_VARIABLE, "API key")
    secret = environment.get(variable) or _prompted(name, variable)
    settings = read_connection(_GivenTenant(options.url, secret, options.client_id, json.dumps(extra)))
    if settings.unknown_extras:
        known = ", ".join(sorted(defaults()))
        raise ConnectionSettingsError(
            f"--extra names what no connection has: {', '.join(settings.unknown_extras)}. Nothing was sent. Known: {known}."
        )
    return settings


def _prompted(name: str, variable: str) -> str:
    if not sys.stdin.isatty():
        raise ConnectionSettingsError(
            f"No {name}: set {variable}, or run this in a terminal and type it. Nothing was sent."
        )
    return getpass.getpass(f"{name[:1].upper()}{name[1:]}: ")
