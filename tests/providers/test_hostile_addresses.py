"""Addresses that people type, and that servers send us to, never lead into our own network: not one connection is made.

Every connection of the process is watched, and one name is out in the world: dav.example.com, whose server says what a
test has it say. All other names are what a hostile resolver makes of them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.core.errors import ForbiddenAddress, NotAccepted, ProviderError
from gateway.core.remote import Grant, Login, Window
from gateway.providers import caldav, ics, line
from gateway.providers.caldav import CaldavConfig
from gateway.providers.caldav.discovery import FOREVER, Home
from gateway.providers.ics import IcsConfig
from gateway.providers.port import Account, CalendarProvider, Door
from tests.providers.certificates import Authority
from tests.providers.outside import Outside, Request, reply, starting

PUBLIC = "93.184.216.34"
OUT = "dav.example.com"
WINDOW = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))

# Numbers in every way that some resolver or library takes for one of ours.
NUMBERS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",  # noqa: S104  (called, not bound)
    "10.0.0.1",
    "10.1",
    "167772161",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.168.257",
    "3232235777",
    "0xc0a80101",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a9fe:a9fe]",
    "[2002:7f00:1::1]",
    "[2001:0:7f00:1::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[::ffff:0:127.0.0.1]",
]
# Names, and what hostile or our own resolvers say of them.
NAMES = {
    "localhost": "127.0.0.1",
    "localhost.": "127.0.0.1",
    "localhost.localdomain": "127.0.0.1",
    "ip6-localhost": "::1",
    "metadata.google.internal": "169.254.169.254",
    "metadata.google.internal.": "169.254.169.254",
    "metadata": "169.254.169.254",
    "instance-data": "169.254.169.254",
    "db": "10.0.0.7",
    "postgres.internal": "172.20.0.2",
    "127.0.0.1.nip.io": "127.0.0.1",
    "localtest.me": "127.0.0.1",
    "six.example.net": "::ffff:10.0.0.1",
}
# What can't be an address, or hides one.
FORMS = [
    "user:pw@127.0.0.1",
    "dav.example.com@127.0.0.1",
    "dav.example.com:443@127.0.0.1",
    "127.0.0.1#@dav.example.com",
    "127.0.0.1\\@dav.example.com",
    "127.0.0.1 .dav.example.com",
    "127.0.0.1%00.dav.example.com",
    "127.0.0.1%2f.dav.example.com",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "dav.example.com:0",
    "dav.example.com:99999",
    "[::1",
    "",
    ".",
]
SCHEMES = ["http", "ftp", "file", "gopher", "unix", "javascript", "data", "ldap", "dict", "jar", "ws"]


@dataclass
class Net:
    """Who is where, and who was called. Of a name's answers the last one stays."""

    outside: Outside
    answers: dict[str, list[str]] = field(default_factory=dict)
    called: list[Any] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        if host in self.answers:
            known = self.answers[host]
            return [known.pop(0) if len(known) > 1 else known[0]]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(one[4][0]) for one in found]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Outside]:
    with starting() as start:
        yield start(lambda _: reply(404), authority.serving(OUT))


