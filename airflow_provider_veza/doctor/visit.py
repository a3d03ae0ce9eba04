"""One visit to a tenant: examine it and, whatever happens, leave no query running.

How it is shown is in :mod:`.report`.
"""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_veza.async_query.vocabulary import Phase
from airflow_provider_veza.doctor.driver import Driver
from airflow_provider_veza.doctor.examination import HEALTH_PATH, Plan, examine
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.seen import Seen, Stopped
from airflow_provider_veza.hooks.veza_settings import VezaSettings

EMULATOR_SERVER = "veza-emulator"


@dataclass(frozen=True)
class Visit:
    """What came of a visit.

    :param left: ids of queries that may still run, although they were to be cancelled.
    :param unnamed: submits without a clear answer; each may have left a query that nobody can name.
    :param running_tasks: AsyncTasks that still run; no cancel is documented for them.
    """

    tenant: str
    outcome: Seen | Stopped
    asked: tuple[Asked, ...]
    left: tuple[str, ...] = ()
    unnamed: int = 0
    running_tasks: int = 0

    @property
    def is_emulator(self) -> bool:
        """Whether this project's own emulator answered."""
        return any(_is_emulators(asked) for asked in self.asked)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.asked[-1].at - self.asked[0].at + self.asked[0].seconds if self.asked else 0.0


def visit(veza: VezaSettings, plan: Plan, driver: Driver) -> Visit:
    """Examine a tenant, then cancel what the examination submitted and what may still run, after an interruption too."""
    outcome: Seen | Stopped = Stopped(("Interrupted.",))
    left: tuple[str, ...] = ()
    try:
        outcome = driver.drive(examine(veza, plan))
    except KeyboardInterrupt:
        pass
    finally:
        forms = outcome.forms if isinstance(outcome, Seen) else ()
        left = driver.clean_up(forms[-1].service if forms else veza.nodes)
    running = isinstance(outcome, Seen) and outcome.task.life.phase is Phase.RUNNING
    return Visit(veza.tenant, outcome, tuple(driver.asked), left, driver.unnamed, int(running))


def _is_emulators(asked: Asked) -> bool:
    if asked.response is None:
        return False
    says_so = asked.request.path == HEALTH_PATH and asked.body.get("emulator") is True
    return says_so or asked.response.headers.get("server", "").startswith(EMULATOR_SERVER)
