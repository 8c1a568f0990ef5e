"""What a business has chosen holds, in its own calendars only; what it hasn't chosen follows the installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from gateway import wiring
from gateway.core.errors import Invalid, NotYours
from gateway.core.rules import EditRules, OnDelete, OnMove, OnNotes
from gateway.services import attach, demo, findings, rules
from gateway.services.deps import Deps
from gateway.services.rules import Enforcement
from gateway.settings import Settings
from tests.conftest import Town

# Before every booking of the town but one.
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)

OVERLAPPING = """
    INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,
                          status, created_at, updated_at)
    VALUES (5001, 1, 11, 31, 62, '2026-11-24 15:30', '2026-11-24 16:15', 1, now(), now())
"""


def held(deps: Deps, business_id: int) -> EditRules:
    with deps.database.tenant(business_id, read_only=True) as session:
        return rules.of(session, business_id, deps.settings)


def test_at_first_the_careful_rules_hold(the_town: Town) -> None:
    assert held(the_town.deps, 1) == EditRules()


@pytest.mark.parametrize("answer", list(OnDelete))
def test_the_installations_settings_hold_until_a_business_chooses(the_town: Town, answer: OnDelete) -> None:
    settings = replace(the_town.deps.settings, writeback_on_delete=answer.value)
    deps = replace(the_town.deps, settings=settings)
    assert held(deps, 1).on_delete is answer
    rules.choose(deps, 1, moves="refuse")
    assert held(deps, 1).on_delete is answer, "choosing one thing chooses nothing else"
    rules.choose(deps, 1, on_delete="cancel")
    assert held(deps, 1).on_delete is OnDelete.CANCEL


def test_whoever_has_given_an_address_delegates(the_town: Town) -> None:
    the_town.sql(
        "INSERT INTO daybridge.business_settings (business_id, delegate_url) VALUES (1, 'https://app.example/')"
    )
    assert held(the_town.deps, 1) == EditRules(delegates=True)
    the_town.sql("UPDATE daybridge.business_settings SET delegate_url = ''")
    assert held(the_town.deps, 1) == EditRules()


_CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "moves": st.sampled_from(OnMove),
        "on_delete": st.sampled_from(OnDelete),
        "notes": st.sampled_from(OnNotes),
        "waive_hours": st.booleans(),
        "waive_notice": st.booleans(),
    },
)


@hypothesis(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(_CHANGES, max_size=4))
def test_the_last_choice_of_each_thing_holds(the_town: Town, made: list[dict[str, object]]) -> None:
    """Whatever was chosen before, and for nobody else."""
    the_town.sql("DELETE FROM daybridge.business_settings")
    wanted = EditRules()
    for changes in made:
        wanted = replace(wanted, **changes)  # type: ignore[arg-type]
        assert rules.choose(the_town.deps, 1, **changes) == wanted  # type: ignore[arg-type]
    assert held(the_town.deps, 1) == wanted
    assert held(the_town.deps, 2) == EditRules()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moves", "moves is one of: accept, refuse."),
        ("on_delete", "on_delete is one of: ask, cancel, refuse."),
        ("notes", "notes is one of: accept, restore."),
        ("enforcement", "enforcement is one of: observe, enforce."),
    ],
)
def test_what_can_not_be_chosen_changes_nothing(the_town: Town, name: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        rules.choose(the_town.deps, 1, **{name: "perhaps", "waive_hours": True})  # type: ignore[arg-type]
    assert held(the_town.deps, 1) == EditRules()


def test_an_unknown_business_has_no_rules(the_town: Town) -> None:
    for ask in (rules.enforcement, rules.look, findings.find, rules.choose):
        with pytest.raises(NotYours, match="no business 99"):
            ask(the_town.deps, 99)
    assert the_town.sql("SELECT count(*) FROM daybridge.business_settings") == [(0,)]


def test_a_business_that_enforces_refuses_and_its_neighbour_does_not(the_town: Town) -> None:
    assert rules.enforcement(the_town.deps, 1) is Enforcement.OBSERVE
    rules.choose(the_town.deps, 1, enforcement="enforce")
    assert rules.enforcement(the_town.deps, 1) is Enforcement.ENFORCE
    assert rules.enforcement(the_town.deps, 2) is Enforcement.OBSERVE
    with pytest.raises(psycopg.errors.ExclusionViolation):
        the_town.sql(OVERLAPPING)
    rules.choose(the_town.deps, 1, enforcement="observe")
    the_town.sql(OVERLAPPING)


def test_bookings_that_overlap_already_stay_when_a_business_enforces(the_town: Town) -> None:
    the_town.sql(OVERLAPPING)
    rules.choose(the_town.deps, 1, enforcement="enforce")
    the_town.sql("UPDATE bookings SET notes = 'late' WHERE id = 5001")
    assert the_town.sql("SELECT notes FROM bookings WHERE id = 5001") == [("late",)]


def choices(town: Town) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT business_id, via, who, action, outcome, booking_id, before, after"
        " FROM daybridge.calendar_sync_logs ORDER BY id"
    )


def test_each_choice_is_a_line_in_the_timeline(the_town: Town) -> None:
    """Whoever wonders why bookings are refused all of a sudden finds since when, and that it was no accident."""
    rules.choose(the_town.deps, 1, enforcement="enforce")
    rules.choose(the_town.deps, 1, on_delete="cancel", waive_hours=True)
    by_operator = (1, "system", "operator", "choose", "accepted", None)
    assert choices(the_town) == [
        (*by_operator, {"enforcement": "observe"}, {"enforcement": "enforce"}),
        (
            *by_operator,
            {"on_delete": "ask", "waive_hours": False},
            {"on_delete": "cancel", "waive_hours": True},
        ),
    ]


def test_what_was_chosen_already_or_can_not_be_chosen_leaves_no_line(the_town: Town) -> None:
    rules.choose(the_town.deps, 1, moves="refuse")
    rules.choose(the_town.deps, 1, moves="refuse")
    with pytest.raises(Invalid):
        rules.choose(the_town.deps, 1, moves="perhaps")
    assert len(choices(the_town)) == 1


def test_going_along_with_the_installation_and_choosing_the_same_are_two_things(the_town: Town) -> None:
    """The choice stays when the installation's setting changes."""
    rules.choose(the_town.deps, 1, on_delete="ask")
    assert [line[-2:] for line in choices(the_town)] == [({"on_delete": "ask"}, {"on_delete": "ask"})]


