"""Sends the calls that services build, with requests or aiohttp; no Airflow and no knowledge of a service may enter."""

from __future__ import annotations
