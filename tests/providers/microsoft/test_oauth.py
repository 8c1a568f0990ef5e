"""Microsoft's permission: asked for in a browser, worth a token, renewed, and what is said when it isn't."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.core.errors import (
    ForbiddenAddress,
    NeedsReconnect,
    NotAccepted,
    ProviderError,
    RateLimited,
    Unavailable,
)
from gateway.core.remote import Grant
from gateway.providers.microsoft.oauth import MicrosoftAuthority
from tests.providers.microsoft.conftest import ANN, REDIRECT, VERIFIER, World
from tests.providers.outside import reply, starting
from tests.providers.outside import told as answer


def asked(world: World, *, consent: bool = False, hint: str = "") -> dict[str, str]:
    url = world.authority.authorize_url("st&te", VERIFIER, REDIRECT, consent=consent, hint=hint)
    return dict(parse_qsl(urlsplit(url).query))


def test_people_are_asked_for_the_least_that_does(world: World) -> None:
    said = asked(world)
    assert set(said["scope"].split()) == {
        "Calendars.ReadWrite",
        "User.Read",
        "offline_access",
        "openid",
        "profile",
    }
    assert (said["state"], said["redirect_uri"], said["code_challenge_method"]) == ("st&te", REDIRECT, "S256")
    assert said["prompt"] == "select_account"
    more = asked(world, consent=True, hint=ANN)
    assert (more["prompt"], more["login_hint"]) == ("consent", ANN)


def test_what_is_asked_follows_from_the_verifier(world: World) -> None:
    """So that another process can make something of the answer; RFC 7636 appendix B has the challenge."""
    first, second = asked(world), asked(world)
    assert (first["nonce"], first["code_challenge"]) == (second["nonce"], second["code_challenge"])
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    url = world.authority.authorize_url("s", verifier, REDIRECT, consent=False, hint="")
    assert "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" in url
    assert verifier not in url


def test_another_process_makes_something_of_the_answer(world: World) -> None:
    code = world.code()
    grant = MicrosoftAuthority(world.config, world.clock).exchange(code, VERIFIER, REDIRECT)
    assert grant.account == ANN
    assert grant.refresh_token
    assert grant.access_token not in repr(grant)
    assert world.authority.lacking(grant) == ()


def test_a_permission_is_renewed_and_what_is_kept_with_it(world: World) -> None:
    grant = world.grant()
    world.server.behaviour.change({"old_refresh_tokens": False})
    first = world.authority.refresh(grant)
    second = MicrosoftAuthority(world.config, world.clock).refresh(first)
    assert len({grant.access_token, first.access_token, second.access_token}) == 3
    assert (second.account, second.scopes) == (ANN, grant.scopes)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("revoked", "taken back"),
        ("inactive", "not used for too long"),
        ("consent", "agreed to anew"),
        ("mfa", "its owner once more"),
        ("disabled", "closed or switched off"),
    ],
)
def test_why_a_permission_has_ended(world: World, why: str, words: str) -> None:
    grant = world.grant()
    world.server.revoke(ANN, why)
    with pytest.raises(NeedsReconnect, match=words):
        world.authority.refresh(grant)


def test_a_secret_that_is_not_ours_is_the_operators_trouble(world: World) -> None:
    grant = world.grant()
    wrong = MicrosoftAuthority(replace(world.config, client_secret="wr0ng"), world.clock)
    code = world.code()
    asks: tuple[Callable[[], Grant], ...] = (
        lambda: wrong.refresh(grant),
        lambda: wrong.exchange(code, VERIFIER, REDIRECT),
    )
    for ask in asks:
        with pytest.raises(NotAccepted, match="client id or secret") as caught:
            ask()
        assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("status", [500, 503])
def test_trouble_of_theirs_passes_and_is_not_remembered(world: World, status: int) -> None:
    grant = world.grant()
    world.server.faults.fail(status=status, method="oauth.token")
    with pytest.raises(Unavailable):
        world.authority.refresh(grant)
    assert world.authority.refresh(grant).access_token


def test_too_many_questions(world: World) -> None:
    grant = world.grant()
    world.server.faults.throttle(method="oauth.token", retry_after=7)
    with pytest.raises((RateLimited, Unavailable)):
        world.authority.refresh(grant)
    assert world.authority.refresh(grant).access_token


@pytest.mark.parametrize("kept", ["", "{}", "nonsense", "[]", '{"RefreshToken": 7}'])
def test_what_is_kept_may_be_anything(world: World, kept: str) -> None:
    with pytest.raises((NeedsReconnect, Unavailable)):
        world.authority.refresh(replace(world.grant(), kept=kept))


@pytest.mark.parametrize(
    "said",
    [
        reply(200, b"<html>"),
        reply(200, b""),
        answer(400, {"error": 7}),
        answer(400, {"error": {"code": "x"}}),
        answer(200, []),
        answer(200, {"access_token": 7}),
        reply(500),
    ],
)
def test_an_answer_that_nobody_can_read(world: World, said: bytes) -> None:
    with starting() as start:
        outside = start(lambda _: said)
        odd = MicrosoftAuthority(replace(world.config, authority=f"{outside.url}/common"), world.clock)
        kept = world.grant()
        for ask in (
            lambda: odd.authorize_url("s", VERIFIER, REDIRECT, consent=False, hint=""),
            lambda: odd.exchange("c0de", VERIFIER, REDIRECT),
            lambda: odd.refresh(kept),
        ):
            with pytest.raises(ProviderError) as caught:
                ask()
            seen = "".join(traceback.format_exception(caught.value))
            assert kept.refresh_token not in seen
            assert world.config.client_secret not in seen


def test_half_a_token_is_not_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    grant = world.grant()
    world.server.faults.malformed(method="oauth.token")
    with pytest.raises(Unavailable):
        world.authority.refresh(grant)
    fresh = world.authority.refresh(grant)
    assert "not in json format" not in caplog.text
    secrets = (
        grant.access_token,
        grant.refresh_token,
        fresh.access_token,
        world.config.client_secret,
        VERIFIER,
    )
    assert not any(secret in caplog.text for secret in secrets)


def test_addresses_of_our_own_network_are_not_asked(world: World) -> None:
    strict = MicrosoftAuthority(replace(world.config, allow_private=False), world.clock)
    with pytest.raises(ForbiddenAddress):
        strict.refresh(world.grant())


def test_an_administrator_has_to_agree(world: World) -> None:
    world.server.at_consent(ANN, needs_admin=True)
    url = world.authority.authorize_url("s", VERIFIER, REDIRECT, consent=True, hint="")
    back = world.visit(url)
    assert "code" not in back
    assert back["error_description"].startswith("AADSTS90094")


def test_what_was_not_granted_is_said_in_words(world: World) -> None:
    few = Grant("t", "r", datetime(2026, 12, 1, tzinfo=UTC) + timedelta(hours=1), frozenset({"User.Read"}))
    assert world.authority.lacking(few) == ("see and change your calendars",)


def test_no_code_is_worth_nothing(world: World) -> None:
    for code in ("", "1.nonsense"):
        with pytest.raises(NotAccepted):
            world.authority.exchange(code, VERIFIER, REDIRECT)
