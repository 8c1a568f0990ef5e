"""Asking other servers: never one in our own network, never for longer or more than was said, never in the open.

Each hostile server here is a real one on loopback.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import (
    ForbiddenAddress,
    GatewayError,
    NeedsReconnect,
    NotAccepted,
    ProviderError,
    RateLimited,
    Unavailable,
)
from gateway.providers import http, line
from gateway.providers.addresses import is_public
from tests.providers.certificates import Authority
from tests.providers.outside import Request, reply

# Long enough for a slow machine; whatever waits for it is cut short by a deadline of its own.
ENOUGH = 20.0
SOON = 0.3


def post(url: str, *, timeout: float = ENOUGH, allow_private: bool = True, **more) -> http.Answer:
    return http.send(
        "POST",
        url,
        headers={"X-Key": "S3CR3T-header"},
        body=b"S3CR3T-body",
        timeout=timeout,
        allow_private=allow_private,
        **more,
    )


def test_it_sends_what_was_given_and_tells_what_came(outside) -> None:
    server = outside(lambda _: reply(201, b"made", X_Thing="Seen"))
    answer = post(f"{server.url}/path?q=1")
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (201, b"made", "Seen")
    [request] = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/path?q=1", b"S3CR3T-body")
    assert request.headers["x-key"] == "S3CR3T-header"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [200, 204, 301, 302, 307, 308, 400, 401, 403, 404, 409, 410, 422])
def test_an_answer_is_told_whatever_it_says_and_no_redirect_is_followed(outside, status: int) -> None:
    other = outside(lambda _: reply(200))
    server = outside(lambda _: reply(status, Location=f"{other.url}/there"))
    assert post(server.url).status == status
    assert other.connections == 0


@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimited), (500, Unavailable), (502, Unavailable), (503, Unavailable)]
)
@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("7", 7), ("0", 0), ("999999999999", 86_400), ("soon", None), ("-1", None), ("²", None), ("", None)],
)
def test_later_is_an_error_that_knows_when(outside, status: int, error, wait: str, seconds) -> None:
    server = outside(lambda _: reply(status, Retry_After=wait))
    with pytest.raises(error) as caught:
        post(server.url)
    assert caught.value.retry_after == seconds
    assert not caught.value.permanent


@pytest.mark.parametrize(("minutes", "least", "most"), [(10, 500, 601), (-10, 0, 0), (10**6, 86_400, 86_400)])
def test_later_may_be_a_date(outside, minutes: int, least: float, most: float) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    server = outside(lambda _: reply(503, Retry_After=when))
    with pytest.raises(Unavailable) as caught:
        post(server.url)
    assert least <= caught.value.retry_after <= most


BROKEN = {
    "nothing at all": b"",
    "no HTTP": b"hello\r\n\r\n",
    "half a first line": b"HTTP/1.1 2",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nab",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
    "a line without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,
}


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_off_is_none(outside, said: bytes) -> None:
    server = outside(lambda _: said)
    with pytest.raises(Unavailable):
        post(server.url)


@pytest.mark.parametrize(
    "said",
    [
        reply(200, b"x" * 2_000_000),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ff\r\n" + b"x" * 255 + b"\r\n" * 1,
    ],
    ids=["said to be long", "not said to be long", "in chunks"],
)
def test_a_long_answer_is_not_read_to_its_end(outside, said: bytes) -> None:
    server = outside(lambda _: said)
    with pytest.raises(Unavailable, match="too long"):
        post(server.url, most_bytes=100)


@pytest.mark.parametrize("length", [99, 100])
def test_an_answer_may_have_just_as_much_as_was_said(outside, length: int) -> None:
    server = outside(lambda _: reply(200, b"x" * length))
    assert len(post(server.url, most_bytes=100).body) == length


def test_a_compressed_answer_is_not_unpacked(outside) -> None:
    server = outside(lambda _: reply(200, b"\x1f\x8b bomb", Content_Encoding="gzip"))
    assert post(server.url).body == b"\x1f\x8b bomb"


def drips(head: bytes, drop: bytes):
    """A server that always says something, and never comes to an end."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.02)

    return play


