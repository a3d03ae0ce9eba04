"""The command line: `python -m airflow_provider_veza emulator | doctor | cancel`; each command imports only what it needs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from airflow_provider_veza import __version__
from airflow_provider_veza.exceptions import AsyncQueryError

if TYPE_CHECKING:
    from airflow_provider_veza.async_query.handle import QueryHandle


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
    parser.add_argument("--version", action="version", version=f"airflow-provider-veza {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("emulator", help="run a Veza tenant on loopback; see its own --help", add_help=False)
    commands.add_parser("doctor", help="check a real tenant; see its own --help", add_help=False)
    cancel = commands.add_parser("cancel", help="cancel a query by hand, if it still runs")
    cancel.add_argument("--conn-id", help="Airflow connection of the tenant; by default the handle's")
    cancel.add_argument(
        "handle",
        help="the handle as JSON, as the log or XCom `veza_query` shows it; or a list of them",
    )
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


def _cancel(handles_text: str, conn_id: str | None) -> int:
    from airflow_provider_veza.async_query.handle import QueryHandle, handles_in, is_no_handle, is_one_handle

    try:
        is_one = is_no_handle(handles_text) or is_one_handle(handles_text)
        handles = [QueryHandle.from_json(handles_text)] if is_one else [*handles_in(handles_text)]
    except AsyncQueryError as e:
        return _failed(e)
    if not handles:
        print("Nothing was cancelled: the list has no handle.")
    return max([_cancel_one(handle, conn_id) for handle in handles], default=0)


def _cancel_one(handle: QueryHandle, conn_id: str | None) -> int:
    from airflow_provider_veza.hooks.of_service import query_of

    try:
        result = query_of(handle, conn_id or "").cancel()
    except AsyncQueryError as e:
        return _failed(e)
    nothing = f"Nothing was cancelled of query {handle.shown_id}: {result.reason}."
    print(f"Query {handle.shown_id} was cancelled." if result.cancelled else nothing)
    return 0


def _failed(error: AsyncQueryError) -> int:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
