"""Who is free, who is taken, and why not: as the booking app asks it over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.api import telling
from gateway.core.free import Answer, Source, StaffSlots
from tests.bridge.conftest import Api, refused

TUESDAY = {"from": "2026-11-24T00:00:00-05:00", "to": "2026-11-25T00:00:00-05:00"}
HAIRCUT = {"staff_member_id": "11", "service_id": "31"}


def test_free_times_are_told_in_utc_with_their_zone(api: Api) -> None:
    told = api.get("/availability", **HAIRCUT, **TUESDAY).get_json()
    assert told["as_of"] == "2026-11-23T12:00:00+00:00"
    assert told["time_zone"] == "America/New_York"
    assert told["sources"] == []
    assert told["slots"][0] == {
        "staff_member_id": 11,
        "start": "2026-11-24T14:00:00+00:00",
        "end": "2026-11-24T14:45:00+00:00",
    }
    # Maria sits there from 15:00 to 15:45 UTC.
    for slot in told["slots"]:
        assert slot["end"] <= "2026-11-24T15:00:00+00:00" or slot["start"] >= "2026-11-24T15:45:00+00:00"


def test_several_staff_members_are_asked_about_at_once(api: Api) -> None:
    several = api.get("/availability", staff_member_id=["12", "11", "12"], service_id="31", **TUESDAY)
    apart = [
        slot
        for id_ in ("12", "11")
        for slot in api.get("/availability", staff_member_id=id_, service_id="31", **TUESDAY).get_json()[
            "slots"
        ]
    ]
    assert several.get_json()["slots"] == apart


def test_another_length_gives_other_times(api: Api) -> None:
    told = api.get("/availability", **HAIRCUT, **TUESDAY, duration="480").get_json()
    assert told["slots"] == []


def test_taken_time_is_told_without_a_title(api: Api) -> None:
    answer = api.get("/busy", staff_member_id="11", **TUESDAY)
    assert answer.get_json()["intervals"] == [
        {"start": "2026-11-24T15:00:00+00:00", "end": "2026-11-24T15:45:00+00:00", "source": "booking"}
    ]
    assert "Maria" not in answer.text
    assert "latex" not in answer.text


def test_a_free_time_has_no_reasons(api: Api) -> None:
    told = api.get("/explain", **HAIRCUT, start="2026-11-24T09:00:00-05:00").get_json()
    assert (told["free"], told["reasons"]) == (True, [])


def test_a_taken_time_has_all_its_reasons(api: Api) -> None:
    told = api.get("/explain", staff_member_id="11", service_id="31", start="2026-11-24T15:30:00Z").get_json()
    assert told["free"] is False
    assert [reason["code"] for reason in told["reasons"]] == ["OVERLAP"]
    assert set(told["reasons"][0]) == {"code", "detail", "source", "read_at"}
    night = api.get(
        "/explain", staff_member_id="12", service_id="32", start="2026-11-24T03:00:00Z"
    ).get_json()
    assert [reason["code"] for reason in night["reasons"]] == ["NOT_ASSIGNED", "HOURS"]


def test_explain_says_the_same_as_the_list(api: Api) -> None:
    listed = {slot["start"] for slot in api.get("/availability", **HAIRCUT, **TUESDAY).get_json()["slots"]}
    assert listed
    begin = datetime(2026, 11, 24, 13, tzinfo=UTC)
    for start in (begin + timedelta(minutes=45 * step) for step in range(13)):
        free = api.get("/explain", **HAIRCUT, start=start.isoformat()).get_json()["free"]
        assert free or start.isoformat() not in listed


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("2026-11-24T10:00:00", "start has no offset from UTC"),
        ("2026-11-24T10:00:00.5", "no offset"),
        ("2026-11-24", "must be a time with an offset"),
        ("1732446000", "must be a time with an offset"),
        ("2026-11-24 10:00:00Z", "must be a time with an offset"),
        ("2026-02-30T10:00:00Z", "no day of the calendar"),
        ("2026-11-24T24:00:00Z", "must be a time"),
        ("2026-11-24T10:00:60Z", "must be a time"),
        ("2026-11-24T10:00:00 01:00", "write + as %2B"),
        ("0001-01-01T00:00:00+14:00", "must be a time"),
        ("9999-12-31T23:59:59-23:59", "must be a time"),
        ("２０26-11-24T10:00:00Z", "must be a time"),
        ("2026-11-24T10:00:00Z\n", "must be a time"),
        ("\0", "must be a time"),
        ("", "must be a time"),
    ],
)
def test_a_time_that_could_mean_several_is_refused(api: Api, said: str, words: str) -> None:
    refused(api.get("/explain", **HAIRCUT, start=said), 400, words)


@pytest.mark.parametrize(
    "said",
    ["2026-11-24T14:00:00Z", "2026-11-24t14:00:00z", "2026-11-24T19:30:00+05:30", "2026-11-24T14:00:00.000Z"],
)
def test_a_time_may_be_written_as_rfc_3339_has_it(api: Api, said: str) -> None:
    assert api.get("/explain", **HAIRCUT, start=said).get_json()["free"] is True


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("/availability", {}, "from is missing"),
        ("/availability", HAIRCUT | TUESDAY | {"colour": "red"}, "colour is not known here"),
        ("/availability", HAIRCUT | TUESDAY | {"duration": "0"}, "duration"),
        ("/availability", HAIRCUT | TUESDAY | {"duration": "1_0"}, "whole number"),
        ("/availability", HAIRCUT | TUESDAY | {"duration": ""}, "whole number"),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": "9" * 19}, "service_id"),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": "9" * 5000}, "19 digits"),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": "-1"}, "service_id"),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": "31.0"}, "whole number"),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": ["31", "32"]}, "once is enough"),
        ("/availability", HAIRCUT | TUESDAY | {"staff_member_id": [str(n) for n in range(1, 102)]}, "100"),
        ("/availability", HAIRCUT | {"from": TUESDAY["to"], "to": TUESDAY["from"]}, "ends after it starts"),
        ("/availability", HAIRCUT | TUESDAY | {"to": "2027-11-24T00:00:00Z"}, "days at most"),
        ("/busy", TUESDAY | {"staff_member_id": ["11", "12"]}, "once is enough"),
        ("/busy", TUESDAY | {"staff_member_id": "11", "title": "1"}, "title is not known here"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(
    api: Api, path: str, query: dict[str, object], words: str
) -> None:
    refused(api.get(path, **query), 400, words)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/availability", HAIRCUT | TUESDAY | {"staff_member_id": ["11", "21"]}),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": "41"}),
        ("/availability", HAIRCUT | TUESDAY | {"service_id": str(2**63 - 1)}),
        ("/busy", TUESDAY | {"staff_member_id": "21"}),
        ("/explain", {"staff_member_id": "21", "service_id": "41", "start": "2026-11-24T09:00:00Z"}),
    ],
)
def test_a_strangers_staff_and_services_are_not_there(api: Api, path: str, query: dict[str, object]) -> None:
    answer = api.get(path, **query)
    refused(answer, 404)
    assert "Mallory" not in answer.text


def test_a_question_answered_for_one_business_is_answered_for_each(as_key: Callable[..., Api]) -> None:
    told = as_key(2).get("/busy", staff_member_id="21", **TUESDAY).get_json()
    assert [one["start"] for one in told["intervals"]] == ["2026-11-24T09:00:00+00:00"]


def test_thousands_of_slots_are_written_as_json_has_it() -> None:
    """The text is put together by hand; this is what it must read as."""
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    source = Source(7, 'Alice\'s "calendar" \u2028', at, "stale")
    told = json.loads(
        telling.availability(
            Answer(at, "Europe/Berlin", [StaffSlots(11, [0, 1800], 45), StaffSlots(12, [], 45)], [source])
        )
    )
    assert told == {
        "as_of": "2026-11-24T09:00:00+00:00",
        "time_zone": "Europe/Berlin",
        "slots": [
            {"staff_member_id": 11, "start": "1970-01-01T00:00:00+00:00", "end": "1970-01-01T00:45:00+00:00"},
            {"staff_member_id": 11, "start": "1970-01-01T00:30:00+00:00", "end": "1970-01-01T01:15:00+00:00"},
        ],
        "sources": [
            {
                "connection_id": 7,
                "calendar": 'Alice\'s "calendar" \u2028',
                "read_at": "2026-11-24T09:00:00+00:00",
                "state": "stale",
            }
        ],
    }
