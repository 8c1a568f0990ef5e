"""How a day is drawn: everything once, nothing over anything else, and the odd nights too."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import quarters, week, week_items
from gateway.core.hours import ALWAYS, NEVER, Hours
from gateway.core.week import Day, Gap, Placed
from gateway.core.week_items import Item, Kind

NEW_YORK, ADELAIDE, LORD_HOWE, APIA = map(
    ZoneInfo, ("America/New_York", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Apia")
)
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 18, 52, tzinfo=UTC)  # 13:52 in New York
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NINE_TO_FIVE = Hours(week=(((540, 1020),),) * 7)


def at(text: str, zone: ZoneInfo = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def item(since: datetime, until: datetime, key: str = "booking 1", **more: object) -> Item:
    kind = Kind(key.split()[0])
    return Item(key, 11, kind, since, until, "Haircut", session=key, **more)  # type: ignore[arg-type]


def tuesday(since: str, until: str, key: str = "booking 1", **more: object) -> Item:
    return item(at(f"2026-11-24 {since}"), at(f"2026-11-24 {until}"), key, **more)


def day(
    *items: Item, on: date = TUESDAY, zone: ZoneInfo = NEW_YORK, worked: Hours | None = NINE_TO_FIVE
) -> Day:
    return week.lay_out(items, worked, zone, on, LONG_AGO)


def inside(one: Day) -> list[Placed]:
    return [line for line in one.lines if isinstance(line, Placed)]


class TestPlaces:
    def test_a_booking_stands_at_its_quarter(self) -> None:
        [one] = inside(day(tuesday("14:15", "15:00")))
        assert (one.place, one.since, one.until) == ("a1415 q3", "14:15", "15:00")

    def test_what_begins_within_a_quarter_takes_all_of_it(self) -> None:
        [one] = inside(day(tuesday("14:20", "14:50")))
        assert (one.place, one.since) == ("a1415 q3", "14:20")

    def test_what_touches_keeps_the_whole_width(self) -> None:
        found = inside(day(tuesday("10:00", "11:00"), tuesday("11:00", "12:00", "booking 2")))
        assert [one.place for one in found] == ["a1000 q4", "a1100 q4"]

    def test_what_overlaps_stands_beside_it(self) -> None:
        found = inside(day(tuesday("14:30", "15:30"), tuesday("15:00", "16:00", "external 2")))
        assert [one.place for one in found] == ["a1430 q4 lane of2 at0", "a1500 q4 lane of2 at1"]

    def test_a_lane_is_used_again_when_it_is_free(self) -> None:
        found = inside(
            day(
                tuesday("09:00", "12:00"),
                tuesday("09:00", "10:00", "block 2"),
                tuesday("10:00", "11:00", "block 3"),
            )
        )
        assert [(one.item.key, one.lane, one.lanes) for one in found] == [
            ("booking 1", 0, 2), ("block 2", 1, 2), ("block 3", 1, 2),
        ]  # fmt: skip

    def test_the_seventh_at_once_stands_above_the_hours(self) -> None:
        found = day(*(tuesday("10:00", "11:00", f"external {number}") for number in range(7)))
        assert [one.lane for one in inside(found)] == [0, 1, 2, 3, 4, 5]
        assert [(one.since, one.until) for one in found.strip] == [("10:00", "11:00")]

    def test_what_lasts_all_day_stands_above_the_hours(self) -> None:
        holiday = item(at("2026-11-23 00:00"), at("2026-11-25 12:00"), "external 1")
        one = day(holiday)
        assert ([line.since for line in one.strip], inside(one)) == (["All day"], [])
        [rest] = inside(day(holiday, on=date(2026, 11, 25)))
        assert (rest.place, rest.since, rest.until) == ("a0000 q48", "Mon 00:00", "12:00")

    def test_over_midnight_it_stands_on_both_days(self) -> None:
        night = item(at("2026-11-24 22:30"), at("2026-11-25 01:15"), "block 1")
        [before], [after] = inside(day(night)), inside(day(night, on=date(2026, 11, 25)))
        assert (before.place, before.since, before.until) == ("a2230 q6", "22:30", "Wed 01:15")
        assert (after.place, after.since, after.until) == ("a0000 q5", "Tue 22:30", "01:15")

    def test_what_ends_at_midnight_is_not_of_the_next_day(self) -> None:
        late = item(at("2026-11-24 22:00"), at("2026-11-25 00:00"))
        assert [one.place for one in inside(day(late))] == ["a2200 q8"]
        assert not day(late, on=date(2026, 11, 25)).placed


class TestOddNights:
    def test_the_hour_that_is_lost_stays_empty(self) -> None:
        spring = date(2026, 3, 8)
        one = day(item(at("2026-03-08 01:30"), at("2026-03-08 03:30")), on=spring)
        assert [line.place for line in inside(one)] == ["a0130 q8"]
        assert one.odd == "The clocks change from 02:00 to 03:00."
        assert day().odd == ""

    def test_both_comings_of_an_hour_are_told_apart_and_seen(self) -> None:
        autumn = date(2026, 11, 1)
        first = item(at("2026-11-01 01:15"), at("2026-11-01 01:45"))
        second = item(at("2026-11-01 01:15", fold=1), at("2026-11-01 01:45", fold=1), "booking 2")
        one = day(first, second, on=autumn)
        assert [(line.place, line.since) for line in inside(one)] == [
            ("a0115 q2 lane of2 at0", "01:15 (first time)"),
            ("a0115 q2 lane of2 at1", "01:15 (second time)"),
        ]
        assert one.odd == "The clocks change from 02:00 to 01:00."
        assert not any(line.item.clash for line in one.placed), "they are an hour apart"

    def test_what_goes_from_the_one_to_the_other_takes_the_hour(self) -> None:
        around = item(at("2026-11-01 01:45"), at("2026-11-01 01:15", fold=1))
        [one] = inside(day(around, on=date(2026, 11, 1)))
        assert one.place == "a0100 q4"

    def test_an_odd_day_is_all_of_its_hours(self) -> None:
        for on in (date(2026, 3, 8), date(2026, 11, 1)):
            whole = item(*quarters.bounds(NEW_YORK, on), "external 1")
            assert [line.since for line in day(whole, on=on).strip] == ["All day"]

    def test_half_an_hour_of_summer_time(self) -> None:
        spring, autumn = date(2026, 10, 4), date(2026, 4, 5)
        one = day(
            item(at("2026-10-04 01:45", LORD_HOWE), at("2026-10-04 02:45", LORD_HOWE)),
            on=spring,
            zone=LORD_HOWE,
        )
        assert [line.place for line in inside(one)] == ["a0145 q4"]
        assert one.odd == "The clocks change from 02:00 to 02:30."
        assert day(on=autumn, zone=LORD_HOWE).odd == "The clocks change from 02:00 to 01:30."

    def test_a_zone_of_half_hours(self) -> None:
        one = day(
            item(datetime(2026, 11, 24, 0, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, 0, tzinfo=UTC)),
            zone=ADELAIDE,
        )
        assert [line.place for line in inside(one)] == ["a1030 q4"]

    def test_a_day_that_never_was_is_empty(self) -> None:
        around = item(datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC))
        assert not day(around, on=date(2011, 12, 30), zone=APIA).placed


class TestGround:
    def test_time_without_work_is_marked(self) -> None:
        assert day().shut == ("a0000 q36", "a1700 q28")
        assert day(worked=NEVER).shut == ("a0000 q96",)
        assert day(worked=ALWAYS).shut == ()
        assert day(worked=None).shut == ()

    def test_a_day_off_is_closed_unless_something_is_there(self) -> None:
        assert day(worked=NEVER).closed
        assert not day(tuesday("10:00", "11:00"), worked=NEVER).closed
        assert not day(worked=None).closed

    def test_what_is_free_is_told_from_now_on(self) -> None:
        items = [tuesday("10:00", "11:00"), tuesday("11:15", "15:00", "external 2")]
        told = [
            line
            for line in week.lay_out(items, NINE_TO_FIVE, NEW_YORK, TUESDAY, LONG_AGO).lines
            if isinstance(line, Gap)
        ]
        assert told == [Gap("09:00", "10:00"), Gap("15:00", "17:00")], "a quarter of an hour is no news"
        later = week.lay_out(items, NINE_TO_FIVE, NEW_YORK, TUESDAY, at("2026-11-24 16:00"))
        assert [line for line in later.lines if isinstance(line, Gap)] == [Gap("16:00", "17:00")]

    def test_now_is_marked_today_only(self) -> None:
        now = [week.lay_out([], NEVER, NEW_YORK, TUESDAY + timedelta(days=by), NOW).now for by in (-1, 0, 1)]
        assert now == ["", "a1345 q1", ""]

    @pytest.mark.parametrize(
        ("items", "worked", "drawn"),
        [
            ([], NEVER, (8, 18)),
            ([], NINE_TO_FIVE, (9, 17)),
            ([("06:50", "07:30")], NINE_TO_FIVE, (6, 17)),
            ([("22:00", "22:01")], NEVER, (16, 24)),
            ([("00:10", "00:20"), ("23:00", "23:59")], NINE_TO_FIVE, (0, 24)),
        ],
    )
    def test_hours_are_drawn_as_far_as_there_is_something(
        self, items: list[tuple[str, str]], worked: Hours, drawn: tuple[int, int]
    ) -> None:
        found = [tuesday(*one, f"booking {number}") for number, one in enumerate(items)]
        assert week.drawn([day(*found, worked=worked)]) == drawn


class TestMarks:
    def test_a_booking_and_what_it_overlaps_are_marked(self) -> None:
        found = week_items.marked(
            [
                tuesday("10:00", "11:00"),
                tuesday("10:30", "12:00", "external 2"),
                tuesday("12:00", "13:00", "block 3"),
            ]
        )
        assert [one.clash for one in found] == [True, True, False]

    @pytest.mark.parametrize(
        "pair",
        [
            (tuesday("10:00", "11:00", "block 1"), tuesday("10:00", "11:00", "external 2")),
            (tuesday("10:00", "11:00"), tuesday("11:00", "12:00", "booking 2")),
            (tuesday("10:00", "11:00"), tuesday("10:00", "11:00", "booking 2", missed=True)),
        ],
        ids=["no booking", "touching", "nobody came"],
    )
    def test_these_are_not(self, pair: tuple[Item, Item]) -> None:
        assert not any(one.clash for one in week_items.marked(pair))

    def test_colleagues_are_not_in_each_others_way(self) -> None:
        bobs = Item(
            "booking 2",
            12,
            Kind.BOOKING,
            at("2026-11-24 10:00"),
            at("2026-11-24 11:00"),
            "",
            session="booking 2",
        )
        assert not any(one.clash for one in week_items.marked([tuesday("10:00", "11:00"), bobs]))

    def test_who_shares_a_session_stands_as_one(self) -> None:
        names = ["Maria S.", "Wei C.", "Ann B.", "Zoe D."]
        group = [
            Item(f"booking {number}", 11, Kind.BOOKING, at("2026-11-24 10:00"), at("2026-11-24 11:00"), "Yoga", name,
                 number, "session 5 1")
            for number, name in enumerate(names)
        ]  # fmt: skip
        [one] = week_items.shared(group)
        assert one.note == "4 people: Maria S., Wei C., Ann B. and 1 more"
        assert (
            len(week_items.shared([tuesday("10:00", "11:00"), tuesday("10:00", "11:00", "booking 2")])) == 2
        )


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("Maria", "Santos", "Maria S."),
        ("Maria", "", "Maria"),
        ("", "Santos", "Santos"),
        ("", "", ""),
        (" Ó ", " ü", "Ó ü."),
    ],
)
def test_whom_it_is_for(first: str, last: str, told: str) -> None:
    assert week_items.whom(first, last) == told


def test_a_block_that_can_not_be_read_has_no_title() -> None:
    assert week_items.block_title(b"\xff not a calendar") == ""


ZONES = st.sampled_from([NEW_YORK, ADELAIDE, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Asia/Beirut")])
DAYS = st.sampled_from(
    [date(2026, 3, 8), date(2026, 3, 29), date(2026, 11, 1), date(2026, 4, 5), date(2026, 10, 4), TUESDAY]
)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[ZoneInfo, date, list[Item]]:
    """Anything around a day, and as near to each other as to get into each other's way."""
    zone, on = draw(ZONES), draw(DAYS)
    begins = quarters.bounds(zone, on)[0]
    minutes = st.integers(-2_000, 3_000)
    lengths = st.one_of(st.integers(1, 120), st.integers(1, 4_000))
    times = draw(st.lists(st.tuples(minutes, lengths, st.sampled_from(list(Kind))), max_size=25))
    return zone, on, [
        item(begins + timedelta(minutes=since), begins + timedelta(minutes=since + lasting), f"{kind} {number}")
        for number, (since, lasting, kind) in enumerate(times)
    ]  # fmt: skip


