"""Which Airflow is installed beside the running interpreter, and which processes that generation consists of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version


class Role(Enum):
    """A process of Airflow, by the name of its command."""

    API_SERVER = "api-server"
    WEBSERVER = "webserver"
    SCHEDULER = "scheduler"
    DAG_PROCESSOR = "dag-processor"
    TRIGGERER = "triggerer"


class Generation(Enum):
    """Airflow's two architectures: they differ in processes, REST API and possible databases."""

    TWO = 2
    THREE = 3

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return the processes of one deployment; the one that serves the REST API comes first."""
        if self is Generation.TWO:
            return (Role.WEBSERVER, Role.SCHEDULER, Role.TRIGGERER)
        return (Role.API_SERVER, Role.SCHEDULER, Role.DAG_PROCESSOR, Role.TRIGGERER)


@dataclass(frozen=True)
class Release:
    """The installed Airflow."""

    series: str
    generation: Generation

    @property
    def keeps_task_state(self) -> bool:
        """Tell whether tasks have a state store that outlives their attempts."""
        return tuple(int(part) for part in self.series.split(".")) >= (3, 3)


def installed_release() -> Release:
    """Name the Airflow that the running interpreter would import."""
    major, minor, *_ = version("apache-airflow").split(".")
    return Release(f"{major}.{minor}", Generation(int(major)))
