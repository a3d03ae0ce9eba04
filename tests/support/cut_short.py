"""Bounds that are as short as this machine allows: what is to be cut short needs the time to begin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airflow_provider_veza.exceptions import NotSentError, RequestError

EVER_LATER = (0.1, 0.5, 2.0, 8.0)
"""Seconds. A busy machine may need more than the first to send anything at all."""


def cut_short(act: Callable[[float], object]) -> RequestError:
    """Return what an act ends with under the shortest bound that lets it send its request."""
    for seconds in EVER_LATER:
        try:
            act(seconds)
        except NotSentError:
            continue
        except RequestError as error:
            return error
        pytest.fail(f"nothing was cut short after {seconds} s")
    pytest.fail(f"nothing was sent within {EVER_LATER[-1]} s")
