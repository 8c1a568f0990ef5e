"""A provider that lives in memory, and what tests of connected accounts stand on: people's browsers and a clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from webtest import TestApp
from webtest.response import TestResponse

from bridge.app import create_app
from gateway.core.errors import NotAccepted, ProviderError, RemoteGone
from gateway.core.model import Event
from gateway.core.remote import Grant, Page, RemoteCalendar, RemoteEvent, Stamp, Watch, Window
from gateway.providers import google
from gateway.providers.oauth import declined
from gateway.providers.port import Account, Provider
from gateway.services import grant, serve
from gateway.services.deps import Deps
from tests.conftest import Person, Town
from tests.services.test_delegate import with_keys

PAGE = "/manage/settings/calendars"
EVERYONE = f"{PAGE}/everyone"
# A Monday noon in New York.
MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
SCOPES = {"events": "see and change the events of your calendars", "list": "see the list of your calendars"}


@dataclass
class Holding:
    """What somebody has at the provider: calendars, and in each what was told of its events, the latest last."""

    calendars: list[RemoteCalendar]
    told: dict[str, list[RemoteEvent]] = field(default_factory=dict)


@dataclass
class Elsewhere:
    """The provider. `trouble` is raised whenever it is asked something; `asked` are those on their way to agree."""

    accounts: dict[str, Holding] = field(default_factory=dict)
    asked: dict[str, dict[str, object]] = field(default_factory=dict)
    codes: dict[str, tuple[str, str, Grant]] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    watched: dict[str, str] = field(default_factory=dict)
    trouble: ProviderError | None = None

    def open_account(self, email: str, *more: str) -> Holding:
        """Somebody's account, with a main calendar and others that have these names."""
        main = RemoteCalendar(email, email, "America/New_York", True, True)
        others = [RemoteCalendar(f"{name} of {email}", name, "", True, False) for name in more]
        return self.accounts.setdefault(email, Holding([main, *others]))

    def write(self, email: str, id_: str, start: str, end: str, **more: object) -> None:
        """An event of theirs in the main calendar; times in UTC as iCalendar has them."""
        times = f"DTSTART:{start}\r\nDTEND:{end}\r\n".encode()
        event = RemoteEvent(id_, "1", id_, times=times, **more)  # type: ignore[arg-type]
        self.accounts[email].told.setdefault(email, []).append(event)

    def clear(self, email: str) -> None:
        told = self.accounts[email].told[email]
        told += [RemoteEvent(one.id, "", one.series, gone=True) for one in told if not one.tag]

    # What people do there.

    def agree(self, url: str, email: str, *, scopes: set[str] | None = None, lasting: bool = True) -> str:
        """Say yes; the address to which one is sent back."""
        self.open_account(email)
        state = parse_qs(urlsplit(url).query)["state"][0]
        code = f"code-{len(self.codes)}"
        until = MONDAY + timedelta(days=3650)
        granted = Grant(f"access {email}", "refresh" if lasting else "", until, frozenset(scopes or SCOPES))
        self.codes[code] = (str(self.asked[state]["verifier"]), str(self.asked[state]["redirect"]), granted)
        return self._back(state, code=code)

    def refuse(self, url: str, error: str = "access_denied") -> str:
        return self._back(parse_qs(urlsplit(url).query)["state"][0], error=error)

    def _back(self, state: str, **told: str) -> str:
        return f"{urlsplit(str(self.asked[state]['redirect'])).path}?{urlencode({'state': state, **told})}"

    # port.Authority

    def authorize_url(self, state: str, verifier: str, redirect: str, *, consent: bool, hint: str) -> str:
        self.asked[state] = {"verifier": verifier, "redirect": redirect, "consent": consent, "hint": hint}
        return f"https://elsewhere.example/agree?{urlencode({'state': state, 'hint': hint})}"

    def declined(self, error: str, detail: str) -> str:
        return declined(error)

    def exchange(self, code: str, verifier: str, redirect: str) -> Grant:
        self.stumble()
        if code not in self.codes or self.codes[code][:2] != (verifier, redirect):
            raise NotAccepted(host="Elsewhere", reason="it has to be started again")
        return self.codes.pop(code)[2]

    def refresh(self, grant: Grant) -> Grant:
        self.stumble()
        return grant

    def revoke(self, grant: Grant) -> None:
        self.revoked.append(grant.access_token)

    def lacking(self, grant: Grant) -> tuple[str, ...]:
        return tuple(words for scope, words in SCOPES.items() if scope not in grant.scopes)

    def stumble(self) -> None:
        if self.trouble:
            raise self.trouble

    def provider(self, name: str = "google", title: str = "Google") -> Provider:
        return Provider(name, title, self, lambda account: Opened(self, account), hear=google.hear)