@pytest.fixture
def net(server: Outside, monkeypatch: pytest.MonkeyPatch) -> Net:
    """Connections to dav.example.com reach the server; all others are noted and refused."""
    server.play, server.requests[:] = (lambda _: reply(404)), []
    made = Net(server, {OUT: [PUBLIC], **{name: [told] for name, told in NAMES.items()}})
    really: Callable[[socket.socket, Any], None] = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if address[0] == PUBLIC and address[1] == 443:
            address = ("127.0.0.1", server.port)
        else:
            made.called.append(address)
            raise ConnectionRefusedError
        really(self, address)

    monkeypatch.setattr(line, "resolve", made.resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return made


@dataclass(frozen=True)
class Way:
    """A kind of account whose address people type."""

    door: Door
    open: Callable[[Grant], CalendarProvider]

    def enter(self, address: str) -> Grant:
        return self.door.enter(Login(address, "ann@example.com", "a password"))


@pytest.fixture(params=["caldav", "ics"])
def way(request: pytest.FixtureRequest, authority: Authority) -> Way:
    return ways(authority)[request.param]


def ways(authority: Authority, services: dict[str, tuple[str, ...]] | None = None) -> dict[str, Way]:
    told = services or {}
    bundle = str(authority.bundle)
    config = CaldavConfig(
        ca_bundle=bundle, timeout=10, lookup=lambda name, kind: told.get(f"{kind} {name}", ())
    )
    kinds = [caldav.provider(config, now), ics.provider(IcsConfig(ca_bundle=bundle, timeout=10), now)]
    made = {}
    for kind in kinds:
        assert isinstance(kind.authority, Door)
        made[kind.name] = Way(kind.authority, lambda grant, kind=kind: kind.open(Account(1, 1, "", grant)))
    return made


def now() -> datetime:
    return datetime(2026, 11, 24, tzinfo=UTC)


def grant(home: str = f"https://{OUT}/dav/") -> Grant:
    return Grant("a password", "a password", FOREVER, kept=str(Home((home,), "ann", ("ann@example.com",))))


def refused(
    net: Net, call: Callable[[], object], *, by: type[ProviderError] = ProviderError
) -> ProviderError:
    with pytest.raises(by) as caught:
        call()
    assert net.called == [], "somebody in our own network was called"
    for secret in ("a password", "ann@example.com"):
        assert secret not in str(caught.value)
    return caught.value


# What people type


@pytest.mark.parametrize("host", [*NUMBERS, *NAMES])
def test_our_own_network_is_not_called(net: Net, way: Way, host: str) -> None:
    for address in (f"https://{host}/", f"https://{host}:8443/dav/", f"webcal://{host}/feed.ics"):
        refused(net, lambda address=address: way.enter(address))
    assert net.outside.requests == []


@pytest.mark.parametrize("host", [*NUMBERS, *NAMES, *FORMS])
def test_nor_by_a_bare_name_or_in_a_mail_address(net: Net, way: Way, host: str) -> None:
    for address in (host, f"ann@{host}", f"mailto:ann@{host}"):
        refused(net, lambda address=address: way.enter(address))


@pytest.mark.parametrize("form", FORMS)
def test_what_hides_an_address_is_none(net: Net, way: Way, form: str) -> None:
    refused(net, lambda: way.enter(f"https://{form}/"))
    assert net.outside.requests == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("host", [OUT, "127.0.0.1"])
def test_only_https_is_spoken(net: Net, way: Way, scheme: str, host: str) -> None:
    refused(net, lambda: way.enter(f"{scheme}://{host}/"), by=ForbiddenAddress)
    assert net.outside.requests == []


def test_signs_that_would_end_a_line_are_not_sent(net: Net, way: Way) -> None:
    for address in (
        f"https://{OUT}/\r\nHost: 127.0.0.1",
        f"https://{OUT}/a b",
        f"https://{OUT}/\x00",
        f"https://{OUT}/ü",
    ):
        refused(net, lambda address=address: way.enter(address))
    assert net.outside.requests == []


def test_a_name_that_means_something_else_the_second_time(net: Net, way: Way) -> None:
    """What was looked at is what is called; and who is called the next time is looked at again."""
    net.answers["rebind.example.com"] = ["127.0.0.1", PUBLIC]
    refused(net, lambda: way.enter("https://rebind.example.com/"), by=ForbiddenAddress)
    assert net.outside.requests == []
    net.answers[OUT] = [PUBLIC, "127.0.0.1"]
    net.outside.play = lambda _: reply(302, Location="/again")
    refused(net, lambda: way.enter(f"https://{OUT}/"), by=ForbiddenAddress)
    assert len(net.outside.requests) == 1


def test_one_private_address_among_public_ones_is_enough(
    net: Net, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "resolve", lambda host, port: [PUBLIC, "10.0.0.1"])
    refused(net, lambda: way.enter("https://both.example.com/"), by=ForbiddenAddress)


# Where servers send us

INWARDS = [
    "https://127.0.0.1/",
    "http://127.0.0.1/",
    "//127.0.0.1/",
    "https://[::1]/",
    "https://2130706433/",
    "https://169.254.169.254/latest/meta-data/",
    "http://169.254.169.254/",
    "https://metadata.google.internal/",
    "https://localhost/",
    "https://ann:pw@127.0.0.1/",
    "https://inner.example.com/",
    f"http://{OUT}/",
    f"https://{OUT}@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_",
    "https://",
    "",
]


def multistatus(inside: str, href: str = "/") -> bytes:
    body = (
        '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response>'
        f"<D:href>{href}</D:href><D:propstat><D:prop>{inside}</D:prop><D:status>HTTP/1.1 200 OK</D:status>"
        "</D:propstat></D:response></D:multistatus>"
    )
    return reply(207, body.encode(), Content_Type="application/xml")


def principal(link: str) -> bytes:
    return multistatus(f"<D:current-user-principal><D:href>{link}</D:href></D:current-user-principal>")


def home(link: str) -> bytes:
    return multistatus(f"<C:calendar-home-set><D:href>{link}</D:href></C:calendar-home-set>")


@pytest.mark.parametrize("to", INWARDS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inwards_is_not_followed(net: Net, way: Way, to: str, status: int) -> None:
    net.answers["inner.example.com"] = ["10.0.0.1"]
    net.outside.play = lambda _: reply(status, Location=to)
    refused(net, lambda: way.enter(f"https://{OUT}/"))
    net.outside.play = lambda request: reply(
        status, Location=f"https://{OUT}/2" if "2" not in request.target else to
    )
    refused(net, lambda: way.enter(f"https://{OUT}/1"))


@pytest.mark.parametrize("to", [one for one in INWARDS if one])
@pytest.mark.parametrize("step", [principal, home])
def test_nor_is_a_link_at_any_step_of_discovery(
    net: Net, authority: Authority, to: str, step: Callable[[str], bytes]
) -> None:
    net.answers["inner.example.com"] = ["10.0.0.1"]
    way = ways(authority)["caldav"]
    net.outside.play = lambda _: step(to)
    try:
        entered = way.enter(f"https://{OUT}/")
    except ProviderError:
        entered = None
    if entered is not None:  # a home inside our network is not called before it is opened, and then neither
        with suppress(ProviderError):
            way.open(entered).calendars()
    assert net.called == []
    assert {request.headers["host"] for request in net.outside.requests} == {OUT}


def test_a_redirect_at_the_principal_or_the_home(net: Net, authority: Authority) -> None:
    way = ways(authority)["caldav"]

    def play(request: Request) -> bytes:
        if request.target == "/":
            return principal("/p/")
        return reply(307, Location="https://127.0.0.1/p/")

    net.outside.play = play
    refused(net, lambda: way.enter(f"https://{OUT}/"))
    net.outside.play = lambda _: reply(307, Location="https://127.0.0.1/")
    opened = way.open(grant())
    refused(net, opened.calendars)
    refused(net, lambda: opened.changes("/dav/main/", "", WINDOW))
    refused(net, lambda: opened.read("/dav/main/", "x.ics"))


@pytest.mark.parametrize(
    "target",
    [
        "inner.example.com",
        "127.0.0.1",
        "localhost",
        "metadata.google.internal",
        "elsewhere.example.net",
        "dav.example.com",
    ],
)
def test_nor_does_a_domain_name_a_server_inside(net: Net, authority: Authority, target: str) -> None:
    """SRV records (RFC 6764) are whatever somebody writes into them."""
    net.answers["inner.example.com"] = net.answers["example.com"] = ["10.0.0.1"]
    way = ways(authority, {"SRV _caldavs._tcp.example.com": (f"0 1 443 {target}.",)})["caldav"]
    refused(net, lambda: way.enter("ann@example.com"))


@pytest.mark.parametrize(
    "kept", [f"https://{host}/dav/" for host in [*NUMBERS[:12], *NAMES]] + [f"http://{OUT}/"]
)
def test_nor_is_a_home_that_has_moved_inside(net: Net, authority: Authority, kept: str) -> None:
    """An account that is open already is looked at as closely as a new one, each time."""
    opened = ways(authority)["caldav"].open(grant(kept))
    refused(net, opened.calendars)
    refused(net, lambda: opened.changes("/dav/main/", "", WINDOW))


def test_calendars_and_events_elsewhere_are_none_of_the_account(net: Net, authority: Authority) -> None:
    """Whatever a server says lies where: a password goes to the account's own server alone."""
    calendar = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
    opened = ways(authority)["caldav"].open(grant())
    for href in (
        "https://127.0.0.1/dav/main/",
        "https://other.example.net/",
        "//10.0.0.1/a/",
        "http://[::1]/",
    ):
        net.outside.play = lambda _, href=href: multistatus(calendar, href)
        assert opened.calendars() == []
    for calendar_id in (
        "https://127.0.0.1/dav/",
        "//127.0.0.1/dav/",
        "//127.0.0.1",
        "http://[::1",
        "\\\\127.0.0.1\\",
    ):
        refused(net, lambda id_=calendar_id: opened.changes(id_, "", WINDOW))
        refused(net, lambda id_=calendar_id: opened.read(id_, "x.ics"))
    for event in ("//127.0.0.1/x.ics", "https://127.0.0.1/", "/../../x", "..\\x", "http:x"):
        net.outside.play = lambda _: reply(404)
        refused(net, lambda event=event: opened.read("/dav/main/", event))
    assert {request.headers["host"] for request in net.outside.requests} == {OUT}


# What goes along


def test_a_password_goes_to_nobody_else(net: Net, authority: Authority) -> None:
    """Not to another server out in the world either, and never without TLS."""
    net.answers["evil.example.net"] = [PUBLIC]
    way = ways(authority)["caldav"]
    for to in ("https://evil.example.net/", f"http://{OUT}/", "https://example.com.evil.example.net/"):
        net.outside.play = lambda _, to=to: reply(301, Location=to)
        refused(
            net,
            lambda: way.enter(f"https://{OUT}/"),
            by=NotAccepted if to.startswith("https") else ProviderError,
        )
    assert {request.headers["host"] for request in net.outside.requests} == {OUT}


def test_a_server_that_has_us_ask_for_ever_is_left(net: Net, way: Way) -> None:
    for play in (
        lambda request: reply(302, Location=f"{request.target}x"),
        lambda request: principal("/p/"),
        lambda request: reply(401, WWW_Authenticate='Digest realm="r", nonce="n", stale=true'),
    ):
        net.outside.play = play
        refused(net, lambda: way.enter(f"https://{OUT}/"))
    assert len(net.outside.requests) < 150
