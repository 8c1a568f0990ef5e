"""Somebody's account at each provider, as a person sees it who uses it beside our pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from bs4 import BeautifulSoup
from icalendar import Calendar, Component
from icalendar import Event as Vevent

from tests.e2e.pages import PAGE, Browser
from tests.providers.harness_caldav import Caldav, Person
from tests.servers import radicale
from tests.servers.google import start as start_google
from tests.servers.microsoft import start as start_microsoft

EMAIL = "alice@harbor.example"
ZONE = "America/New_York"


class There(Protocol):
    """`offer` is what its button says, and `title` all else; `calls`: it calls us when something changes. Events are
    called by their ids."""

    offer: str
    title: str
    calls: bool

    def settings(self) -> dict[str, object]: ...
    def credentials(self) -> str: ...
    def expects(self, address: str) -> None:
        """Our address, as an operator registers it."""

    def sign_in(self, browser: Browser, page: BeautifulSoup) -> BeautifulSoup:
        """From what our button leads to, to where one is sent back to."""

    def add(self, title: str, start: datetime) -> None: ...
    def events(self) -> dict[str, str]:
        """The titles of all events to come, by id."""

    def of_booking(self, booking: int) -> str | None:
        """The id of a booking's event."""

    def start(self, id_: str) -> datetime: ...
    def move(self, id_: str, by: timedelta) -> None: ...
    def retitle(self, id_: str, title: str) -> None: ...
    def delete(self, id_: str) -> None: ...
    def shut_out(self) -> None: ...
    def let_in(self) -> None: ...
    def quiet(self) -> int:
        """Once nothing is on its way any more: a number that any write would change."""


class Google:
    offer = title = "Google Calendar"
    calls = True

    def __init__(self, server: Any) -> None:
        self.server = server
        self.owner = server.account(EMAIL, ZONE)

    def settings(self) -> dict[str, object]:
        return {f"google_{name}": address for name, address in self.server.settings().items()}

    def credentials(self) -> str:
        return f'[google]\nclient_id = "{self.server.client_id}"\nclient_secret = "{self.server.client_secret}"\n'

    def expects(self, address: str) -> None:
        self.server.register(f"{address}/oauth/calendar/google/callback")

    def sign_in(self, browser: Browser, page: BeautifulSoup) -> BeautifulSoup:
        return consented(browser, page, self.server.url)

    def add(self, title: str, start: datetime) -> None:
        edges = {"start": start, "end": start + timedelta(hours=1)}
        self.owner.create(
            {
                "summary": title,
                **{name: {"dateTime": when.isoformat(), "timeZone": "UTC"} for name, when in edges.items()},
            }
        )

    def events(self) -> dict[str, str]:
        return {str(one["id"]): str(one["summary"]) for one in self.owner.events()}

    def of_booking(self, booking: int) -> str | None:
        found = [str(one["id"]) for one in self.owner.events() if f"booking-{booking}@" in str(one)]
        return the_one(found)

    def start(self, id_: str) -> datetime:
        return datetime.fromisoformat(self.owner.get(id_)["start"]["dateTime"]).astimezone(UTC)

    def move(self, id_: str, by: timedelta) -> None:
        self.owner.move(id_, by)

    def retitle(self, id_: str, title: str) -> None:
        self.owner.retitle(id_, title)

    def delete(self, id_: str) -> None:
        self.owner.delete(id_)

    def shut_out(self) -> None:
        self.server.revoke_grant(EMAIL)

    def let_in(self) -> None:
        self.server.at_consent(EMAIL)

    def quiet(self) -> int:
        self.server.settle(10)
        return int(self.server.writes)


