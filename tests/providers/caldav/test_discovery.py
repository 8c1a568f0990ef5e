"""From what people type to their calendars: on a real server, and with whatever providers say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.core.errors import ForbiddenAddress, NeedsReconnect, NotAccepted, ProviderError, Unavailable
from gateway.core.remote import Grant, Login
from gateway.providers import caldav, http
from gateway.providers.caldav import CaldavConfig, names, quirks
from gateway.providers.caldav.discovery import Home
from gateway.providers.http import Answer
from gateway.providers.port import Account, Door
from tests.providers.caldav.conftest import ANN, NOW, PASSWORD, Request, World, reply


def ways(world: World) -> list[str]:
    return [
        world.front.url,
        f"{world.front.url}/",
        f"{world.front.url}/{ANN}/",
        f"{world.front.url}{world.main}",
        f"{world.front.url}/.well-known/caldav",
    ]


def test_an_address_leads_to_the_calendars(world: World) -> None:
    for address in ways(world):
        grant = world.door().enter(Login(address, ANN, PASSWORD))
        assert grant.account == f"{ANN} (127.0.0.1)"
        assert grant.expires_at > datetime(2100, 1, 1, tzinfo=UTC)
        assert PASSWORD not in grant.kept + repr(grant) + grant.account
        home = Home.read(grant.kept)
        assert (home.user, home.addresses) == (ANN, (ANN,))
        kind = caldav.provider(world.config(), lambda: NOW)
        assert world.main in {one.id for one in kind.open(Account(1, 1, "", grant)).calendars()}
    door = world.door()
    assert door.refresh(grant) == grant
    door.revoke(grant)
    assert door.asks_password


def test_a_wrong_password_is_asked_about_once(world: World) -> None:
    with pytest.raises(NeedsReconnect) as caught:
        world.door().enter(Login(world.front.url, ANN, "not this one"))
    assert "not this one" not in str(caught.value)
    assert len(world.front.asked) <= 2, "more would look like guessing"


@pytest.mark.parametrize(
    "login", [Login("", "", ""), Login("x.example", "", "pw"), Login("ann@x.example", "", "")]
)
def test_a_login_without_a_name_or_a_password(world: World, login: Login) -> None:
    with pytest.raises(ProviderError):
        world.door().enter(login)
    for user in ("a:b", "a\nb", "\x00"):
        with pytest.raises(NeedsReconnect):
            world.door().enter(Login(world.front.url, user, "pw"))


def test_a_server_behind_another_path_is_found(world: World) -> None:
    """Nextcloud answers a web page at its root, and its own path is known."""

    def says(request: Request) -> bytes | None:
        if request.target.startswith(f"/{ANN}".replace("@", "%40")) or request.target.startswith(f"/{ANN}"):
            return None
        if request.target == "/remote.php/dav/":
            request.__dict__["target"] = "/"
            return None
        return reply(405, b"<html>Files</html>")

    world.front.says = says
    assert world.door().enter(Login(world.front.url, ANN, PASSWORD)).account


def test_the_well_known_address_may_lead_on(world: World) -> None:
    world.front.says = lambda request: (
        reply(301, Location="/")
        if request.target == "/.well-known/caldav"
        else reply(404)
        if request.target == "/x/"
        else None
    )
    assert world.door().enter(Login(f"{world.front.url}/x/", ANN, PASSWORD)).account


@pytest.mark.parametrize("body", [b"", b"<html/>", b'<multistatus xmlns="DAV:"/>'])
def test_a_server_without_calendars(world: World, body: bytes) -> None:
    world.front.says = lambda request: reply(207, body)
    with pytest.raises((NotAccepted, Unavailable)):
        world.door().enter(Login(world.front.url, ANN, PASSWORD))
    assert len(world.front.asked) < 20


def test_a_server_that_is_down_is_not_called_one_without_calendars(world: World) -> None:
    world.front.says = lambda request: reply(503)
    with pytest.raises(Unavailable):
        world.door().enter(Login(world.front.url, ANN, PASSWORD))


def test_a_host_that_cannot_be_reached_is_tried_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def send(method: str, url: str, **_: object) -> Answer:
        asked.append(url)
        raise Unavailable(host="x", reason="no connection can be made")

    monkeypatch.setattr(http, "send", send)
    with pytest.raises(Unavailable):
        world.door().enter(Login("nothing.example", ANN, PASSWORD))
    assert len(asked) == 1


# Out in the world


class Web:
    """Answers by address; whatever else there is says 404."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, services: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(http, "send", self.send)
        told = services or {}
        config = CaldavConfig(lookup=lambda name, kind: told.get(f"{kind} {name}", ()))
        authority = caldav.provider(config, lambda: NOW).authority
        assert isinstance(authority, Door)
        self.door = authority

    def send(self, method: str, url: str, *, allow_private: bool, **_: object) -> Answer:
        http.require_callable(url, allow_private=allow_private)
        self.asked.append(url)
        return self.pages.get(url, Answer(404, {}, b""))

    def principal(self, url: str, link: str) -> None:
        self._page(url, f"<D:current-user-principal><D:href>{link}</D:href></D:current-user-principal>")

    def home(self, url: str, *links: str) -> None:
        hrefs = "".join(f"<D:href>{link}</D:href>" for link in links)
        self._page(url, f"<C:calendar-home-set>{hrefs}</C:calendar-home-set>")

    def leads(self, url: str, to: str) -> None:
        self.pages[url] = Answer(301, {"location": to}, b"")

    def _page(self, url: str, inside: str) -> None:
        body = (
            '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/</D:href>'
            f"<D:propstat><D:prop>{inside}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
            "</D:multistatus>"
        )
        self.pages[url] = Answer(207, {}, body.encode())

    def enter(self, address: str, user: str = "") -> Grant:
        return self.door.enter(Login(address, user, PASSWORD))