@pytest.fixture
def dripping() -> Iterator:
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(play, tls: ssl.SSLContext | None) -> None:
        try:
            connection, _ = listening.accept()
            with tls.wrap_socket(connection, server_side=True) if tls else connection as speaking:
                play(speaking)
        except OSError:
            pass  # they have hung up on us, as they should

    def start(play, tls: ssl.SSLContext | None = None) -> str:
        threads.append(threading.Thread(target=serve, args=(play, tls), daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads), "nobody hung up"


DRIPS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "a body of no length": (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "a body of some length": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "a body in chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "promises": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS)
def test_a_server_that_drips_is_hung_up_on(dripping, drip: tuple[bytes, bytes]) -> None:
    """Each of its reads is quick; only the whole is too slow. The server's thread ends because we hang up."""
    with pytest.raises(Unavailable, match="in time"):
        post(dripping(drips(*drip)), timeout=SOON)


def test_a_server_that_says_nothing_is_too_slow(outside) -> None:
    server = outside(None)
    server.play = server.hang
    with pytest.raises(Unavailable, match="in time"):
        post(server.url, timeout=SOON)


def test_a_name_that_nobody_resolves_in_time_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(line, "resolve", lambda *_: over.wait(60) and [])
    with pytest.raises(Unavailable, match="in time"):
        post("https://app.example/", timeout=SOON)
    over.set()


def test_nobody_there_is_unreachable(outside) -> None:
    server = outside(lambda _: b"")
    server.close()
    with pytest.raises(Unavailable, match="no connection"):
        post(server.url)


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), OSError()])
def test_a_name_that_is_none_is_unreachable(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> list[str]:
        raise error

    monkeypatch.setattr(line, "resolve", fail)
    with pytest.raises(Unavailable, match=r"app\.example.*no such server"):
        post("https://app.example/")


# -- Never into our own network.

# The first and last of each network, the services of clouds, and IPv4 in every dress that IPv6 has for it.
HOSTILE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.0.0.53
    127.255.255.254
    168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1
    192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1
    255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:93.184.216.34
    64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:db8::1
    2002:7f00:1:: 2002:a9fe:a9fe:: 2002:c0a8:1:: 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1
    fe80::1%1 febf::1 fec0::1 ff02::1 ff0e::1
""".split()  # noqa: SIM905  # a list of sixty would take a page
FRIENDLY = ["1.1.1.1", "93.184.216.34", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.0.0.1",
            "172.15.0.1", "172.32.0.1", "192.167.0.1", "223.255.255.254", "2606:4700::1111", "2a00:1450:4001::200e",
            "2003::1", "2001:4860:4860::8888", "64:ff9b::101:101"]  # fmt: skip


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which a socket is connected, whoever does it; none of them gets anywhere."""
    seen: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        seen.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    return seen


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A resolver that gives these answers one after the other; the names that it was asked for."""
    asked: list[str] = []
    left = list(answers)

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return left.pop(0)

    monkeypatch.setattr(line, "resolve", resolve)
    return asked


@pytest.mark.parametrize("address", HOSTILE)
def test_no_name_leads_into_our_network(monkeypatch: pytest.MonkeyPatch, dialled, address: str) -> None:
    names(monkeypatch, [address])
    with pytest.raises(ForbiddenAddress, match="private network") as caught:
        post("https://app.example/", allow_private=False)
    assert caught.value.permanent
    assert dialled == []


@pytest.mark.parametrize("address", FRIENDLY)
def test_names_of_the_world_outside_are_dialled_at_the_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch, dialled, address: str
) -> None:
    asked = names(monkeypatch, [address])
    with pytest.raises(Unavailable, match="no connection"):
        post("https://app.example/", allow_private=False)
    assert (asked, dialled) == (["app.example"], [address])


def test_a_name_that_changes_its_meaning_is_asked_for_once(monkeypatch: pytest.MonkeyPatch, dialled) -> None:
    """DNS rebinding: the second answer would lead home."""
    asked = names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"])
    with pytest.raises(Unavailable):
        post("https://app.example/", allow_private=False)
    assert (asked, dialled) == (["app.example"], ["93.184.216.34"])


@pytest.mark.parametrize("order", [1, -1])
def test_one_address_at_home_among_others_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch, dialled, order: int
) -> None:
    names(monkeypatch, ["93.184.216.34", "127.0.0.1"][::order])
    with pytest.raises(ForbiddenAddress):
        post("https://app.example/", allow_private=False)
    assert dialled == []


def test_only_so_many_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch, dialled) -> None:
    names(monkeypatch, [f"93.184.216.{number}" for number in range(200)])
    with pytest.raises(Unavailable):
        post("https://app.example/", allow_private=False)
    assert len(dialled) == 4


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
        "https://0/", "https://0.0.0.0/", "https://localhost/", "https://LOCALHOST./", "https://[::1]/", "https://[::]/",
        "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/latest/meta-data/", "https://169.254.169.254/",
        "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://10.0.0.1:8443/", "https://192.168.1.1/",
        "https://[0:0:0:0:0:0:0:1]/", "https://[64:ff9b::7f00:1]/", "https://127.0.0.1:22/",
    ],
)  # fmt: skip
def test_no_way_of_writing_an_address_leads_into_our_network(dialled, url: str) -> None:
    """With this machine's own resolver, which understands more spellings than anybody expects."""
    with pytest.raises((ForbiddenAddress, Unavailable)):
        post(url, allow_private=False)
    assert dialled == []


@pytest.mark.parametrize(
    "url",
    [
        "", "app.example", "//app.example/", "/path", "http://app.example/", "HTTP://app.example/", "ftp://app.example/",
        "file:///etc/passwd", "gopher://app.example/", "https:///path", "https://", "https://:443/",
        "https://user@app.example/", "https://user:pass@app.example/", "https://app.example@127.0.0.1/",
        "https://app.example\\@127.0.0.1/", "https://app.example/#part", "https://app.example/a b",
        "https://app.example/\r\nX: y", "https://app.example\n/", "https://app.example:0/", "https://app.example:99999/",
        "https://app.example:x/", "https://[::1/", "https://äpp.example/", "https://app.example/\x00",
        "https://app.example/<x>", "https://app.example/" + "x" * 2048, "javascript:alert(1)", "https://[v1.x]/",
        "https://[fe80::1%25eth0]/", "https://app%2eexample/", "https://*.example/", "https://[]/", "https://[1.1.1.1]/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_world_outside_is_not_even_resolved(
    monkeypatch: pytest.MonkeyPatch, dialled, url: str
) -> None:
    asked = names(monkeypatch, *[["93.184.216.34"]] * 5)
    with pytest.raises(ForbiddenAddress):
        post(url, allow_private=False)
    assert (asked, dialled) == ([], [])


def test_a_loopback_server_is_reached_only_where_that_is_allowed(outside) -> None:
    server = outside(lambda _: reply(200))
    with pytest.raises(ForbiddenAddress):
        post(server.url.replace("http:", "https:"), allow_private=False)
    assert server.connections == 0
    assert post(server.url, allow_private=True).status == 200


@given(st.ip_addresses(v=4))
def test_public_is_never_what_python_calls_otherwise(address: IPv4Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_loopback))
    assert not is_public(f"::ffff:{address}")
    assert is_public(f"64:ff9b::{address}") == is_public(str(address))


@given(st.ip_addresses(v=6))
def test_public_is_never_what_python_calls_otherwise_in_ipv6(address: IPv6Address) -> None:
    if is_public(str(address)) and not str(address).startswith("64:ff9b::"):
        assert address.is_global
        assert not any((address.is_multicast, address.is_site_local, address.sixtofour, address.teredo))


@given(st.text(max_size=30))
def test_what_is_no_address_is_not_public(text: str) -> None:
    try:
        IPv4Address(text)
    except ValueError:
        assert not is_public(text) or IPv6Address(text)


# -- TLS.


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_the_server_is_asked_for_by_its_name_though_it_is_dialled_by_its_address(
    monkeypatch: pytest.MonkeyPatch, outside, authority
) -> None:
    asked_for: list[str] = []
    tls = authority.serving("app.example")
    tls.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    server = outside(lambda _: reply(200, b"safe"), tls)
    names(monkeypatch, ["127.0.0.1"])
    answer = post(f"https://app.example:{server.port}/", ca_bundle=str(authority.bundle))
    assert answer.body == b"safe"
    assert asked_for == ["app.example"]
    assert server.requests[0].headers["host"] == f"app.example:{server.port}"


@pytest.mark.parametrize(
    ("certified", "trusted"),
    [("other.example", True), ("127.0.0.1", True), ("xapp.example", True), ("app.example", False)],
)
def test_who_can_not_prove_their_name_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, outside, authority, certified: str, trusted: bool
) -> None:
    server = outside(lambda _: reply(200), authority.serving(certified))
    names(monkeypatch, ["127.0.0.1"])
    with pytest.raises(Unavailable, match="certificate"):
        post(
            f"https://app.example:{server.port}/",
            ca_bundle=str(authority.bundle) if trusted else "",
        )
    assert server.connections == 1
    assert server.requests == []


