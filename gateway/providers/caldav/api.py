"""How we speak to a CalDAV server: each request through our one HTTP function, with the name and password.

Of the caldav library only the bodies are taken (`questions`): its client opens connections, follows to other hosts,
guesses how to sign in and reads answers of any size by itself, all of which is for us to decide.

Redirects are followed by hand: never from https to http, and never to a server of somebody else's, since the password
goes with them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit

from gateway.core.errors import NotAccepted, Unavailable
from gateway.core.language import N_
from gateway.providers import http
from gateway.providers.caldav import digest, multistatus, quirks, refusals
from gateway.providers.caldav.config import CaldavConfig
from gateway.providers.caldav.multistatus import Multistatus
from gateway.providers.http import LEADS, Answer, host_of
from gateway.providers.line import TOO_SLOW

_MOST_HOPS: Final = 5
# A chunk of events with their attachments, or the names of a very large calendar.
_MOST_BYTES: Final = 20_000_000
_XML: Final = {"Content-Type": "application/xml; charset=utf-8"}


class LeadsAway(NotAccepted):
    """{host} doesn't accept this: {reason}."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, and where it came from in the end."""

    url: str
    answer: Answer

    @property
    def host(self) -> str:
        return host_of(self.url)

    def things(self) -> Multistatus:
        """Raises Unavailable for an answer that can't be read: perhaps what stands in front of the server said it."""
        try:
            return multistatus.read(self.answer.body)
        except multistatus.Unreadable:
            raise Unavailable(host=self.host, reason=N_("its answer can't be read")) from None


class Api:
    """Requests of one account. No more than `most` are sent, and with `seconds` none after that, so that no server
    keeps us busy for ever."""

    def __init__(
        self, config: CaldavConfig, user: str, password: str, most: int, seconds: float = float("inf")
    ) -> None:
        self.config = config
        self._user, self._password, self._left = user, password, most
        self._digest: digest.Digest | None = None
        self._end = monotonic() + seconds

    def find(self, url: str, body: bytes, *, depth: int) -> Heard:
        return self._ask("PROPFIND", url, body, {**_XML, "Depth": str(depth)})

    def report(self, url: str, body: bytes, depth: int | None = None) -> Heard:
        return self._ask("REPORT", url, body, _XML if depth is None else {**_XML, "Depth": str(depth)})

    def get(self, url: str) -> Heard:
        return self._ask("GET", url, None, {"Accept": "text/calendar"})

    def put(self, url: str, body: bytes, condition: Mapping[str, str]) -> Heard:
        return self._ask("PUT", url, body, {"Content-Type": "text/calendar; charset=utf-8", **condition})

    def delete(self, url: str) -> Heard:
        return self._ask("DELETE", url, None, {})

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Heard:
        """The answer, if they did what we asked. Raises what `http.send` does, and what `refusals` says."""
        at = url
        for _ in range(_MOST_HOPS + 1):
            answer = self._send(method, at, body, headers)
            if answer.status not in LEADS:
                words = multistatus.preconditions(answer.body) if answer.status >= 400 else {}
                refusals.require_success(answer, at, words)
                return Heard(at, answer)
            at = followed(at, answer, allow_private=self.config.allow_private)
        raise NotAccepted(host=host_of(at), reason=N_("it sends us in a circle"))

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        if self._digest is not None:
            answer = self._once(method, url, body, headers, self._digest.header(method, url))
        else:
            answer = self._once(method, url, body, headers, self._basic())
        challenge = answer.headers.get("www-authenticate", "")
        if answer.status == 401 and digest.is_asked_for(challenge):
            # The first time, or its nonce has run out.
            self._digest = digest.Digest(self._user, self._password, challenge)
            answer = self._once(method, url, body, headers, self._digest.header(method, url))
        return answer

    def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], authorization: str
    ) -> Answer:
        if self._left <= 0:
            raise NotAccepted(host=host_of(url), reason=N_("it has us ask again and again"))
        self._left -= 1
        seconds = min(self.config.timeout, self._end - monotonic())
        if seconds <= 0:
            raise Unavailable(host=host_of(url), reason=TOO_SLOW)
        return http.send(
            method,
            url,
            headers={**headers, "Authorization": authorization},
            body=body,
            timeout=seconds,
            allow_private=self.config.allow_private,
            most_bytes=_MOST_BYTES,
            ca_bundle=self.config.ca_bundle,
        )

    def _basic(self) -> str:
        return (
            f"Basic {b64encode(f'{self._user}:{self._password}'.encode('utf-8', 'replace')).decode('ascii')}"
        )


def followed(url: str, answer: Answer, *, allow_private: bool) -> str:
    """Where an answer leads. Raises NotAccepted, ForbiddenAddress."""
    return within(url, answer.headers.get("location", ""), allow_private=allow_private)


def within(url: str, link: str, *, allow_private: bool) -> str:
    """The address that a server names, if it may have a password sent there. Raises NotAccepted, ForbiddenAddress."""
    try:
        to = urljoin(url, link.strip())
        urlsplit(to)
    except ValueError:
        to = ""
    parts = http.require_callable(to.partition("#")[0], allow_private=allow_private)
    if urlsplit(url).scheme == "https" and parts.scheme != "https":
        raise LeadsAway(host=host_of(url), reason=N_("it sends us to an address without https"))
    if not quirks.may_lead(host_of(url), parts.hostname or ""):
        raise LeadsAway(
            host=host_of(url),
            reason=f"it sends us to another server ({parts.hostname}); type that address if you know it is right",
        )
    return parts.geturl()


def answered(error: Unavailable) -> bool:
    """Whether a server said something, if only that it has trouble; else it can't be reached at all."""
    return str(error.fields.get("reason", "")).startswith(("it answered", "its answer"))


def will_pass(error: Unavailable) -> bool:
    """Whether it has nothing to do with what was asked: the way there is broken, or too many ask at the moment."""
    busy = str(error.fields.get("reason", "")).endswith(("502", "503", "504"))
    return busy or not answered(error) or error.retry_after is not None
