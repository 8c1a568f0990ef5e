"""In which language pages are: each text of every page comes from the catalogue, dates as the reader's country writes
them, and whatever is no page stays English.

The language here is made up of our own texts with other vowels, in the place of German: whatever still has English ones
was never looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from webtest import TestApp

from bridge.app import create_app
from gateway.core import language
from gateway.core.errors import SetupError
from gateway.services import grant
from gateway.services.grant import Member
from tests import texts
from tests.bridge.conftest import path
from tests.browser import shop
from tests.browser.places import kind
from tests.browser.shop import Shop
from tests.conftest import Databases

CALENDARS: Final = "/manage/settings/calendars"
_OTHER_VOWELS: Final = str.maketrans("aeiouyAEIOUY", "àëïöüÿÀËÏÖÜŸ")
# What is filled in or is no text: fields, and the marks of HTML.
_KEPT: Final = re.compile(r"(%\(\w+\)\w|%%|\{\w*[^}]*\}|<[^>]+>|&\w+;)")
# What has a name of its own, in every language; and what is typed or read by machines.
_NAMES: Final = re.compile(
    r"Daybridge|Google|Gmail|Microsoft|Outlook|iCloud|Nextcloud|Fastmail|Yahoo|Zoho|Migadu|Runbox|Posteo|Thunderbird|"
    r"DAVx⁵|Evolution|vdirsyncer|CalDAV|iPhone|iPad|iPod|Mac|Android|Safari|Apple|Exchange|Practice|API|URL|ICS|ID|"
    r"Bookings|Busy elsewhere|New York|dbk_\w+|practice-\d+|\S*[@/]\S*|\S+\.\S+|[A-Z_]{3,}|\b[A-Z]{1,2}\b|\d+\w*"
)
_WORD: Final = re.compile(r"[A-Za-z’]*[aeiouyAEIOUY][A-Za-z’]*")


def otherwise(text: str) -> str:
    """A text in the language made up for this."""
    parts = _KEPT.split(text)
    return "".join(part if number % 2 else part.translate(_OTHER_VOWELS) for number, part in enumerate(parts))


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translations")
    made = Catalog(locale="de", fuzzy=False)
    for message in texts.texts():
        if message.id:
            said = message.id if isinstance(message.id, str) else message.id[1]
            plural = (
                [otherwise(one) for one in message.id] if not isinstance(message.id, str) else otherwise(said)
            )
            made.add(message.id, plural, context=message.context)
    return written(folder, made, {})


def written(folder: Path, catalogue: Catalog, more: dict[str, str]) -> Path:
    for text, said in more.items():
        catalogue.add(text, said)
    file = folder / str(catalogue.locale) / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
    return folder


@pytest.fixture(scope="module")
def the_shop(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop.standing(databases, tmp_path_factory.mktemp("shop")) as made:
        yield made


class Window:
    """A browser that asks for a language, of somebody who is signed in."""

    def __init__(self, the_shop: Shop, catalogues: Path, member: Member | None, wants: str) -> None:
        settings = replace(the_shop.deps.settings, translations=str(catalogues))
        headers = {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": wants}
        self.app = TestApp(create_app(replace(the_shop.deps, settings=settings)), extra_environ=headers)
        if member:
            link = path(grant.sign_in_link(the_shop.deps, the_shop.business_id, member.id).secret)
            self.app.get(link).form.submit()

    def pages(self, begin: str) -> Iterator[tuple[str, str]]:
        """Every kind of page that links lead to, and its HTML."""
        waiting, known = [begin], {kind(begin)}
        while waiting:
            here = waiting.pop()
            answer = self.app.get(here, status="*")
            while answer.status_code in (302, 303):
                answer = answer.follow(status="*")
            if answer.content_type != "text/html":
                continue
            yield here, answer.text
            for link in re.findall(r'href="(/[^"#]*)', answer.text):
                target = urlsplit(urljoin(here, link.replace("&amp;", "&")))
                found = target._replace(fragment="").geturl()
                if kind(found) not in known and not found.startswith("/static/"):
                    known.add(kind(found))
                    waiting.append(found)


class Texts(HTMLParser):
    """What people read of a page, or have read to them."""

    _SAID: Final = ("aria-label", "placeholder", "title", "alt")
    _NEVER: Final = ("script", "style", "code", "output", "option", "time")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._NEVER:
            self._inside.append(tag)
        self.found += [value for name, value in attrs if name in self._SAID and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found.append(data)


def names(the_shop: Shop) -> re.Pattern[str]:
    """What people of this business have called things."""
    found = the_shop.sql(
        "SELECT name FROM businesses UNION SELECT name FROM services UNION SELECT name FROM staff_members"
        " UNION SELECT first_name || ' ' || last_name FROM tenant_customers"
        " UNION SELECT content->>'title' FROM daybridge.practice_events"
        " UNION SELECT name FROM daybridge.connection_calendars UNION SELECT label FROM daybridge.app_passwords"
        " UNION SELECT label FROM daybridge.feeds UNION SELECT label FROM daybridge.api_keys"
    )
    words = {str(name) for (name,) in found if name} | {str(name).split()[0] for (name,) in found if name}
    for calendar in (Locale("de").days, Locale("de").months):
        words |= {
            one for context in calendar.values() for width in context.values() for one in width.values()
        }
    words = {one for one in words if len(one) > 1}
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})(?!\w)")


def in_english(page: str, theirs: re.Pattern[str]) -> set[str]:
    reader = Texts()
    reader.feed(page)
    left = set()
    for text in reader.found:
        rest = _NAMES.sub("", theirs.sub("", text))
        if _WORD.search(rest):
            left.add(" ".join(text.split()))
    return left


@pytest.mark.parametrize("who", ["manager", "staff", ""])
def test_every_text_of_every_page_comes_from_the_catalogue(
    the_shop: Shop, catalogues: Path, who: str
) -> None:
    member: Member | None = getattr(the_shop, who) if who else None
    window, theirs = Window(the_shop, catalogues, member, "de"), names(the_shop)
    begin = CALENDARS if member else f"{CALENDARS}/help"
    seen = dict(window.pages(begin))
    assert len(seen) > (20 if member else 10), sorted(seen)
    found = {text: here for here, page in seen.items() for text in in_english(page, theirs)}
    assert not found, "\n".join(
        f"{here}: {text}" for text, here in sorted(found.items(), key=lambda one: one[1])
    )


class TestTheLanguage:
    def test_who_asks_for_a_language_that_is_there_reads_it(self, the_shop: Shop, catalogues: Path) -> None:
        page = Window(the_shop, catalogues, None, "fr-FR,de-AT;q=0.8,en;q=0.5").app.get("/").text
        assert '<html lang="de">' in page
        assert otherwise("Your bookings, where you already look") in page

    @pytest.mark.parametrize("wants", ["fr", "", "*", "xx-YY", ";;q=,", "de;q=0", "x" * 4000])
    def test_everybody_else_reads_english(self, the_shop: Shop, catalogues: Path, wants: str) -> None:
        page = Window(the_shop, catalogues, None, wants).app.get("/").text
        assert '<html lang="en">' in page

    def test_programs_are_answered_in_english(self, the_shop: Shop, catalogues: Path) -> None:
        window = Window(the_shop, catalogues, None, "de")
        assert "Send a key" in window.app.get("/api/v1/bookings/1", status=401).json["detail"]

    def test_what_comes_next_in_the_same_thread_is_not_in_the_reader_s_language(
        self, the_shop: Shop, catalogues: Path
    ) -> None:
        Window(the_shop, catalogues, the_shop.staff, "de").app.get(CALENDARS)
        assert language.locale() == language.ANYBODY.locale
        assert language._("Today") == "Today"

    @pytest.mark.parametrize(
        ("wants", "time", "day"),
        [
            ("en-US", "1:52\u202fPM", "November 24"),
            ("en-GB", "13:52", "24 November"),
            ("en", "13:52", "24 November"),
        ],
    )
    def test_dates_are_written_as_the_reader_s_country_does(
        self, the_shop: Shop, catalogues: Path, wants: str, time: str, day: str
    ) -> None:
        page = Window(the_shop, catalogues, the_shop.manager, wants).app.get(f"{CALENDARS}/activity").text
        assert day in page

    def test_a_translation_that_would_break_a_page_stops_the_start(
        self, the_shop: Shop, tmp_path: Path
    ) -> None:
        for said in (
            "{nane} hat noch nicht angefangen",
            "{name hat noch nicht angefangen",
            "{name:d} hat",
            "% {name}",
        ):
            written(tmp_path, Catalog(locale="de"), {"{name} has not started": said})
            with pytest.raises(SetupError, match="has other fields"):
                Window(the_shop, tmp_path, None, "de")

    def test_each_text_fits_itself(self) -> None:
        for message in texts.texts():
            for text in message.id if isinstance(message.id, tuple) else (message.id,):
                assert language.fits(text, text), text

    def test_caches_are_told_that_a_page_has_other_languages(self, the_shop: Shop, catalogues: Path) -> None:
        assert "Accept-Language" in Window(the_shop, catalogues, None, "de").app.get("/").headers["Vary"]

    def test_a_folder_that_is_not_there_stops_the_start(self, the_shop: Shop, tmp_path: Path) -> None:
        with pytest.raises(SetupError, match="there is no folder"):
            Window(the_shop, tmp_path / "nowhere", None, "de")


def test_templates_look_up_literal_texts_only() -> None:
    """What they look up counts as HTML: somebody's words among it would too. Values go through `said`."""
    for template in sorted((texts.ROOT / "bridge" / "templates").rglob("*.html")):
        found = re.findall(
            r"(?<![A-Za-z_])n?(?:_|gettext)\((?!\s*[\"'])[^)]*", template.read_text(encoding="utf-8")
        )
        assert not found, f"{template}: {found}"


def test_what_people_wrote_is_text_in_every_language(the_shop: Shop, catalogues: Path) -> None:
    the_shop.sql("UPDATE daybridge.feeds SET label = '<b>x</b>' WHERE label IS NOT NULL")
    for wants in ("de", "en"):
        page = (
            Window(the_shop, catalogues, the_shop.manager, wants).app.get(f"{CALENDARS}/business/feeds").text
        )
        assert "&lt;b&gt;x" in page
        assert "<b>x" not in page
