"""No secret of a connection leaves the transport: what it raises, and what it says of a query, is redacted here, once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from urllib.parse import quote, quote_plus

from airflow_provider_veza.async_query.vocabulary import Page, Snapshot

HIDDEN = "***"
SHORTEST = 4
"""Shorter texts stand in ordinary words, so that hiding them would tell more than it hides."""

TELLING = 8
"""So many first characters of a secret are hidden as well: a text that quotes it may have been shortened."""

T = TypeVar("T")


class Redaction:
    """Hides secrets in every form in which somebody may echo them; as a context, in what is raised within it.

    Rows are left as they are: they are the user's own data.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: dict[str, None] = {}
        self._beginnings: frozenset[str] = frozenset()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Hide one more secret from now on."""
        if secret and secret not in self._forms:
            known = {**self._forms, **dict.fromkeys(form for form in forms_of(secret) if len(form) >= SHORTEST)}
            # The longest first, so that none is hidden in part; a new dictionary, since other threads may read the old one.
            self._forms = dict.fromkeys(sorted(known, key=len, reverse=True))
            self._beginnings = frozenset(form[:TELLING] for form in self._forms)

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        for beginning in self._beginnings:
            if beginning in text:
                return self._hidden(text)
        return text

    def result(self, result: T) -> T:
        """Return what a call read, without secrets in what it says of a query; almost always that is what was read."""
        if not isinstance(result, (Snapshot, Page)):
            return result
        said = [*result.warnings, result.state, result.error] if isinstance(result, Snapshot) else result.warnings
        whole = "\n".join(said)
        if not whole or self.text(whole) is whole:
            return result
        shown: dict[str, Any] = {"warnings": tuple([self.text(warning) for warning in result.warnings])}
        if isinstance(result, Snapshot):
            shown |= {"state": self.text(result.state), "error": self.text(result.error)}
        return cast("T", replace(result, **shown))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            return
        for link in _chain(error):
            link.args = tuple(self.text(arg) if isinstance(arg, str) else arg for arg in link.args)
            for name, value in vars(link).items():
                if isinstance(value, str):
                    setattr(link, name, self.text(value))

    def _hidden(self, text: str) -> str:
        for form in self._forms:
            if form[:TELLING] in text:
                text = _without(form, text)
        return text


def pair(user: str, password: str) -> tuple[str, ...]:
    """Return what of HTTP Basic credentials is secret: the password, and both as their header has them."""
    return password, base64.b64encode(f"{user}:{password}".encode()).decode()


def forms_of(secret: str) -> Iterator[str]:
    """Yield each form in which somebody may echo a secret, itself first; some more than once."""
    encoded = base64.b64encode(secret.encode()).decode()
    for form in (secret, encoded, encoded.rstrip("="), quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield form
        yield repr(form)[1:-1]
        yield json.dumps(form)[1:-1]
        yield form.replace("/", "\\/")


def _without(form: str, text: str) -> str:
    """Hide a secret, and what begins as it does."""
    beginning, kept, at = form[:TELLING], [], 0
    while (found := text.find(beginning, at)) >= 0:
        kept += [text[at:found], HIDDEN]
        at = found + len(beginning)
        for character in form[TELLING:]:
            if text[at : at + 1] != character:
                break
            at += 1
    return "".join([*kept, text[at:]])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
