"""The check of a real tenant against what this provider takes for granted; it only reads, and nothing else imports it."""

from __future__ import annotations
