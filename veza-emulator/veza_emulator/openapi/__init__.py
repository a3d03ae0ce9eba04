"""The OpenAPI document: every operation that is served, as data; its schemas of requests come from the readers themselves."""

from __future__ import annotations