def test_a_server_that_hangs_behind_tls_is_too_slow(
    monkeypatch: pytest.MonkeyPatch, outside, authority
) -> None:
    server = outside(None, authority.serving("app.example"))
    server.play = server.hang
    names(monkeypatch, ["127.0.0.1"])
    with pytest.raises(Unavailable, match="in time"):
        post(f"https://app.example:{server.port}/", timeout=1.0, ca_bundle=str(authority.bundle))


def test_a_server_that_drips_behind_tls_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, dripping, authority
) -> None:
    """TLS takes our socket over; our grip on the connection holds all the same."""
    url = dripping(drips(*DRIPS["headers"]), authority.serving("app.example"))
    names(monkeypatch, ["127.0.0.1"])
    with pytest.raises(Unavailable, match="in time"):
        post(
            url.replace("http://127.0.0.1", "https://app.example"),
            timeout=1.0,
            ca_bundle=str(authority.bundle),
        )


def test_a_server_that_hangs_before_tls_is_too_slow(dripping) -> None:
    with pytest.raises(Unavailable, match="in time"):
        post(dripping(lambda connection: connection.recv(1) and _until_hung_up(connection)).replace("http:", "https:"),
             timeout=SOON)  # fmt: skip


def _until_hung_up(connection: socket.socket) -> None:
    connection.settimeout(10)
    while connection.recv(4096):
        pass


