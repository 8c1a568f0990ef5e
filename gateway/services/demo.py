"""A believable business to look at: made once for each data directory, and the same at every start."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.core.demo_business import demo_business
from gateway.core.model import CalendarKind, Detail
from gateway.db import demo as rows
from gateway.db import outbox, schema
from gateway.services import grant, rules
from gateway.services.attach import attach
from gateway.services.deps import Deps
from gateway.services.project import project_everything

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """One of the demo's staff, and how to see their calendar."""

    id: int
    email: str
    username: str
    password: str
    feed_url: str


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything that a person or a script needs to look at the demo. The first staff member is the manager."""

    url: str
    sign_in_url: str
    caldav_url: str
    username: str
    password: str
    feed_url: str
    api_key: str
    database_url: str
    business_id: int
    staff: tuple[DemoStaff, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What can't be made again, because the database has only its hash; beside the database, for the owner's eyes."""

    api_key: str
    feeds: dict[str, str]
    passwords: dict[str, str]


def prepare(deps: Deps, keep_in: Path, bookings: int, progress: Progress, *, own_database: bool) -> Demo:
    """The demo business, attached and projected. What an earlier run made is used again. `progress(what, done, of)`.

    In a database of our own double bookings are refused from the start; in one that others use too, that is theirs to
    choose.
    """
    with deps.database.owner() as session:
        schema.create_booking_app(session)
        business_id = rows.find(session.cursor)
        if business_id is None:
            chance = random.Random(2026)  # noqa: S311  # names and times of a demo, no secret
            made = demo_business(deps.now().date(), bookings, chance)
            business_id = rows.seed(session.cursor, made, deps.now())
    progress("The demo business stands", 1, 1)
    attach(deps.database)
    if own_database:
        rules.enforce_by_default(deps.database)
    _project(deps, progress)
    kept = _keys(deps, business_id, keep_in)
    return _describe(deps, business_id, kept)


def _project(deps: Deps, progress: Progress) -> None:
    project_everything(
        deps.database,
        deps.now,
        lambda done: progress("Bookings in the calendars", done, done + _left(deps)),
    )


def _left(deps: Deps) -> int:
    with deps.database.owner() as session:
        return outbox.size(session)


def _keys(deps: Deps, business_id: int, keep_in: Path) -> _Kept:
    """The demo's passwords, feeds and key: kept ones, or new ones when there are none for this database."""
    file = keep_in / "demo-keys.json"
    if file.exists():
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept.pop("business_id") == business_id:
            return _Kept(**kept)
    staff_ids = _staff_ids(deps, business_id)
    kept = _Kept(
        api_key=grant.api_key(deps, business_id, "write", "demo").secret,
        feeds={
            str(id_): _token(
                grant.feed(deps, business_id, CalendarKind.BOOKINGS, id_, Detail.FULL, "demo").secret
            )
            for id_ in staff_ids
        },
        passwords={str(id_): grant.app_password(deps, business_id, id_, "demo").secret for id_ in staff_ids},
    )
    _write_privately(file, json.dumps({"business_id": business_id, **asdict(kept)}))
    return kept


def _describe(deps: Deps, business_id: int, kept: _Kept) -> Demo:
    address = deps.settings.address
    staff = tuple(
        DemoStaff(
            m.id, m.email, m.email, kept.passwords[str(m.id)], f"{address}/feeds/{kept.feeds[str(m.id)]}.ics"
        )
        for m in grant.staff(deps, business_id)
        if str(m.id) in kept.passwords
    )
    manager = staff[0]
    return Demo(
        url=f"{address}/",
        sign_in_url=grant.sign_in_link(deps, business_id, manager.id).secret,
        caldav_url=f"{address}/dav/",
        username=manager.username,
        password=manager.password,
        feed_url=manager.feed_url,
        api_key=kept.api_key,
        database_url=deps.settings.database_url,
        business_id=business_id,
        staff=staff,
    )


def _staff_ids(deps: Deps, business_id: int) -> list[int]:
    return [member.id for member in grant.staff(deps, business_id)]


def _token(feed_url: str) -> str:
    """The address may differ at the next start; the token stays."""
    return feed_url.rpartition("/")[2].removesuffix(".ics")


def _write_privately(file: Path, text: str) -> None:
    """Into a file that was never readable by anyone else, not even for a moment."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
