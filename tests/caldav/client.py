"""A calendar app small enough to see through: it asks one thing at a time, and reads answers as a client would."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, fromstring, tostring

import requests

from tests.conftest import Person

with warnings.catch_warnings():
    # WebOb asks for the standard library's cgi, which is on its way out.
    warnings.simplefilter("ignore", DeprecationWarning)
    from webtest import TestApp

D, C, CS, ICAL, DB = (
    "{DAV:}",
    "{urn:ietf:params:xml:ns:caldav}",
    "{http://calendarserver.org/ns/}",
    "{http://apple.com/ns/ical/}",
    "{urn:daybridge}",
)
NAMESPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/" '
    'xmlns:I="http://apple.com/ns/ical/"'
)


@dataclass
class Member:
    """One `<response>` of a multistatus: its properties by status, or the status of the whole."""

    status: int = 0
    props: dict[int, dict[str, Element]] = field(default_factory=dict)
    error: Element | None = None

    @property
    def found(self) -> dict[str, Element]:
        return self.props.get(200, {})

    @property
    def missing(self) -> set[str]:
        return set(self.props.get(404, {}))


@dataclass
class Answer:
    """What came back. Header names are looked up in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def root(self) -> Element:
        return fromstring(self.body)

    @property
    def preconditions(self) -> set[str]:
        """The elements of a `<D:error>`, our own words left out."""
        assert self.root.tag == f"{D}error", self.text
        return {child.tag for child in self.root} - {f"{DB}reason"}

    @property
    def reason(self) -> str:
        """What a person gets to read."""
        return self.root.findtext(f"{DB}reason") or ""

    @property
    def members(self) -> dict[str, Member]:
        assert self.status == 207, (self.status, self.text)
        found: dict[str, Member] = {}
        for response in self.root.findall(f"{D}response"):
            href = response.findtext(f"{D}href") or ""
            assert href not in found, f"{href} is there twice"
            found[href] = _member(response)
        return found

    @property
    def token(self) -> str:
        return self.root.findtext(f"{D}sync-token") or ""

    def prop(self, tag: str, href: str = "") -> Element:
        """A property that was found, of the only member or of the one named."""
        members = self.members
        return members[href or next(iter(members))].found[tag]

    def hrefs(self, tag: str) -> list[str]:
        """The hrefs within a property of the only member."""
        return [href.text or "" for href in self.prop(tag).iter(f"{D}href")]


def _member(response: Element) -> Member:
    member = Member(_status(response.findtext(f"{D}status")), error=response.find(f"{D}error"))
    for propstat in response.findall(f"{D}propstat"):
        status = _status(propstat.findtext(f"{D}status"))
        prop = propstat.find(f"{D}prop")
        assert prop is not None
        assert status not in member.props, "two propstats of one status"
        member.props[status] = {one.tag: one for one in prop}
    return member


