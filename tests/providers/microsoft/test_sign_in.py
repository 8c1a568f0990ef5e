"""Signing in, and what goes wrong with it: whose fault it is, in words for them; and nothing of it is remembered."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from gateway.core.errors import NeedsReconnect, NotAccepted, ProviderError, RateLimited, Unavailable
from gateway.core.remote import Grant
from gateway.providers.microsoft.oauth import MicrosoftAuthority
from tests.providers.microsoft.conftest import ANN, REDIRECT, VERIFIER, World
from tests.providers.outside import Request, starting
from tests.providers.outside import told as answer

OTHER = "another-verifier-that-somebody-else-has-0123456789-0123456789"
METHODS = ("oauth.discovery", "oauth.token")


def visited(world: World, **changed: str) -> dict[str, str]:
    """What the browser brings back when the address was another one."""
    url = world.authority.authorize_url("s", VERIFIER, REDIRECT, consent=False, hint="")
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | changed
    return world.visit(parts._replace(query=urlencode(query)).geturl())


# Coming back


@pytest.mark.parametrize(("verifier", "redirect"), [(OTHER, REDIRECT), (VERIFIER, f"{REDIRECT}/other")])
def test_a_code_is_worth_nothing_to_others(world: World, verifier: str, redirect: str) -> None:
    code = world.code()
    with pytest.raises(NotAccepted, match="started again") as caught:
        world.authority.exchange(code, verifier, redirect)
    assert code not in "".join(traceback.format_exception(caught.value))


def test_a_code_is_worth_something_once(world: World) -> None:
    code = world.code()
    assert world.authority.exchange(code, VERIFIER, REDIRECT).refresh_token
    with pytest.raises(NotAccepted, match="started again"):
        world.authority.exchange(code, VERIFIER, REDIRECT)


def test_an_answer_to_another_question_is_not_taken(world: World) -> None:
    """OpenID Connect 3.1.3.7: the nonce ties what is told of a person to our question."""
    code = visited(world, nonce="0" * 64)["code"]
    with pytest.raises(ProviderError):
        world.authority.exchange(code, VERIFIER, REDIRECT)


def test_less_than_we_need_is_asked_for_anew(world: World) -> None:
    code = visited(world, scope="User.Read offline_access openid profile")["code"]
    with pytest.raises(NotAccepted, match="agreed to anew"):
        world.authority.exchange(code, VERIFIER, REDIRECT)


def test_who_says_no_is_not_sent_to_an_administrator(world: World) -> None:
    world.server.at_consent(ANN, denies=True)
    back = visited(world)
    assert "code" not in back
    assert "AADSTS65004" in back["error_description"]
    words = world.authority.declined(back["error"], back["error_description"])
    assert words == "you said no there"


def test_who_may_not_say_yes_is_told_who_may(world: World) -> None:
    world.server.at_consent(ANN, needs_admin=True)
    back = visited(world)
    assert "administrator" in world.authority.declined(back["error"], back["error_description"])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (50057, "closed or switched off"),
        (50076, "its owner once more"),
        (70008, "started again"),
        (90094, "administrator"),
        (1234567, "started again"),
    ],
)
def test_why_nobody_is_let_in_at_first(world: World, number: int, words: str) -> None:
    said = {"error": "invalid_grant", "error_codes": [number], "error_description": f"AADSTS{number}: S3CR3T"}
    with starting() as start:

        def play(asked: Request) -> bytes:
            if asked.method == "POST":
                return answer(400, said)
            named = {name: f"https://{graph.url[7:]}/{name}" for name in ("authorization", "token")}
            found = {f"{name}_endpoint": url for name, url in named.items()}
            return answer(200, found | {"issuer": f"https://{graph.url[7:]}/common/v2.0"})

        graph = start(play)
        authority = MicrosoftAuthority(replace(world.config, authority=f"{graph.url}/common"), world.clock)
        with pytest.raises(NotAccepted, match=words) as caught:
            authority.exchange("c0de", VERIFIER, REDIRECT)
        assert "S3CR3T" not in "".join(traceback.format_exception(caught.value))


# Going on


def test_a_permission_that_was_renewed_is_kept_and_the_one_before_goes_on_for_a_while(world: World) -> None:
    """Two workers may have renewed it at the same time."""
    authority, grant = world.authority, world.grant()
    first = authority.refresh(grant)
    assert first.kept != grant.kept
    assert first.refresh_token != grant.refresh_token
    for one in (grant, first):
        assert authority.refresh(one).access_token not in (grant.access_token, first.access_token)
    assert authority.refresh(grant).expires_at > world.clock.now


def test_a_refusal_that_is_over_is_seen_at_once(world: World) -> None:
    """MSAL would repeat it for a minute (throttled_http_client)."""
    grant = world.grant()
    world.server.faults.fail(status=400, method="oauth.token", code="invalid_grant")
    with pytest.raises(NeedsReconnect, match="ended or was taken back"):
        world.authority.refresh(grant)
    assert world.authority.refresh(grant).access_token


def _exchange(world: World, code: str, _: Grant) -> Grant:
    return world.authority.exchange(code, VERIFIER, REDIRECT)


def _refresh(world: World, _: str, grant: Grant) -> Grant:
    return world.authority.refresh(grant)


Ask = Callable[[World, str, Grant], Grant]


@pytest.mark.parametrize("ask", [_exchange, _refresh])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("trouble", ["lose_request", "lose_answer", "malformed"])
def test_what_is_lost_on_the_way_can_be_asked_again(
    world: World, ask: Ask, method: str, trouble: str
) -> None:
    code, grant = world.code(), world.grant()
    world.server.faults.order(trouble, method=method)
    with pytest.raises(Unavailable) as caught:
        ask(world, code, grant)
    said = "".join(traceback.format_exception(caught.value))
    assert not any(secret in said for secret in _secrets(world, code, grant))
    assert _refresh(world, code, grant).access_token


@pytest.mark.parametrize("ask", [_exchange, _refresh])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("status", "error"), [(429, RateLimited), (500, Unavailable), (503, Unavailable)])
def test_trouble_of_theirs_says_for_how_long_to_wait(
    world: World, ask: Ask, method: str, status: int, error: type[ProviderError]
) -> None:
    code, grant = world.code(), world.grant()
    world.server.faults.fail(status=status, method=method, retry_after=7)
    with pytest.raises(error) as caught:
        ask(world, code, grant)
    assert caught.value.retry_after == 7
    assert ask(world, code, grant).access_token


@pytest.mark.parametrize("why", ["revoked", "inactive", "consent", "mfa", "disabled"])
def test_nothing_secret_is_told_or_logged(world: World, caplog: pytest.LogCaptureFixture, why: str) -> None:
    caplog.set_level(logging.INFO)
    code = world.code()
    grant = world.authority.exchange(code, VERIFIER, REDIRECT)
    fresh = world.authority.refresh(grant)
    world.server.revoke(ANN, why)
    with pytest.raises(NeedsReconnect) as caught:
        world.authority.refresh(fresh)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    told += repr((grant, fresh, world.config, world.authority))
    for one in (grant, fresh):
        assert not any(secret in told for secret in _secrets(world, code, one))


def test_who_is_not_known_there_is_the_operators_trouble(world: World) -> None:
    stranger = MicrosoftAuthority(replace(world.config, client_id="0000-nobody"), world.clock)
    with pytest.raises(NotAccepted, match="client id or secret"):
        stranger.exchange(world.code(), VERIFIER, REDIRECT)


def _secrets(world: World, code: str, grant: Grant) -> tuple[str, ...]:
    return code, grant.access_token, grant.refresh_token, grant.kept, VERIFIER, world.config.client_secret
