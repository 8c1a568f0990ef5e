"""Graph's series: patterns, occurrences, and what becomes of those that were changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.microsoft.client import WINDOW, Client, Json, hour, signed_in, timed, weekly


@pytest.fixture
def client() -> Iterator[Client]:
    with signed_in() as made:
        yield made


def test_a_series_and_its_occurrences(client: Client) -> None:
    made = client.create(weekly())
    assert (made["type"], made["recurrence"]["range"]["recurrenceTimeZone"]) == (
        "seriesMaster",
        "Europe/Berlin",
    )
    found = client.says("GET", f"me/events/{made['id']}/instances", params=WINDOW)["value"]
    assert [one["start"]["dateTime"][:16] for one in found] == [
        f"2026-12-{day:02}T09:00" for day in (1, 8, 15, 22)
    ]
    assert {one["type"] for one in found} == {"occurrence"}
    assert {one["seriesMasterId"] for one in found} == {made["id"]}
    second = found[1]
    changed = client.says("PATCH", f"me/events/{second['id']}", json={"subject": "Other"})
    assert (changed["id"], changed["type"]) == (second["id"], "exception")
    assert changed["originalStart"] == "2026-12-08T09:00:00Z"
    client.says("DELETE", f"me/events/{found[2]['id']}", 204)
    view = client.says("GET", f"{client.main}/calendarView", params={**WINDOW, "$orderby": "start/dateTime"})[
        "value"
    ]
    assert [(one["subject"], one["type"]) for one in view] == [
        ("Dentist", "occurrence"), ("Other", "exception"), ("Dentist", "occurrence")
    ]  # fmt: skip
    listed = client.says("GET", f"{client.main}/events")["value"]
    assert [one["type"] for one in listed] == ["seriesMaster"]
    client.says("PATCH", f"me/events/{made['id']}", json=timed("2026-12-01T12:00:00", "2026-12-01T13:00:00"))
    found = client.says("GET", f"me/events/{made['id']}/instances", params=WINDOW)["value"]
    assert {one["type"] for one in found} == {"occurrence"}, "another time ends the exceptions"
    change = timed("2026-12-02T12:00:00", "2026-12-02T13:00:00")
    shifted = client.says("PATCH", f"me/events/{made['id']}", json=change)["recurrence"]
    assert (shifted["pattern"]["daysOfWeek"], shifted["range"]["startDate"]) == (["wednesday"], "2026-12-02")
    assert client.refused("GET", f"me/events/{made['id']}/instances") == (400, "BadRequest")


@pytest.mark.parametrize(
    ("pattern", "days"),
    [
        ({"type": "daily", "interval": 2}, ["2026-12-01", "2026-12-03", "2026-12-05"]),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday", "friday"]},
         ["2026-12-01", "2026-12-04", "2026-12-08"]),
        ({"type": "weekly", "interval": 1, "daysOfWeek": ["thursday"]}, ["2026-12-03", "2026-12-10", "2026-12-17"]),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, ["2026-12-31", "2027-01-31", "2027-02-28"]),
        ({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["friday"], "index": "last"},
         ["2026-12-25", "2027-01-29", "2027-02-26"]),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 24, "month": 12},
         ["2026-12-24", "2027-12-24", "2028-12-24"]),
        ({"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "first", "month": 1},
         ["2027-01-04", "2028-01-03", "2029-01-01"]),
    ],
)  # fmt: skip
def test_patterns(client: Client, pattern: Json, days: list[str]) -> None:
    spread = {"type": "numbered", "startDate": "2026-12-01", "numberOfOccurrences": 3}
    made = client.create(hour(recurrence={"pattern": pattern, "range": spread}))
    wide = {"startDateTime": "2026-01-01T00:00:00", "endDateTime": "2030-01-01T00:00:00"}
    found = client.says("GET", f"me/events/{made['id']}/instances", params=wide)["value"]
    assert [one["start"]["dateTime"][:10] for one in found] == days
    assert made["start"]["dateTime"].startswith(days[0])
