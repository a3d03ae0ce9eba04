"""What a judge can say of an assumption: confirmed, contradicted with advice, or not seen; and what it judges by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from airflow_provider_veza.async_query.vocabulary import Snapshot
from airflow_provider_veza.doctor.evidence import Evidence, evidence_of
from airflow_provider_veza.doctor.examination_steps import Asked
from airflow_provider_veza.doctor.seen import Seen
from airflow_provider_veza.doctor.words import Quoted, Words
from airflow_provider_veza.hooks.veza_settings import VezaSettings


class Verdict(StrEnum):
    """What became of an assumption."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    NOT_SEEN = "not seen"


@dataclass(frozen=True)
class Advice:
    """What helps against a contradiction.

    :param extra: the connection extra to set; None where no extra helps.
    :param value: what to set it to.
    """

    text: str
    extra: str | None = None
    value: str | float | None = None


@dataclass(frozen=True)
class Judgement:
    """A verdict with what was seen, or why nothing was.

    :param evidence: what it rests on; empty where nothing was asked.
    """

    verdict: Verdict
    words: Words
    advice: Advice | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Case:
    """All that judges judge by.

    :param asked: every request in order, repetitions included.
    """

    veza: VezaSettings
    seen: Seen
    asked: tuple[Asked, ...]


Basis = Asked | Iterable[Asked | None] | None
"""The requests that a verdict rests on; None among them was not asked."""


def confirmed(basis: Basis, *words: str | Quoted) -> Judgement:
    """Say that it is as assumed, as these requests showed."""
    return Judgement(Verdict.CONFIRMED, words, evidence=_evidence(basis))


def contradicted(basis: Basis, *words: str | Quoted, advice: Advice) -> Judgement:
    """Say that it is not as assumed, as these requests showed, and what helps."""
    return Judgement(Verdict.CONTRADICTED, words, advice, _evidence(basis))


def answered_otherwise(asked: Asked, *words: str | Quoted, advice: Advice) -> Judgement:
    """Say that it is not as assumed, by this answer; where none came, nothing was seen, and `whole_answers` says more."""
    if asked.response is None:
        return not_seen("There was ", *told(asked), basis=asked)
    return contradicted(asked, *words, *told(asked), advice=advice)


def not_seen(*words: str | Quoted, basis: Basis = None) -> Judgement:
    """Say why it could not be seen, although these requests were made."""
    return Judgement(Verdict.NOT_SEEN, words, evidence=_evidence(basis))


def _evidence(basis: Basis) -> tuple[Evidence, ...]:
    asked = (basis,) if isinstance(basis, Asked) else basis or ()
    return evidence_of([one for one in asked if one is not None])


def told(asked: Asked) -> Words:
    """Say what came of a request."""
    if asked.error is None:
        return (f"HTTP {asked.status}",)
    status = f"HTTP {asked.status}" if asked.status is not None else "no answer"
    return (f"{status}: ", Quoted(str(asked.error)))


def shown(look: Asked) -> Words:
    """Say what a look showed."""
    return ("state ", Quoted(look.value.state)) if isinstance(look.value, Snapshot) else told(look)


def set_extra(name: str, value: str | float, text: str = "") -> Advice:
    """Advise to set a connection extra."""
    shown = f'"{value}"' if isinstance(value, str) else f"{value:g}"
    return Advice(f"Set the connection's extra {name} to {shown}{f': {text}' if text else ''}.", name, value)


REPORT = Advice("No extra helps. Please report this to the provider's project, with the output of --json.")