# Which default holds where


@contextmanager
def attached(url: str) -> Iterator[Deps]:
    deps = wiring.build(Settings(database_url=url))
    yield deps
    deps.database.close()


def double(url: str) -> None:
    """Make one of the demo's bookings to come a second time, as an app would that knows nothing of us."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO public.bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time,"
            " end_time, status, created_at, updated_at)"
            " SELECT business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time, 1,"
            " now(), now() FROM public.bookings WHERE status = 1 ORDER BY start_time DESC LIMIT 1"
        )


def observed(url: str) -> int:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT 1 FROM daybridge.calendar_sync_logs WHERE outcome = 'observed'"
        ).fetchall()
    return len(rows)


def test_the_demos_own_database_refuses_a_double_booking_by_plain_sql(
    database_url: str, tmp_path: Path
) -> None:
    with attached(database_url) as deps:
        made = demo.prepare(deps, tmp_path, 30, lambda *_: None, own_database=True)
        assert rules.enforcement(deps, made.business_id) is Enforcement.ENFORCE
    with pytest.raises(psycopg.errors.ExclusionViolation):
        double(database_url)


def test_a_booking_apps_database_only_notes_it(database_url: str, tmp_path: Path) -> None:
    with attached(database_url) as deps:
        demo.prepare(deps, tmp_path, 30, lambda *_: None, own_database=False)
        assert attach.ensure_attached(deps.database) == []
    double(database_url)
    assert observed(database_url) == 1


def test_what_a_business_chose_outlives_the_next_start(database_url: str, tmp_path: Path) -> None:
    with attached(database_url) as deps:
        made = demo.prepare(deps, tmp_path, 5, lambda *_: None, own_database=True)
        rules.choose(deps, made.business_id, enforcement="observe")
        demo.prepare(deps, tmp_path, 5, lambda *_: None, own_database=True)
        assert rules.enforcement(deps, made.business_id) is Enforcement.OBSERVE


# What a business is told before it enforces


@pytest.fixture
def deps(the_town: Town) -> Deps:
    return replace(the_town.deps, now=lambda: NOW)


def test_with_nothing_doubled_there_is_nothing_to_tell(deps: Deps) -> None:
    assert findings.find(deps, 1) == findings.Findings((), ())


def test_what_was_let_through_is_told_on_the_clock_of_the_business(the_town: Town, deps: Deps) -> None:
    the_town.sql(OVERLAPPING)
    found = findings.find(deps, 1)
    assert found.would_be_refused == (
        "Alice Adler, Tuesday 24 November, 10:30 to 11:15: booking 5001."
        " Another booking 1001 is there (Tuesday 24 November, 10:00 to 10:45).",
    )
    assert found.overlap == (
        "Alice Adler, Tuesday 24 November, 10:00 to 10:45: booking 1001 overlaps booking 5001.",
    ), "two bookings that overlap each other are told once"
    assert findings.find(deps, 2) == findings.Findings((), ())


def test_each_reason_has_its_words(the_town: Town, deps: Deps) -> None:
    the_town.sql(
        "INSERT INTO booking_policies (business_id, buffer_time_mins, created_at, updated_at)"
        " VALUES (1, 15, now(), now())"
    )
    the_town.sql(OVERLAPPING.replace("15:30", "15:50"))
    for source in ("block", "external"):
        the_town.sql(
            "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
            " VALUES (1, 12, %s, 7, '[2026-11-27 15:00+00,2026-11-27 18:00+00)', %s)",
            source,
            source,
        )
    the_town.sql(OVERLAPPING.replace("5001, 1, 11", "5002, 1, 12").replace("11-24", "11-27"))
    block, beside = findings.find(deps, 1).would_be_refused
    assert "That leaves no break beside another booking 1001 (Tuesday" in beside
    assert "Time was blocked (Friday 27 November, 10:00 to 13:00)." in block
    assert "Another calendar says busy (Friday 27 November, 10:00 to 13:00)." in block
    assert [line.partition(": ")[2] for line in findings.find(deps, 1).overlap] == [
        "booking 5002 overlaps blocked time.",
        "booking 5002 overlaps busy time in another calendar.",
    ]


def test_what_lies_behind_is_no_overlap_any_more(the_town: Town, deps: Deps) -> None:
    the_town.sql(OVERLAPPING)
    later = replace(deps, now=lambda: datetime(2026, 11, 25, tzinfo=UTC))
    assert findings.find(later, 1).overlap == ()
    assert len(findings.find(later, 1).would_be_refused) == 1


def test_no_finding_tells_of_customers(the_town: Town, deps: Deps) -> None:
    the_town.sql(OVERLAPPING)
    found = findings.find(deps, 1)
    told = " ".join((*found.would_be_refused, *found.overlap))
    assert not [name for name in ("Santos", "Chen", "@", "latex") if name in told]


@pytest.mark.parametrize(
    "after",
    ["null", "{}", '{"start": "infinity", "end": "soon"}', '{"start": "2026-11-24", "end": "2026-11-25"}'],
)
def test_a_line_that_can_not_be_read_is_told_as_far_as_it_can(the_town: Town, deps: Deps, after: str) -> None:
    the_town.sql(
        "INSERT INTO daybridge.calendar_sync_logs (business_id, via, who, action, outcome, booking_id, after, reasons)"
        " VALUES (1, 'sql', 'x', 'hold', 'observed', 77, %s::jsonb, '[{\"code\": \"NEW\"}]')",
        after,
    )
    [line] = findings.find(deps, 1).would_be_refused
    assert line == "No staff member: booking 77. The time was taken."
