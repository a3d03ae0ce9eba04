"""Links from a task instance to what it stands for in Veza; they read XCom and ask nobody."""

from __future__ import annotations
