"""The clock and the dice of the drivers: the only place of this room that reads either."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from airflow_provider_veza.transport.steps import Moment


def read_clock() -> Moment:
    """Return now, with fresh randomness."""
    return Moment(wall=datetime.now(UTC), monotonic=time.monotonic(), jitter=random.random())
