"""How Graph is asked: one place for its headers, its links and its errors.

https://learn.microsoft.com/graph/use-the-api; ids that stay when an item moves: /graph/outlook-immutable-id; several
requests in one: /graph/json-batching. A connection asks one thing after the other, so the four at once that Graph
allows a mailbox are never exceeded by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from gateway.core.errors import CursorExpired, RateLimited, RemoteGone, Unavailable
from gateway.core.language import N_
from gateway.providers import http
from gateway.providers.http import Meaning
from gateway.providers.microsoft import refusals
from gateway.providers.microsoft.config import MicrosoftConfig
from gateway.providers.told import objects

Json = dict[str, Any]

# Seconds for a whole answer; a page of a list takes the longest.
_TIMEOUT: Final = 60.0
# A page of two hundred events with bodies that somebody pasted a page of the web into.
_MOST_BYTES: Final = 40_000_000
_BATCH: Final = 20
PREFER: Final = 'IdType="ImmutableId", outlook.timezone="UTC", outlook.body-content-type="text"'


@dataclass(frozen=True, slots=True)
class Api:
    """Graph, asked in the name of who granted us `token`."""

    config: MicrosoftConfig
    token: str

    @property
    def host(self) -> str:
        return urlsplit(self.config.graph_endpoint).hostname or ""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        return self._ask("GET", self._url(path, query or {}), refusals.API)

    def send(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        etag: str = "",
        meanings: Sequence[Meaning] = refusals.API,
    ) -> Json:
        """What a write is answered with; empty where the answer is."""
        headers = {"If-Match": etag} if etag else {}
        return self._ask(method, self._url(path, {}), meanings, body=body, headers=headers)

    def page(self, link: str, size: int, *, going_on: bool = True) -> Json:
        """A page of a list, by a link of theirs or an address of ours. Raises CursorExpired for a link elsewhere."""
        if not link.startswith(self._base):
            raise CursorExpired(host=self.host)
        prefer = {"Prefer": f"{PREFER}, odata.maxpagesize={size}"}
        return self._ask("GET", link, refusals.GOING_ON if going_on else refusals.API, headers=prefer)

    def view(self, calendar: str, since: str, until: str) -> str:
        """Where the first page of a calendar's time begins."""
        path = f"me/calendars/{quoted(calendar)}/calendarView/delta"
        return self._url(path, {"startDateTime": since, "endDateTime": until})

    def many(self, paths: Iterable[str]) -> list[Json | None]:
        """Several answers, in the order asked; None for what is gone. Raises RateLimited and Unavailable for the first
        that says so."""
        waiting = iter(paths)
        found: list[Json | None] = []
        while some := list(islice(waiting, _BATCH)):
            found += self._batch(some)
        return found

    def _batch(self, paths: list[str]) -> list[Json | None]:
        requests = [
            {"id": str(number), "method": "GET", "url": f"/{path}", "headers": {"Prefer": PREFER}}
            for number, path in enumerate(paths)
        ]
        answer = self.send("POST", "$batch", {"requests": requests})
        parts = {str(part.get("id")): part for part in objects(answer.get("responses"))}
        return [self._part(parts.get(str(number), {})) for number in range(len(paths))]

    def _part(self, part: Json) -> Json | None:
        status, body = part.get("status"), part.get("body")
        if status == 200 and isinstance(body, dict):
            return body
        if status == 429:
            raise RateLimited(host=self.host, retry_after=_seconds(part.get("headers")))
        if not isinstance(status, int) or status >= 500:
            raise Unavailable(host=self.host, reason=N_("a part of its answer is missing"))
        told = http.Answer(status, {}, json.dumps(body).encode())
        try:
            http.require_success(told, self.host, refusals.words(told.body), refusals.API)
        except RemoteGone:
            return None
        raise self.unreadable()

    def _ask(
        self,
        method: str,
        url: str,
        meanings: Sequence[Meaning],
        *,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        told = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Prefer": PREFER}
        told |= {"Content-Type": "application/json"} if body is not None else {}
        answer = http.send(
            method,
            url,
            headers=told | dict(headers or {}),
            body=None if body is None else json.dumps(body).encode(),
            timeout=_TIMEOUT,
            allow_private=self.config.allow_private,
            most_bytes=_MOST_BYTES,
            ca_bundle=self.config.ca_bundle,
        )
        words = frozenset[str]() if answer.status < 400 else refusals.words(answer.body)
        http.require_success(answer, self.host, words, meanings)
        return self._read(answer.body) if answer.body else {}

    def _read(self, body: bytes) -> Json:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise self.unreadable()
        return said

    def unreadable(self) -> Unavailable:
        return Unavailable(host=self.host, reason=N_("its answer can't be read"))

    @property
    def _base(self) -> str:
        return self.config.graph_endpoint.rstrip("/") + "/"

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        said = urlencode(query, quote_via=quote, safe="$") if query else ""
        return f"{self._base}{path}{'?' * bool(said)}{said}"


def quoted(id_: str) -> str:
    return quote(id_, safe="")


def _seconds(headers: object) -> float | None:
    told = headers.get("Retry-After") if isinstance(headers, dict) else None
    text = str(told) if told is not None else ""
    return min(float(text[:9]), http.LONGEST_WAIT) if text.isascii() and text.isdecimal() else None
