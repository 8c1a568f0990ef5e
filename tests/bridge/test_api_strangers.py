"""The business next door has a key too. It opens nothing here, whatever it is tried on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.bridge.conftest import Api, refused
from tests.conftest import Town

# Whatever stands in a row of Harbor Hair and in none of Mallory's.
_OURS = ("Alice", "Bob", "Harbor", "Haircut", "Colour", "Wei", "latex", "New_York", "555-0102")
TIMES = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}
WISH = {"staff_member_id": 21, "service_id": 41, "start": "2026-11-25T10:00:00Z", "tenant_customer_id": 71}


@pytest.fixture
def mallory(as_key: Callable[..., Api]) -> Api:
    return as_key(2)


def everything(town: Town) -> list[tuple[object, ...]]:
    """What Harbor Hair has in the tables that the API writes."""
    return [
        row
        for table in ("bookings", "tenant_customers", "staff_members")
        for row in town.sql(f"SELECT t::text FROM public.{table} t WHERE business_id = 1 ORDER BY id")
    ]


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/availability", {"query_string": TIMES | {"staff_member_id": "11", "service_id": "31"}}),
        (
            "GET",
            "/availability",
            {"query_string": TIMES | {"staff_member_id": ["21", "11"], "service_id": "41"}},
        ),
        ("GET", "/availability", {"query_string": TIMES | {"staff_member_id": "21", "service_id": "31"}}),
        ("GET", "/busy", {"query_string": TIMES | {"staff_member_id": "11"}}),
        (
            "GET",
            "/explain",
            {"query_string": {"staff_member_id": "11", "service_id": "31", "start": "2026-11-24T15:00:00Z"}},
        ),
        ("POST", "/bookings", {"json": WISH | {"staff_member_id": 11}}),
        ("POST", "/bookings", {"json": WISH | {"service_id": 31}}),
        ("POST", "/bookings", {"json": WISH | {"tenant_customer_id": 61}}),
        ("PATCH", "/bookings/2001", {"json": {"staff_member_id": 11}}),
        ("PATCH", "/bookings/1001", {"json": {"notes": "mine"}}),
        ("PATCH", "/bookings/1001", {"json": {"notes": "mine"}, "headers": {"If-Match": "*"}}),
        ("DELETE", "/bookings/1001", {}),
        ("GET", "/bookings/1001", {}),
        ("GET", "/bookings/1001/sync", {}),
    ],
)
def test_every_path_is_a_dead_end(
    mallory: Api, the_town: Town, method: str, path: str, named: dict[str, Any]
) -> None:
    before = everything(the_town)
    answer = mallory.ask(method, path, **named)
    refused(answer, 404)
    said = answer.text + str(answer.headers)
    assert not [word for word in _OURS if word in said]
    assert everything(the_town) == before


def test_the_answer_for_what_is_not_theirs_is_that_for_what_is_not_at_all(mallory: Api) -> None:
    theirs, nobodys = mallory.get("/bookings/1001"), mallory.get("/bookings/4711")
    assert theirs.get_json(force=True) == nobodys.get_json(force=True)


def test_the_same_customer_is_two_customers(mallory: Api, the_town: Town) -> None:
    maria = {"first_name": "Maria", "last_name": "Santos", "email": "maria@example.com"}
    made = mallory.post(
        "/bookings", {k: v for k, v in WISH.items() if k != "tenant_customer_id"} | {"customer": maria}
    )
    assert made.get_json()["tenant_customer_id"] == 71


def test_the_same_idempotency_key_is_two_keys(mallory: Api, api: Api) -> None:
    ours = {
        "staff_member_id": 11,
        "service_id": 31,
        "start": "2026-11-24T14:00:00Z",
        "tenant_customer_id": 61,
    }
    assert api.post("/bookings", ours, Idempotency_Key="one").status_code == 201
    assert mallory.post("/bookings", WISH, Idempotency_Key="one").status_code == 201