class Opened:
    """port.CalendarProvider: an account as its grant opens it."""

    def __init__(self, elsewhere: Elsewhere, account: Account) -> None:
        self._elsewhere = elsewhere
        self._holding = elsewhere.accounts[account.grant.access_token.removeprefix("access ")]

    def calendars(self) -> list[RemoteCalendar]:
        self._elsewhere.stumble()
        return self._holding.calendars

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        self._elsewhere.stumble()
        told = self._holding.told.setdefault(calendar, [])
        id_ = seen.id if seen else key
        etag = str(len(told) + 1)
        told.append(RemoteEvent(id_, etag, id_, tag=event.uid))
        return Stamp(id_, etag)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        self._elsewhere.stumble()
        self._holding.told[calendar].append(RemoteEvent(stamp.id, "", stamp.id, gone=True))

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        found = self._present(calendar).get(id_)
        if found is None:
            raise RemoteGone(host="Elsewhere")
        return found

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        self._elsewhere.stumble()
        told = self._holding.told.get(calendar, [])
        events = told[int(cursor) :] if cursor else list(self._present(calendar).values())
        return Page(tuple(events), str(len(told)), last=True)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch:
        self._elsewhere.watched[id_] = secret
        return Watch(id_, f"resource of {calendar}", MONDAY + timedelta(days=7))

    def unwatch(self, watch: Watch) -> None:
        self._elsewhere.watched.pop(watch.id, None)

    def _present(self, calendar: str) -> dict[str, RemoteEvent]:
        latest = {one.id: one for one in self._holding.told.get(calendar, [])}
        return {id_: one for id_, one in latest.items() if not one.gone}


@dataclass
class Scene:
    """Harbor Hair on a Monday noon, with a provider that its people may have accounts at."""

    town: Town
    deps: Deps
    elsewhere: Elsewhere
    moment: list[datetime]

    @classmethod
    def set(cls, town: Town, folder: Path) -> Scene:
        elsewhere, moment = Elsewhere(), [MONDAY]
        deps = replace(
            with_keys(town.deps, folder, 1),
            now=lambda: moment[0],
            providers={"google": elsewhere.provider()},
        )
        return cls(town, deps, elsewhere, moment)

    def later(self, **by: float) -> None:
        self.moment[0] += timedelta(**by)

    def browser(self, person: Person | None = None) -> TestApp:
        """A browser, in which this person is signed in."""
        made = TestApp(create_app(self.deps), extra_environ={"HTTP_ACCEPT": "text/html"})
        if person:
            link = grant.sign_in_link(self.deps, person.business_id, person.staff_id).secret
            made.get("/" + link.split("/", 3)[3]).form.submit().follow()
        return made

    def work(self) -> None:
        """The worker, until nothing is due."""
        self.town.settle()
        for _ in range(10):
            found = serve.due(self.deps)
            for business_id, connection_id in found:
                serve.serve(self.deps, business_id, connection_id)
            if not found:
                return

    def connected(self, person: Person, email: str) -> tuple[TestApp, int]:
        """A person who has connected an account, in step by now; their browser, and the connection."""
        app = self.browser(person)
        connect(self, app, email).follow()
        self.work()
        [[id_]] = self.town.sql("SELECT max(id) FROM daybridge.calendar_connections")
        return app, int(str(id_))


def way(app: TestApp, *, whose: str = "own", page: str = PAGE) -> TestResponse:
    """The page that says what the provider will ask."""
    [form] = [
        one
        for one in app.get(page).forms.values()
        if one.action == f"{PAGE}/google" and "for" in one.fields and one["for"].value == whose
    ]
    return form.submit()


def link(page: TestResponse) -> str:
    """Where the page's one way on leads to."""
    [found] = page.html.select("a.btn-main")
    return str(found["href"])


def connect(
    scene: Scene, app: TestApp, email: str, *, whose: str = "own", page: str = PAGE, **how: object
) -> TestResponse:
    """All the way there and back, and what one is shown of a new account agreed to."""
    there = link(way(app, whose=whose, page=page))
    back = app.get(scene.elsewhere.agree(there, email, **how), expect_errors=True)  # type: ignore[arg-type]
    if back.status_int == 303 and "/look" in back.location:
        return submit(back.follow(), "/look", "answer", "connect")
    return back


def submit(
    page: TestResponse, ending: str, name: str | None = None, value: str | None = None
) -> TestResponse:
    """Press a button of the one form whose address ends so."""
    [form] = [one for one in page.forms.values() if one.action.endswith(ending)]
    return form.submit(name, value=value, expect_errors=True)


def token(app: TestApp) -> str:
    """What a form of this person's carries against forgery."""
    return str(app.get(PAGE).forms[0]["csrf_token"].value)
