"""The command line: `python -m airflow_provider_veza emulator | doctor | cancel`; each command imports only what it needs."""

from __future__ import annotations

import argparse
import sys


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    if arguments[:1] == ["emulator"]:
        return _emulator(arguments[1:])
    if arguments[:1] == ["doctor"]:
        return _doctor(arguments[1:])
    options = _parser().parse_args(arguments)
    return _cancel(options.handle, options.conn_id)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m airflow_provider_veza")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("emulator", help="run a Veza tenant on loopback; see its own --help", add_help=False)
    commands.add_parser("doctor", help="check a real tenant; see its own --help", add_help=False)
    cancel = commands.add_parser("cancel", help="cancel a query by hand, if it still runs")
    cancel.add_argument("--conn-id", help="Airflow connection of the tenant; by default the handle's")
    cancel.add_argument("handle", help="the handle as JSON, as the log or XCom `veza_query` shows it")
    return parser


def _emulator(arguments: list[str]) -> int:
    try:
        from airflow_provider_veza.emulator.__main__ import main as emulator
    except ModuleNotFoundError as missing:
        print(missing, file=sys.stderr)
        return 1
    emulator(arguments)
    return 0


def _doctor(arguments: list[str]) -> int:
    from airflow_provider_veza.doctor.cli import main as doctor

    printed = doctor(arguments)
    print(printed.output, end="")
    print(printed.errors, end="", file=sys.stderr)
    return printed.status


def _cancel(handle_text: str, conn_id: str | None) -> int:
    from airflow_provider_veza.async_query.handle import QueryHandle
    from airflow_provider_veza.exceptions import AsyncQueryError
    from airflow_provider_veza.hooks.of_service import query_of

    try:
        handle = QueryHandle.from_json(handle_text)
        result = query_of(handle, conn_id or "").cancel()
    except AsyncQueryError as e:
        print(f"{type(e).__name__}: {e}", file=sys.stderr)
        return 1
    print(f"Query {handle.shown_id} was cancelled." if result.cancelled else f"Nothing was cancelled: {result.reason}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
