"""What stands in the way of attaching, and which rows a calendar can't show: each finding with its remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.core import zones
from gateway.db import hooks, inspection
from gateway.db.engine import Session
from gateway.db.inspection import Rights

# Older ones don't know UNIQUE NULLS NOT DISTINCT; and the support for 14 ended in 2026.
OLDEST_VERSION = 150_000

# As many are named one by one.
_MOST_BUSINESSES = 20
# Measured: an object takes 1.3 kB with its indexes, and each booking has two; the worker makes 3,600 bookings a second
# on a machine of its own.
_BYTES_OF_AN_OBJECT = 1_500
_BOOKINGS_A_SECOND = 1_500


class Severity(StrEnum):
    """info: good to know; warning: something won't be shown or work; blocker: attach changes nothing."""

    INFO = "info"
    WARNING = "warning"
    BLOCKER = "blocker"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the database that its owner should know. `words` never hold a customer's data."""

    severity: Severity
    words: str
    remedy: str


# What is odd about bookings, in the words of inspection.sql; most of it only hides the booking.
_ODD_BOOKINGS: dict[str, tuple[Severity, str, str]] = {
    "orphan": (
        Severity.INFO,
        "of a deleted business (status 5)",
        "They are never shown.",
    ),
    "no business": (
        Severity.WARNING,
        "without a business",
        "They aren't shown; give them a business_id or cancel them.",
    ),
    "no staff": (
        Severity.WARNING,
        "without a staff member",
        "They aren't shown; assign them to someone in the booking system.",
    ),
    "no service": (Severity.INFO, "without a service", 'They are shown as "Booking".'),
    "no customer": (Severity.INFO, "without a customer", "They are shown without a name."),
    "unknown status": (
        Severity.WARNING,
        "with a status that isn't one of 0 to 5",
        "They aren't shown; correct bookings.status.",
    ),
    "no length": (
        Severity.WARNING,
        "that end when they begin, or before",
        "They aren't shown; correct start_time and end_time.",
    ),
    "no time": (
        Severity.WARNING,
        "at a time without bounds, or beyond the years 1970 to 2999",
        "They aren't shown; correct start_time and end_time.",
    ),
    "strange staff": (
        Severity.WARNING,
        "with a staff member of another business",
        "They aren't shown; assign them to someone of their own business.",
    ),
    "strange names": (
        Severity.WARNING,
        "with a service or a customer of another business",
        "They are shown without it; correct service_id and tenant_customer_id.",
    ),
}


def structure(session: Session) -> list[Finding]:
    """What decides whether we can attach at all: the server, our rights, the app's tables."""
    return [*rights(session), *tables(session)]


def rights(session: Session) -> list[Finding]:
    """Whether the server is one that we can work with, and lets us."""
    who = inspection.rights(session)
    return [*_server(who), *_rights(session, who)]


def tables(session: Session) -> list[Finding]:
    """Whether the app's tables are there, are as we know them, and are open to us."""
    return [*_tables(session, inspection.rights(session)), *_columns(session)]


def rows(session: Session) -> list[Finding]:
    """What the app's rows will look like in calendars. Reads every booking, and locks none."""
    return [*_size(session), *_bookings(session), *_overlaps(session), *_zones(session), *_people(session)]


def unknown_zones(session: Session) -> Iterator[Finding]:
    for zone in inspection.zones(session):
        try:
            zones.resolve(zone.kind or "UTC")
        except zones.UnknownZone:
            yield Finding(
                Severity.WARNING,
                f"Nobody knows the time zone {zone.kind[:80]!r} of {_businesses(zone.count, zone.first)}.",
                "Their events are written in UTC: right, but odd to read; set an IANA name such as Europe/Berlin.",
            )


def _server(who: Rights) -> Iterator[Finding]:
    if who.version < OLDEST_VERSION:
        yield _blocker(
            f"The server is PostgreSQL {who.version // 10_000}.",
            "Daybridge needs 15 or newer; upgrade the server.",
        )
    if who.replica:
        yield _blocker(
            f"session_replication_role is 'replica' for {who.role}: no trigger fires in its sessions.",
            f"ALTER ROLE {who.role} RESET session_replication_role; and the same for the app's role.",
        )
    if who.hides_tables:
        yield Finding(
            Severity.WARNING,
            f"The search path of {who.role} has the schema daybridge: there `bookings` means our view, not the table.",
            f"ALTER ROLE {who.role} SET search_path = public; or let the app sign in as another role.",
        )


