"""Behind a web server of one's own, each guesser is throttled by itself; and nobody can pretend to be another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from webtest import TestApp

import wsgi


def guess(app: TestApp, number: int, address: str, said: str = "") -> int:
    letters = "abcdefghijkmnpqrstuvwxyz"
    app.authorization = ("Basic", ("alice@harbor.example", f"{letters[number] * 4}-aaaa-aaaa-aaaa-aaaa"))
    headers = {"X-Forwarded-For": said} if said else {}
    app.extra_environ["REMOTE_ADDR"] = address
    return app.request("/dav/", method="PROPFIND", headers=headers, status="*").status_int


@pytest.fixture
def app(the_town) -> TestApp:
    settings = replace(the_town.deps.settings, trusted_proxy="127.0.0.1")
    return TestApp(wsgi.mount(replace(the_town.deps, settings=settings)), lint=False)


def test_one_guesser_behind_the_proxy_does_not_lock_out_another(app) -> None:
    for number in range(10):
        assert guess(app, number, "127.0.0.1", "203.0.113.7") == 401
    assert guess(app, 10, "127.0.0.1", "203.0.113.7") == 429
    assert guess(app, 10, "127.0.0.1", "203.0.113.8") == 401


def test_what_a_guesser_says_before_the_proxy_does_not_count(app) -> None:
    for number in range(10):
        guess(app, number, "127.0.0.1", f"198.51.100.{number}, 203.0.113.7")
    assert guess(app, 10, "127.0.0.1", "198.51.100.99, 203.0.113.7") == 429


def test_nobody_else_is_believed(app) -> None:
    for number in range(10):
        guess(app, number, "203.0.113.7", f"198.51.100.{number}")
    assert guess(app, 10, "203.0.113.7", "198.51.100.99") == 429
