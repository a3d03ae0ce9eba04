"""How a caller's JSON object becomes checked values: fields, what is wrong with them, the refusal; no field by name enters."""

from __future__ import annotations
