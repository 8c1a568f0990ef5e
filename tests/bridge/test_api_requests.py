"""What is said to requests that aren't what they should be: one form of answer for all, and never a page."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask

from bridge.api.reading import MOST_BYTES
from bridge.app import create_app
from gateway import wiring
from gateway.core.errors import AppUnreachable
from gateway.services import bookings
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.bridge.conftest import Api, refused
from tests.conftest import Town

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"{\\"notes\\": \\"x\\"}"',
        b"null",
        b"7",
        b"NaN",
        b'{"notes": NaN}',
        b'{"notes": Infinity}',
        b"[" * 60_000,
        b'{"notes":' * 7_000,
        b'{"notes": "\\ud800"}',
        b'{"notes": "\\udc00\\ud800"}',
        b'{"notes": "\xff"}',
        b'{"notes": "a\\u0000b"}',
        b'{"notes": "a\x00b"}',
        b'{"staff_member_id": ' + b"9" * 5_000 + b"}",
        b'{"staff_member_id": 1e400}',
        '{"notes": "x"}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"{'notes': 'x'}",
        b'{"notes": "x"} {"notes": "y"}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_body_that_is_no_sound_json_object_is_refused(api: Api, body: bytes) -> None:
    before = api.get("/bookings/1001").get_json()
    refused(api.ask("PATCH", "/bookings/1001", data=body, headers=JSON), 400)
    assert api.get("/bookings/1001").get_json() == before


def test_the_last_of_two_fields_of_one_name_counts(api: Api) -> None:
    answer = api.ask("PATCH", "/bookings/1001", data=b'{"notes": "a", "notes": "b"}', headers=JSON)
    assert answer.get_json()["notes"] == "b"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""],
)
def test_a_body_of_another_kind_is_refused(api: Api, kind: str) -> None:
    body = json.dumps({"notes": "x"})
    refused(api.ask("PATCH", "/bookings/1001", data=body, headers={"Content-Type": kind}), 415)


def test_a_body_may_say_in_which_letters_it_is_written(api: Api) -> None:
    said = {"Content-Type": "application/json; charset=utf-8"}
    assert api.ask("PATCH", "/bookings/1001", data='{"notes": "é"}', headers=said).get_json()["notes"] == "é"


def test_a_body_has_a_limit(api: Api) -> None:
    padding = " " * (MOST_BYTES - len('{"notes":"x"}'))
    assert api.ask("PATCH", "/bookings/1001", data='{"notes":"x"}' + padding, headers=JSON).status_code == 200
    refused(
        api.ask("PATCH", "/bookings/1001", data='{"notes":"x"}' + padding + " ", headers=JSON), 413, "65536"
    )


def test_what_is_wrong_is_said_field_by_field(api: Api) -> None:
    body = {"service_id": 0, "start": 7, "customer": {"first_name": "", "last_name": "x" * 201}, "color": 1}
    told = refused(api.post("/bookings", body), 400)
    assert told["detail"] == (
        "staff_member_id is missing. service_id must be at least 1. "
        "start must be a time with an offset from UTC, such as 2026-11-24T10:00:00-05:00. "
        "customer.first_name is empty. customer.last_name has more than 200 characters. And 2 more."
    )
    assert "'pending' or 'confirmed'" in refused(api.patch("/bookings/1001", {"status": "x"}), 400)["detail"]


def test_answers_are_json_and_nothing_else(api: Api) -> None:
    path = "/bookings/1001"
    refused(api.ask("GET", path, headers={"Accept": "text/html"}), 406)
    refused(api.ask("GET", path, headers={"Accept": "application/json;q=0"}), 406)
    for said in ("*/*", "application/*", "text/html, application/json;q=0.1", "application/problem+json", ""):
        assert api.ask("GET", path, headers={"Accept": said}).status_code == 200, said


def test_an_address_that_is_not_there_is_a_problem_too(app: Flask) -> None:
    for path in ("/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/bookings", "/api/v1/bookings/"):
        answer = app.test_client().get(path, headers={"Accept": "text/html"})
        refused(answer, 404)
        assert answer.content_type == "application/problem+json"


def test_another_method_learns_which_there_are(app: Flask) -> None:
    answer = app.test_client().put("/api/v1/bookings/1001")
    refused(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "PATCH", "DELETE", "OPTIONS"}


def test_options_and_head_are_answered(api: Api) -> None:
    assert "PATCH" in api.ask("OPTIONS", "/bookings/1001", key="").headers["Allow"]
    whole, head = api.get("/bookings/1001"), api.ask("HEAD", "/bookings/1001")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_a_page_signed_in_elsewhere_can_not_book(app: Flask) -> None:
    """A form of somebody else's page sends the reader's cookies; they count for nothing here."""
    client = app.test_client()
    client.set_cookie("session", "anything")
    answer = client.post("/api/v1/bookings", json={})
    refused(answer, 401)
    assert "Set-Cookie" not in answer.headers


def test_a_database_that_does_not_answer_is_a_503_with_the_time_to_wait() -> None:
    away = wiring.build(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    answer = (
        create_app(away)
        .test_client()
        .get("/api/v1/bookings/1", headers={"Authorization": "Bearer dbk_" + "a" * 32})
    )
    refused(answer, 503)
    assert answer.headers["Retry-After"] == "5"


def test_a_booking_app_that_can_not_be_asked_is_a_503_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise AppUnreachable(retry_after=90)

    monkeypatch.setattr(bookings, "cancel", away)
    answer = api.delete("/bookings/1001")
    refused(answer, 503, "nothing was changed")
    assert answer.headers["Retry-After"] == "90"


def test_what_breaks_is_told_without_its_inside(deps: Deps, api: Api, the_town: Town) -> None:
    broken = create_app(replace(deps, now=lambda: 1 / 0))  # type: ignore[arg-type,return-value]
    answer = Api(broken.test_client(), api.key).get(
        "/explain", staff_member_id="11", service_id="31", start="2026-11-24T10:00:00Z"
    )
    refused(answer, 500, "in the log")
    assert "division" not in answer.text


def test_the_pages_are_still_pages(app: Flask) -> None:
    answer = app.test_client().get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<html" in answer.text
    assert app.test_client().put("/healthz").headers["Allow"]
