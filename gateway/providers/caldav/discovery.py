"""From what an owner types to their calendars: which server it is, who they are there, where their calendars live.

RFC 6764 6, RFC 5397, RFC 4791 6.2.1. Asked with PROPFIND all the way, since some servers send a GET to a web page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit, urlunsplit

from gateway.core.errors import (
    ForbiddenAddress,
    NeedsReconnect,
    NotAccepted,
    ProviderError,
    RemoteGone,
    Unavailable,
)
from gateway.core.language import N_
from gateway.core.remote import FOREVER, Grant, Login
from gateway.core.wire import one_line
from gateway.providers.caldav import names, questions, quirks
from gateway.providers.caldav.api import Api, LeadsAway, answered, within
from gateway.providers.caldav.config import CaldavConfig
from gateway.providers.caldav.multistatus import CALDAV, DAV, Response
from gateway.providers.http import host_of

WELL_KNOWN: Final = "/.well-known/caldav"

_MOST_REQUESTS: Final = 40
# Somebody looks at a page meanwhile.
_MOST_SECONDS: Final = 60.0
_MOST_HOMES: Final = 3
_MOST_ADDRESSES: Final = 10
_LONGEST: Final = 500
# Where Daybridge's own calendars are.
_OURS: Final = re.compile(r"/dav/s[0-9]+/")
# What people write instead of https, and find in their programs' settings.
_SCHEMES: Final = {"caldav": "https", "caldavs": "https", "webcal": "https"}


@dataclass(frozen=True, slots=True)
class Home:
    """What is known of an account: where its calendars are, as whom it is opened, and its owner's addresses."""

    homes: tuple[str, ...]
    user: str
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        return json.dumps([self.homes, self.user, self.addresses], separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Home:
        """What `str` wrote. Raises ValueError."""
        match json.loads(text):
            case [[str(), *_] as homes, str(user), list(addresses)]:
                return cls(tuple(map(str, homes)), user, tuple(map(str, addresses)))
        raise ValueError("no home of ours")


class CaldavDoor:
    """`port.Door` for accounts with a name and a password."""

    asks_password: ClassVar[bool] = True

    def __init__(self, config: CaldavConfig) -> None:
        self._config = config

    def enter(self, login: Login) -> Grant:
        typed = _Typed.read(login)
        if not typed.user or not login.password:
            raise NeedsReconnect(host=typed.host, reason=N_("it wants a user name and a password"))
        if not typed.user.isprintable() or ":" in typed.user:
            raise NeedsReconnect(host=typed.host, reason=N_("no user name has such signs in it"))
        row = quirks.of_address(typed.host) or quirks.of_server(typed.host)
        if row.instead:
            raise NotAccepted(host=row.title, reason=row.instead)
        api = Api(self._config, typed.user, login.password, _MOST_REQUESTS, _MOST_SECONDS)
        home = _Search(self._config, typed, api).home()
        if self._is_ours(home.homes[0]):
            # Bookings would be put where they come from.
            raise NotAccepted(host=typed.host, reason=N_("these are Daybridge’s own calendars"))
        return Grant(
            login.password,
            login.password,
            FOREVER,
            account=_account(typed.user, home),
            kept=str(home),
        )

    def _is_ours(self, home: str) -> bool:
        """Other servers may well run on the same machine, under other paths or ports."""
        return host_of(home) == self._config.own_host and bool(_OURS.fullmatch(urlsplit(home).path))

    def refresh(self, grant: Grant) -> Grant:
        return grant

    def revoke(self, grant: Grant) -> None:
        """There is nothing to give back."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed: the host, the whole address if it was one, and the user."""

    host: str
    url: str
    user: str

    @classmethod
    def read(cls, login: Login) -> _Typed:
        """Raises NotAccepted."""
        address = login.address.strip().removeprefix("mailto:")
        scheme, colon, rest = address.partition("://")
        user = login.user.strip()
        if colon:
            return cls._of_url(f"{_SCHEMES.get(scheme.lower(), scheme.lower())}://{rest}", user)
        mailbox, at, domain = address.rpartition("@")
        if at and "/" not in mailbox:
            return cls(_idna(domain), "", user or address)
        host, slash, path = address.partition("/")
        if slash and path:
            return cls._of_url(f"https://{address}", user)
        return cls(_idna(host), "", user)

    @classmethod
    def _of_url(cls, url: str, user: str) -> _Typed:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise NotAccepted(host="?", reason=N_("this is no address")) from None
        if "@" in parts.netloc:
            raise ForbiddenAddress(host="?", reason=N_("it holds a user name; type that in its own field"))
        return cls(host, urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, "")), user)


