"""Airflow's masker of logs learns the tokens that are fetched; nothing else may enter.

What the transport itself says is redacted in :mod:`airflow_provider_veza.transport.redaction`.
"""

from __future__ import annotations

from contextlib import suppress

from airflow_provider_veza.transport.tokens import TOKENS


def mask_in_logs(secret: str) -> None:
    """Let Airflow hide a secret in the logs of this process and, on Airflow 3, of its supervisor; never raises.

    It talks to the supervisor, so a process that is being killed must not call it.
    """
    with suppress(Exception):  # Airflow 2.11 raises where its logging has no masker.
        from airflow.providers.common.compat.sdk import mask_secret

        mask_secret(secret)


TOKENS.tell(mask_in_logs)
