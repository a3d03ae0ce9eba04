"""What tests of several rooms share; no test stands here."""

from __future__ import annotations
