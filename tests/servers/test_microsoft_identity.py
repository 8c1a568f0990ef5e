"""Microsoft's identity platform: MSAL signs people in here, and everybody who does it wrong is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msal
import pytest
import requests

from tests.servers.microsoft.client import BACK, Client, Json, signed_in

CLOCK = [datetime(2026, 11, 24, 18, tzinfo=UTC)]


@pytest.fixture
def client() -> Iterator[Client]:
    CLOCK[0] = datetime(2026, 11, 24, 18, tzinfo=UTC)
    with signed_in(now=lambda: CLOCK[0]) as made:
        yield made


@pytest.fixture
def flow(client: Client) -> Json:
    return client.flow(client.app())


def code(client: Client, flow: Json) -> dict[str, str]:
    known = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": flow["code_verifier"]}
    return {**known, "code": client.back(flow["auth_uri"])["code"]}


def test_msal_signs_in(client: Client) -> None:
    claims = client.token["id_token_claims"]
    assert claims["preferred_username"] == "ann@example.com"
    assert {"oid", "tid", "name", "nonce", "exp", "aud"} <= claims.keys()
    assert set(client.token["scope"].split()) == {"Calendars.ReadWrite", "User.Read", "openid", "profile"}
    assert client.token["refresh_token"]
    assert client.says("GET", "me")["userPrincipalName"] == "ann@example.com"


def test_msal_refreshes_and_the_refresh_token_rotates(client: Client) -> None:
    cache = msal.SerializableTokenCache()
    app = client.app(token_cache=cache)
    flow = client.flow(app)
    first = app.acquire_token_by_auth_code_flow(flow, client.back(flow["auth_uri"]))
    again = client.app(token_cache=cache)
    [account] = again.get_accounts()
    assert account["username"] == "ann@example.com"
    fresh = again.acquire_token_silent_with_error(["Calendars.ReadWrite"], account, force_refresh=True)
    assert fresh["access_token"] != first["access_token"]
    second = client.posts(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    client.server.behaviour.change({"old_refresh_tokens": False})
    kept = second["refresh_token"]
    assert client.posts(grant_type="refresh_token", refresh_token=kept).status_code == 200
    assert client.posts(grant_type="refresh_token", refresh_token=kept).json()["error"] == "invalid_grant"


def test_every_address_of_the_openid_document_says_https(client: Client) -> None:
    where = f"{client.server.settings()['authority']}/v2.0/.well-known/openid-configuration"
    told = requests.get(where, timeout=5).json()
    names = ("authorization_endpoint", "token_endpoint", "issuer")
    assert all(told[name].startswith("https://127.0.0.1:") for name in names)
    client.server.behaviour.change({"as_https": False})
    assert requests.get(where, timeout=5).json()["token_endpoint"].startswith("http://127.0.0.1:")
    assert requests.get(where.replace("common", "nobody"), timeout=5).json()["error_codes"] == [90002]


def test_instance_discovery(client: Client) -> None:
    where = client.server.settings()["authority"].replace("http://", "https://") + "/discovery/instance"
    assert client.flow(client.app(instance_discovery=where))["auth_uri"]
    asked = {"authorization_endpoint": "https://evil.example/common/oauth2/v2.0/authorize"}
    answer = requests.get(where.replace("https://", "http://"), params=asked, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_instance")


def test_somebody_who_does_not_agree(client: Client, flow: Json) -> None:
    client.server.at_consent("ann@example.com", denies=True)
    back = client.back(flow["auth_uri"])
    assert (back["error"], back["error_subcode"], back["state"]) == ("access_denied", "cancel", flow["state"])
    client.server.at_consent("ann@example.com", needs_admin=True)
    back = client.back(flow["auth_uri"])
    assert back["error"] == "access_denied"
    assert back["error_description"].startswith("AADSTS90094:")
    assert "code" not in back


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"client_id": "nobody"}, 700016),
        ({"redirect_uri": "https://evil.example/"}, 50011),
        ({"scope": None}, 900144),
        ({"colour": "red"}, 90014),
    ],
)
def test_a_page_that_sends_nobody_back(client: Client, flow: Json, change: Json, number: int) -> None:
    answer = client.visit(flow["auth_uri"], change)
    assert answer.status_code == 400
    assert f"AADSTS{number}:" in answer.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "openid Everything.Read"}, "invalid_scope"),
        ({"scope": "openid profile"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "interaction_required"),
        ({"prompt": "please"}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_a_page_that_sends_back_with_an_error(client: Client, flow: Json, change: Json, error: str) -> None:
    assert client.back(flow["auth_uri"], change)["error"] == error


@pytest.mark.parametrize(
    ("change", "error", "number"),
    [
        ({"code": "nonsense"}, "invalid_grant", 70000),
        ({"code": ""}, "invalid_request", 900144),
        ({"code_verifier": "w" * 64}, "invalid_grant", 501481),
        ({"code_verifier": None}, "invalid_grant", 501481),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant", 500112),
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
        ({"client_id": "nobody"}, "unauthorized_client", 700016),
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
    ],
)
def test_a_code_is_worth_something_to_us_alone(
    client: Client, flow: Json, change: Json, error: str, number: int
) -> None:
    said = client.posts(**{**code(client, flow), **change}).json()
    assert (said["error"], said["error_codes"]) == (error, [number])
    assert said["error_description"].startswith(f"AADSTS{number}:")


def test_a_code_counts_once_and_not_for_long(client: Client, flow: Json) -> None:
    form = code(client, flow)
    assert client.posts(**form).status_code == 200
    assert client.posts(**form).json()["error_codes"] == [54005]
    form = code(client, flow)
    CLOCK[0] += timedelta(minutes=11)
    assert client.posts(**form).json()["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("why", "error", "suberror", "number"),
    [
        ("revoked", "invalid_grant", "bad_token", 50173),
        ("inactive", "invalid_grant", "token_expired", 700082),
        ("consent", "invalid_grant", "consent_required", 65001),
        ("mfa", "interaction_required", "basic_action", 50076),
    ],
)
def test_a_refresh_token_ends(client: Client, why: str, error: str, suberror: str, number: int) -> None:
    form: Any = {"grant_type": "refresh_token", "refresh_token": client.token["refresh_token"]}
    client.server.revoke("ann@example.com", why)
    said = client.posts(**form).json()
    assert (said["error"], said["suberror"], said["error_codes"]) == (error, suberror, [number])
    assert client.asks("GET", "me").status_code == 200, "an access token lives on for its hour"
    client.server.revoke("ann@example.com", why, at_once=True)
    assert client.refused("GET", "me") == (401, "InvalidAuthenticationToken")


def test_a_refresh_token_of_nobody_and_one_for_more_than_was_agreed(client: Client) -> None:
    said = client.posts(grant_type="refresh_token", refresh_token="made-up").json()
    assert (said["error"], said["suberror"]) == ("invalid_grant", "bad_token")
    few = client.sign_in("User.Read")
    asked = {"refresh_token": few["refresh_token"], "scope": "Calendars.ReadWrite"}
    said = client.posts(grant_type="refresh_token", **asked).json()
    assert (said["error"], said["suberror"]) == ("invalid_grant", "consent_required")
    assert client.refused("GET", "me/calendars") == (403, "ErrorAccessDenied")


def test_graph_wants_a_living_token(client: Client) -> None:
    for value in (None, "", "Bearer", "Bearer made-up", "Basic YTpi"):
        answer = client.asks("GET", "me", headers={"Authorization": value})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
        assert "WWW-Authenticate" in answer.headers
    CLOCK[0] += timedelta(hours=1)
    assert client.refused("GET", "me") == (401, "InvalidAuthenticationToken")


def test_an_outage_of_the_token_address(client: Client) -> None:
    form: Any = {"grant_type": "refresh_token", "refresh_token": client.token["refresh_token"]}
    client.server.faults.fail(status=503, method="oauth.token", retry_after=7)
    answer = client.posts(**form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert client.posts(**form).status_code == 200
