"""Buffers, sessions that several share, rows that make no sense, and who refuses or only observes."""

from __future__ import annotations

import pytest

from tests.diary import BATH, RETREAT, Diary, at, changed, insert, moved, refused

# Buffers


def test_a_booking_keeps_its_buffer_behind_it(strict: Diary) -> None:
    booking = strict.book("10:00", "11:00")
    strict.buffer(15)
    why = [("BUFFER", f"booking {booking}")]
    assert refused(strict, insert("11:10", "12:00")) == why
    assert refused(strict, insert("09:00", "09:50")) == why
    assert refused(strict, insert("10:50", "12:00")) == [("OVERLAP", f"booking {booking}")]
    strict.book("11:15", "12:00")
    strict.book("08:45", "09:45")
    assert strict.held()[booking] == (11, "10:00", "11:00"), "what is held is the real time"


def test_a_changed_policy_holds_at_once_and_turns_nobody_away(strict: Diary) -> None:
    one, two = strict.book("10:00", "11:00"), strict.book("11:05", "12:00")
    strict.buffer(30)
    assert strict.flagged() == set()
    strict.set(two, "status = 0")
    strict.set(one, "end_time = end_time - interval '10 min'")
    assert refused(strict, insert("12:10", "12:20")) == [("BUFFER", f"booking {two}")]
    strict.buffer(None)
    strict.book("12:00", "12:20")


@pytest.mark.parametrize(("minutes", "next_free"), [(-30, "11:00"), (0, "11:00"), (100_000, None)])
def test_odd_buffers_are_kept_within_reason(strict: Diary, minutes: int, next_free: str | None) -> None:
    """A day at most, and never less than nothing."""
    strict.buffer(minutes)
    strict.book("10:00", "11:00")
    if next_free:
        strict.book(next_free, "12:00")
    else:
        assert refused(strict, insert("23:00", "23:59"))
    strict.run(insert("10:00", "11:00").replace("2032-01-05", "2032-01-08"))


# Sessions that several customers share


@pytest.mark.parametrize("service", [BATH, RETREAT])
def test_those_of_one_session_share_their_time(strict: Diary, service: int) -> None:
    strict.buffer(15)
    first = strict.book("10:00", "11:00", service=service)
    second = strict.book("10:00", "11:30", service=service)
    assert strict.flagged() == set()
    assert refused(strict, insert("10:00", "11:00")) == [
        ("OVERLAP", f"booking {id_}") for id_ in (first, second)
    ]
    assert refused(strict, insert("10:30", "11:00", service=str(service))), "another session of the same kind"
    assert refused(strict, insert("11:40", "12:00", service=str(service))) == [
        ("BUFFER", f"booking {second}")
    ]


def test_sessions_of_different_services_do_not_share(strict: Diary) -> None:
    booking = strict.book("10:00", "11:00", service=BATH)
    assert refused(strict, insert("10:00", "11:00", service=str(RETREAT))) == [
        ("OVERLAP", f"booking {booking}")
    ]


def test_a_session_is_of_one_staff_member(strict: Diary) -> None:
    strict.book("10:00", "11:00", service=BATH, staff=12)
    alone = strict.book("10:00", "11:00")
    assert refused(strict, insert("10:00", "11:00", service=str(BATH))) == [("OVERLAP", f"booking {alone}")]


def test_a_whole_session_moves_in_one_statement(strict: Diary) -> None:
    for _ in range(3):
        strict.book("10:00", "11:00", service=BATH)
    strict.run(
        "UPDATE bookings SET start_time = start_time + interval '30 min', end_time = end_time + interval '30 min'"
    )
    assert set(strict.held().values()) == {(11, "10:30", "11:30")}
    assert strict.flagged() == set()


def test_who_leaves_a_session_needs_a_time_of_their_own(strict: Diary) -> None:
    _, leaves = (strict.book("10:00", "11:00", service=BATH) for _ in range(2))
    assert refused(strict, changed(leaves, "service_id = 31"))
    assert refused(strict, moved(leaves, "10:30", "11:00"))
    strict.move(leaves, "11:00", "12:00")


# Rows that make no sense


