"""The practice calendar, in a PostgreSQL. What its owner can't do on the page is done to the rows."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from gateway.core.model import Event
from gateway.core.remote import Grant
from gateway.core.secrets import token_hash
from gateway.db import practice as kept
from gateway.db.practice import PracticeStore
from gateway.providers import practice
from gateway.providers.port import Account, CalendarProvider
from gateway.providers.practice import translate
from gateway.providers.practice.translate import Entry
from gateway.services import practice as owners
from gateway.services.deps import Deps
from gateway.services.grant import Member
from gateway.services.practice import Asked
from tests.providers.harness import (
    ADDRESS,
    BERLIN,
    HOUR,
    KEY,
    Clock,
    Theirs,
)


class Practice:
    """What its owner can't do on the page is done to the rows."""

    numbers = count(1)

    def __init__(self, deps: Deps) -> None:
        self.deps, self.clock = deps, Clock()
        self.deps = replace(deps, now=self.clock)
        self.store = PracticeStore(deps.database)
        self.series: dict[str, Theirs] = {}
        self.main = f"account-{next(self.numbers)}"
        self.where = (1, self.main, self.main)
        self.pages_of(250)
        self.let_in_again()
        with deps.database.tenant(1) as session:
            kept.open_calendar(session, self.where, "Mine", "Europe/Berlin")

    def let_in_again(self) -> None:
        token = practice.authority.new_token(1, os.urandom)
        self.store.let_in(1, token_hash(token), self.main)
        self.grant = Grant(token, token, self.clock.now + HOUR, frozenset({"events"}))

    def open(self, *, titles: bool = False) -> CalendarProvider:
        return self.provider.open(Account(1, 1, "", self.grant, titles))

    def put_unheard(self, event: Event) -> None:
        self.open().put(self.main, KEY, event, None)

    def add(self, theirs: Theirs) -> str:
        id_ = f"theirs{next(self.numbers)}"
        self.series[id_] = theirs
        self._write(id_, self._entry(theirs))
        return id_

    def move(self, id_: str, by: timedelta) -> None:
        if id_ in self.series and self.series[id_].rule:
            old = self.series[id_]
            self.series[id_] = replace(old, starts=old.starts + by, ends=old.ends + by)
            self._write(id_, self._entry(self.series[id_]))
        else:
            self._write(id_, translate.shifted(self._read(id_), by))

    def rename(self, id_: str, title: str) -> None:
        self._write(id_, replace(self._read(id_), title=title))

    def make_all_day(self, id_: str, day: date) -> None:
        self._write(id_, replace(self._read(id_), times=translate.times(day, day + timedelta(days=1))))

    def remove(self, id_: str) -> None:
        with self.deps.database.tenant(1) as session:
            kept.remove(session, self.where, kept.begin(session, self.where), id_)

    def move_one(self, id_: str, starts: datetime, by: timedelta, lasting: timedelta = HOUR) -> None:
        times = translate.times(starts + by, starts + by + lasting) + self._replaced(starts)
        self._write(self._instance(id_, starts), Entry(times=times), series=id_)

    def cancel_one(self, id_: str, starts: datetime) -> None:
        entry = translate.without(
            Entry(times=translate.times(starts, starts + HOUR) + self._replaced(starts))
        )
        self._write(self._instance(id_, starts), entry, series=id_)

    def add_calendar(self, name: str) -> str:
        with self.deps.database.tenant(1) as session:
            kept.open_calendar(session, (1, self.main, name), name, "America/New_York")
        return name

    def drop_calendar(self, id_: str) -> None:
        with self.deps.database.owner() as session:
            session.run(
                "DELETE FROM daybridge.practice_calendars WHERE account = %(account)s AND id = %(id)s",
                account=self.main,
                id=id_,
            )

    def expire_cursors(self) -> None:
        with self.deps.database.tenant(1) as session:
            kept.expire(session, self.where)

    def pages_of(self, size: int) -> None:
        self.provider = practice.provider(
            self.store, self.deps.settings.address, self.clock, os.urandom, page=size
        )
        self.deps = replace(self.deps, providers={"practice": self.provider})

    def visit(self, url: str, *, agrees: bool = True) -> dict[str, str]:
        member = Member(1, 11, "Alice Adler", "alice@harbor.example")
        query = dict(parse_qsl(urlsplit(url).query))
        asked = Asked(query["state"], query["redirect_uri"], query["code_challenge"])
        back = owners.agree(self.deps, member, asked) if agrees else owners.refuse(self.deps, asked)
        assert back.startswith(f"{self.redirect}?")
        return dict(parse_qsl(urlsplit(back).query))

    @property
    def redirect(self) -> str:
        return f"{ADDRESS}/oauth/calendar/practice/callback"

    def _read(self, id_: str) -> Entry:
        with self.deps.database.tenant(1) as session:
            found = kept.event(session, self.where, id_)
        assert found is not None
        return translate.stored(found.content)

    def _write(self, id_: str, entry: Entry, series: str = "") -> None:
        with self.deps.database.tenant(1) as session:
            revision = kept.begin(session, self.where)
            before = kept.event(session, self.where, id_)
            tag = before.tag if before else ""
            kept.remove(session, self.where, revision, id_, parts=True)
            kept.write(session, self.where, revision, id_, entry.content, series=series, tag=tag)

    def _entry(self, theirs: Theirs) -> Entry:
        times = translate.times(theirs.starts, theirs.ends)
        if theirs.rule and isinstance(theirs.starts, datetime) and isinstance(theirs.ends, datetime):
            local = [moment.astimezone(BERLIN) for moment in (theirs.starts, theirs.ends)]
            times = "".join(
                f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}\r\n"
                for name, moment in zip(("DTSTART", "DTEND"), local, strict=True)
            )
        times += f"RRULE:{theirs.rule}\r\n" if theirs.rule else ""
        return Entry(times, theirs.title, showing=theirs.showing, reply=theirs.reply)

    def _replaced(self, starts: datetime) -> str:
        return f"RECURRENCE-ID;TZID=Europe/Berlin:{starts.astimezone(BERLIN):%Y%m%dT%H%M%S}\r\n"

    def _instance(self, id_: str, starts: datetime) -> str:
        return f"{id_}_{starts.astimezone(UTC):%Y%m%dT%H%M%SZ}"