# -- Nothing in the open.


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path, outside) -> None:
    """No proxy, no password file: both would take secrets elsewhere."""
    elsewhere = outside(lambda _: reply(200, b"elsewhere"))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password S3CR3T\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, elsewhere.url)
    server = outside(lambda _: reply(200, b"here"))
    assert post(server.url).body == b"here"
    assert "authorization" not in server.requests[0].headers
    assert elsewhere.connections == 0


def _refuse(_: Request) -> bytes:
    return reply(429)


FAILURES = {
    "half a body": lambda _: BROKEN["half a body"],
    "no HTTP": lambda _: BROKEN["no HTTP"],
    "headers that are none": lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n: x\r\nfoo\r\n\r\nab",
    "an error": lambda request: reply(500, request.body + request.headers["x-key"].encode()),
    "wait": _refuse,
    "too long": lambda _: reply(200, b"x" * 200),
}


@pytest.mark.parametrize("play", FAILURES.values(), ids=FAILURES)
def test_no_error_and_no_line_of_the_log_holds_a_secret(outside, caplog, play) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    server = outside(play)
    url = f"{server.url}/S3CR3T-path?token=S3CR3T-query"
    said = ""
    try:
        said = repr(post(url, most_bytes=100))
    except ProviderError as error:
        said = f"{error} {error!r} {error.fields} {''.join(traceback.format_exception(error))}"
    assert server.requests
    assert "S3CR3T" not in said + caplog.text


def test_what_the_library_says_of_a_failure_is_not_passed_on(dripping) -> None:
    """Its words for a failed handshake have the whole address in them."""
    server = dripping(lambda connection: connection.sendall(b"no TLS here\r\n"))
    url = f"{server}/S3CR3T-path?token=S3CR3T-query".replace("http:", "https:")
    with pytest.raises(Unavailable) as caught:
        post(url)
    assert "S3CR3T" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/S3CR3T?S3CR3T", "https://app.invalid/S3CR3T", "https://S3CR3T@app.example/", "https://app.example:S3CR3T/"],
)  # fmt: skip
def test_an_address_that_can_not_be_called_is_not_repeated(monkeypatch, dialled, caplog, url: str) -> None:
    caplog.set_level(logging.DEBUG)
    names(monkeypatch, ["127.0.0.1"])
    with pytest.raises(GatewayError) as caught:
        post(url, allow_private=False)
    assert "S3CR3T" not in f"{caught.value} {caught.value.fields} {caplog.text}"


MEANINGS = (
    http.Meaning(403, RateLimited, frozenset({"tooFast", "muchTooFast"}), wait=60),
    http.Meaning(403, NeedsReconnect, frozenset({"notYours"}), "a permission is missing"),
    http.Meaning(403, Unavailable, because="for whatever reason"),
    http.Meaning(None, NeedsReconnect, frozenset({"taken_back"}), "it was taken back"),
)


@pytest.mark.parametrize(
    ("status", "words", "error", "says"),
    [
        (403, {"other", "muchTooFast"}, RateLimited, "asks us to wait"),
        (403, {"notYours"}, NeedsReconnect, "a permission is missing"),
        (403, {"unheard of"}, Unavailable, "for whatever reason"),
        (403, (), Unavailable, "for whatever reason"),
        (400, {"taken_back"}, NeedsReconnect, "it was taken back"),
        (400, {"unheard of"}, NotAccepted, "it answered 400"),
        (302, (), NotAccepted, "it answered 302"),
        (100, (), NotAccepted, "it answered 100"),
    ],
)
def test_what_a_status_means_is_said_by_the_first_row_that_fits(status: int, words, error, says: str) -> None:
    answer = http.Answer(status, {}, b"secret")
    with pytest.raises(error, match=says) as caught:
        http.require_success(answer, "vendor.example", words, MEANINGS)
    assert "vendor.example" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_success_needs_no_meaning(status: int) -> None:
    answer = http.Answer(status, {}, b"")
    assert http.require_success(answer, "vendor.example", {"tooFast"}, MEANINGS) is answer


@pytest.mark.parametrize(("asked", "waited"), [("", 60), ("7", 60), ("90", 90), ("soon", 60)])
def test_they_are_left_alone_for_as_long_as_either_says(asked: str, waited: float) -> None:
    with pytest.raises(RateLimited) as caught:
        http.require_success(http.Answer(403, {"retry-after": asked}, b""), "x", {"tooFast"}, MEANINGS)
    assert caught.value.retry_after == waited