def _status(line: str | None) -> int:
    return int(line.split()[1]) if line else 0


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Client:
    """Sends requests as one person, or as nobody."""

    def __init__(self, person: Person | None) -> None:
        self.person = person
        self.headers = {"Authorization": basic(person.email, person.password)} if person else {}

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        raise NotImplementedError

    def __call__(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body
        return self.send(method, path, {**self.headers, **sent}, data)

    def propfind(self, path: str, *props: str, depth: str = "0", **headers: str) -> Answer:
        return self("PROPFIND", path, propfind(*props), Depth=depth, **headers)

    def proppatch(self, path: str, inner: str, **headers: str) -> Answer:
        return self(
            "PROPPATCH", path, f"<D:propertyupdate {NAMESPACES}>{inner}</D:propertyupdate>", **headers
        )

    def report(self, path: str, body: str, **headers: str) -> Answer:
        return self("REPORT", path, body, **headers)

    def sync(
        self, path: str, token: str = "", limit: int | None = None, props: str = "<D:getetag/>"
    ) -> Answer:
        return self.report(path, sync_collection(token, limit, props))

    def multiget(self, path: str, *hrefs: str, props: str = "<D:getetag/><C:calendar-data/>") -> Answer:
        return self.report(path, multiget(*hrefs, props=props))

    def query(self, path: str, comp: str, props: str = "<D:getetag/>") -> Answer:
        return self.report(path, query(comp, props))

    def names(self, path: str) -> set[str]:
        """What a calendar holds, by the last part of each address."""
        listing = self.propfind(path, "D:getetag", depth="1").members
        return {unquote(href.removeprefix(path)) for href in listing} - {""}

    def etag(self, path: str) -> str:
        return self.propfind(path, "D:getetag").prop(f"{D}getetag").text or ""


class InProcess(Client):
    """Calls the application itself; WebTest checks that both sides keep to PEP 3333."""

    def __init__(self, app: Any, person: Person | None = None, address: str = "192.0.2.1") -> None:
        super().__init__(person)
        self.app = TestApp(app, extra_environ={"REMOTE_ADDR": address})

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = {"Content-Type": "text/xml; charset=utf-8", **headers}
        with warnings.catch_warnings():
            # WebTest doesn't know WebDAV's methods.
            warnings.filterwarnings("ignore", message="Unknown REQUEST_METHOD")
            got = self.app.request(path, method=method, headers=sent, body=body, expect_errors=True)
        return Answer(got.status_int, got.headers, got.body)


class OverSocket(Client):
    """Calls a served application as programs elsewhere do."""

    def __init__(self, address: str, person: Person | None = None) -> None:
        super().__init__(person)
        self.address = address

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        got = requests.request(
            method,
            self.address + path,
            headers={"Content-Type": "text/xml", **headers},
            data=body,
            timeout=30,
            allow_redirects=False,
        )
        return Answer(got.status_code, got.headers, got.content)


def propfind(*props: str) -> str:
    named = "".join(f"<{prop}/>" for prop in props)
    return f"<D:propfind {NAMESPACES}><D:prop>{named}</D:prop></D:propfind>"


def sync_collection(token: str = "", limit: int | None = None, props: str = "<D:getetag/>") -> str:
    limited = f"<D:limit><D:nresults>{limit}</D:nresults></D:limit>" if limit is not None else ""
    return (
        f"<D:sync-collection {NAMESPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
        f"{limited}<D:prop>{props}</D:prop></D:sync-collection>"
    )


def multiget(*hrefs: str, props: str = "<D:getetag/><C:calendar-data/>") -> str:
    named = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
    return f"<C:calendar-multiget {NAMESPACES}><D:prop>{props}</D:prop>{named}</C:calendar-multiget>"


def query(comp: str, props: str = "<D:getetag/>") -> str:
    """A calendar-query with this inside `<C:comp-filter name="VCALENDAR">`."""
    return (
        f"<C:calendar-query {NAMESPACES}><D:prop>{props}</D:prop>"
        f'<C:filter><C:comp-filter name="VCALENDAR">{comp}</C:comp-filter></C:filter></C:calendar-query>'
    )


def between(start: str | None, end: str | None, comp: str = "VEVENT") -> str:
    """The inside of a query for what overlaps a span of time; an open side is None."""
    sides = "".join(f' {name}="{value}"' for name, value in (("start", start), ("end", end)) if value)
    return f'<C:comp-filter name="{comp}"><C:time-range{sides}/></C:comp-filter>'


def same(one: Element) -> str:
    """An element as text that is the same for equal elements."""
    return tostring(one, encoding="unicode").strip()


def path_of(address: str) -> str:
    return unquote(urlsplit(address).path)


def event(uid: str = "mine@phone", **lines: str) -> str:
    """An object as a phone would PUT it; a line given as "" is left out."""
    told = {"UID": uid, "DTSTAMP": "20261120T120000Z", "DTSTART": "20261130T120000Z", "DTEND": "20261130T130000Z",
            "SUMMARY": "Dentist", **lines}  # fmt: skip
    inner = "".join(f"{name}:{value}\r\n" for name, value in told.items() if value)
    return calendar(f"BEGIN:VEVENT\r\n{inner}END:VEVENT\r\n")


def calendar(inner: str) -> str:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Phone//EN\r\n{inner}END:VCALENDAR\r\n"