def _rights(session: Session, who: Rights) -> Iterator[Finding]:
    if not (who.makes_schemas or who.has_schema):
        yield _blocker(
            f"{who.role} may not create a schema in {who.database}.",
            f"As an administrator: GRANT CREATE ON DATABASE {who.database} TO {who.role};",
        )
    if not who.owns_schema:
        yield _blocker(
            f"The schema daybridge belongs to another role than {who.role}.",
            "Sign in as its owner, or as a member of that role.",
        )
    ours = inspection.application_role(session, who)
    if ours is None and not (who.superuser or who.makes_roles):
        yield _blocker(
            f"There is no role daybridge_app, and {who.role} may not create one.",
            f"As an administrator: CREATE ROLE daybridge_app NOLOGIN; GRANT daybridge_app TO {who.role};",
        )
    elif ours and not (ours.joined or ours.joinable):
        yield _blocker(
            f"{who.role} may not become daybridge_app, as every transaction of ours does.",
            f"As an administrator: GRANT daybridge_app TO {who.role};",
        )
    if ours and ours.unbound:
        yield _blocker(
            "The role daybridge_app may see past row-level security, so tenants would not be apart.",
            "As an administrator: ALTER ROLE daybridge_app NOSUPERUSER NOBYPASSRLS;",
        )


def _tables(session: Session, who: Rights) -> Iterator[Finding]:
    there = inspection.tables(session)
    for name in (window.view for window in hooks.WINDOWS):
        table = there.get(name)
        if table is None:
            yield _blocker(f"There is no table public.{name}.", "Is this the booking app's database?")
        elif table.kind not in ("r", "p"):
            yield _blocker(
                f"public.{name} is a view or a foreign table.", "Attach to where the tables themselves are."
            )
        elif not (table.readable and table.triggerable):
            yield _blocker(
                f"{who.role} may not read public.{name} and hang triggers into it.",
                f"Sign in as its owner, or: GRANT SELECT, TRIGGER ON public.{name} TO {who.role};",
            )
        elif table.rows_hidden:
            yield _blocker(
                f"Row-level security hides rows of public.{name} from {who.role}.",
                "Sign in as the table's owner.",
            )
        elif not table.ours:
            yield Finding(
                Severity.WARNING,
                f"public.{name} belongs to another role than {who.role}.",
                "Attaching works; `detach` will have to be run by the owner.",
            )


def _columns(session: Session) -> Iterator[Finding]:
    for misfit in inspection.misfits(session):
        what = f"public.{misfit.table}.{misfit.column}"
        words = (
            f"{what} is {misfit.found}, not {misfit.wanted}."
            if misfit.found
            else f"There is no column {what}."
        )
        yield _blocker(words, "Is the booking app's schema of a version that this one knows?")


def _size(session: Session) -> Iterator[Finding]:
    businesses, bookings, shown = inspection.sizes(session)
    megabytes = 2 * shown * _BYTES_OF_AN_OBJECT / 1_000_000
    minutes = shown / _BOOKINGS_A_SECOND / 60
    yield Finding(
        Severity.INFO,
        f"{bookings} bookings of {businesses} businesses, {shown} to be shown: about {math.ceil(megabytes)} MB, and "
        f"{math.ceil(minutes)} min for the worker.",
        "The app goes on meanwhile, and calendars can be read from the start.",
    )


def _bookings(session: Session) -> Iterator[Finding]:
    for odd in inspection.odd_bookings(session):
        severity, words, remedy = _ODD_BOOKINGS[odd.kind]
        yield Finding(severity, f"Bookings {words}: {odd.count}, such as {odd.first}.", remedy)


def _overlaps(session: Session) -> Iterator[Finding]:
    found = inspection.overlaps(session)
    remedy = "All are shown. Until they are moved, the business can't have overlaps refused."
    for business_id, count, first in found[:_MOST_BUSINESSES]:
        words = f"Bookings of business {business_id} over an earlier one of the same person: {count}, such as {first}."
        yield Finding(Severity.WARNING, words, remedy)
    if len(found) > _MOST_BUSINESSES:
        rest = sum(count for _, count, _ in found[_MOST_BUSINESSES:])
        words = f"Bookings of {len(found) - _MOST_BUSINESSES} more businesses over an earlier one: {rest}."
        yield Finding(Severity.WARNING, words, remedy)


def _zones(session: Session) -> Iterator[Finding]:
    yield from unknown_zones(session)
    for zone in inspection.zones(session):
        if zone.kind in ("", "UTC"):
            name = "UTC, which probably means that nobody has set it" if zone.kind else "not set"
            yield Finding(
                Severity.INFO,
                f"The time zone of {_businesses(zone.count, zone.first)} is {name}.",
                "Their events are written in UTC; set the time zone in the booking system.",
            )


def _people(session: Session) -> Iterator[Finding]:
    odd = inspection.staff_without_email(session)
    if odd:
        yield Finding(
            Severity.INFO,
            f"Staff members without an e-mail address, who can't sign in: {odd.count}, such as {odd.first}.",
            "Managers see their calendars all the same; add an address in the booking system.",
        )


def _businesses(count: int, first: int) -> str:
    return f"business {first}" if count == 1 else f"{count} businesses, such as {first}"


def _blocker(words: str, remedy: str) -> Finding:
    return Finding(Severity.BLOCKER, words, remedy)
