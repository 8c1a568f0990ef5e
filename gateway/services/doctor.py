"""Say what is wrong with an installation: one line for each thing, with the remedy. Works when nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from gateway import settings as settings_file
from gateway.core.errors import GatewayError
from gateway.db import attachment, inspection, migrate
from gateway.services import survey
from gateway.services.deps import Deps
from gateway.settings import SettingsError

# A worker projects within a second; a database server's clock that differs by more shows wrong times of changes.
LONGEST_WAIT = timedelta(minutes=1)
MOST_CLOCK_DIFFERENCE = timedelta(seconds=5)
_LOOPBACK = ("127.", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` is None where it could not be, or where nothing is wrong but worth a word."""

    name: str
    ok: bool | None
    words: str
    remedy: str = ""


Look = Callable[[Deps], Iterator[Check]]


def doctor(deps: Deps) -> list[Check]:
    """Look at everything. Never raises for what it finds."""
    found = [*_settings(deps), *_credentials(deps)]
    database = _database(deps)
    found.append(database)
    if not database.ok:
        return found
    for look in (_clock, _schema, _hooks, _projection, _rows):
        try:
            found += look(deps)
        except GatewayError as error:
            found.append(Check(look.__name__.strip("_"), False, str(error), error.remedy))
    return found


def _settings(deps: Deps) -> Iterator[Check]:
    settings = deps.settings
    reachable = not settings.host.startswith(_LOOPBACK)
    if settings.public_url.startswith("https://"):
        yield Check("address", True, f"people reach this installation at {settings.address}")
    elif reachable:
        yield Check(
            "address",
            False,
            f"{settings.listen} is open to others, and {settings.address} is not https: passwords are readable",
            "Put a web server with TLS in front, and set public_url to its https:// address.",
        )
    else:
        yield Check(
            "address",
            None,
            f"{settings.address} is right on this machine only",
            "Set public_url before other devices use it.",
        )


def _credentials(deps: Deps) -> Iterator[Check]:
    try:
        credentials = settings_file.load_credentials(deps.settings)
    except SettingsError as error:
        yield Check("credentials", False, str(error), "Daybridge doesn't start until this is mended.")
        return
    if credentials.session:
        yield Check("credentials", True, "there is a key for the pages' sessions")
    else:
        yield Check(
            "credentials",
            None,
            "there is no key for the pages' sessions: everyone signs in anew after a restart",
            "Set session in the credentials file; needed where several processes serve.",
        )


def _database(deps: Deps) -> Check:
    try:
        with deps.database.owner() as session:
            _, words, number = inspection.clock(session)
    except GatewayError as error:
        return Check("database", False, str(error), "Is PostgreSQL running, and is database_url right?")
    if number < survey.OLDEST_VERSION:
        return Check(
            "database", False, f"PostgreSQL {words} is too old", "Daybridge needs PostgreSQL 15 or newer."
        )
    return Check("database", True, f"PostgreSQL {words} answers")


def _clock(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        theirs, _, _ = inspection.clock(session)
    difference = abs(deps.now() - theirs)
    ok = difference <= MOST_CLOCK_DIFFERENCE
    words = f"this machine and the database server differ by {difference.total_seconds():.1f} s"
    yield Check("clock", ok, words, "" if ok else "Let both keep the time by NTP.")


def _schema(deps: Deps) -> Iterator[Check]:
    waiting = migrate.pending(deps.database)
    if waiting:
        yield Check("schema", False, f"{len(waiting)} migrations are not applied", "Run `daybridge migrate`.")
    else:
        yield Check("schema", True, "up to date")


def _hooks(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        missing = attachment.missing(session)
    if missing:
        names = ", ".join(str(hook) for hook in missing[:5])
        yield Check(
            "attachment",
            False,
            f"{len(missing)} triggers or views are missing: {names}",
            "Run `daybridge attach`; the worker does it within five minutes. Changes made meanwhile are found then.",
        )
    else:
        yield Check("attachment", True, "all triggers and views are in place")


def _projection(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        count, since = inspection.oldest_note(session)
    late = since is not None and deps.now() - since > LONGEST_WAIT
    if late:
        yield Check(
            "worker",
            False,
            f"{count} changes wait, the first since {since:%Y-%m-%d %H:%M} UTC",
            "Is `daybridge worker` (or `up`) running? Its log says what holds it up.",
        )
    else:
        yield Check("worker", True, f"{count} changes wait to be projected" if count else "nothing waits")


def _rows(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        unreadable = inspection.unreadable(session)
        unknown = list(survey.unknown_zones(session))
    for business_id, count, first in unreadable:
        yield Check(
            "bookings",
            None,
            f"business {business_id}: {count} bookings make no sense and are not shown, e.g. {first}",
            "Correct their times, status or staff member in the booking system.",
        )
    for finding in unknown:
        yield Check("time zones", None, finding.words, finding.remedy)
    if not unreadable:
        yield Check("bookings", True, "every booking can be shown")
