"""A calendar of very many events is read to its end, in no more pages than anybody asks for."""

from __future__ import annotations

import pytest

from gateway.core.remote import Grant
from gateway.providers import caldav
from gateway.providers.caldav import CaldavConfig, client
from gateway.providers.caldav.cursor import Cursor
from gateway.providers.caldav.discovery import FOREVER, Home
from gateway.providers.caldav.rounds import Round
from gateway.providers.caldav.shelf import Object, Shelf
from gateway.providers.port import Account
from gateway.services import pull
from tests.providers.caldav.conftest import NOW, WINDOW


@pytest.mark.parametrize("count", [0, 49, 7_500, 20_000, 60_000])
def test_pages_are_few_however_many_events_there_are(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    everything = Round(Cursor(token="t", rest=tuple(f"{n}.ics" for n in range(count)), whole=True))
    there: Object | None = None
    monkeypatch.setattr(
        client.rounds, "begin", lambda shelf, text, compare: Round(Cursor.read(text)) if text else everything
    )
    monkeypatch.setattr(Shelf, "objects", lambda self, ids: dict.fromkeys(ids, there))
    grant = Grant("pw", "pw", FOREVER, kept=str(Home(("https://dav.example.com/",), "ann", ())))
    opened = caldav.provider(CaldavConfig(), lambda: NOW).open(Account(1, 1, "", grant))
    page = opened.changes("/main/", "", WINDOW)
    pages = 1
    while not page.last:
        page, pages = opened.changes("/main/", page.cursor, WINDOW), pages + 1
    assert pages < pull._MOST_PAGES