def _idna(domain: str) -> str:
    try:
        return domain.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise NotAccepted(host="?", reason=N_("this is no address")) from None


class _Search:
    """Goes from place to place until one of them knows the owner."""

    def __init__(self, config: CaldavConfig, typed: _Typed, api: Api) -> None:
        self._config, self._typed, self._api = config, typed, api
        self._elsewhere = ""

    def home(self) -> Home:
        """Raises NeedsReconnect from the first place that says no: asking on would look like guessing passwords."""
        trouble: list[ProviderError] = []
        silent: set[str] = set()
        for url in dict.fromkeys(self._places()):
            if host_of(url) in silent:
                continue
            try:
                found = self._at(url)
            except (RemoteGone, NotAccepted, Unavailable) as error:
                trouble.append(error)
                if isinstance(error, Unavailable) and not answered(error):
                    silent.add(host_of(url))
                continue
            if found is not None:
                return found
        raise self._why(trouble)

    def _why(self, trouble: list[ProviderError]) -> ProviderError:
        """What is worth telling of all that didn't work. That a place doesn't know us is not."""
        if self._elsewhere:
            reason = f"its domain names {self._elsewhere}, which is somebody else's; type that address if it is right"
            return NotAccepted(host=self._typed.host, reason=reason)
        for kind in (LeadsAway, Unavailable):
            for error in trouble:
                if isinstance(error, kind):
                    return error
        return NotAccepted(host=self._typed.host, reason=N_("no calendars are to be found there"))

    def _places(self) -> Iterator[str]:
        typed = self._typed
        row = quirks.of_address(typed.host) if not typed.url else None
        if row is not None:
            yield row.start
            return
        begins = quirks.of_server(typed.host).start
        origin = f"https://{typed.host}"
        if typed.url:
            yield typed.url
            yield from filter(None, [begins])
            parts = urlsplit(typed.url)
            origin = f"{parts.scheme}://{parts.netloc}"
            if parts.path.rstrip("/") and "." not in parts.path:
                yield from (typed.url.rstrip("/") + path for path in quirks.PATHS[:1])
        else:
            yield from filter(None, [begins])
            yield from self._named()
        yield origin + WELL_KNOWN
        yield f"{origin}/"
        yield from (origin + path for path in quirks.PATHS)

    def _named(self) -> Iterator[str]:
        """Where the domain says that its calendars are."""
        for service in names.services(self._typed.host, self._config.lookup):
            if quirks.is_within(service.host, self._typed.host) or quirks.of_server(service.host).servers:
                yield service.url
            else:
                self._elsewhere = self._elsewhere or service.host

    def _at(self, url: str) -> Home | None:
        """The owner's home, if this place knows them."""
        heard = self._api.find(url, questions.principal(), depth=0)
        first = _first(heard.things().responses)
        if first is None:
            return None
        if not first.hrefs(f"{CALDAV}calendar-home-set"):
            [link] = first.hrefs(f"{DAV}current-user-principal")[:1] or [""]
            if not link:
                return None
            heard = self._api.find(self._within(heard.url, link), questions.principal(), depth=0)
            first = _first(heard.things().responses)
        links = first.hrefs(f"{CALDAV}calendar-home-set")[:_MOST_HOMES] if first is not None else []
        if first is None or not links:
            return None
        homes = [self._within(heard.url, link) for link in links]
        addresses = first.hrefs(f"{CALDAV}calendar-user-address-set")[:_MOST_ADDRESSES]
        return Home(
            tuple(map(_directory, homes)), self._typed.user, _addresses([*addresses, self._typed.user])
        )

    def _within(self, url: str, link: str) -> str:
        return within(url, link, allow_private=self._config.allow_private)


def _first(responses: tuple[Response, ...]) -> Response | None:
    return next((one for one in responses if one.props), None)


def _directory(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _addresses(told: list[str]) -> tuple[str, ...]:
    """E-mail addresses in small letters; some servers tell them without "mailto:"."""
    plain = (one.lower().removeprefix("mailto:").strip()[:_LONGEST] for one in told)
    return tuple(dict.fromkeys(one for one in plain if "@" in one and not one.startswith(("/", "http"))))


def _account(user: str, home: Home) -> str:
    """As its owner would say it, and so that no two accounts are called alike."""
    host = host_of(home.homes[0])
    row = quirks.of_server(host)
    name = one_line(user, _LONGEST)
    if "@" not in name:
        return f"{name}@{host}"
    domain = name.rpartition("@")[2].lower()
    if quirks.may_lead(domain, host) or domain in row.addresses:
        return name.lower()
    return f"{name.lower()} ({row.title or host})"
