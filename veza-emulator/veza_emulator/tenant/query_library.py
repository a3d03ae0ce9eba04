"""The saved queries and the reports of a tenant, and what holds between the two; no evaluation and no HTTP."""

from __future__ import annotations

import threading

from veza_emulator.query.spec import QuerySpec
from veza_emulator.reading.errors import FieldViolation, invalid_argument
from veza_emulator.tenant.named_store import NamedStore
from veza_emulator.tenant.reports import Report
from veza_emulator.tenant.saved_queries import SavedQuery


class QueryLibrary:
    """Saved queries and reports; every query of a report exists. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.queries: NamedStore[SavedQuery] = NamedStore("query", self._lock)
        self.reports: NamedStore[Report] = NamedStore("report", self._lock)

    def spec_of(self, query_id: str) -> QuerySpec | None:
        """Return what a saved query asks, None if there is none with this id."""
        return next((query.definition.spec for query in self.queries.all() if query.id == query_id), None)

    def put_report(self, report: Report) -> Report:
        """Keep a report, in place of the one with its id if there is one; refuse one that names an unknown query."""
        with self._lock:
            known = {query.id for query in self.queries.all()}
            unknown = [
                FieldViolation(f"queries[{position}].query", f"There is no saved query {query_id}")
                for position, query_id in enumerate(report.query_ids)
                if query_id not in known
            ]
            if unknown:
                raise invalid_argument(*unknown)
            return self.reports.put(report)

    def add_to_report(self, report_id: str, query_id: str) -> Report:
        """Add a saved query to a report."""
        with self._lock:
            query = self.queries.get(query_id)
            return self.reports.put(self.reports.get(report_id).with_query(query.id))

    def delete_query(self, query_id: str) -> None:
        """Forget a saved query; refuse one that is part of a report."""
        with self._lock:
            holders = [report.name for report in self.reports.all() if query_id in report.query_ids]
            if holders:
                raise invalid_argument(
                    FieldViolation("id", f"The query is part of {', '.join(holders)}; send force=true to delete it")
                )
            self.queries.delete(query_id)

    def delete_query_by_force(self, query_id: str) -> None:
        """Forget a saved query and take it out of every report."""
        with self._lock:
            self.queries.delete(query_id)
            for report in self.reports.all():
                self.reports.put(report.without({query_id}))
