"""A tenant behind HTTP: the server, and what carries a request to an endpoint and its answer back; nothing is decided here."""

from __future__ import annotations
