"""One calendar on a server: what its objects are called, and how they are fetched, listed and compared.

An event's id is its object's name, without ".ics" where the name is one that we gave. Servers write one and the same
name in several ways (%40, @), and we in one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote, urljoin

from gateway.core.errors import NotAccepted, RemoteGone, Unavailable
from gateway.core.language import N_
from gateway.providers.caldav import calendars, questions
from gateway.providers.caldav.api import Api, Heard, answered
from gateway.providers.caldav.cursor import usable_token, version
from gateway.providers.caldav.multistatus import CALDAV, DAV, SERVER, Multistatus, Response
from gateway.providers.http import host_of

_KEY: Final = re.compile(r"[a-v0-9]{40}", re.ASCII)
_LONGEST_NAME: Final = 400
# So few are not asked for in ever smaller parts any more.
_FEW: Final = 25
_LONGEST_ETAG: Final = 200
_SAFE: Final = "@:!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Object:
    """An object as it is stored."""

    etag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """What there is, or what has changed: the versions by name, and the names of what is gone. `token` and `mark` say
    of which moment; with `more`, it isn't all."""

    versions: Mapping[str, str]
    gone: tuple[str, ...] = ()
    token: str = ""
    more: bool = False


class Shelf:
    """A calendar of an account; `path` is its id."""

    def __init__(self, api: Api, home: str, path: str) -> None:
        self.host = host_of(home)
        # Whatever the id was made of, a password goes to the account's own server alone.
        if calendars.path_of(home, path) != path or path.startswith("//"):
            raise RemoteGone(host=self.host)
        self._api, self.url = api, urljoin(home, path)
        self._path = calendars.path_of(self.url, self.url)
        self._zone: str | None = None

    def url_of(self, id_: str) -> str:
        return self.url + _name(id_)

    def get(self, id_: str) -> Object:
        """Raises RemoteGone."""
        return _object(self._api.get(self.url_of(id_)))

    def put(self, id_: str, body: bytes, etag: str) -> str:
        """Write over this version, or with an empty one where there is nothing; the new version if it is told. Raises
        RemoteChanged where there is something else."""
        condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        answer = self._api.put(self.url_of(id_), body, condition).answer
        return _etag(answer.headers.get("etag", ""))

    def delete(self, id_: str) -> None:
        self._api.delete(self.url_of(id_))

    def id_of(self, href: str) -> str:
        """Of something in this calendar; empty for the calendar itself and for what lies elsewhere."""
        path = href.partition("?")[0]
        name = path.rpartition("/")[2]
        if not name or len(name) > _LONGEST_NAME:
            return ""
        if calendars.path_of(self.url, path.removesuffix(name)) != self._path:
            return ""
        plain = quote(unquote(name, errors="surrogateescape"), safe=_SAFE, errors="surrogateescape")
        stem = plain.removesuffix(".ics")
        return stem if stem != plain and _KEY.fullmatch(stem) else plain

    def about(self) -> Response:
        """The calendar itself. Raises RemoteGone where it is none any more."""
        heard = self._api.find(self.url, questions.calendar(), depth=0)
        for one in heard.things().responses:
            if one.status in (404, 410):
                break
            if one.props:
                self._zone = calendars.zone(one)
                return one
        raise RemoteGone(host=self.host)

    def zone(self) -> str:
        if self._zone is None:
            self.about()
        return self._zone or ""

    def mark(self) -> str:
        """What changes whenever the calendar does; empty if this server has no such thing."""
        mark = self.about().text(f"{SERVER}getctag")
        return mark if mark.isprintable() and len(mark) <= _LONGEST_ETAG else ""

    def changed(self, token: str) -> Listed:
        """What has changed since a token; with an empty one, all there is (RFC 6578)."""
        heard = self._api.report(self.url, questions.changed(token), depth=0)
        told = heard.things()
        following = usable_token(told.sync_token)
        if not following:
            raise NotAccepted(host=self.host, reason=N_("it doesn't say where to go on"))
        if told.is_cut and following == token:
            raise NotAccepted(host=self.host, reason=N_("it goes round in a circle"))
        gone = tuple(
            id_ for one in told.responses if one.status in (404, 410) and (id_ := self.id_of(one.href))
        )
        return Listed(self._versions(told), gone, following, told.is_cut)

    def all(self) -> dict[str, str]:
        """The versions of everything."""
        return self._versions(self._api.find(self.url, questions.versions(), depth=1).things())

    def objects(self, ids: Sequence[str]) -> dict[str, Object | None]:
        """Some objects by name; None for one that isn't there any more. One that the server can't give isn't told."""
        found = self._together(ids)
        # It doesn't know how, or one of them breaks its answer: one by one, then.
        trouble: list[Unavailable | NotAccepted] = []
        for id_ in ids:
            if id_ not in found:
                try:
                    found[id_] = self._single(id_)
                except (NotAccepted, Unavailable) as error:
                    if isinstance(error, Unavailable) and not answered(error):
                        raise
                    trouble.append(error)
        if trouble and not found:
            # It isn't an object that has trouble, but the server.
            raise trouble[0]
        return found

    def with_uid(self, uid: str) -> dict[str, Object]:
        """The objects that have this UID, or a similar one; none if the server can't say."""
        try:
            told = self._told(self._api.report(self.url, questions.with_uid(uid), depth=1).things())
        except (NotAccepted, RemoteGone, Unavailable):
            return {}
        return {id_: one for id_, one in told.items() if one is not None}

    def url_path(self, id_: str) -> str:
        return self._path + _name(id_)

    def _together(self, ids: Sequence[str]) -> dict[str, Object | None]:
        """As many of them as it gives in one answer; in two where it has trouble with that: they may be too long."""
        try:
            return self._told(self._api.report(self.url, questions.objects(map(self.url_path, ids))).things())
        except (NotAccepted, RemoteGone):
            return {}
        except Unavailable as error:
            if len(ids) <= _FEW or not answered(error):
                return {}
            half = len(ids) // 2
            return self._together(ids[:half]) | self._together(ids[half:])

    def _single(self, id_: str) -> Object | None:
        try:
            return self.get(id_)
        except RemoteGone:
            return None

    def _told(self, told: Multistatus) -> dict[str, Object | None]:
        found: dict[str, Object | None] = {}
        for one in told.responses:
            id_ = self.id_of(one.href)
            body = one.props.get(f"{CALDAV}calendar-data")
            if id_ and one.status in (404, 410):
                found[id_] = None
            elif id_ and body is not None and body.text:
                text = body.text.encode("utf-8", "replace")
                found[id_] = Object(_etag(one.text(f"{DAV}getetag")) or _made_up(text), text)
        return found

    def _versions(self, told: Multistatus) -> dict[str, str]:
        return {
            id_: version(_etag(one.text(f"{DAV}getetag")))
            for one in told.responses
            if _may_be_an_event(one) and (id_ := self.id_of(one.href))
        }


