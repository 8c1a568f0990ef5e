"""What could cost the server too much is refused before it begins; what it does over and over takes no more memory."""

from __future__ import annotations

import gc
import io
import resource
import sys
from typing import Any

import pytest

import wsgi
from tests.caldav.client import NAMESPACES, InProcess, basic, propfind, sync_collection
from tests.conftest import Person, Town

BOOKINGS = "/dav/s11/bookings/"
POLL = propfind("CS:getctag", "D:sync-token")
ETAGS = propfind("D:getetag")

pytestmark = pytest.mark.xdist_group("crowd")


class Bare:
    """Calls the application as a WSGI server does, and does nothing else."""

    def __init__(self, app: Any, person: Person) -> None:
        self.app, self.authorization = app, basic(person.email, person.password)

    def __call__(self, method: str, path: str, body: str, depth: str = "0") -> bytes:
        data, begun = body.encode(), []
        environ = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_AUTHORIZATION": self.authorization,
            "HTTP_DEPTH": depth,
            "HTTP_USER_AGENT": "iOS/26.1 (23B85) dataaccessd/1.0",
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        answer = b"".join(self.app(environ, lambda status, headers: begun.append(status)))
        assert begun == ["207 Multi-Status"], begun
        return answer


@pytest.fixture
def bare(crowd: Town) -> Bare:
    return Bare(wsgi.mount(crowd.deps), crowd.alice)


def test_a_search_through_too_much_is_refused_before_it_begins(crowded: InProcess) -> None:
    """Radicale would parse each of ten thousand events, for a quarter of a minute."""
    search = '<C:prop-filter name="SUMMARY"><C:text-match>hair</C:text-match></C:prop-filter>'
    answer = crowded.query(BOOKINGS, f'<C:comp-filter name="VEVENT">{search}</C:comp-filter>')
    assert answer.status == 403
    assert answer.preconditions == {"{DAV:}number-of-matches-within-limits"}
    span = '<C:time-range start="20240101T000000Z" end="20300101T000000Z"/>'
    answer = crowded.report(BOOKINGS, f"<C:free-busy-query {NAMESPACES}>{span}</C:free-busy-query>")
    assert answer.status == 403
    span = '<C:time-range start="20240601T000000Z" end="20240602T000000Z"/>'
    answer = crowded.query(BOOKINGS, f'<C:comp-filter name="VEVENT">{span}{search}</C:comp-filter>')
    assert len(answer.members) == 24
    by_uid = '<C:prop-filter name="UID"><C:text-match>booking-107777@</C:text-match></C:prop-filter>'
    answer = crowded.query(BOOKINGS, f'<C:comp-filter name="VEVENT">{by_uid}</C:comp-filter>')
    assert set(answer.members) == {f"{BOOKINGS}booking-107777.ics"}


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit elsewhere")
def test_listing_over_and_over_takes_no_more_memory(bare: Bare) -> None:
    bodies = [(ETAGS, "PROPFIND"), (sync_collection(props="<D:getetag/><C:calendar-data/>"), "REPORT")]

    def round_() -> None:
        for body, method in bodies:
            bare(method, BOOKINGS, body, "1")

    for _ in range(4):
        round_()
    gc.collect()
    before, objects = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(gc.get_objects())
    for _ in range(20):
        round_()
    gc.collect()
    # One answer with its data is 12 MB; twenty of them left behind would show.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000
    assert len(gc.get_objects()) - objects < 2_000
