"""Who stands first among a business's people, and how their accounts are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.connection import Facts, State, Told
from gateway.core.team import Person, Standing, cut, found, standing, summary, worst_first

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
POLL = timedelta(minutes=5)


def person(name: str, *states: State, devices: int = 0, id_: int = 1) -> Person:
    accounts = tuple(
        Standing(number, id_, "Google", "Google", "a@x.example", Told(state, "", ""), "")
        for number, state in enumerate(states)
    )
    return Person(id_, name, devices, "", accounts)


def names(people: list[Person]) -> list[str]:
    return [one.name for one in people]


def test_the_worst_account_of_each_says_where_they_stand() -> None:
    people = [
        person("In step", State.IN_STEP),
        person("Phone only", devices=1),
        person("Catching up", State.CATCHING_UP),
        person("Importing", State.IMPORTING, State.IN_STEP),
        person("Not started"),
        person("Paused", State.PAUSED),
        person("Look first", State.CONNECTING),
        person("Out of date", State.STALE),
        person("Stopped", State.IN_STEP, State.STOPPED),
        person("Sign in again", State.IN_STEP, State.RECONNECT_NEEDED),
    ]
    assert names(worst_first(people)) == [
        "Sign in again", "Stopped", "Out of date", "Look first", "Paused", "Not started", "Importing", "Catching up",
        "In step", "Phone only",
    ]  # fmt: skip


def test_of_two_whose_worst_is_as_bad_who_has_more_trouble_stands_first() -> None:
    one, two = person("A", State.STOPPED, State.IN_STEP), person("B", State.STOPPED, State.STALE)
    assert names(worst_first([one, two])) == ["B", "A"]


def test_then_they_stand_by_name_in_whatever_case() -> None:
    people = [person("bob"), person("Ann"), person("Cid")]
    assert names(worst_first(people)) == ["Ann", "bob", "Cid"]


@given(st.lists(st.lists(st.sampled_from(list(State)), max_size=3), max_size=12), st.randoms())
def test_the_order_is_the_same_whatever_they_came_in(states: list[list[State]], random) -> None:
    people = [person("Same name", *some, id_=number) for number, some in enumerate(states)]
    shuffled = list(people)
    random.shuffle(shuffled)
    assert worst_first(shuffled) == worst_first(people)


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ([], "0 people. Nobody needs help."),
        ([person("Ana", State.IN_STEP)], "1 person. Nobody needs help."),
        (
            [person("Ana Ribeiro", State.STALE), person("Jonas Berg")],
            "2 people. Ana needs help; Jonas has not started.",
        ),
        ([person("Ana"), person("Bo"), person("Cy", devices=1)], "3 people. 2 have not started."),
        ([person("A", State.STOPPED), person("B", State.STALE)], "2 people. 2 need help."),
        ([person(" ")], "1 person. Somebody has not started."),
    ],
)
def test_the_summary(people: list[Person], told: str) -> None:
    assert summary(people) == told


@pytest.mark.parametrize(
    ("facts", "pill", "when"),
    [
        (Facts(read_at=NOW - timedelta(seconds=40)), "In step", "checked 40 seconds ago"),
        (
            Facts(refused_at=NOW - timedelta(days=2), read_at=NOW),
            "Sign in again",
            "since Saturday at 12:00",
        ),
        (Facts(stopped_at=NOW - timedelta(hours=3)), "Stopped: large change", "since today at 09:00"),
        (Facts(read_at=NOW - timedelta(days=30)), "Out of date", "since 24 October at 13:00"),
        (Facts(granted=False, let_in=True), "Look first", ""),
        (Facts(importing=True), "Importing", ""),
        (
            Facts(paused_until=NOW + timedelta(minutes=65), paused_by_them=True, read_at=NOW, waiting=6),
            "Paused by Google until 13:05",
            "6 waiting",
        ),
    ],
)
def test_an_account_is_told_with_since_when(facts: Facts, pill: str, when: str) -> None:
    told, since = standing(facts, NOW, POLL, NEW_YORK, "Google")
    assert (told.pill, since) == (pill, when)


def test_one_that_is_being_parted_with_says_so() -> None:
    assert (
        standing(Facts(read_at=NOW), NOW, POLL, NEW_YORK, "Google", leaving=True)[1] == "being disconnected"
    )


def test_every_word_must_be_in_the_name() -> None:
    people = [person("Ana Ribeiro"), person("Anatol Berg")]
    assert names(found(people, "ana")) == ["Ana Ribeiro", "Anatol Berg"]
    assert names(found(people, "RIB ana")) == ["Ana Ribeiro"]
    assert names(found(people, "  ")) == ["Ana Ribeiro", "Anatol Berg"]
    assert found(people, "%") == []


@given(st.integers(0, 120), st.integers(-5, 20), st.integers(1, 30))
def test_pages_hold_every_row_once(count: int, page: int, size: int) -> None:
    rows = list(range(count))
    one = cut(rows, page, size)
    assert 1 <= one.page <= one.pages
    assert one.total == count
    pages = [cut(rows, number, size).rows for number in range(1, one.pages + 1)]
    assert [row for some in pages for row in some] == rows
    assert all(len(some) == size for some in pages[:-1])


def test_initials_of_any_name() -> None:
    assert [person(name).initials for name in ("Ana Ribeiro", "Bo", "", "a b c")] == ["AR", "B", "", "AC"]
