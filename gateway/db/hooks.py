"""What is hung into the booking app's tables: triggers that note changes, and views that show one tenant at a time.

One table says which columns a rendered event shows (`WATCHED`); the triggers are written from it. A trigger costs one
insert for each statement, changes nothing, and can't fail the statement that fired it: what it could not note is found
by the sweep. The app may drop its tables and with them all of this (Rails' db:schema:load); so everything here can be
put back at any time, and `missing` says what is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.db.engine import Session


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
    Watched("services", "service", ("business_id", "name")),
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

# The tenant's window on the app's tables: (view, columns, whose rows). The columns are all that we ever read.
WINDOWS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("businesses", ("name", "time_zone", "address", "city", "state", "zip", "active"), "t.id = daybridge.tenant()"),
    (
        "bookings",
        (
            "business_id", "staff_member_id", "service_id", "service_variant_id", "tenant_customer_id",
            "start_time", "end_time", "status", "notes", "video_meeting_url",
        ),
        "t.business_id = daybridge.tenant()",
    ),
    (
        "staff_members",
        ("business_id", "user_id", "name", "email", "active"),
        "t.business_id = daybridge.tenant()",
    ),
    ("users", ("business_id", "email", "role", "active"), "t.business_id = daybridge.tenant()"),
    ("services", ("business_id", "name"), "t.business_id = daybridge.tenant()"),
    (
        "service_variants",
        ("service_id", "name"),
        "EXISTS (SELECT FROM public.services s WHERE s.id = t.service_id AND s.business_id = daybridge.tenant())",
    ),
    (
        "tenant_customers",
        ("business_id", "first_name", "last_name", "email", "phone"),
        "t.business_id = daybridge.tenant()",
    ),
)  # fmt: skip

_FUNCTION = """\
CREATE OR REPLACE FUNCTION daybridge.{name}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO daybridge.outbox (business_id, scope, subject_id)
{select};
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'daybridge could not note a change of {table}: %', SQLERRM;
    RETURN NULL;
END $$"""

_CHANGED = """\
    SELECT {old_business}, '{scope}', o.id FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE ({old_columns}) IS DISTINCT FROM ({new_columns}) AND {old_business} IS NOT NULL
    UNION ALL
    SELECT {new_business}, '{scope}', n.id FROM old_rows o JOIN new_rows n ON n.id = o.id
    WHERE {new_business} IS DISTINCT FROM {old_business} AND {new_business} IS NOT NULL"""

_APPEARED = "    SELECT {business}, '{scope}', r.id FROM {rows} r WHERE {business} IS NOT NULL"

_EMPTIED = "    SELECT t.business_id, 'business', t.business_id FROM daybridge.tenants t"

_TRANSITIONS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
    "truncate": "",
}


def windows() -> Iterator[str]:
    """The statements that make the tenant's views. Dropped first, because a view can't lose a column in place."""
    for view, columns, whose in WINDOWS:
        names = ", ".join(f"t.{column}" for column in ("id", *columns))
        yield f"DROP VIEW IF EXISTS daybridge.{view}"
        yield (
            f"CREATE VIEW daybridge.{view} WITH (security_barrier) AS\n    SELECT {names}\n"
            f"    FROM public.{view} t WHERE {whose}"
        )
        yield f"GRANT SELECT ON daybridge.{view} TO daybridge_app"


def functions() -> Iterator[str]:
    """The statements that make the trigger functions; they take no lock on the app's tables."""
    for watched in WATCHED:
        for event in watched.events:
            yield _FUNCTION.format(
                name=_name(watched, event), table=watched.table, select=_select(watched, event)
            )
    yield _FUNCTION.format(name="capture_bookings_truncate", table="bookings", select=_EMPTIED)


def triggers() -> dict[str, list[str]]:
    """By table, the statements that hang its triggers up. Each table's go into one short transaction of their own."""
    plan: dict[str, list[str]] = {}
    for watched in WATCHED:
        plan[watched.table] = [_trigger(watched.table, event) for event in watched.events]
    plan["bookings"].append(_trigger("bookings", "truncate"))
    return plan


def removal() -> dict[str, list[str]]:
    """By table, the statements that take its triggers down again."""
    return {
        table: [f"DROP TRIGGER IF EXISTS {_trigger_name(table, event)} ON public.{table}" for event in _TRANSITIONS]
        for table in triggers()
    }


def missing(session: Session) -> list[str]:
    """Which of our triggers and views are not where they should be, as `table: trigger` or `view: name`."""
    hung = {
        (table, name)
        for table, name in session.all(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE c.relnamespace = 'public'::regnamespace AND t.tgname LIKE 'daybridge_%%' AND t.tgenabled <> 'D'"
        )
    }
    wanted = [(w.table, _trigger_name(w.table, event)) for w in WATCHED for event in w.events]
    wanted.append(("bookings", _trigger_name("bookings", "truncate")))
    views = {
        name
        for (name,) in session.all(
            "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'daybridge'::regnamespace"
        )
    }
    return [f"{table}: {name}" for table, name in wanted if (table, name) not in hung] + [
        f"view: {name}" for name, _, _ in WINDOWS if name not in views
    ]


def _name(watched: Watched, event: str) -> str:
    return f"capture_{watched.table}_{event}"


def _trigger_name(table: str, event: str) -> str:
    return f"daybridge_{table}_{event}"


def _trigger(table: str, event: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {_trigger_name(table, event)} AFTER {event.upper()} ON public.{table}\n"
        f"    {_TRANSITIONS[event]} FOR EACH STATEMENT EXECUTE FUNCTION daybridge.capture_{table}_{event}()"
    )


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
