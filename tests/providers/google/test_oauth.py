"""Google's permission: asked for in a browser, worth a token, renewed, taken back by whomever."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from gateway.core.errors import (
    ForbiddenAddress,
    GatewayError,
    NeedsReconnect,
    NotAccepted,
    RateLimited,
    Unavailable,
)
from gateway.core.remote import Grant
from gateway.providers.google import GoogleConfig
from gateway.providers.google.oauth import SCOPES, GoogleAuthority
from tests.providers.certificates import Authority
from tests.providers.google.conftest import ANN, REDIRECT, VERIFIER, World, visit
from tests.providers.outside import Request, reply, told
from tests.servers.google import start

NOW = datetime(2026, 11, 24, 18, 52, tzinfo=UTC)
EVENTS, LIST = SCOPES
GRANT = Grant("T0K3N", "R3FR3SH", NOW, frozenset(SCOPES))


def asked(config: GoogleConfig, **how: object) -> dict[str, str]:
    url = GoogleAuthority(config, lambda: NOW).authorize_url("state-1", VERIFIER, REDIRECT, **how)
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


def test_people_are_asked_for_the_least_that_does() -> None:
    config = GoogleConfig("client-1", "S3CR3T")
    url = GoogleAuthority(config, lambda: NOW).authorize_url("s", VERIFIER, REDIRECT, consent=False, hint="")
    assert url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert asked(config, consent=False, hint="") == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": REDIRECT,
        "scope": f"{EVENTS} {LIST}",
        "state": "state-1",
        "code_challenge": asked(config, consent=False, hint="")["code_challenge"],
        "code_challenge_method": "S256",
        "access_type": "offline",
        "include_granted_scopes": "false",
    }
    more = asked(config, consent=True, hint=ANN)
    assert (more["prompt"], more["login_hint"]) == ("consent", ANN)


def test_the_challenge_is_that_of_the_rfc() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    url = GoogleAuthority(GoogleConfig("c", "s"), lambda: NOW).authorize_url(
        "s", verifier, REDIRECT, consent=False, hint=""
    )
    assert "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&" in url


def test_a_permission_is_worth_a_token(world: World) -> None:
    grant = world.grant()
    assert grant.access_token
    assert grant.refresh_token
    assert grant.scopes == frozenset(SCOPES)
    assert timedelta(minutes=55) < grant.expires_at - datetime.now(UTC) < timedelta(minutes=61)
    assert world.provider.authority.lacking(grant) == ()
    assert [one.name for one in world.open(grant).calendars()] == [ANN]


def test_the_state_comes_back(world: World) -> None:
    url = world.provider.authority.authorize_url("st&te", VERIFIER, REDIRECT, consent=False, hint="")
    back = visit(url)
    assert (back.address, back.told["state"]) == (REDIRECT, "st&te")


def test_the_second_permission_is_for_a_short_time_unless_it_is_asked_anew(world: World) -> None:
    assert world.grant().refresh_token
    assert world.grant().refresh_token == ""
    assert world.grant(consent=True).refresh_token


def test_another_verifier_is_not_let_in(world: World) -> None:
    authority = world.provider.authority
    back = visit(authority.authorize_url("s", VERIFIER, REDIRECT, consent=False, hint=""))
    with pytest.raises(NotAccepted, match="started again"):
        authority.exchange(back.told["code"], VERIFIER[::-1], REDIRECT)


def test_a_code_is_good_once(world: World) -> None:
    authority = world.provider.authority
    code = visit(authority.authorize_url("s", VERIFIER, REDIRECT, consent=False, hint="")).told["code"]
    authority.exchange(code, VERIFIER, REDIRECT)
    with pytest.raises(NotAccepted, match="started again"):
        authority.exchange(code, VERIFIER, REDIRECT)


@pytest.mark.parametrize("code", ["", "x", "4/0A&client_id=evil", "ü\u0000 %zz", "x" * 5_000])
def test_a_code_that_is_none_is_not_accepted(world: World, code: str) -> None:
    with pytest.raises(NotAccepted):
        world.provider.authority.exchange(code, VERIFIER, REDIRECT)


@pytest.mark.parametrize(
    ("scope", "words"),
    [(EVENTS, "see and change the events of your calendars"), (LIST, "see the list of your calendars")],
)
def test_what_was_unticked_is_missing(world: World, scope: str, words: str) -> None:
    world.server.at_consent(untick=frozenset({scope}))
    grant = world.grant()
    assert grant.scopes == frozenset(SCOPES) - {scope}
    assert world.provider.authority.lacking(grant) == (words,)
    assert world.provider.authority.refresh(grant).scopes == grant.scopes


def test_wider_permissions_are_as_good() -> None:
    authority = GoogleAuthority(GoogleConfig("c", "s"), lambda: NOW)
    wide = replace(GRANT, scopes=frozenset({"https://www.googleapis.com/auth/calendar", "openid"}))
    assert authority.lacking(wide) == ()
    assert len(authority.lacking(replace(GRANT, scopes=frozenset()))) == 2


def test_a_token_is_renewed_and_the_lasting_one_stays(world: World) -> None:
    grant = world.grant()
    renewed = world.provider.authority.refresh(grant)
    assert renewed.access_token != grant.access_token
    assert renewed.refresh_token == grant.refresh_token
    assert renewed.scopes == grant.scopes
    assert world.open(renewed).calendars()


def test_who_took_the_permission_back_has_to_be_asked_again(world: World) -> None:
    grant = world.grant()
    world.server.revoke_grant(ANN)
    with pytest.raises(NeedsReconnect, match="access has ended or was taken back"):
        world.provider.authority.refresh(grant)
    with pytest.raises(NeedsReconnect):
        world.open(grant).calendars()


def test_without_a_lasting_permission_nothing_is_renewed(world: World) -> None:
    before = world.server.requests["oauth.token"]
    with pytest.raises(NeedsReconnect):
        world.provider.authority.refresh(replace(GRANT, refresh_token=""))
    assert world.server.requests["oauth.token"] == before


def test_a_permission_is_given_back(world: World) -> None:
    authority = world.provider.authority
    grant = world.grant()
    for _ in range(2):
        authority.revoke(grant)
    with pytest.raises(NeedsReconnect):
        authority.refresh(grant)


def test_a_wrong_secret_is_for_the_operator(world: World) -> None:
    grant = world.grant()
    authority = GoogleAuthority(replace(world.config, client_secret="wrong"), lambda: NOW)
    for ask in (lambda: authority.refresh(grant), lambda: authority.exchange("c", VERIFIER, REDIRECT)):
        with pytest.raises(NotAccepted, match="our client id or secret"):
            ask()


@pytest.mark.parametrize("status", [400, 500, 503])
def test_trouble_of_theirs_passes(world: World, status: int) -> None:
    grant = world.grant()
    world.server.faults.fail(status=status, method="oauth.token")
    with pytest.raises(Unavailable):
        world.provider.authority.refresh(grant)
    assert world.provider.authority.refresh(grant).access_token


def test_what_is_said_over_tls_is_said_to_google_only(tmp_path) -> None:
    trusted = Authority(tmp_path)
    with start(tls=trusted.serving("127.0.0.1")) as server:
        server.register(REDIRECT)
        config = GoogleConfig(server.client_id, server.client_secret, allow_private=True, **server.settings())
        for bundle, error in (("", Unavailable), (str(trusted.bundle), NotAccepted)):
            authority = GoogleAuthority(replace(config, ca_bundle=bundle), lambda: NOW)
            with pytest.raises(error):
                authority.exchange("c", VERIFIER, REDIRECT)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/token", "https://127.0.0.1:1/token", "http://google.example/token"]
)
def test_no_secret_goes_into_the_open_or_our_own_network(address: str) -> None:
    config = GoogleConfig("c", "s", token_url=address, revoke_url=address)
    authority = GoogleAuthority(config, lambda: NOW)
    for ask in (
        lambda: authority.refresh(GRANT),
        lambda: authority.exchange("c", VERIFIER, REDIRECT),
        lambda: authority.revoke(GRANT),
    ):
        with pytest.raises(ForbiddenAddress):
            ask()


def test_no_switch_of_the_library_is_thrown() -> None:
    assert not [name for name in os.environ if name.startswith("OAUTHLIB_")]


# What follows is about answers that Google hardly gives, so the server plays what the test writes.


@pytest.fixture
def playing(outside) -> Callable[[bytes], GoogleAuthority]:
    def open_(said: bytes | Callable[[Request], bytes]) -> GoogleAuthority:
        server = outside(said if callable(said) else lambda _: said)
        config = GoogleConfig(
            "client-1",
            "S3CR3T",
            token_url=f"{server.url}/token",
            revoke_url=f"{server.url}/revoke",
            allow_private=True,
        )
        return GoogleAuthority(config, lambda: NOW)

    return open_


CODE, WORD = "c0de", "w0rd"
ASKED = {
    "exchange": lambda authority: authority.exchange(CODE, VERIFIER, REDIRECT),
    "refresh": lambda authority: authority.refresh(GRANT),
}
TOKEN = {"access_token": "n3w", "expires_in": 3599, "token_type": "Bearer"}
NONSENSE = {
    "a page for people": reply(200, b"<html>", Content_Type="text/html"),
    "nothing": reply(200),
    "a list": told(200, []),
    "no token": told(200, {"token_type": "Bearer"}),
    "an empty token": told(200, {**TOKEN, "access_token": ""}),
    "a token that is no text": told(200, {**TOKEN, "access_token": ["x"]}),
    "another that is none": told(200, {**TOKEN, "refresh_token": 7}),
    "scopes that are none": told(200, {**TOKEN, "scope": [7]}),
    "an odd life": told(200, {**TOKEN, "expires_in": "soon"}),
    "an endless life": reply(200, b'{"access_token": "x", "expires_in": Infinity}'),
    "an error with a token": told(200, {**TOKEN, "error": "x"}),
    "a form": reply(200, b"access_token=x"),
    "too deep": reply(200, b"[" * 99_999),
    "no text": reply(200, b"\xff\xfe"),
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("ask", ASKED)
def test_nonsense_is_no_token(playing, ask: str, said: bytes) -> None:
    with pytest.raises(Unavailable):
        ASKED[ask](playing(said))


ERRORS = [
    (400, "invalid_grant", NotAccepted, NeedsReconnect), (400, "invalid_client", NotAccepted, NotAccepted),
    (401, "invalid_client", NotAccepted, NotAccepted), (401, "deleted_client", NotAccepted, NotAccepted),
    (400, "redirect_uri_mismatch", NotAccepted, NotAccepted), (403, "access_denied", NotAccepted, NeedsReconnect),
    (400, "admin_policy_enforced", NotAccepted, NeedsReconnect), (400, "internal_failure", Unavailable, Unavailable),
    (400, "temporarily_unavailable", Unavailable, Unavailable), (400, "whatever", NotAccepted, NotAccepted),
    (302, "", NotAccepted, NotAccepted), (429, "", RateLimited, RateLimited), (500, "", Unavailable, Unavailable),
]  # fmt: skip


@pytest.mark.parametrize(("status", "word", "exchanged", "refreshed"), ERRORS)
def test_what_an_error_means(playing, status: int, word: str, exchanged, refreshed) -> None:
    said = {"error": word, "error_description": "Token has been expired or revoked."}
    authority = playing(told(status, said, Location="https://x.example/"))
    for ask, error in zip(ASKED.values(), (exchanged, refreshed), strict=True):
        with pytest.raises(error) as caught:
            ask(authority)
        assert type(caught.value) is error


@pytest.mark.parametrize("ask", ASKED)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 500])
def test_no_error_and_no_log_says_what_nobody_may_read(
    playing, caplog: pytest.LogCaptureFixture, ask: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ["T0K3N", "R3FR3SH", "S3CR3T", CODE, VERIFIER, "n3w", WORD]
    try:
        shown = repr(ASKED[ask](playing(told(status, TOKEN if status == 200 else {"error": WORD}))))
    except GatewayError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)
    for secret in secrets:
        assert secret not in shown
        assert secret not in caplog.text


def test_what_is_sent_for_a_token(playing) -> None:
    seen: list[Request] = []

    def play(request: Request) -> bytes:
        seen.append(request)
        return told(200, TOKEN)

    authority = playing(play)
    for ask in ASKED.values():
        grant = ask(authority)
        assert (grant.access_token, grant.scopes) == ("n3w", frozenset(SCOPES))
        assert grant.expires_at == NOW + timedelta(seconds=3599)
    client = {"client_id": "client-1", "client_secret": "S3CR3T"}
    assert [dict(parse_qsl(request.body.decode())) for request in seen] == [
        {
            "grant_type": "authorization_code",
            "code": CODE,
            "code_verifier": VERIFIER,
            "redirect_uri": REDIRECT,
            **client,
        },
        {"grant_type": "refresh_token", "refresh_token": "R3FR3SH", **client},
    ]
    for request in seen:
        assert (request.method, request.target) == ("POST", "/token")
        assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding", "content-type",
                                        "content-length"}  # fmt: skip
        assert request.headers["user-agent"] == "Daybridge"


@pytest.mark.parametrize(
    ("life", "lasts"),
    [
        (None, timedelta(minutes=5)),
        (-1, timedelta(minutes=5)),
        (60, timedelta(minutes=1)),
        (10**12, timedelta(days=1)),
    ],
)
def test_a_token_lasts_as_long_as_can_be_believed(playing, life: int | None, lasts: timedelta) -> None:
    said = {name: value for name, value in {**TOKEN, "expires_in": life}.items() if value is not None}
    assert playing(told(200, said)).refresh(GRANT).expires_at == NOW + lasts


def test_a_new_lasting_token_replaces_the_old_one(playing) -> None:
    assert playing(told(200, {**TOKEN, "refresh_token": "n3xt"})).refresh(GRANT).refresh_token == "n3xt"
    assert playing(told(200, {**TOKEN, "refresh_token": ""})).refresh(GRANT).refresh_token == "R3FR3SH"


@pytest.mark.parametrize(
    ("status", "error"), [(200, None), (204, None), (400, None), (403, NotAccepted), (503, Unavailable)]
)
def test_giving_back(playing, status: int, error: type[Exception] | None) -> None:
    authority = playing(reply(status))
    if error is None:
        authority.revoke(GRANT)
        authority.revoke(replace(GRANT, refresh_token=""))
    else:
        with pytest.raises(error):
            authority.revoke(GRANT)