class Microsoft(Google):
    offer = title = "Microsoft 365 and Outlook"

    def settings(self) -> dict[str, object]:
        told = {f"microsoft_{name}": address for name, address in self.server.settings().items()}
        return {**told, "microsoft_instance_discovery": False}

    def credentials(self) -> str:
        return super().credentials().replace("[google]", "[microsoft]")

    def expects(self, address: str) -> None:
        self.server.register(f"{address}/oauth/calendar/microsoft/callback")

    def add(self, title: str, start: datetime) -> None:
        edges = {"start": start, "end": start + timedelta(hours=1)}
        self.owner.create(
            {
                "subject": title,
                **{
                    name: {"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
                    for name, when in edges.items()
                },
            }
        )

    def events(self) -> dict[str, str]:
        return {str(one["id"]): str(one["subject"]) for one in self.owner.events()}

    def start(self, id_: str) -> datetime:
        return datetime.fromisoformat(self.owner.get(id_)["start"]["dateTime"][:19]).replace(tzinfo=UTC)

    def shut_out(self) -> None:
        self.server.revoke(EMAIL, "revoked", at_once=True)


class CaldavServer:
    """Radicale, unchanged."""

    offer, title, calls = "iCloud, Nextcloud and others", "127.0.0.1", False
    home = f"/{EMAIL}/mine/"

    def __init__(self, server: Any) -> None:
        self.server = server
        self.person = Person(server.url, EMAIL)
        self.person.make_calendar(self.home, "Mine", ZONE)

    def settings(self) -> dict[str, object]:
        return {}

    def credentials(self) -> str:
        return ""

    def expects(self, address: str) -> None:
        """Nobody has to know us."""

    def sign_in(self, browser: Browser, page: BeautifulSoup) -> BeautifulSoup:
        [form] = [one for one in page.select("form") if one.select("input[name=address]")]
        return browser.submit(form, address=self.server.url, user=EMAIL, password=self.password)

    password = Caldav.people[Caldav.name]

    def add(self, title: str, start: datetime) -> None:
        event = Vevent()
        event.add("UID", title)
        event.add("DTSTAMP", datetime(2026, 11, 1, tzinfo=UTC))
        event.add("SUMMARY", title)
        event.add("DTSTART", start)
        event.add("DTEND", start + timedelta(hours=1))
        calendar = Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//test//EN")
        calendar.add_component(event)
        self.person.put(f"{self.home}{title}.ics", calendar)

    def events(self) -> dict[str, str]:
        return {path: str(one.walk("VEVENT")[0]["SUMMARY"]) for path, one in self._objects()}

    def of_booking(self, booking: int) -> str | None:
        return the_one([path for path, one in self._objects() if f"booking-{booking}@" in str(one.to_ical())])

    def start(self, id_: str) -> datetime:
        when: datetime = self.person.get(id_).walk("VEVENT")[0].decoded("DTSTART")
        return when.astimezone(UTC)

    def move(self, id_: str, by: timedelta) -> None:
        def change(event: Component) -> None:
            for end in ("DTSTART", "DTEND"):
                when = event.decoded(end) + by
                del event[end]
                event.add(end, when)

        self.person.change(id_, change)

    def retitle(self, id_: str, title: str) -> None:
        def change(event: Component) -> None:
            del event["SUMMARY"]
            event.add("SUMMARY", title)

        self.person.change(id_, change)

    def delete(self, id_: str) -> None:
        self.person.ask("DELETE", id_)

    def shut_out(self) -> None:
        self.server.change_password(EMAIL, "another one")

    def let_in(self) -> None:
        self.server.change_password(EMAIL, self.password)

    def quiet(self) -> int:
        return hash(tuple(sorted((path, one.to_ical()) for path, one in self._objects())))

    def _objects(self) -> list[tuple[str, Calendar]]:
        listing = self.person.ask("PROPFIND", self.home, headers={"Depth": "1"}).text
        paths = [part.partition("</")[0] for part in listing.split("href>")[1::2]]
        paths = [path for path in paths if path.endswith(".ics")]
        found = []
        for path in paths:
            with suppress(AssertionError):  # gone since
                found.append((path, self.person.get(path)))
        return found


def consented(browser: Browser, page: BeautifulSoup, url: str) -> BeautifulSoup:
    """To the consent page, and where it leads back to."""
    [link] = [one for one in page.select("a[href]") if str(one["href"]).startswith(url)]
    back = browser.session.get(str(link["href"]), timeout=20)
    assert back.url.startswith(f"{browser.address}{PAGE}"), back.text
    return BeautifulSoup(back.text, "html.parser")


def the_one(found: list[str]) -> str | None:
    assert len(found) < 2, "a booking has two events"
    return found[0] if found else None


@contextmanager
def account(provider: str, folder: Path) -> Iterator[There]:
    if provider == "google":
        with start_google(allow_http=True) as google:
            yield Google(google)
    elif provider == "microsoft":
        with start_microsoft(allow_http=True) as microsoft:
            yield Microsoft(microsoft)
            assert microsoft.broken == []
    else:
        with radicale.start(folder / "radicale", {EMAIL: CaldavServer.password}) as server:
            yield CaldavServer(server)