@pytest.mark.parametrize("how", ["observe", "enforce"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at("11:00"), at("10:00")),
        (at("10:00"), at("10:00")),
        (at("10:00"), "infinity"),
        ("-infinity", at("10:00")),
        ("-infinity", "infinity"),
        ("4713-01-01 BC", "294276-12-31"),
        (at("10:00"), "9999-12-31"),
        ("1969-12-31", at("10:00")),
    ],
)
def test_a_span_that_makes_no_sense_is_let_through_and_noted(
    diary: Diary, how: str, start: str, end: str
) -> None:
    diary.enforce(how=how)
    booking = diary.book("12:00", "13:00")
    sane = diary.held()
    diary.run("UPDATE bookings SET start_time = %s, end_time = %s WHERE id = %s", start, end, booking)
    assert diary.held() == {}
    assert diary.noted() == [("skipped", booking, ["UNREADABLE"])]
    diary.book("10:00", "11:00")
    diary.move(booking, "12:00", "13:00")
    assert diary.held().items() >= sane.items()
    diary.set(booking, "start_time = end_time")
    diary.run("DELETE FROM bookings WHERE id = %s", booking)
    assert not diary.warnings


def test_a_booking_without_staff_holds_nobodys_time_and_is_noted(strict: Diary) -> None:
    booking = strict.book("10:00", "11:00", staff=None)
    assert strict.noted() == [("skipped", booking, ["UNREADABLE"])]
    strict.set(booking, "status = 2")
    strict.book("10:00", "11:00", business=None)
    assert strict.held() == {}
    assert len(strict.noted()) == 1


@pytest.mark.parametrize("id_", [2**62 + 5, 2**63 - 1, 0, -7])
def test_any_number_will_do_for_a_booking(diary: Diary, id_: int) -> None:
    first, second = diary.book("10:00", "11:00"), diary.book("10:00", "11:00")
    diary.set(second, f"id = {id_}")
    diary.enforce()
    assert refused(diary, insert("10:30", "10:45")) == [
        ("OVERLAP", f"booking {first}"),
        ("OVERLAP", f"booking {id_}"),
    ]
    assert diary.flagged() == {id_}
    diary.cancel(first)
    assert diary.flagged() == set()


def test_one_bad_row_does_not_spare_the_others(strict: Diary) -> None:
    strict.book("10:00", "11:00")
    values = f", (1, 11, 31, '{at('11:00')}', '{at('11:00')}', 1, now(), now())"
    assert refused(strict, insert("10:30", "11:00") + values) == [
        ("OVERLAP", f"booking {min(strict.held())}")
    ]


# Who enforces


def test_who_says_nothing_follows_the_installation(diary: Diary) -> None:
    diary.book("10:00", "11:00")
    diary.book("10:00", "11:00")
    diary.run("UPDATE daybridge.installation SET enforcement = 'enforce'")
    assert refused(diary, insert("10:00", "11:00"))
    diary.run("INSERT INTO daybridge.business_settings (business_id) VALUES (1)")
    assert refused(diary, insert("10:00", "11:00"))
    diary.enforce(how="observe")
    diary.book("10:00", "11:00")


def test_who_only_observes_learns_what_would_have_been_refused(diary: Diary) -> None:
    first = diary.book("10:00", "11:00")
    second = diary.book("10:30", "11:30")
    diary.buffer(10)
    third = diary.book("11:35", "12:00")
    assert diary.noted() == [("observed", second, ["OVERLAP"]), ("observed", third, ["BUFFER"])]
    assert diary.flagged() == {second}
    [(after, why)] = diary.rows(
        "SELECT after, reasons FROM daybridge.calendar_sync_logs WHERE booking_id = %s", second
    )
    assert after == {"start": "2032-01-05T10:30:00+00:00", "end": "2032-01-05T11:30:00+00:00"}
    assert why == [
        {
            "code": "OVERLAP",
            "source": f"booking {first}",
            "start": "2032-01-05T10:00:00+00:00",
            "end": "2032-01-05T11:00:00+00:00",
        }
    ]


def test_each_business_of_a_statement_has_its_own_way(diary: Diary) -> None:
    diary.enforce(2)
    diary.book("10:00", "11:00")
    theirs = diary.book("10:00", "11:00", business=2, staff=21)
    diary.book("10:00", "11:00")
    again = "INSERT INTO bookings (business_id, staff_member_id, start_time, end_time, status, created_at, updated_at)"
    spans = [f"({business}, {staff}, '{at('10:00')}', '{at('11:00')}', 1, now(), now())"
             for business, staff in ((1, 11), (2, 21))]  # fmt: skip
    assert refused(diary, f"{again} VALUES {', '.join(spans)}") == [("OVERLAP", f"booking {theirs}")]
    diary.run(f"{again} VALUES {spans[0]}")
