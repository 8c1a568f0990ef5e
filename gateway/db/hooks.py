"""What is hung into the booking app's tables: triggers that note changes and hold time, and views that show one tenant.

One table says which columns a rendered event shows (`WATCHED`); the triggers that note are written from it. Such a
trigger costs one insert for each statement, changes nothing, and can't fail the statement that fired it: what it could
not note is found by `verify`. The triggers that hold a booking's time (`holding.py`) do refuse what would be booked
twice, in a business that enforces it.
The app may drop its tables and with them all of this (Rails' db:schema:load); so everything here can be put back at any
time. `attachment.py` does the hanging.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from gateway.db import holding

# Raise it with each change of what is hung up: a process of an older version then leaves the newer hooks alone.
VERSION = 2


@dataclass(frozen=True, slots=True)
class Watched:
    """A table of the app, and the columns whose change shows in a calendar. `business` finds the row's tenant."""

    table: str
    scope: str
    columns: tuple[str, ...]
    business: str = "{row}.business_id"
    events: tuple[str, ...] = ("update",)


WATCHED: tuple[Watched, ...] = (
    Watched(
        "bookings",
        "booking",
        (
            "business_id", "staff_member_id", "service_id", "service_variant_id", "tenant_customer_id",
            "start_time", "end_time", "status", "notes", "video_meeting_url",
        ),
        events=("insert", "update", "delete"),
    ),
    Watched("tenant_customers", "customer", ("business_id", "first_name", "last_name", "email", "phone")),
    Watched("services", "service", ("business_id", "name", "service_type")),
    Watched(
        "service_variants",
        "variant",
        ("service_id", "name"),
        business="(SELECT s.business_id FROM public.services s WHERE s.id = {row}.service_id)",
    ),
    Watched(
        "staff_members", "staff", ("business_id", "name", "active"), events=("insert", "update", "delete")
    ),
    Watched(
        "businesses",
        "business",
        ("name", "time_zone", "address", "city", "state", "zip"),
        business="{row}.id",
        events=("insert", "update"),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """The tenant's window on a table of the app: what we ever read of it, whose rows, and what we may do through it."""

    view: str
    columns: tuple[str, ...]
    whose: str = "t.business_id = daybridge.tenant()"
    writes: tuple[str, ...] = ()  # as GRANT says it


WINDOWS: tuple[Window, ...] = (
    Window(
        "businesses",
        ("name", "time_zone", "address", "city", "state", "zip", "active"),
        "t.id = daybridge.tenant()",
    ),
    Window(
        "bookings",
        (
            "business_id", "staff_member_id", "service_id", "service_variant_id", "tenant_customer_id",
            "start_time", "end_time", "status", "notes", "video_meeting_url", "video_meeting_provider",
            "manager_override", "cancellation_reason", "cancelled_by", "created_at", "updated_at",
        ),
        writes=(
            "INSERT",
            "UPDATE (staff_member_id, start_time, end_time, status, notes, manager_override, cancellation_reason, "
            "cancelled_by, updated_at)",
        ),
    ),
    Window(
        "staff_members",
        ("business_id", "user_id", "name", "email", "active", "availability", "updated_at"),
        writes=("UPDATE (availability, updated_at)",),
    ),
    Window("users", ("business_id", "email", "role", "active")),
    Window(
        "services",
        (
            "business_id", "name", "duration", "service_type", "active", "availability",
            "enforce_service_availability", "event_starts_at", "spots",
        ),
    ),
    Window(
        "service_variants",
        ("service_id", "name"),
        "EXISTS (SELECT FROM public.services s WHERE s.id = t.service_id AND s.business_id = daybridge.tenant())",
    ),
    Window(
        "services_staff_members",
        ("service_id", "staff_member_id"),
        "EXISTS (SELECT FROM public.services s WHERE s.id = t.service_id AND s.business_id = daybridge.tenant())",
    ),
    Window(
        "tenant_customers",
        ("business_id", "first_name", "last_name", "email", "phone", "created_at", "updated_at"),
        writes=("INSERT",),
    ),
    Window(
        "booking_policies",
        (
            "business_id", "auto_confirm_bookings", "buffer_time_mins", "interval_mins", "max_advance_days",
            "max_daily_bookings", "max_duration_mins", "min_advance_mins", "min_duration_mins", "use_fixed_intervals",
        ),
    ),
)  # fmt: skip

# A note is lost rather than the app kept waiting: while someone locks our outbox, each of the app's statements waits
# this long and leaves a warning in the server's log. `verify` finds what was not noted.
LONGEST_WAIT_MS = 500

_FUNCTION = """\
CREATE OR REPLACE FUNCTION daybridge.{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '{wait}ms' AS $$
BEGIN
    INSERT INTO daybridge.outbox (business_id, scope, subject_id)
{select};
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'daybridge could not note a change of {table}: %', SQLERRM;
    RETURN NULL;
END $$"""

# What is added through a window is numbered by the app's own sequence, which our role may not touch itself.
_NUMBERED = "ALTER VIEW daybridge.{view} ALTER COLUMN id SET DEFAULT daybridge.next_id('{view}')"

# A full join, because it can't become a nested loop: the plan is made for a session's first statement, which may have
# changed one row, and kept for the next, which may change ten thousand (measured: 12.6 s instead of 0.3 s).
_CHANGED = """\
    SELECT unnest(array_remove(ARRAY[{old_business}, nullif({new_business}, {old_business})], NULL)),
           '{scope}', coalesce(n.id, o.id)
    FROM old_rows o FULL JOIN new_rows n ON n.id = o.id
    WHERE ({old_columns}) IS DISTINCT FROM ({new_columns})"""

_APPEARED = "    SELECT {business}, '{scope}', r.id FROM {rows} r WHERE {business} IS NOT NULL"

_EMPTIED = "    SELECT t.business_id, 'business', t.business_id FROM daybridge.tenants t"

_MARK = re.compile(r"Hung up by Daybridge, hooks (\d+) ")

_TRANSITIONS = {
    "insert": "REFERENCING NEW TABLE AS new_rows ",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows ",
    "delete": "REFERENCING OLD TABLE AS old_rows ",
    "truncate": "",
}


@dataclass(frozen=True, slots=True)
class Hook:
    """One thing of ours that hangs in the database; `mark` is what the catalog says of it if all is well."""

    kind: str  # view, function or trigger
    name: str
    table: str  # of a trigger; else ""
    mark: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" on {self.table}" if self.table else "")


def wanted() -> list[Hook]:
    """All that should hang, in the order in which it is to be made."""
    return [*_views(), *_functions(), *_triggers()]


def version_of(mark: str) -> int:
    """Which version of Daybridge hung it up; 0 where the mark doesn't say."""
    found = _MARK.match(mark)
    return int(found[1]) if found else 0


def _views() -> Iterator[Hook]:
    for window in WINDOWS:
        view = window.view
        names = ", ".join(f"t.{column}" for column in ("id", *window.columns))
        rights = ", ".join(("SELECT", *window.writes))
        # What is written through a window stays within it.
        check = ", check_option = local" if window.writes else ""
        create = (
            f"CREATE VIEW daybridge.{view} WITH (security_barrier{check}) AS\n    SELECT {names}\n"
            f"    FROM public.{view} t WHERE {window.whose}"
        )
        # Dropped first, because a view can't lose a column in place.
        statements = (
            f"DROP VIEW IF EXISTS daybridge.{view}",
            create,
            *(_NUMBERED.format(view=view) for right in window.writes if right == "INSERT"),
            f"GRANT {rights} ON daybridge.{view} TO daybridge_app",
            f"COMMENT ON VIEW daybridge.{view} IS '{_mark(create + rights)}'",
        )
        yield Hook("view", view, "", _mark(create + rights), statements)


def _functions() -> Iterator[Hook]:
    """The trigger functions; making them takes no lock on the app's tables."""
    bodies = [
        (_function_name(w.table, event), w.table, _select(w, event)) for w in WATCHED for event in w.events
    ]
    bodies.append((_function_name("bookings", "truncate"), "bookings", _EMPTIED))
    creates = [
        (name, _FUNCTION.format(name=name, table=table, select=select, wait=LONGEST_WAIT_MS))
        for name, table, select in bodies
    ]
    creates += [(f"hold_{event}", holding.function(event)) for event in holding.EVENTS]
    for name, create in creates:
        statements = (
            create,
            f"REVOKE ALL ON FUNCTION daybridge.{name}() FROM PUBLIC",
            f"COMMENT ON FUNCTION daybridge.{name}() IS '{_mark(create)}'",
        )
        yield Hook("function", name, "", _mark(create), statements)


def _triggers() -> Iterator[Hook]:
    watched = ((w.table, event) for w in WATCHED for event in w.events)
    for table, event in chain(watched, [("bookings", "truncate")]):
        yield _trigger(table, event, f"daybridge_{table}_{event}", _function_name(table, event))
    for event in holding.EVENTS:
        # Fires first, by its name: what is refused has not been noted.
        yield _trigger("bookings", event, f"daybridge_a_hold_{event}", f"hold_{event}")


def _trigger(table: str, event: str, name: str, function: str) -> Hook:
    # Word for word what pg_get_triggerdef answers.
    rest = (
        f"TRIGGER {name} AFTER {event.upper()} ON public.{table} {_TRANSITIONS[event]}FOR EACH STATEMENT "
        f"EXECUTE FUNCTION daybridge.{function}()"
    )
    return Hook("trigger", name, table, f"CREATE {rest}", (f"CREATE OR REPLACE {rest}",))


def _mark(statement: str) -> str:
    digest = hashlib.sha256(statement.encode()).hexdigest()[:12]
    return f"Hung up by Daybridge, hooks {VERSION} ({digest})"


def _function_name(table: str, event: str) -> str:
    return f"capture_{table}_{event}"


def _select(watched: Watched, event: str) -> str:
    if event != "update":
        rows = "new_rows" if event == "insert" else "old_rows"
        return _APPEARED.format(business=watched.business.format(row="r"), scope=watched.scope, rows=rows)
    return _CHANGED.format(
        old_business=watched.business.format(row="o"),
        new_business=watched.business.format(row="n"),
        scope=watched.scope,
        old_columns=", ".join(f"o.{column}" for column in watched.columns),
        new_columns=", ".join(f"n.{column}" for column in watched.columns),
    )
