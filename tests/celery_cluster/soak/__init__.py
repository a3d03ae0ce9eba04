"""The seeded soak: a load of all kinds of tasks on a cluster, chaos, and the verdict of the tenants' journals."""

from __future__ import annotations
