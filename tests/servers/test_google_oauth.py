"""Google's OAuth: what the consent page insists on, what people do there, and the life of every kind of token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.auth.exceptions import RefreshError

from tests.servers.conftest import BACK, CALENDAR, EVENTS, LISTS, Json, Product, hour
from tests.servers.google import GoogleServer, Human, start


def brought_back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"].startswith(f"{BACK}?")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: value[0] for name, value in query.items()}


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"redirect_uri": f"{BACK}/"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": f"{EVENTS} {EVENTS}.everything"}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_request"),
        ({"state": None}, 400, "invalid_request"),
        ({"code_challenge": None}, 400, "invalid_request"),
        ({"code_challenge": "short"}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"access_type": "forever"}, 400, "invalid_request"),
        ({"include_granted_scopes": "yes"}, 400, "invalid_request"),
        ({"prompt": "none consent"}, 400, "invalid_request"),
        ({"colour": "red"}, 400, "invalid_request"),
        ({"login_hint": "nobody@example.com"}, 400, "invalid_account"),
    ],
)
def test_the_consent_page_shows_an_error(
    product: Product, ann: Human, change: Json, status: int, error: str
) -> None:
    answer = product.visit(EVENTS, change=change)
    assert (answer.status_code, answer.text.splitlines()[0]) == (status, f"Error {status}: {error}")


def test_the_person_decides(product: Product, ann: Human, google: GoogleServer) -> None:
    google.account("bob@example.com")
    back = brought_back(product.visit(EVENTS, state="st4te"))
    assert (back["state"], back["scope"]) == ("st4te", EVENTS)
    google.at_consent(denies=True)
    assert brought_back(product.visit(EVENTS)).keys() == {"state", "error"}
    google.at_consent("bob@example.com", untick=frozenset({LISTS}))
    unticked = brought_back(product.visit(EVENTS, LISTS, "openid", login_hint=ann.email))
    assert set(unticked["scope"].split()) == {EVENTS, "openid"}
    assert brought_back(product.visit(LISTS))["scope"] == LISTS
    google.at_consent(untick=frozenset({EVENTS, LISTS}))
    assert brought_back(product.visit(EVENTS, LISTS))["error"] == "access_denied"


def test_what_was_unticked_is_not_allowed(product: Product, ann: Human, google: GoogleServer) -> None:
    google.at_consent(untick=frozenset({EVENTS}))
    # The library insists on the scopes that were asked for, so that the product must look for itself.
    with pytest.raises(Warning, match="Scope has changed"):
        product.token(EVENTS, LISTS)
    session = product.session(EVENTS, LISTS)
    address, _ = session.authorization_url(google.settings()["authorize_url"])
    code = brought_back(requests.get(address, allow_redirects=False, timeout=5))["code"]
    token = product.posts("/token", **exchange(code, session._code_verifier)).json()
    assert token["scope"] == LISTS
    assert product.asks("GET", "users/me/calendarList", token).status_code == 200
    assert product.asks("GET", "calendars/primary/events", token).status_code == 403


def exchange(code: str, verifier: str | None) -> dict[str, str | None]:
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier}


def test_scopes_that_were_granted_before_are_kept(product: Product, ann: Human) -> None:
    brought_back(product.visit(EVENTS))
    assert brought_back(product.visit(LISTS))["scope"] == LISTS
    more = brought_back(product.visit(LISTS, include_granted_scopes="true"))
    assert set(more["scope"].split()) == {EVENTS, LISTS}
    assert "code" in brought_back(product.visit(EVENTS, prompt="none"))
    assert brought_back(product.visit(CALENDAR, prompt="none"))["error"] == "interaction_required"


def test_the_refresh_token_comes_once(product: Product, ann: Human) -> None:
    assert "refresh_token" not in product.token(EVENTS, access_type="online")
    assert "refresh_token" in product.token(EVENTS, prompt="select_account")
    assert "refresh_token" not in product.token(EVENTS, prompt="select_account")
    assert "refresh_token" in product.token(EVENTS, prompt="consent")


def test_who_the_person_is(product: Product, ann: Human) -> None:
    body = product.token(EVENTS, "openid", "https://www.googleapis.com/auth/userinfo.email")[
        "id_token"
    ].split(".")[1]
    claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert (claims["email"], claims["iss"]) == (ann.email, "https://accounts.google.com")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def google(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleServer]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with start(now=clock) as server:
        server.register(BACK)
        yield server


def code_of(product: Product) -> tuple[str, str]:
    session = product.session(EVENTS)
    address, _ = session.authorization_url(product.google.settings()["authorize_url"], access_type="offline")
    return brought_back(requests.get(address, allow_redirects=False, timeout=5))[
        "code"
    ], session._code_verifier


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "4/0made-up"}, 400, "invalid_grant"),
        ({"redirect_uri": "https://book.example/"}, 400, "redirect_uri_mismatch"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"code_verifier": "v" * 43}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"client_id": None, "client_secret": None}, 400, "invalid_request"),
    ],
)
def test_a_code_that_is_not_exchanged(
    product: Product, ann: Human, change: dict[str, str | None], status: int, error: str
) -> None:
    answer = product.posts("/token", **{**exchange(*code_of(product)), **change})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json().keys() == {"error", "error_description"}


def test_a_code_lives_once_and_briefly(product: Product, ann: Human, clock: Clock) -> None:
    form = exchange(*code_of(product))
    given = product.posts("/token", **form)
    assert given.json().keys() == {"access_token", "expires_in", "scope", "token_type", "refresh_token"}
    assert given.json()["scope"] == EVENTS
    assert product.posts("/token", **form).json()["error"] == "invalid_grant"
    late = exchange(*code_of(product))
    clock.pass_by(60)
    assert product.posts("/token", **late).json()["error"] == "invalid_grant"


def test_the_client_may_sign_in_with_basic(product: Product, ann: Human, google: GoogleServer) -> None:
    for secret, status in ((google.client_secret, 200), ("wrong", 401)):
        answer = requests.post(
            google.settings()["token_url"],
            exchange(*code_of(product)),
            auth=(google.client_id, secret),
            timeout=5,
        )
        assert answer.status_code == status


def test_access_tokens_expire_and_are_refreshed(
    product: Product, ann: Human, clock: Clock, google: GoogleServer
) -> None:
    google.behaviour.access_seconds = 1000
    token = product.token(EVENTS)
    assert token["expires_in"] == 1000
    api = product.calls(token)
    api.events().list(calendarId="primary").execute()
    clock.pass_by(1001)
    bare = product.asks("GET", "calendars/primary/events", token)
    assert (bare.status_code, bare.json()["error"]["errors"][0]["reason"]) == (401, "authError")
    api.events().insert(calendarId="primary", body=hour()).execute()
    google.expire_access_tokens()
    api.events().insert(calendarId="primary", body=hour()).execute()
    assert google.requests["oauth.token"] == 3
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    again = product.posts("/token", **refresh).json()
    assert again.keys() == {"access_token", "expires_in", "scope", "token_type"}
    assert product.posts("/token", **refresh, scope=CALENDAR).json()["error"] == "invalid_scope"


@pytest.mark.parametrize("way", ["product", "person", "access token"])
def test_what_was_revoked_is_dead(product: Product, ann: Human, google: GoogleServer, way: str) -> None:
    token = product.token(EVENTS)
    if way == "person":
        google.revoke_grant(ann.email)
    else:
        given = token["refresh_token" if way == "product" else "access_token"]
        assert requests.post(google.settings()["revoke_url"], {"token": given}, timeout=5).status_code == 200
    answer = product.posts("/token", grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert product.asks("GET", "calendars/primary/events", token).status_code == 401
    with pytest.raises(RefreshError) as caught:
        product.calls(token).events().list(calendarId="primary").execute()
    assert caught.value.args[1]["error"] == "invalid_grant"
    assert not caught.value.retryable
    gone = requests.post(google.settings()["revoke_url"], {"token": token["refresh_token"]}, timeout=5)
    assert (gone.status_code, gone.json()["error"]) == (400, "invalid_token")
    assert "refresh_token" in product.token(EVENTS, prompt="select_account")


@pytest.mark.parametrize(("all_of_it", "status"), [(False, 200), (True, 401)])
def test_revoking_one_token_ends_the_others_or_not(
    product: Product, ann: Human, google: GoogleServer, all_of_it: bool, status: int
) -> None:
    google.behaviour.revoke_ends_grant = all_of_it
    first, second = product.token(EVENTS), product.token(EVENTS)
    requests.post(google.settings()["revoke_url"], {"token": first["refresh_token"]}, timeout=5)
    assert product.asks("GET", "calendars/primary/events", second).status_code == status


def test_too_many_refresh_tokens_end_the_oldest(product: Product, ann: Human, google: GoogleServer) -> None:
    google.behaviour.most_refresh_tokens = 2
    tokens: list[Any] = [product.token(EVENTS) for _ in range(3)]
    answers = [
        product.posts("/token", grant_type="refresh_token", refresh_token=one["refresh_token"]).status_code
        for one in tokens
    ]
    assert answers == [400, 200, 200]
