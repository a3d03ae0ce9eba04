"""The command `python -m veza_emulator`: flags, first line of output, end on a signal."""

from __future__ import annotations

import argparse
import errno
import shlex
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from veza_emulator.http.middleware.callers import is_loopback
from veza_emulator.http.server import LOOPBACK, Certificate, running_tenant
from veza_emulator.tenant.behaviours import Pace
from veza_emulator.tenant.settings import TenantSettings
from veza_emulator.tenant.tenant import Tenant
from veza_emulator.tenant.variant_choices import choices, parse_values, parse_variants


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() and text.isascii() else -1
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port from 0 to 65535")
    return port


def _seconds(text: str) -> timedelta:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to 1e9, such as 3 or 0.5")
    return timedelta(seconds=seconds)


def _key(text: str) -> str:
    if not text or not all("!" <= character <= "~" for character in text):
        raise argparse.ArgumentTypeError("a key has no spaces, control characters or characters outside ASCII")
    return text


def _pace(text: str) -> Pace:
    try:
        return Pace(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a pace; use one of: {', '.join(Pace)}") from None


@dataclass(frozen=True)
class _Flag:
    """A flag that sets one field of the settings."""

    name: str
    setting: str
    read: Callable[[str], object]
    meaning: str


_FLAGS = (
    _Flag("--api-key", "api_key", _key, "key that may run queries"),
    _Flag("--forbidden-key", "forbidden_key", _key, "key that is answered 403"),
    _Flag("--oauth-client-id", "oauth_client_id", str, "client id of the OAuth2 client"),
    _Flag("--oauth-client-secret", "oauth_client_secret", str, "secret of the OAuth2 client"),
    _Flag("--oauth-token-seconds", "oauth_token_lifetime", _seconds, "how long an access token is valid"),
    _Flag("--size", "size", int, "nodes of the demo tenant"),
    _Flag("--seed", "seed", int, "seed of the demo tenant"),
    _Flag("--data", "data", Path, "JSON or YAML file of nodes and edges, in place of the demo tenant"),
    _Flag("--query-seconds", "query_duration", _seconds, "how long a query runs"),
    _Flag("--pace", "pace", _pace, "what moves a query on: time, tick (POST /_emulator/tick) or at_once"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a tenant until SIGTERM or SIGINT."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not is_loopback(options.host) and not options.allow_remote:
        parser.error(f"--host {options.host} can be reached from other machines; add --allow-remote if that is wanted")
    try:
        _serve_until_signal(options)
    except (OSError, ValueError) as error:
        parser.exit(1, f"the emulator cannot start: {_why(error, options.port)}\n")


def _why(error: OSError | ValueError, port: int) -> str:
    if getattr(error, "errno", None) != errno.EADDRINUSE:
        return str(error)
    return f"port {port} is taken, perhaps by one that runs already; end that one, or choose another --port ({error})"


def _serve_until_signal(options: argparse.Namespace) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    tenant, certificate = Tenant(_settings(options)), _certificate(options)
    where = {"host": options.host, "port": options.port, "known_hosts": options.known_hosts}
    with running_tenant(tenant, certificate=certificate, **where) as running:
        print(f"listening on {running.url}")
        print(f"export AIRFLOW_CONN_VEZA_DEFAULT={shlex.quote(running.connection_uri)}", flush=True)
        stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m veza_emulator", description="Serve a Veza tenant.")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument("--allow-remote", action="store_true", help="let --host be reachable from other machines")
    parser.add_argument(
        "--known-host",
        metavar="NAME",
        dest="known_hosts",
        action="append",
        default=[],
        help="a name by which callers may call it, beside localhost and its addresses; may be repeated",
    )
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes any free port (default)")
    parser.add_argument("--tls-certificate", type=Path, help="PEM file; with --tls-private-key, serve https")
    parser.add_argument("--tls-private-key", type=Path, help="PEM file of the key that belongs to the certificate")
    _add_settings(parser)
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    defaults = TenantSettings()
    for flag in _FLAGS:
        parser.add_argument(
            flag.name,
            dest=flag.setting,
            type=flag.read,
            default=getattr(defaults, flag.setting),
            help=f"{flag.meaning} (default: {_shown(getattr(defaults, flag.setting))})",
        )
    parser.add_argument(
        "--variant",
        metavar="NAME=VALUE",
        dest="variants",
        action="append",
        default=[],
        help="set a switch for what is not known of the real service; may be repeated. There are: " + _listed_choices(),
    )
    parser.add_argument(
        "--variable",
        metavar="NAME=VALUE",
        dest="variables",
        action="append",
        default=[],
        help="say what a $COOKIE_ variable of a query is, as JSON or text, such as AWS_ACCOUNT_LIST='[\"1\"]'; may be repeated",
    )


def _shown(default: object) -> str:
    """Return a default as the flag takes it."""
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g}"
    return "none" if default is None else str(default)


def _listed_choices() -> str:
    listed = {name: "|".join(kinds) if isinstance(kinds, list) else f"({kinds})" for name, kinds in choices().items()}
    return ", ".join(f"{name}={kinds}" for name, kinds in listed.items())


def _settings(options: argparse.Namespace) -> TenantSettings:
    given = {flag.setting: getattr(options, flag.setting) for flag in _FLAGS}
    variants, variables = parse_variants(options.variants), parse_values(options.variables)
    return TenantSettings(variants=variants, variables=variables, **given)


def _certificate(options: argparse.Namespace) -> Certificate | None:
    files = (options.tls_certificate, options.tls_private_key)
    if files == (None, None):
        return None
    if None in files:
        raise ValueError("--tls-certificate and --tls-private-key go together")
    return Certificate(*files)


if __name__ == "__main__":
    main()
