"""Say what is wrong with an installation: one line for each thing, with the remedy. Works when nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from gateway import settings as settings_file
from gateway.core.errors import GatewayError
from gateway.db import attachment, business_settings, inspection, migrate
from gateway.services import seals, survey
from gateway.services.checks import Check
from gateway.services.deps import Deps
from gateway.services.doctor_accounts import accounts
from gateway.services.survey import Finding, Severity
from gateway.settings import SettingsError

# A worker projects within a second; a database server's clock that differs by more shows wrong times of changes.
LONGEST_WAIT = timedelta(minutes=1)
MOST_CLOCK_DIFFERENCE = timedelta(seconds=5)
OBSERVED_FOR = timedelta(days=7)
_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]", "::1")


Look = Callable[[Deps], Iterator[Check]]


def doctor(deps: Deps) -> list[Check]:
    """Look at everything. Never raises for what it finds; what one fault hides is looked at once that is mended."""
    found = [*_settings(deps), *_credentials(deps)]
    for looks in (
        (_database,),
        (_rights,),
        (_clock, _schema, _hooks, _worker, _tables),
        (_rows, _double_bookings, _secrets, accounts),
    ):
        for look in looks:
            found += _safely(look, deps)
        if any(check.ok is False for check in found if check.name in _FATAL):
            break
    return found


# Whatever is wrong with one of these would make what is looked at later fail.
_FATAL = ("database", "rights", "tables")


def _safely(look: Look, deps: Deps) -> list[Check]:
    try:
        return list(look(deps))
    except GatewayError as error:
        return [Check(look.__name__.strip("_"), False, str(error), error.remedy)]


def _settings(deps: Deps) -> Iterator[Check]:
    address = deps.settings.address
    alone = urlsplit(address).hostname in _THIS_MACHINE
    if deps.settings.host in _THIS_MACHINE and alone:
        words = f"{address} is right on this machine only"
        yield Check("address", None, words, "Set public_url before other devices use it.")
    elif address.startswith("https://"):
        yield Check("address", True, f"people reach this installation at {address}")
    else:
        yield Check(
            "address",
            False,
            f"{deps.settings.listen} is open to others, and {address} is not https: passwords are readable",
            "Put a web server with TLS in front, and set public_url to its https:// address.",
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


def _database(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        _, version = inspection.clock(session)
    yield Check("database", True, f"PostgreSQL {version} answers")


def _rights(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        findings = survey.rights(session)
    yield from _checks("rights", findings, "the database's role may do all that is needed")


def _clock(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        theirs, _ = inspection.clock(session)
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


def _worker(deps: Deps) -> Iterator[Check]:
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


def _tables(deps: Deps) -> Iterator[Check]:
    """A column that the app renamed makes every note of its table's changes fail."""
    with deps.database.owner() as session:
        findings = survey.tables(session)
    yield from _checks("tables", findings, "the booking app's tables are as they should be")


def _checks(name: str, findings: list[Finding], all_well: str) -> Iterator[Check]:
    for finding in findings:
        blocks = finding.severity is Severity.BLOCKER
        yield Check(name, False if blocks else None, finding.words, finding.remedy)
    if not findings:
        yield Check(name, True, all_well)


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


def _double_bookings(deps: Deps) -> Iterator[Check]:
    with deps.database.owner() as session:
        if not business_settings.can_be_told(session):
            return
        tally = business_settings.tally(session, deps.now(), deps.now() - OBSERVED_FOR)
    watching = tally.businesses - tally.enforcing
    yield Check(
        "double bookings",
        None if watching else True,
        f"refused in {tally.enforcing} businesses, only watched in {watching}",
        "`daybridge rules findings` says what would be refused, `rules set --enforcement enforce` does it."
        if watching
        else "",
    )
    if tally.observed:
        yield Check(
            "let through",
            None,
            f"{tally.observed} double bookings in the last {OBSERVED_FOR.days} days, where they are only watched",
            "`daybridge rules findings` says which.",
        )
    if tally.overlapping:
        yield Check(
            "overlaps",
            None,
            f"{tally.overlapping} bookings from now on overlap something else of the same staff member",
            "`daybridge rules findings` says which; move or cancel what shouldn't be there.",
        )


def _secrets(deps: Deps) -> Iterator[Check]:
    """By which booking apps know us and accounts let us in: nothing works there whose secret can't be opened."""
    standing = seals.look(deps)
    for business_id, why in standing.closed[:1] if standing.keys else ():
        yield Check(
            "secrets",
            False,
            f"{len(standing.closed)} stored secrets can't be opened, e.g. one of business {business_id}: {why}",
            "Put the key back into [keys] encryption; or make a new secret "
            f"(`daybridge rules delegate --business-id {business_id} --url …`), and have accounts connected anew.",
        )
    if standing.stored and not standing.keys:
        yield Check(
            "secrets",
            False,
            f"there is no key in [keys] encryption, and {standing.stored} secrets are sealed with one",
            "Put it back into the credentials file, and name that in credentials_file.",
        )
    elif standing.older:
        yield Check(
            "secrets",
            None,
            f"{len(standing.older)} of {standing.stored} are under an older key",
            "`daybridge keys rotate` encrypts them anew.",
        )
    elif standing.stored and not standing.closed:
        yield Check("secrets", True, f"{standing.stored} stored secrets can be opened")
