"""calendarView/delta: rounds in pages, and everything about it that takes people by surprise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.servers.microsoft.client import LASTING, NINE, WINDOW, Client, Json, hour, signed_in, timed, weekly

WEEK = timedelta(days=7)


@pytest.fixture
def client() -> Iterator[Client]:
    with signed_in() as made:
        yield made


def living(events: list[Json]) -> dict[str, Json]:
    return {one["id"]: one for one in events if "@removed" not in one}


def removed(events: list[Json]) -> set[str]:
    assert all(one["@removed"] == {"reason": "deleted"} for one in events if "@removed" in one)
    return {one["id"] for one in events if "@removed" in one}


def kinds(events: list[Json]) -> list[str]:
    return sorted(one.get("type", "removed") for one in events)


def test_a_round_and_then_only_what_changed(client: Client) -> None:
    first, second = (client.create(hour(subject=name)) for name in ("One", "Two"))
    events, link = client.round()
    assert living(events).keys() == {first["id"], second["id"]}
    assert living(events)[first["id"]]["subject"] == "One"
    assert client.round(link)[0] == []
    client.ann.retitle(first["id"], "New")
    client.ann.delete(second["id"])
    events, following = client.round(link)
    assert [one.get("subject") for one in events] == ["New", None]
    assert removed(events) == {second["id"]}
    assert kinds(client.round(link)[0]) == kinds(events), "asked again, told again"
    assert client.round(following)[0] == []


def test_what_is_outside_the_window_is_told_as_removed(client: Client) -> None:
    moved = client.create(hour())["id"]
    outside = client.create(timed("2027-06-01T10:00:00", "2027-06-01T11:00:00"))["id"]
    events, link = client.round()
    assert living(events).keys() == {moved}
    client.ann.move(moved, 300 * timedelta(days=1))
    client.ann.retitle(outside, "Never seen")
    events, link = client.round(link)
    assert removed(events) == {moved, outside}
    assert client.says("GET", f"me/events/{moved}")["id"] == moved
    client.ann.move(moved, -300 * timedelta(days=1))
    assert living(client.round(link)[0]).keys() == {moved}


def test_pages(client: Client) -> None:
    ids = {client.create(hour())["id"] for _ in range(7)}
    prefer = f"{LASTING}, odata.maxpagesize=3"
    sizes, url, params = [], f"{client.main}/calendarView/delta", WINDOW
    while url:
        said = client.says("GET", url, prefer=prefer, params=params)
        sizes.append(len(said["value"]))
        url, params = said.get("@odata.nextLink", ""), {}
        assert not url or url.startswith(client.server.settings()["graph_endpoint"])
    assert sizes == [3, 3, 1]
    client.server.behaviour.change({"empty_pages": 2, "repeats": True})
    events, _ = client.round(size=3)
    assert living(events).keys() == ids
    assert len(events) == 9, "the last of a page is the first of the next"
    client.server.behaviour.change({"empty_pages": 0, "repeats": False, "page_limit": 2})
    assert len(client.says("GET", f"{client.main}/calendarView/delta", params=WINDOW)["value"]) == 2


def test_what_changes_while_pages_are_turned(client: Client) -> None:
    ids = [client.create(hour())["id"] for _ in range(3)]
    prefer = f"{LASTING}, odata.maxpagesize=1"
    said = client.says("GET", f"{client.main}/calendarView/delta", prefer=prefer, params=WINDOW)
    client.ann.delete(ids[2])
    client.ann.retitle(ids[0], "Late")
    events, link = client.round(said["@odata.nextLink"])
    assert removed(events) == {ids[2]}
    assert living(client.round(link)[0]).keys() == {ids[0]}, "and once more in the next round"


def test_occurrences_say_hardly_anything_and_masters_come_last(client: Client) -> None:
    series = client.create(weekly(subject="Yoga"))
    client.create(hour())
    events, _ = client.round()
    assert kinds(events) == [*["occurrence"] * 4, "seriesMaster", "singleInstance"]
    assert events[-1]["type"] == "seriesMaster"
    for one in events:
        if one["type"] == "occurrence":
            assert one.keys() == {
                "@odata.type",
                "@odata.etag",
                "id",
                "seriesMasterId",
                "type",
                "start",
                "end",
            }
            assert (one["seriesMasterId"], one["@odata.etag"]) == (series["id"], series["@odata.etag"])
    client.server.behaviour.change({"masters": "never"})
    assert "seriesMaster" not in kinds(client.round()[0])
    client.server.behaviour.change({"masters": "first"})
    assert client.round()[0][0]["type"] == "seriesMaster"


def test_a_changed_occurrence_makes_its_series_new(client: Client) -> None:
    series = client.create(weekly())
    events, link = client.round()
    client.ann.move_one(series["id"], NINE + WEEK, timedelta(hours=3))
    client.ann.cancel_one(series["id"], NINE + 2 * WEEK)
    told, following = client.round(link)
    assert kinds(told) == ["exception", "occurrence", "occurrence", "removed", "seriesMaster"]
    [exception] = [one for one in told if one.get("type") == "exception"]
    assert exception["subject"] == "Dentist"
    assert exception["start"]["dateTime"] == "2026-12-08T12:00:00.0000000"
    replayed = {**living(events), **living(told)}
    assert {id_ for id_ in replayed if id_ not in removed(told)} == living(client.round()[0]).keys()
    client.server.behaviour.change({"exceptions_touch_series": False, "bare_exceptions": True})
    client.ann.move_one(series["id"], NINE, timedelta(hours=1))
    [alone] = client.round(following)[0]
    assert (alone["type"], "subject" in alone) == ("exception", False)


def test_a_series_that_moves_or_ends(client: Client) -> None:
    series = client.ann.create(weekly())
    client.ann.cancel_one(series["id"], NINE + WEEK)
    _, link = client.round()
    client.ann.move(series["id"], timedelta(days=1))
    events, link = client.round(link)
    assert len(living(events)) == 5
    assert len(removed(events)) == 4, "the cancelled one too, which nobody has seen"
    starts = sorted(
        one["start"]["dateTime"][:10] for one in living(events).values() if one["type"] == "occurrence"
    )
    assert starts == ["2026-12-02", "2026-12-09", "2026-12-16", "2026-12-23"]
    client.ann.delete(series["id"])
    events, link = client.round(link)
    assert living(events) == {}
    assert series["id"] in removed(events)
    assert len(removed(events)) == 5
    assert client.round(link)[0] == []


def test_endless_series_end_with_the_window(client: Client) -> None:
    body = weekly()
    body["recurrence"]["range"] = {"type": "noEnd", "startDate": "2026-12-01"}
    client.create(body)
    assert kinds(client.round()[0]).count("occurrence") == 9
    client.server.behaviour.change({"widest_days": 60})
    path = f"{client.main}/calendarView/delta"
    assert client.refused("GET", path, params=WINDOW) == (504, "GatewayTimeout")
    wide = WINDOW | {"endDateTime": "2040-01-01T00:00:00Z"}
    assert client.refused("GET", path, params=wide) == (400, "ErrorInvalidParameter")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"$select": "subject"}, 400),
        ({"$filter": "subject eq 'x'"}, 400),
        ({"$orderby": "subject"}, 400),
        ({"$top": "5"}, 400),
        ({"$expand": "singleValueExtendedProperties($filter=id eq 'x')"}, 500),
        ({"endDateTime": "soon"}, 400),
        ({"endDateTime": "2026-10-01T00:00:00Z"}, 400),
        ({"$deltatoken": "x"}, 400),
    ],
)
def test_a_delta_understands_little(client: Client, query: Json, status: int) -> None:
    assert (
        client.asks("GET", f"{client.main}/calendarView/delta", params=WINDOW | query).status_code == status
    )


def test_a_window_is_needed(client: Client) -> None:
    assert client.refused("GET", f"{client.main}/calendarView/delta") == (400, "BadRequest")


def test_a_state_that_is_lost(client: Client) -> None:
    for _ in range(3):
        client.create(hour())
    _, link = client.round()
    prefer = f"{LASTING}, odata.maxpagesize=1"
    half = client.says("GET", f"{client.main}/calendarView/delta", prefer=prefer, params=WINDOW)[
        "@odata.nextLink"
    ]
    client.server.expire_delta_tokens()
    assert client.refused("GET", link) == (410, "SyncStateNotFound")
    client.server.behaviour.change({"gone_code": "resyncRequired"})
    assert client.refused("GET", half) == (410, "resyncRequired")
    nonsense = f"{client.main}/calendarView/delta?$deltatoken=nonsense"
    assert client.refused("GET", nonsense) == (410, "SyncStateInvalid")
    other = client.ann.add_calendar("Evenings")
    _, link = client.round()
    token = link.partition("?")[2]
    assert client.asks("GET", f"me/calendars/{other}/calendarView/delta?{token}").status_code == 410
    client.ann.drop_calendar(other)
    asked = {"params": WINDOW}
    assert client.refused("GET", f"me/calendars/{other}/calendarView/delta", **asked) == (
        404,
        "ErrorItemNotFound",
    )


def test_each_page_is_told_as_its_own_request_prefers(client: Client) -> None:
    lasting = client.create(hour())["id"]
    _, link = client.round()
    client.ann.retitle(lasting, "New")
    [plain] = client.says("GET", link, prefer="")["value"]
    assert (plain["id"] == lasting, plain["body"]["contentType"]) == (False, "html")
    [wanted] = client.says("GET", link, prefer=f'{LASTING}, outlook.timezone="Europe/Berlin"')["value"]
    assert (wanted["id"], wanted["start"]["timeZone"]) == (lasting, "Europe/Berlin")


def test_an_event_that_moves_to_another_calendar(client: Client) -> None:
    made = client.create(hour())["id"]
    _, link = client.round()
    client.ann.move_to(made, client.ann.add_calendar("Evenings"))
    assert removed(client.round(link)[0]) == {made}


def test_a_first_round_that_shows_nothing(client: Client) -> None:
    client.create(hour())
    client.server.faults.empty_listing()
    assert client.round()[0] == []
    assert len(client.round()[0]) == 1