@given(weeks())
def test_everything_is_seen_once_on_each_day_that_it_touches(told: tuple[ZoneInfo, date, list[Item]]) -> None:
    zone, on, items = told
    for one in (on - timedelta(days=1), on, on + timedelta(days=1)):
        begins, ends = quarters.bounds(zone, one)
        expected = Counter(i.key for i in items if max(i.starts_at, begins) < min(i.ends_at, ends))
        assert Counter(line.item.key for line in day(*items, on=one, zone=zone).placed) == expected


@given(weeks())
def test_nothing_in_a_lane_overlaps_anything_else_in_it(told: tuple[ZoneInfo, date, list[Item]]) -> None:
    zone, on, items = told
    found = inside(day(*items, on=on, zone=zone))
    assert len({line.place for line in found}) == len(found)
    for one in found:
        assert 0 <= one.row < one.row + one.rows <= quarters.ROWS
        assert 0 <= one.lane < one.lanes <= week.MOST_LANES
        for other in found:
            if other is not one and other.row < one.row + one.rows and one.row < other.row + other.rows:
                # Of those that are drawn beside each other, each knows of as many lanes.
                assert other.lane != one.lane
                assert other.lanes == one.lanes


@given(weeks())
def test_all_of_it_is_drawn(told: tuple[ZoneInfo, date, list[Item]]) -> None:
    zone, on, items = told
    one = day(*items, on=on, zone=zone)
    start, end = week.drawn([one])
    assert 0 <= start < end <= 24
    assert end - start >= 8
    assert all(start * 4 <= line.row and line.row + line.rows <= end * 4 for line in inside(one))
