"""What stands before Radicale: bodies and addresses that arrive as they were sent, and answers that travel light."""

from __future__ import annotations

import gzip
import http.client
import socket
from urllib.parse import quote

import pytest

from tests.caldav.client import C, D, InProcess, OverSocket, basic, event, propfind
from tests.conftest import LiveServer

BOOKINGS = "/dav/s11/bookings/"
HAIRCUT = f"{BOOKINGS}booking-1001.ics"
EVERYTHING = "<propfind xmlns='DAV:'><allprop/></propfind>"


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8", "deflate, gzip;q=0.001"]
)
def test_a_large_answer_is_compressed_for_whoever_takes_it(live: LiveServer, accepted: str) -> None:
    """By hand, because the libraries undo it in silence."""
    connection = http.client.HTTPConnection(live.address.removeprefix("http://"), timeout=10)
    who = {"Authorization": basic(live.town.alice.email, live.town.alice.password), "Depth": "1"}
    bodies = []
    for taken in ("identity", accepted):
        connection.request("PROPFIND", BOOKINGS, EVERYTHING, {**who, "Accept-Encoding": taken})
        answer = connection.getresponse()
        bodies.append(answer.read())
        assert answer.headers["Content-Length"] == str(len(bodies[-1]))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert len(bodies[1]) < len(bodies[0]) / 2
    assert gzip.decompress(bodies[1]) == bodies[0]
    connection.close()


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br"])
def test_and_for_nobody_else(alice: InProcess, accepted: str) -> None:
    answer = alice("PROPFIND", BOOKINGS, EVERYTHING, Depth="1", Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.status == 207


def test_an_etag_is_the_same_however_it_travels(alice: InProcess) -> None:
    for method in ("GET", "HEAD"):
        first = alice(method, BOOKINGS, Accept_Encoding="gzip")
        assert first.headers["ETag"] == alice(method, BOOKINGS).headers["ETag"]
        again = alice(method, BOOKINGS, Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
        assert (again.status, again.body) == (304, b"")


def test_a_head_has_the_length_and_not_the_body(phone: OverSocket) -> None:
    for path in (HAIRCUT, BOOKINGS):
        whole, head = (
            phone("GET", path, Accept_Encoding="identity"),
            phone("HEAD", path, Accept_Encoding="identity"),
        )
        assert head.body == b""
        assert head.headers["Content-Length"] == whole.headers["Content-Length"] == str(len(whole.body))


@pytest.mark.parametrize(
    "name", ["caf\u00e9 1.ics", "\u4e2d\u6587.ics", "a+b&c;d.ics", "100%.ics", "a#b?c.ics"]
)
def test_a_name_of_any_letters_is_the_same_in_every_answer(alice: InProcess, name: str) -> None:
    address = BOOKINGS + quote(name)
    assert alice("PUT", address, event()).status == 201
    assert name in alice.names(BOOKINGS)
    assert address in alice.sync(BOOKINGS).members
    assert set(alice.multiget(BOOKINGS, address).members) == {address}
    assert alice.multiget(BOOKINGS, address).members[address].found[f"{C}calendar-data"].text
    assert alice("GET", address).body.startswith(b"BEGIN:VCALENDAR")
    assert (
        alice.propfind(address, "D:getetag").prop(f"{D}getetag", address).text
        == alice("GET", address).headers["ETag"]
    )
    assert alice("DELETE", address).status == 204
    assert name not in alice.names(BOOKINGS)


def test_an_address_that_is_not_utf_8_is_none(live: LiveServer) -> None:
    phone = OverSocket(live.address, live.town.alice)
    assert phone("GET", f"{BOOKINGS}%ff%fe.ics").status == 400
    assert phone("GET", BOOKINGS + "x" * 3000).status == 414


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "9" * 30, "\u0663"])
def test_a_length_that_is_no_number_is_refused(alice: InProcess, length: str) -> None:
    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "PROPFIND",
        "PATH_INFO": "/dav/",
        "CONTENT_LENGTH": length,
        "wsgi.input": None,
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    alice.app.app(environ, lambda status, _: statuses.append(status))
    assert statuses[0][:3] in ("400", "413")


def test_a_body_that_breaks_off_is_refused(live: LiveServer) -> None:
    host, _, port = live.address.removeprefix("http://").partition(":")
    body = propfind("D:getetag").encode()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        who = basic(live.town.alice.email, live.town.alice.password)
        connection.sendall(
            f"PROPFIND /dav/ HTTP/1.1\r\nHost: x\r\nAuthorization: {who}\r\nDepth: 0\r\n"
            f"Content-Length: {len(body) + 50}\r\n\r\n".encode()
            + body
        )
        connection.shutdown(socket.SHUT_WR)
        assert b" 207 " not in connection.recv(4096)


def test_one_connection_serves_many_questions(live: LiveServer) -> None:
    connection = http.client.HTTPConnection(live.address.removeprefix("http://"), timeout=10)
    headers = {"Authorization": basic(live.town.alice.email, live.town.alice.password), "Depth": "0"}
    for method, path, status in (
        ("PROPFIND", "/dav/", 207),
        ("HEAD", HAIRCUT, 200),
        ("GET", "/dav/s12/", 404),
        ("PUT", f"{BOOKINGS}x.ics", 403),
        ("LOCK", BOOKINGS, 405),
        ("GET", HAIRCUT, 200),
    ):
        connection.request(method, path, propfind("D:getetag") if method == "PROPFIND" else None, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
