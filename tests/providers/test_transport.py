"""Libraries that ask by way of `requests` get no other way out than ours."""

from __future__ import annotations

import pytest
import requests

from gateway.core.errors import ForbiddenAddress, NotAccepted, Unavailable
from gateway.providers.http import Answer
from gateway.providers.transport import Transport, carry
from tests.providers.outside import reply


def session(**how: object) -> requests.Session:
    made = requests.Session()
    carry(made, Transport(20, **{"allow_private": True, **how}))
    return made


def test_what_a_library_asks_is_asked(outside) -> None:
    server = outside(lambda _: reply(201, "grün".encode(), X_Thing="Seen", Content_Type="text/plain"))
    with session() as asking:
        answer = asking.post(f"{server.url}/path", data={"a": "b"}, headers={"X-Key": "k"}, params={"q": "1"})
    assert (answer.status_code, answer.text, answer.headers["x-thing"]) == (201, "grün", "Seen")
    [request] = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/path?q=1", b"a=b")
    assert (request.headers["x-key"], request.headers["user-agent"]) == ("k", "Daybridge")


def test_it_leads_nowhere_else(outside) -> None:
    other = outside(lambda _: reply(200))
    server = outside(lambda _: reply(302, Location=other.url))
    with session() as asking:
        assert asking.get(server.url).status_code == 302
    assert other.connections == 0


def test_nothing_is_taken_from_the_environment(outside, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    proxy = outside(lambda _: reply(200))
    server = outside(lambda _: reply(200))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password S3CR3T")
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NETRC", str(netrc))
    with session() as asking:
        asking.get(server.url, proxies={"http": proxy.url}, timeout=0.000001, verify=False)
    assert proxy.connections == 0
    assert "authorization" not in server.requests[0].headers


def test_our_own_errors_come_through(outside) -> None:
    server = outside(lambda _: reply(503))
    with session() as asking, pytest.raises(Unavailable):
        asking.get(server.url)
    with session(allow_private=False) as asking, pytest.raises(ForbiddenAddress):
        asking.get(server.url)


def test_a_judge_sees_an_answer_first(outside) -> None:
    server = outside(lambda _: reply(200, b"no"))

    def judge(answer: Answer) -> Answer:
        assert answer.body == b"no"
        raise NotAccepted(host="x", reason="it said no")

    with session(judge=judge) as asking, pytest.raises(NotAccepted, match="it said no"):
        asking.get(server.url)


def test_what_is_only_named_https_is_asked_in_the_open_if_that_is_allowed(outside) -> None:
    server = outside(lambda _: reply(200))
    secure = server.url.replace("http:", "https:")
    with session(in_the_open=True) as asking:
        assert asking.get(secure).status_code == 200
    with session(in_the_open=True, allow_private=False) as asking, pytest.raises(ForbiddenAddress):
        asking.get(secure)