@pytest.mark.parametrize(
    "address",
    [
        "ann@icloud.com",
        "ann@me.com",
        "Ann@iCloud.com",
        "https://caldav.icloud.com",
        "https://www.icloud.com/calendar/",
    ],
)
def test_icloud(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The principal and the home are on a server of their own."""
    web = Web(monkeypatch)
    web.principal("https://caldav.icloud.com/", "/123/principal/")
    web.home("https://caldav.icloud.com/123/principal/", "https://p42-caldav.icloud.com:443/123/calendars/")
    grant = web.enter(address, "ann@icloud.com" if ":" in address else "")
    assert json.loads(grant.kept)[0] == ["https://p42-caldav.icloud.com:443/123/calendars/"]
    assert grant.account.lower() == grant.account
    assert "@" in grant.account


def test_icloud_wants_a_password_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    web.pages["https://caldav.icloud.com/"] = Answer(401, {}, b"")
    with pytest.raises(NeedsReconnect, match="app-specific password"):
        web.enter("ann@icloud.com")


def test_one_address_at_two_providers_is_two_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    accounts = set()
    for server in (
        "https://caldav.icloud.com/",
        "https://caldav.fastmail.com/",
        "https://cloud.example.net/",
    ):
        web.home(server, "/home/")
        accounts.add(web.enter(server, "ann@other.example").account)
    assert accounts == {
        "ann@other.example (iCloud)",
        "ann@other.example (Fastmail)",
        "ann@other.example (cloud.example.net)",
    }
    web.home("https://cloud.example.net/", "/home/")
    assert web.enter("https://cloud.example.net/", "ann").account == "ann@cloud.example.net"
    assert web.enter("https://cloud.example.net/", "Ann@Example.net").account == "ann@example.net"


def test_a_domain_that_names_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    srv = {"SRV _caldavs._tcp.example.org": ("5 1 443 second.example.org.", "0 1 8443 DAV.example.org.")}
    web = Web(monkeypatch, {**srv, "TXT _caldavs._tcp.example.org": ('"path=/davical"',)})
    web.home("https://dav.example.org:8443/davical", "/home/")
    assert web.enter("ann@example.org").account == "ann@example.org"
    assert web.asked == ["https://dav.example.org:8443/davical"]


def test_a_domain_whose_calendars_are_at_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch, {"SRV _caldavs._tcp.example.org": ("0 1 443 caldav.fastmail.com.",)})
    web.leads("https://caldav.fastmail.com/.well-known/caldav", "/dav/calendars")
    web.principal("https://caldav.fastmail.com/dav/calendars", "/dav/principals/user/ann@example.org/")
    web.home(
        "https://caldav.fastmail.com/dav/principals/user/ann@example.org/",
        "/dav/calendars/user/ann@example.org/",
    )
    assert web.enter("ann@example.org").account == "ann@example.org (Fastmail)"


def test_a_domain_that_names_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever forges an answer of the domain name system gets no password; but people may type that address."""
    web = Web(monkeypatch, {"SRV _caldavs._tcp.example.org": ("0 1 443 dav.stranger.example.",)})
    web.home("https://dav.stranger.example/.well-known/caldav", "/home/")
    with pytest.raises(NotAccepted, match=r"dav\.stranger\.example"):
        web.enter("ann@example.org")
    assert not any("stranger" in url for url in web.asked)
    assert web.enter("dav.stranger.example", "ann").account


def test_the_well_known_address_of_a_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    web.leads("https://example.org/.well-known/caldav", "https://cloud.example.org/remote.php/dav/")
    web.principal("https://cloud.example.org/remote.php/dav/", "/remote.php/dav/principals/users/ann/")
    web.home(
        "https://cloud.example.org/remote.php/dav/principals/users/ann/", "/remote.php/dav/calendars/ann"
    )
    for address in ("ann@example.org", "mailto:ann@example.org", "example.org", " EXAMPLE.org. "):
        grant = web.enter(address, "ann")
        assert json.loads(grant.kept)[0] == ["https://cloud.example.org/remote.php/dav/calendars/ann/"]
    web.pages["https://cloud.example.org/remote.php/dav/"] = Answer(401, {}, b"")
    with pytest.raises(NeedsReconnect, match="Nextcloud"):
        web.enter("ann@example.org")


def test_a_redirect_elsewhere_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    web.leads("https://example.org/.well-known/caldav", "https://dav.stranger.example/")
    with pytest.raises(NotAccepted, match=r"dav\.stranger\.example"):
        web.enter("ann@example.org")
    web.leads("https://example.org/.well-known/caldav", "http://example.org/dav/")
    with pytest.raises(ProviderError):
        web.enter("ann@example.org")
    assert not any("stranger" in url or url.startswith("http:") for url in web.asked)


def test_no_password_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    for address in ("http://example.org/", "http://ann@example.org/", "ftp://example.org"):
        with pytest.raises(ForbiddenAddress):
            web.enter(address, "ann")
    assert web.asked == []


@pytest.mark.parametrize(
    "address",
    ["ann@gmail.com", "https://www.google.com/calendar/dav/", "ann@hotmail.com", "outlook.office365.com"],
)
def test_who_takes_no_password_is_not_asked(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    web = Web(monkeypatch)
    with pytest.raises(NotAccepted, match="instead"):
        web.enter(address, "ann")
    assert web.asked == []


def test_our_own_calendars_are_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    web.home("https://book.example/", "/dav/s11/")
    config = CaldavConfig(lookup=lambda name, kind: (), own_host="book.example")
    authority = caldav.provider(config, lambda: NOW).authority
    assert isinstance(authority, Door)
    with pytest.raises(NotAccepted, match="own calendars"):
        authority.enter(Login("https://book.example/", "ann", PASSWORD))
    web.home("https://book.example:8443/", "/dav/ann/")
    assert authority.enter(Login("https://book.example:8443/", "ann", PASSWORD)).account


def test_a_search_takes_no_longer_than_people_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    passed = iter(range(0, 100_000, 25))
    monkeypatch.setattr("gateway.providers.caldav.api.monotonic", lambda: float(next(passed)))
    with pytest.raises(ProviderError):
        web.enter("https://example.org/a/", "ann")
    assert len(web.asked) < 4


def test_a_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web(monkeypatch)
    with pytest.raises(NotAccepted, match="no calendars"):
        web.enter("https://example.org/a/b/c", "ann")
    assert len(web.asked) < 15


# What is known


@pytest.mark.parametrize(
    ("host", "other", "may"),
    [
        ("caldav.icloud.com", "p01-caldav.icloud.com", True),
        ("caldav.icloud.com", "icloud.com.evil.example", False),
        ("caldav.icloud.com", "evil-icloud.com", False),
        ("caldav.fastmail.com", "d1.messagingengine.com", True),
        ("example.org", "dav.example.org", True),
        ("dav.example.org", "example.org", True),
        ("a.example.org", "b.example.org", True),
        ("example.org", "example.com", False),
        ("a.co.uk", "b.co.uk", False),
        ("dav.a.co.uk", "a.co.uk", True),
        ("a.duckdns.org", "b.duckdns.org", False),
        ("dav.a.duckdns.org", "a.duckdns.org", True),
        ("localhost", "localhost", True),
        ("localhost", "other", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "11.0.0.1", False),
        ("1.0.0.1", "2.0.0.1", False),
        ("::1", "::2", False),
    ],
)
def test_who_may_lead_where(host: str, other: str, may: bool) -> None:
    assert quirks.may_lead(host, other) is may


def test_the_table_is_one() -> None:
    servers = [server for row in quirks.PROVIDERS for server in row.servers]
    addresses = [address for row in quirks.PROVIDERS for address in row.addresses]
    assert len(set(servers)) == len(servers)
    assert len(set(addresses)) == len(addresses)
    for row in quirks.PROVIDERS:
        if row.instead:
            continue
        assert row.start.startswith("https://")
        host = row.start.removeprefix("https://").partition("/")[0].partition(":")[0]
        assert quirks.of_server(host) is row


@pytest.mark.parametrize(
    ("records", "urls"),
    [
        ((), []),
        (("0 1 443 .",), []),
        (("0 1 0 dav.example.org.",), []),
        (("0 1 443 dav.example.org. extra", "nonsense", "a b c d"), []),
        (("10 1 443 b.example.org.", "0 1 443 a.example.org."), ["a", "b"]),
        (("0 1 443 a.example.org.", "0 9 443 b.example.org."), ["b", "a"]),
        (tuple(f"{n} 1 443 h{n}.example.org." for n in range(9)), ["h0", "h1", "h2"]),
        (("0 1 443 evil/../path.example.org.",), []),
    ],
)
def test_what_a_domain_says_of_its_server(records: tuple[str, ...], urls: list[str]) -> None:
    found = names.services("example.org", lambda name, kind: records if kind == "SRV" else ())
    assert [one.url for one in found] == [f"https://{name}.example.org/.well-known/caldav" for name in urls]


@pytest.mark.parametrize("text", ['"path=//evil.example/"', "path=/a b", "nothing", 'path="'])
def test_a_path_that_is_none(text: str) -> None:
    [found] = names.services("e.org", lambda name, kind: ("0 1 443 d.e.org.",) if kind == "SRV" else (text,))
    assert found.url in ("https://d.e.org/.well-known/caldav", "https://d.e.org//evil.example/")


def test_nobody_to_ask_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.exception
    import dns.resolver

    def resolve(*_: object, **__: object) -> None:
        raise dns.exception.Timeout

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    assert names.lookup("_caldavs._tcp.example.org", "SRV") == ()


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '[[],"ann",[]]', '["https://x","ann",[]]', '{"a":1}', "[1]"]
)
def test_what_is_kept_of_an_account_must_be_ours(text: str) -> None:
    with pytest.raises(ValueError):
        Home.read(text)
    home = Home(("https://x/",), "ann", ("a@b",))
    assert Home.read(str(home)) == replace(home)
