"""A Veza tenant on loopback; only the version lives here, so that importing the package costs nothing."""

from __future__ import annotations

__version__ = "0.1.0"
