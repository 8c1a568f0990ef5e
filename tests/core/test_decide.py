"""The decision for connected calendars: the table row by row, and what must hold whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.decide import Accept, Action, Base, Delete, Nothing, Put, Vanished, decide
from gateway.core.remote import RemoteEvent, Stamp
from gateway.core.wanted import Wanted

KNOWN = Stamp("e1", '"1"')
AS_AGREED = Base(KNOWN, "10:00")
SAME = RemoteEvent("e1", '"1"', "e1")
THEIRS = RemoteEvent("e1", '"2"', "e1")
GONE = RemoteEvent("e1", "", "e1", gone=True)


def test_nothing_wanted_and_nothing_known() -> None:
    assert decide(None, None, None) == Nothing()


def test_what_is_no_longer_wanted_goes_at_the_version_that_is_there() -> None:
    assert decide(None, AS_AGREED, None) == Delete(KNOWN)
    assert decide(None, AS_AGREED, SAME) == Delete(KNOWN)
    assert decide(None, AS_AGREED, THEIRS) == Delete(Stamp("e1", '"2"'))


def test_what_is_gone_already_need_not_go() -> None:
    assert decide(None, AS_AGREED, GONE) == Nothing()


def test_what_is_new_is_put_as_a_new_event() -> None:
    assert decide("10:00", None, None) == Put(None)


def test_what_is_as_agreed_is_left_alone() -> None:
    assert decide("10:00", AS_AGREED, None) == Nothing()
    assert decide("10:00", AS_AGREED, SAME) == Nothing()


def test_a_changed_booking_is_written_over_the_version_that_we_know() -> None:
    assert decide("11:00", AS_AGREED, None) == Put(KNOWN)
    assert decide("11:00", AS_AGREED, SAME) == Put(KNOWN)


def test_their_change_alone_is_for_the_table_of_edits() -> None:
    assert decide("10:00", AS_AGREED, THEIRS) == Accept(THEIRS)


def test_where_both_have_changed_the_booking_counts_and_theirs_is_kept() -> None:
    assert decide("11:00", AS_AGREED, THEIRS) == Put(Stamp("e1", '"2"'), lost=THEIRS)


def test_a_confirmed_deletion_is_one_and_a_changed_booking_comes_back() -> None:
    assert decide("10:00", AS_AGREED, GONE) == Vanished(again=False)
    assert decide("11:00", AS_AGREED, GONE) == Vanished(again=True)


# A world small enough for every order of events: what is wanted, what is agreed, what is there.
_TIMES = st.sampled_from(["10:00", "11:00", "12:00"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.none() | _TIMES),
        st.tuples(st.just("edit"), _TIMES),
        st.tuples(st.just("delete"), st.none()),
        st.tuples(st.just("sync"), st.booleans()),
    ),
    max_size=12,
)


class World:
    """One booking and one calendar, and somebody who edits both; `sync` carries out what is decided."""

    def __init__(self) -> None:
        self.wanted: str | None = None
        self.base: Base | None = None
        self.there: tuple[str, int] | None = None
        self.versions = 0

    def remote(self) -> RemoteEvent:
        if self.there is None:
            return GONE
        when = datetime(2026, 12, 1, int(self.there[0][:2]), tzinfo=UTC)
        return RemoteEvent("e1", f'"{self.there[1]}"', "e1", wanted=Wanted(when, when))

    def write(self, time: str | None) -> None:
        self.versions += 1
        self.there = None if time is None else (time, self.versions)

    def sync(self, *, reads: bool) -> Action:
        """With `reads` the event is looked at first, as after a notification; else only what we want is known."""
        action = decide(self.wanted, self.base, self.remote() if reads and self.base else None)
        match action:
            case Put(seen):
                if seen is not None and (self.there is None or seen.etag != f'"{self.there[1]}"'):
                    return self.sync(reads=True)  # the provider says: not the version that is there
                self.write(self.wanted)
                self.agree()
            case Delete():
                self.write(None)
                self.base = None
            case Accept():
                assert self.there is not None
                self.wanted = self.there[0]
                self.agree()
            case Vanished(again):
                self.base = None
                self.wanted = self.wanted if again else None
            case Nothing() if self.wanted is None:
                self.base = None
        return action

    def agree(self) -> None:
        assert self.there is not None
        assert self.wanted is not None
        self.base = Base(Stamp("e1", f'"{self.there[1]}"'), self.wanted)


def play(steps: list[tuple[str, object]]) -> World:
    world = World()
    for what, value in steps:
        if what == "want":
            world.wanted = value  # type: ignore[assignment]
        elif what == "sync":
            world.sync(reads=bool(value))
        elif world.base is not None and world.there is not None:
            world.write(str(value) if what == "edit" else None)
    return world


@given(_STEPS)
def test_after_a_few_rounds_both_sides_agree_and_nothing_is_left_to_do(
    steps: list[tuple[str, object]],
) -> None:
    world = play(steps)
    for _ in range(4):
        world.sync(reads=True)
    assert (world.there[0] if world.there else None) == world.wanted
    writes = world.versions
    assert world.sync(reads=True) == Nothing()
    assert world.sync(reads=False) == Nothing()
    assert world.versions == writes


@given(_STEPS)
def test_the_push_after_an_accepted_edit_has_nothing_to_do(steps: list[tuple[str, object]]) -> None:
    world = play(steps)
    if isinstance(world.sync(reads=True), Accept):
        assert world.sync(reads=False) == Nothing()


@given(_STEPS)
def test_nothing_is_ever_deleted_there_while_it_is_wanted(steps: list[tuple[str, object]]) -> None:
    world = play(steps)
    for reads in (True, False):
        action = decide(world.wanted, world.base, world.remote() if reads and world.base else None)
        assert not (isinstance(action, Delete) and world.wanted is not None)
