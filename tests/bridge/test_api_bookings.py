"""Booking over HTTP: made, read, moved, cancelled; nothing twice, nothing over somebody else's change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.bridge.conftest import Api, refused
from tests.conftest import Town

MARIA = {"first_name": "Maria", "last_name": "Santos", "email": "MARIA@example.com"}


def wish(start: str = "2026-11-24T09:00:00-05:00", **more: Any) -> dict[str, Any]:
    return {"staff_member_id": 11, "service_id": 31, "start": start, "tenant_customer_id": 61} | more


def count(town: Town) -> int:
    return int(str(town.sql("SELECT count(*) FROM public.bookings")[0][0]))


def test_a_free_time_is_booked(api: Api, the_town: Town) -> None:
    answer = api.post("/bookings", wish(notes="Läuft – mit Hund 🐕"))
    assert answer.status_code == 201
    told = answer.get_json()
    assert told == {
        "id": told["id"],
        "staff_member_id": 11,
        "service_id": 31,
        "tenant_customer_id": 61,
        "start": "2026-11-24T14:00:00+00:00",
        "end": "2026-11-24T14:45:00+00:00",
        "status": told["status"],
        "notes": "Läuft – mit Hund 🐕",
        "manager_override": False,
    }
    assert answer.headers["Location"] == f"/api/v1/bookings/{told['id']}"
    again = api.get(f"/bookings/{told['id']}")
    assert again.get_json() == told
    assert again.headers["ETag"] == answer.headers["ETag"]
    assert the_town.sql("SELECT notes FROM public.bookings WHERE id = %s", told["id"]) == [(told["notes"],)]


def test_a_customer_is_found_by_e_mail_or_made(api: Api, the_town: Town) -> None:
    known = api.post("/bookings", wish(tenant_customer_id=None, customer=MARIA)).get_json()
    assert known["tenant_customer_id"] == 61
    ada = {"first_name": "Ada", "last_name": "", "email": "ada@example.com"}
    new = api.post(
        "/bookings", wish("2026-11-25T09:00:00-05:00", tenant_customer_id=None, customer=ada)
    ).get_json()
    assert the_town.sql(
        "SELECT business_id, first_name FROM public.tenant_customers WHERE id = %s",
        new["tenant_customer_id"],
    ) == [(1, "Ada")]


def test_a_taken_time_is_refused_with_the_reasons_that_explain_gives(api: Api, the_town: Town) -> None:
    before = count(the_town)
    start = "2026-11-24T15:30:00+00:00"
    told = refused(api.post("/bookings", wish(start)), 409)
    explained = api.get("/explain", staff_member_id="11", service_id="31", start=start).get_json()
    assert told["reasons"] == explained["reasons"]
    assert told["code"] == "time_taken"
    assert count(the_town) == before


def test_moving_keeps_the_length_and_counts_the_etag_on(api: Api) -> None:
    before = api.get("/bookings/1001")
    moved = api.patch(
        "/bookings/1001", {"start": "2026-11-24T12:00:00-05:00"}, If_Match=before.headers["ETag"]
    )
    assert (moved.get_json()["start"], moved.get_json()["end"]) == (
        "2026-11-24T17:00:00+00:00",
        "2026-11-24T17:45:00+00:00",
    )
    assert moved.headers["ETag"] == api.get("/bookings/1001").headers["ETag"] != before.headers["ETag"]


@pytest.mark.parametrize("tag", ['"0123456789abcdef"', "no-tag", '"a", "b"', 'W/"0123"'])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_of_what_is_another_by_now_does_nothing(api: Api, method: str, tag: str) -> None:
    before = api.get("/bookings/1001")
    body = {"json": {"notes": "overwritten"}} if method == "PATCH" else {}
    refused(api.ask(method, "/bookings/1001", headers={"If-Match": tag}, **body), 412)
    assert api.get("/bookings/1001").get_json() == before.get_json()


@pytest.mark.parametrize("tag", ["", "  "])
def test_an_empty_condition_is_a_mistake_and_not_none(api: Api, tag: str) -> None:
    refused(api.patch("/bookings/1001", {"notes": "x"}, If_Match=tag), 400, "If-Match is empty")


@pytest.mark.parametrize("tag", ["*", "{etag}", '"other", {etag}', "W/{etag}"])
def test_any_state_or_one_of_several_may_be_expected(api: Api, tag: str) -> None:
    """The weak form too: proxies that compress make it of ours."""
    etag = api.get("/bookings/1001").headers["ETag"]
    assert api.patch("/bookings/1001", {"notes": "x"}, If_Match=tag.format(etag=etag)).status_code == 200


def test_a_booking_goes_to_a_colleague_who_is_free(api: Api) -> None:
    assert api.patch("/bookings/1001", {"staff_member_id": 12}).get_json()["staff_member_id"] == 12
    told = refused(api.patch("/bookings/1002", {"staff_member_id": 12}), 409)
    assert [reason["code"] for reason in told["reasons"]] == ["NOT_ASSIGNED"]


@pytest.mark.parametrize(
    "body", [{}, {"start": None}, {"notes": None, "status": None, "staff_member_id": None, "end": None}]
)
def test_a_change_of_nothing_is_refused(api: Api, body: dict[str, None]) -> None:
    refused(api.patch("/bookings/1001", body), 400, "says nothing")


def test_a_booking_that_is_over_can_not_be_changed(api: Api) -> None:
    refused(api.patch("/bookings/1006", {"start": "2026-11-24T17:00:00Z"}), 403)
    refused(api.delete("/bookings/1006"), 403)


def test_cancelling_frees_the_time_and_keeps_the_row(api: Api, the_town: Town) -> None:
    cancelled = api.delete("/bookings/1001?reason=ill")
    assert cancelled.get_json()["status"] == "cancelled"
    assert cancelled.headers["ETag"] == api.get("/bookings/1001").headers["ETag"]
    assert the_town.sql("SELECT cancellation_reason FROM public.bookings WHERE id = 1001") == [("ill",)]
    assert api.post("/bookings", wish("2026-11-24T15:00:00Z")).status_code == 201


def test_the_same_request_with_the_same_key_happens_once(api: Api, the_town: Town) -> None:
    before = count(the_town)
    first = api.post("/bookings", wish(), Idempotency_Key="a1")
    again = api.post("/bookings", dict(reversed(wish().items())), Idempotency_Key="a1")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert count(the_town) == before + 1
    refused(api.post("/bookings", wish("2026-11-25T10:00:00Z"), Idempotency_Key="a1"), 422)
    refused(api.patch("/bookings/1001", {"notes": "x"}, Idempotency_Key="a1"), 422)


def test_anothers_idempotency_key_is_another_key(api: Api, as_key: Callable[..., Api]) -> None:
    api.post("/bookings", wish(), Idempotency_Key="a1")
    refused(as_key().post("/bookings", wish(), Idempotency_Key="a1"), 409)


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "\x7f"])
def test_an_idempotency_key_is_a_word_of_visible_ascii(api: Api, the_town: Town, key: str) -> None:
    before = count(the_town)
    refused(api.post("/bookings", wish(), Idempotency_Key=key), 400, "Idempotency-Key")
    assert count(the_town) == before


def test_the_longest_idempotency_key_is_taken(api: Api) -> None:
    assert api.post("/bookings", wish(), Idempotency_Key="~" * 255).status_code == 201


def test_the_timeline_comes_in_pages(api: Api) -> None:
    for number in range(5):
        api.patch("/bookings/1001", {"notes": f"{number}"})
    refused(api.patch("/bookings/1001", {"start": "2026-11-24T03:00:00Z"}), 409)
    found: list[dict[str, Any]] = []
    path: str | None = "/bookings/1001/sync?limit=2"
    pages = 0
    while path:
        answer = api.get(path)
        told = answer.get_json()
        found += told["entries"]
        path = told["next"] and told["next"].removeprefix("/api/v1")
        assert answer.headers.get("Link") == (f'</api/v1{path}>; rel="next"' if path else None)
        pages += 1
    assert pages == 3
    assert [entry["id"] for entry in found] == sorted({entry["id"] for entry in found})
    assert [entry["outcome"] for entry in found] == ["accepted"] * 5 + ["refused"]
    assert found[-1]["via"] == "api"
    assert found[-1]["reasons"][0]["code"] == "HOURS"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "after=-1", "after=x", "limit=1&limit=2", "page=2"]
)
def test_a_page_that_makes_no_sense_is_refused(api: Api, query: str) -> None:
    refused(api.get(f"/bookings/1001/sync?{query}"), 400)


@pytest.mark.parametrize(
    "id_", ["2001", "0", "9223372036854775807", "9223372036854775808", "9" * 5000, "x", "-1", "1001.0", "%00"]
)
@pytest.mark.parametrize(("method", "below"), [("GET", ""), ("GET", "/sync"), ("PATCH", ""), ("DELETE", "")])
def test_what_is_not_ours_is_not_there(api: Api, the_town: Town, id_: str, method: str, below: str) -> None:
    answer = api.ask(method, f"/bookings/{id_}{below}", json={"notes": "mine"} if method == "PATCH" else None)
    refused(answer, 404)
    assert "tyres" not in answer.text
    assert the_town.sql("SELECT notes, status FROM public.bookings WHERE id = 2001") == [("Winter tyres", 1)]


@pytest.mark.parametrize(
    "foreign",
    [{"staff_member_id": 21}, {"service_id": 41}, {"tenant_customer_id": 71}, {"service_id": 2**63 - 1}],
)
def test_nothing_of_another_business_can_be_booked(api: Api, the_town: Town, foreign: dict[str, int]) -> None:
    before = count(the_town)
    refused(api.post("/bookings", wish(**foreign)), 404)
    assert count(the_town) == before


@pytest.mark.parametrize(
    "body",
    [
        wish(end="2026-11-24T08:00:00-05:00"),
        wish(end="2026-11-24T09:00:00-05:00"),
        wish(end="2026-12-24T09:00:00-05:00"),
        wish(start="2026-11-24T09:00:00"),
        wish(start=1795528800),
        wish(start=None),
        wish(staff_member_id="11"),
        wish(staff_member_id=True),
        wish(staff_member_id=11.5),
        wish(staff_member_id=0),
        wish(staff_member_id=2**63),
        wish(staff_member_id=10**300),
        wish(tenant_customer_id=None),
        wish(customer=MARIA),
        wish(tenant_customer_id=None, customer=MARIA | {"email": "maria"}),
        wish(tenant_customer_id=None, customer=MARIA | {"email": "a@b\n"}),
        wish(tenant_customer_id=None, customer=MARIA | {"first_name": ""}),
        wish(tenant_customer_id=None, customer=MARIA | {"first_name": "M\0"}),
        wish(tenant_customer_id=None, customer=MARIA | {"vip": True}),
        wish(tenant_customer_id=None, customer=[MARIA]),
        wish(notes="a\0b"),
        wish(notes="x" * 10_001),
        wish(notes=["x"]),
        wish(price=1),
    ],
    ids=lambda body: str(body)[-60:],
)
def test_a_wish_that_makes_no_sense_changes_nothing(api: Api, the_town: Town, body: dict[str, Any]) -> None:
    before = count(the_town)
    refused(api.post("/bookings", body), 400)
    assert count(the_town) == before