def _may_be_an_event(one: Response) -> bool:
    kind = one.text(f"{DAV}getcontenttype").lower()
    if one.status not in (0, 200) or f"{DAV}collection" in one.names(f"{DAV}resourcetype"):
        return False
    return (not kind or "calendar" in kind) and "vtodo" not in kind and "vjournal" not in kind


def _object(heard: Heard) -> Object:
    answer = heard.answer
    return Object(_etag(answer.headers.get("etag", "")) or _made_up(answer.body), answer.body)


def _name(id_: str) -> str:
    return f"{id_}.ics" if _KEY.fullmatch(id_) else quote(unquote(id_, errors="surrogateescape"), safe=_SAFE)


def _etag(told: str) -> str:
    """One way of writing a version: some servers leave out the quotes here or there, and what stands between may turn
    a strong one into a weak one, which no condition would fit (RFC 9110 8.8.3)."""
    plain = told.strip().removeprefix("W/").strip('"')
    if not plain:
        return ""
    if not plain.isascii() or not plain.isprintable() or '"' in plain or len(plain) > _LONGEST_ETAG:
        return _made_up(plain.encode("utf-8", "replace"))
    return f'"{plain}"'


def _made_up(body: bytes) -> str:
    """A version for what the server gives none."""
    return f'"~{sha256(body).hexdigest()[:32]}"'
