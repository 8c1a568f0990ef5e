"""Where a seed is played: a database with Harbor Hair in it, a clock, and the doors of the house."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg

import wsgi
from gateway import wiring
from gateway.services import attach, grant, project
from gateway.services.deps import Deps
from gateway.settings import Settings
from tests.conftest import Person
from tests.simulation.weather import Clock

BUSINESS: Final = 1
ALICE, BOB = 11, 12
# As far as other people's events matter; a shorter way than people have, or series would fill the tables.
DAYS_AHEAD: Final = 45

FORGET: Final = """
    DELETE FROM bookings WHERE business_id = 1; DELETE FROM booking_policies WHERE business_id = 1;
    UPDATE businesses SET time_zone = 'Eastern Time (US & Canada)' WHERE id = 1;
    UPDATE tenant_customers SET first_name = 'Maria', last_name = 'Santos' WHERE id = 61;
    UPDATE tenant_customers SET first_name = 'Wei', last_name = 'Chen' WHERE id = 62;
    UPDATE services SET name = 'Haircut' WHERE id = 31; UPDATE services SET name = 'Colour' WHERE id = 32;
    DELETE FROM daybridge.calendar_connections; DELETE FROM daybridge.connection_attempts;
    DELETE FROM daybridge.blocks; DELETE FROM daybridge.personal_objects;
    DELETE FROM daybridge.busy WHERE business_id = 1; DELETE FROM daybridge.calendar_objects WHERE business_id = 1;
    DELETE FROM daybridge.event_revisions WHERE business_id = 1;
    DELETE FROM daybridge.calendar_sync_logs; DELETE FROM daybridge.questions; DELETE FROM daybridge.outbox;
    DELETE FROM daybridge.business_settings; DELETE FROM daybridge.request_budgets;
    SELECT setval(pg_get_serial_sequence('public.bookings', 'id'), 10000),
           setval(pg_get_serial_sequence('daybridge.calendar_connections', 'id'), 100),
           setval(pg_get_serial_sequence('daybridge.connection_calendars', 'id'), 1000),
           setval(pg_get_serial_sequence('daybridge.external_calendar_events', 'id'), 1),
           setval(pg_get_serial_sequence('daybridge.blocks', 'id'), 1);
"""


@dataclass(frozen=True)
class Stage:
    """A database in which one seed is played after the other."""

    deps: Deps
    sql: psycopg.Connection[tuple[Any, ...]]
    app: Any
    clock: Clock
    people: Sequence[Person]

    def close(self) -> None:
        self.sql.close()
        self.deps.database.close()


def stage(url: str, folder: Path) -> Stage:
    """Make a database with the two businesses of `tests.town` ready to be played in."""
    credentials = folder / "credentials.toml"
    credentials.touch(0o600)
    credentials.write_text(f'[keys]\nencryption = ["{b64encode(bytes(32)).decode()}"]\n', encoding="utf-8")
    settings = Settings(
        database_url=url,
        credentials_file=str(credentials),
        public_url="https://daybridge.example",
        sync_import_days_ahead=DAYS_AHEAD,
    )
    clock = Clock(datetime(2026, 10, 1, tzinfo=UTC))
    deps = replace(wiring.build(settings), now=clock.now)
    attach.attach(deps.database)
    sql = psycopg.connect(url, autocommit=True)
    # The ids that events get hang on it.
    sql.execute("UPDATE daybridge.installation SET id = '00000000-0000-4000-8000-000000000001'")
    project.note_all(deps.database)
    project.project_everything(deps.database, deps.now)
    people = [
        Person(BUSINESS, staff, email, grant.app_password(deps, BUSINESS, staff, "phone").secret)
        for staff, email in ((ALICE, "alice@harbor.example"), (BOB, "bob@harbor.example"))
    ]
    return Stage(deps, sql, wsgi.mount(deps), clock, people)
