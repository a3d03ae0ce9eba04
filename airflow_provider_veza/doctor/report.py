"""The doctor's report, as text for who ran it and as JSON for a bug report, without an id or a name; pure functions."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_veza import __version__
from airflow_provider_veza.doctor.assumptions import Finding, judge_all
from airflow_provider_veza.doctor.evidence import Evidence
from airflow_provider_veza.doctor.examination import COMMON_NODE_TYPES
from airflow_provider_veza.doctor.seen import Seen, Stopped
from airflow_provider_veza.doctor.verdicts import Advice, Case, Verdict
from airflow_provider_veza.doctor.visit import Visit
from airflow_provider_veza.doctor.words import redacted, spoken
from airflow_provider_veza.hooks.veza_settings import VezaSettings
from airflow_provider_veza.shown import one_line

MOST_EVIDENCE = 3
"""Kinds of requests that people are shown of one finding."""
EMULATOR_NOTE = (
    "THIS IS AN EMULATOR of this project, not Veza: it answers as this project believes, so nothing is confirmed by it."
)


@dataclass(frozen=True)
class Report:
    """A visit and what it means.

    :param findings: none where nothing could be examined.
    """

    visit: Visit
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, visit: Visit, veza: VezaSettings) -> Report:
        """Judge what a visit saw; what an emulator shows confirms nothing."""
        if isinstance(visit.outcome, Stopped):
            return cls(visit)
        findings = judge_all(Case(veza, visit.outcome, visit.asked))
        return cls(visit, tuple(map(_by_an_emulator, findings)) if visit.is_emulator else findings)

    @property
    def exit_status(self) -> int:
        """0: nothing contradicted; 1: something is; 2: nothing could be examined."""
        if isinstance(self.visit.outcome, Stopped):
            return 2
        return int(self.count(Verdict.CONTRADICTED) > 0)

    def count(self, verdict: Verdict) -> int:
        """Return how many assumptions have this verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)


def as_text(report: Report) -> str:
    """Return the report for whoever ran the doctor: the tenant's own words are in it."""
    return "\n".join(_lines(report)) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """Return the report for a bug report: no token, id, name or host is in it, and no message of the tenant."""
    visit, outcome = report.visit, report.visit.outcome
    head = {"emulator": visit.is_emulator, **({"note": EMULATOR_NOTE} if visit.is_emulator else {})}
    rest: dict[str, Any] = {
        "provider": __version__,
        "python": platform.python_version(),
        "requests": len(visit.asked),
        "seconds": round(visit.seconds, 1),
        "may_still_run": len(visit.left) + visit.unnamed + visit.running_tasks,
    }
    if isinstance(outcome, Stopped):
        return {**head, **rest, "could_not_run": redacted(outcome.reason)}
    common = outcome.node_type if outcome.node_type in COMMON_NODE_TYPES else "<another one>"
    counts = {verdict.value: report.count(verdict) for verdict in Verdict}
    return {**head, **rest, "node_type": common, "counts": counts, "assumptions": list(map(_as_json, report.findings))}


def _by_an_emulator(finding: Finding) -> Finding:
    if finding.verdict is not Verdict.CONFIRMED:
        return finding
    seen = replace(finding.judgement, verdict=Verdict.NOT_SEEN, words=("On an emulator: ", *finding.words))
    return replace(finding, judgement=seen)


def _as_json(finding: Finding) -> dict[str, Any]:
    assumption = finding.assumption
    return {
        "name": assumption.name,
        "statement": assumption.statement,
        "source": assumption.source.value,
        "verdict": finding.verdict.value,
        "seen": redacted(finding.words),
        "evidence": [_evidence_as_json(one) for one in finding.judgement.evidence],
        "advice": _advice_as_json(finding.advice) if finding.advice else None,
    }


def _evidence_as_json(evidence: Evidence) -> dict[str, Any]:
    return {"asked": redacted(evidence.asked), "came": redacted(evidence.came), "times": evidence.times}


def _advice_as_json(advice: Advice) -> dict[str, Any]:
    return {"text": advice.text, "extra": advice.extra, "value": advice.value}


def _lines(report: Report) -> Iterator[str]:
    visit, outcome = report.visit, report.visit.outcome
    if visit.is_emulator:
        yield EMULATOR_NOTE
    yield f"airflow-provider-veza {__version__}, doctor, {visit.tenant}"
    if isinstance(outcome, Stopped):
        yield f"Nothing could be examined. {spoken(outcome.reason)}"
    else:
        yield from _findings(report, outcome)
    yield from _remains(visit)


def _findings(report: Report, seen: Seen) -> Iterator[str]:
    for finding in report.findings:
        assumption = finding.assumption
        yield f"\n{finding.verdict.upper()}  {assumption.statement} ({assumption.source}; {assumption.name})"
        yield f"    {spoken(finding.words)}"
        yield from _shown_evidence(finding.judgement.evidence)
        if finding.advice is not None:
            yield f"    -> {finding.advice.text}"
    counts = ", ".join(f"{report.count(verdict)} {verdict}" for verdict in Verdict)
    visit = report.visit
    yield (
        f"\n{counts}. Asked for nodes of type {seen.node_type}, in {len(visit.asked)} requests and {visit.seconds:.1f} s."
    )


def _shown_evidence(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    for one in evidence[:MOST_EVIDENCE]:
        times = f" ({one.times} times)" if one.times > 1 else ""
        yield f"    {spoken(one.asked)}: {spoken(one.came)}{times}"
    if len(evidence) > MOST_EVIDENCE:
        yield f"    and {len(evidence) - MOST_EVIDENCE} kinds of requests more, which --json shows"


def _remains(visit: Visit) -> Iterator[str]:
    for query_id in visit.left:
        yield f"Query {one_line(query_id)} could not be cancelled and may still run."
    if visit.unnamed:
        yield f"{visit.unnamed} submits had no clear answer: as many queries may run that nobody can name."
    if visit.running_tasks:
        yield "An AsyncTask still runs; Veza documents no cancel for it, so it runs on to its end."
    if not (visit.left or visit.unnamed or visit.running_tasks):
        yield "No query was left running."
