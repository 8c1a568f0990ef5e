"""The worker: at once, without end, and not put off by errors."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from gateway import wiring
from gateway.jobs import projector
from gateway.services.project import project
from gateway.services.prune import prune
from gateway.settings import Settings
from tests.e2e.test_demo import until
from tests.jobs.crew import working


def notes(town) -> int:
    return town.sql("SELECT count(*) FROM daybridge.outbox")[0][0]


def test_a_change_is_projected_without_anyone_asking(the_town) -> None:
    with working(the_town.deps):
        the_town.sql("UPDATE bookings SET notes = 'soon' WHERE id = 1001")
        until(lambda: notes(the_town) == 0)
    [(body,)] = the_town.sql(
        "SELECT convert_from(body, 'UTF8') FROM daybridge.calendar_objects o JOIN daybridge.calendars c"
        " ON c.id = o.calendar_id WHERE booking_id = 1001 AND c.kind = 'bookings'"
    )
    assert "soon" in body


def test_an_error_is_logged_and_tried_again(the_town, caplog: pytest.LogCaptureFixture) -> None:
    broken = replace(
        the_town.deps,
        settings=replace(the_town.deps.settings, worker_poll_ms=50),
        database=wiring.build(Settings(database_url="postgresql://x@127.0.0.1:1/none")).database,
    )
    with caplog.at_level(logging.ERROR), working(broken):
        until(lambda: len(caplog.records) >= 2)
    assert "doesn't answer" in caplog.text


def test_one_businesss_trouble_is_not_anothers(
    the_town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def sometimes(database, business_id, now, *, wait):
        if business_id == 1:
            raise ZeroDivisionError("of business 1")
        return project(database, business_id, now, wait=wait)

    monkeypatch.setattr(projector, "project", sometimes)
    the_town.sql("UPDATE bookings SET notes = 'soon'")
    with caplog.at_level(logging.ERROR), working(the_town.deps):
        until(lambda: the_town.sql("SELECT count(*) FROM daybridge.outbox WHERE business_id = 2") == [(0,)])
        until(lambda: "of business 1" in caplog.text)
    assert the_town.sql("SELECT count(*) > 0 FROM daybridge.outbox WHERE business_id = 1") == [(True,)]


def test_triggers_that_vanished_come_back(the_town) -> None:
    the_town.sql("DROP TRIGGER daybridge_bookings_update ON bookings")
    the_town.sql("UPDATE bookings SET notes = 'missed' WHERE id = 1001")
    assert notes(the_town) == 0
    with working(the_town.deps):
        until(lambda: the_town.sql("SELECT 1 FROM pg_trigger WHERE tgname = 'daybridge_bookings_update'"))
        until(lambda: notes(the_town) == 0)
        [(seen,)] = the_town.sql(
            "SELECT bool_and(convert_from(body, 'UTF8') LIKE '%missed%') FROM daybridge.calendar_objects"
            " WHERE booking_id = 1001 AND NOT deleted"
        )
        assert seen, "what happened meanwhile is found too"


def test_old_tombstones_are_forgotten_and_old_tokens_refused(the_town) -> None:
    the_town.sql("UPDATE bookings SET status = 2 WHERE id = 1001")
    the_town.settle()
    dead = "SELECT count(*) FROM daybridge.calendar_objects WHERE deleted"
    prune(the_town.deps)
    assert the_town.sql(dead) == [(2,)], "not yet"
    the_town.sql(
        "UPDATE daybridge.calendar_objects SET modified_at = now() - interval '91 days' WHERE deleted"
    )
    prune(the_town.deps)
    assert the_town.sql(dead) == [(0,)]
    floors = the_town.sql(
        "SELECT count(*) FROM daybridge.calendars WHERE floor_revision = revision AND floor_revision > 0"
    )
    assert floors == [(2,)]
