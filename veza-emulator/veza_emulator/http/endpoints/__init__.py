"""The endpoints by what they are about: each reads a request, asks the tenant and answers; a new path begins here."""

from __future__ import annotations
