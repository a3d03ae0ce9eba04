"""Who may call: API keys, the key without query rights, and OAuth2 client credentials."""

from __future__ import annotations

from typing import Any

import pytest
import requests

CLIENT = ("emulator-client", "emulator-secret")
QUERIES = "/api/v1/assessments/queries"
GRANT = {"grant_type": "client_credentials"}


def test_the_list_of_saved_queries_is_empty_and_open_to_the_api_key(client: Any) -> None:
    listed = client.call("GET", QUERIES)
    assert (listed.status_code, listed.json()) == (200, {"values": [], "next_page_token": "", "has_more": False})


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic ZW11bGF0b3Ita2V5", "emulator-key"])
@pytest.mark.parametrize("path", [QUERIES, "/api/v1/no-such-path"])
def test_a_missing_or_wrong_credential_is_unauthenticated(client: Any, authorization: str, path: str) -> None:
    refused = client.call("GET", path, headers={"Authorization": authorization})
    assert (refused.status_code, refused.json()["code"]) == (401, "Unauthenticated")


def test_a_key_without_query_rights_is_denied(client: Any) -> None:
    refused = client.call("GET", QUERIES, headers={"Authorization": "Bearer no-query-rights"})
    assert (refused.status_code, refused.json()["code"]) == (403, "PermissionDenied")


@pytest.mark.parametrize(
    "options",
    [
        {"auth": CLIENT, "data": GRANT},
        {"data": {**GRANT, "client_id": CLIENT[0], "client_secret": CLIENT[1]}},
    ],
)
def test_a_client_gets_a_token_that_opens_the_api_until_it_expires(client: Any, options: dict[str, Any]) -> None:
    answer = requests.post(f"{client.running.url}/oauth/token", timeout=10, **options).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    client.advance(3599)
    assert client.call("GET", QUERIES, headers=bearer).status_code == 200
    client.advance(1)
    assert client.call("GET", QUERIES, headers=bearer).status_code == 401


def test_a_token_answer_repeats_the_scope_that_was_asked_for(client: Any) -> None:
    form = {**GRANT, "scope": "viewer"}
    answer = requests.post(f"{client.running.url}/oauth/token", auth=CLIENT, data=form, timeout=10)
    assert answer.json()["scope"] == "viewer"


@pytest.mark.parametrize(
    ("options", "status", "error"),
    [
        ({"auth": ("emulator-client", "wrong"), "data": GRANT}, 401, "invalid_client"),
        ({"headers": {"Authorization": "Basic ???"}, "data": GRANT}, 401, "invalid_client"),
        ({"data": GRANT}, 401, "invalid_client"),
        ({"auth": CLIENT, "data": {"grant_type": "password"}}, 400, "unsupported_grant_type"),
        ({"auth": CLIENT, "data": b"\xff"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_token_request_is_refused_in_the_words_of_oauth(
    client: Any, options: dict[str, Any], status: int, error: str
) -> None:
    refused = requests.post(f"{client.running.url}/oauth/token", timeout=10, **options)
    assert (refused.status_code, refused.json()["error"]) == (status, error)
