"""When the database is away or slow: try again, and nothing that a client would take for an answer."""

from __future__ import annotations

import time

import psycopg
import pytest

import wsgi
from gateway import wiring
from gateway.settings import Settings
from tests.caldav.client import (
    Answer,
    D,
    InProcess,
    basic,
    between,
    event,
    multiget,
    propfind,
    query,
    sync_collection,
)
from tests.conftest import Databases, Town, name_of

BOOKINGS = "/dav/s11/bookings/"
HAIRCUT = f"{BOOKINGS}booking-1001.ics"
PATCH = '<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set></propertyupdate>'
REQUESTS = [
    ("PROPFIND", BOOKINGS, propfind("D:getetag")),
    ("PROPPATCH", BOOKINGS, PATCH),
    ("REPORT", BOOKINGS, sync_collection()),
    ("REPORT", BOOKINGS, multiget(HAIRCUT)),
    ("REPORT", BOOKINGS, query(between("20260101T000000Z", None))),
    # This one is left to Radicale.
    (
        "REPORT",
        BOOKINGS,
        query('<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"/></C:comp-filter>'),
    ),
    ("GET", HAIRCUT, ""),
    ("HEAD", HAIRCUT, ""),
    ("OPTIONS", BOOKINGS, ""),
    ("PUT", f"{BOOKINGS}new.ics", event()),
    ("DELETE", HAIRCUT, ""),
]


def says_later(answer: Answer) -> None:
    assert answer.status == 503, (answer.status, answer.text)
    assert int(answer.headers["Retry-After"]) > 0
    assert "ETag" not in answer.headers


@pytest.fixture
def nowhere() -> InProcess:
    """An application whose database is not there."""
    deps = wiring.build(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    client = InProcess(wsgi.mount(deps))
    client.headers = {"Authorization": basic("alice@harbor.example", "abcd-efgh-ijkm-npqr-stuv")}
    return client


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_without_a_database_everything_is_for_later(
    nowhere: InProcess, method: str, path: str, body: str
) -> None:
    says_later(nowhere(method, path, body))


def test_without_a_database_the_door_is_still_there(nowhere: InProcess) -> None:
    nowhere.headers = {}
    assert nowhere.propfind("/dav/", "D:getetag").status == 401
    assert nowhere("OPTIONS", "/dav/").status == 200
    assert nowhere("GET", "/.well-known/caldav").status == 301


def test_a_database_without_our_tables_is_for_later(databases: Databases) -> None:
    url = databases.create()
    deps = wiring.build(Settings(database_url=url))
    client = InProcess(wsgi.mount(deps))
    client.headers = {"Authorization": basic("alice@harbor.example", "abcd-efgh-ijkm-npqr-stuv")}
    says_later(client.propfind(BOOKINGS, "D:getetag"))
    deps.database.close()
    databases.drop(url)


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_a_database_that_goes_away_is_for_later(
    alice: InProcess, the_town: Town, databases: Databases, method: str, path: str, body: str
) -> None:
    assert alice.propfind(BOOKINGS, "D:getetag").status == 207
    databases.drop(the_town.url)
    for _ in range(2):
        says_later(alice(method, path, body))


def test_connections_that_died_while_idle_are_replaced(alice: InProcess, the_town: Town) -> None:
    for _ in range(3):
        assert alice.propfind(BOOKINGS, "D:getetag").status == 207
        the_town.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            name_of(the_town.url),
        )
        time.sleep(0.1)


@pytest.mark.parametrize(("method", "path", "body"), [REQUESTS[0], REQUESTS[5], REQUESTS[6], REQUESTS[9]])
def test_rows_that_are_locked_for_too_long_are_for_later(
    alice: InProcess, the_town: Town, method: str, path: str, body: str
) -> None:
    """A migration has the tables for itself; the connection is good, and the question fails in the middle."""
    assert alice.propfind(BOOKINGS, "D:getetag").status == 207
    table = "calendars" if path == BOOKINGS and "prop-filter" not in body else "calendar_objects"
    with psycopg.connect(the_town.url) as connection:
        connection.execute(f"LOCK TABLE daybridge.{table} IN ACCESS EXCLUSIVE MODE".encode())
        says_later(alice(method, path, body))
    assert alice.propfind(BOOKINGS, "D:getetag").status == 207


def test_a_mistake_of_ours_is_told_without_what_it_was_about(
    alice: InProcess, the_town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    assert alice.propfind(BOOKINGS, "D:getetag").status == 207
    the_town.sql("ALTER TABLE daybridge.calendars RENAME COLUMN epoch TO era")
    answer = alice.propfind(BOOKINGS, "D:getetag")
    assert answer.status == 500
    assert "column" not in answer.text
    assert "a PROPFIND could not be answered" in caplog.text
    the_town.sql("ALTER TABLE daybridge.calendars RENAME COLUMN era TO epoch")
    assert alice.propfind(BOOKINGS, "D:getetag").prop(f"{D}getetag").text
