"""The help pages are true: their states, periods, buttons and links are those of the product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from bridge.app import create_app
from gateway import wiring
from gateway.core import brake, browser, edit, told_refusals
from gateway.core import guide as words
from gateway.core.blocking import BlockRules, blocks
from gateway.core.booking import LONGEST_NOTES
from gateway.core.connection import State
from gateway.core.errors import DatabaseUnavailable, GatewayError
from gateway.core.obstacle import Code
from gateway.core.remote import Reply, Showing
from gateway.providers.caldav import quirks
from gateway.services import browsers, connect, grant, prune
from gateway.settings import Settings
from tests.bridge.accounts import PAGE, Scene
from tests.bridge.test_connections import ALICE, STATES, address, change
from tests.conftest import NOW, Town

ROOT = Path(__file__).parents[2]
HELP = f"{PAGE}/help"
# Words of the protocol, of blame and of ceremony. What other people's apps call something stays as it is.
FORBIDDEN = re.compile(
    r"\b(tokens?|sync\w*|oauth\w*|caldav\w*|invalid\w*|failed|failures?|please|successful\w*)\b|!",
    re.IGNORECASE,
)


@pytest.fixture
def scene(the_town: Town, tmp_path: Path) -> Scene:
    made = Scene.set(the_town, tmp_path)
    made.elsewhere.open_account(ALICE, "Salon")
    return made


@pytest.fixture
def anybody(scene: Scene) -> TestApp:
    return scene.browser()


def pages(app: TestApp) -> Iterator[tuple[words.Topic, TestResponse]]:
    for topic in words.BY_SLUG.values():
        yield topic, app.get(f"{HELP}/{topic.slug}")


def text(element: object) -> str:
    return " ".join(element.get_text(" ").split())  # type: ignore[attr-defined]


def everything_on(the_town: Town, folder: Path) -> Settings:
    secrets = folder / "all.toml"
    secrets.write_text(
        'keys.encryption = ["' + "A" * 43 + '="]\n[google]\nclient_id = "g"\nclient_secret = "s"\n'
        '[microsoft]\nclient_id = "m"\nclient_secret = "s"\n'
    )
    secrets.chmod(0o600)
    return Settings(
        database_url=the_town.url,
        credentials_file=str(secrets),
        public_url="https://day.example",
        providers_practice=True,
    )


@pytest.fixture
def whole(the_town: Town, tmp_path: Path) -> TestApp:
    """An installation that offers all there is, as anybody sees it."""
    settings = everything_on(the_town, tmp_path)
    offered = wiring.providers(settings, the_town.deps.database, lambda: NOW)
    deps = replace(the_town.deps, settings=settings, providers=offered)
    return TestApp(create_app(deps), extra_environ={"HTTP_ACCEPT": "text/html"})


class TestWhoReads:
    def test_anybody_may(self, anybody: TestApp) -> None:
        for topic, page in pages(anybody):
            assert text(page.html.h1) == topic.title
            assert not page.html.select("nav[aria-label=Main], .me")

    def test_who_is_signed_in_keeps_the_way_to_their_pages(self, scene: Scene) -> None:
        page = scene.browser(scene.town.alice).get(HELP)
        [here] = page.html.select("nav[aria-label=Main] [aria-current]")
        assert text(here) == "Help"

    def test_nothing_of_any_business_stands_there(self, scene: Scene) -> None:
        secret = re.compile("Harbor|Adler|Maria|alice@|bob@", re.IGNORECASE)
        for _, page in pages(scene.browser()):
            assert not secret.search(page.text)
        for _, page in pages(scene.browser(scene.town.alice)):
            assert not secret.search(text(page.html.main))

    def test_who_has_left_reads_as_anybody(self, scene: Scene) -> None:
        app = scene.browser(scene.town.bob)
        scene.town.sql("UPDATE public.staff_members SET active = false WHERE id = 12")
        assert not app.get(HELP).html.select("nav[aria-label=Main]")

    def test_it_is_there_when_the_database_is_not(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = scene.browser(scene.town.alice)

        def away(*_: object) -> None:
            raise DatabaseUnavailable(reason="no answer")

        monkeypatch.setattr(browsers, "check", away)
        assert "What each refusal means" in app.get(f"{HELP}/errors")

    @pytest.mark.parametrize("topic", ["nothing", "words", "outside", "..%2Fguide", "Start"])
    def test_what_is_no_topic_is_not_there(self, anybody: TestApp, topic: str) -> None:
        assert "nothing at this address" in anybody.get(f"{HELP}/{topic}", status=404)

    def test_it_is_hardened_as_every_page(self, anybody: TestApp) -> None:
        for _, page in pages(anybody):
            assert not page.html.select("script, style, [style], [onclick]")
            assert page.headers["Cache-Control"] == "private, no-cache"


class TestItsForm:
    def test_headings_come_in_order(self, anybody: TestApp) -> None:
        for topic, page in pages(anybody):
            levels = [int(one.name[1]) for one in page.html.select("h1, h2, h3, h4")]
            assert levels[0] == 1, topic.slug
            assert levels.count(1) == 1, topic.slug
            assert all(after - before <= 1 for before, after in pairwise(levels)), topic.slug

    def test_each_guide_has_a_few_short_steps(self, anybody: TestApp) -> None:
        for topic, page in pages(anybody):
            lists = [len(one.find_all("li", recursive=False)) for one in page.html.select("ol.steps")]
            assert sum(lists) >= 4, topic.slug
            assert max(lists) <= 8, topic.slug

    def test_each_ends_with_what_to_do_if_it_does_not_work(self, anybody: TestApp) -> None:
        for topic, page in pages(anybody):
            last = page.html.article.select("h2")[-1]
            assert text(last) == "If it doesn’t work", topic.slug
            ways = {link["href"] for link in last.find_next_sibling("ul").select("a")}
            assert {f"{HELP}/states", f"{HELP}/errors"} <= ways, topic.slug

    def test_the_list_of_guides_says_which_one_is_open(self, anybody: TestApp) -> None:
        for topic, page in pages(anybody):
            for place in page.html.select("nav.side > *"):
                here = [text(one) for one in place.select("[aria-current=page]")]
                assert here == ([] if topic.slug == "practice" else [topic.title])

    def test_no_word_of_the_protocol_stands_there(self, whole: TestApp) -> None:
        for topic, page in pages(whole):
            page.html.title.extract()
            for foreign in page.html.select("code, [data-theirs], dl.code"):
                foreign.extract()
            found = FORBIDDEN.search(text(page.html.body))
            assert not found, f"{topic.slug}: {found and found[0]}"

    def test_every_table_says_what_it_is_and_what_its_cells_are(self, anybody: TestApp) -> None:
        tables = [table for _, page in pages(anybody) for table in page.html.select("table")]
        assert len(tables) >= 4
        for table in tables:
            assert text(table.caption)
            assert all(cell.get("scope") in ("col", "row") for cell in table.select("th"))


class TestLinks:
    @pytest.mark.parametrize("who", ["anybody", "bob", "alice"])
    def test_each_leads_somewhere(self, scene: Scene, who: str) -> None:
        person = getattr(scene.town, who, None)
        app, seen = scene.browser(person), dict[str, set[str] | None]()
        for topic, page in pages(app):
            for link in page.html.main.select("a[href]"):
                where, anchor = urldefrag(str(link["href"]))
                if urlsplit(where).scheme:
                    assert where.startswith("https://"), where
                    assert link["rel"] == ["noreferrer"], where
                    continue
                where = where or f"{HELP}/{topic.slug}"
                if where not in seen:
                    seen[where] = ids(app, where)
                found = seen[where]
                assert not anchor or found is None or anchor in found, f"{topic.slug}: {where}#{anchor}"
        assert len(seen) > len(words.BY_SLUG)

    def test_only_managers_are_sent_to_the_pages_of_managers(self, scene: Scene) -> None:
        ways = {}
        for who in ("alice", "bob"):
            page = scene.browser(getattr(scene.town, who)).get(f"{HELP}/double")
            ways[who] = [
                link["href"] for link in page.html.article.select("a") if "/business" in link["href"]
            ]
        assert len(ways["alice"]) == 1
        assert ways["bob"] == []


def ids(app: TestApp, where: str) -> set[str] | None:
    """What can be pointed at there; None for a page that wants one to be signed in first."""
    page = app.get(where)
    if page.status_int == 303:
        page = page.follow()
        if page.request.path == "/" and where != "/":
            return None
    assert page.status_int == 200
    return {str(one["id"]) for one in page.html.select("[id]")}


class TestStates:
    def test_each_has_its_place(self, anybody: TestApp) -> None:
        page = anybody.get(f"{HELP}/states")
        for state in State:
            place = page.html.find(id=f"state-{state}")
            told = next(one for one in words.states("Google Calendar") if one.anchor == state)
            assert text(place.find(class_="pill")) == told.told.pill
            assert told.means in text(place)
            assert told.told.sentence in text(page.html.article)

    def test_an_account_in_that_state_has_the_same_pill_and_button(self, scene: Scene) -> None:
        app, id_ = scene.connected(scene.town.alice, ALICE)
        explained = {plain(one.told.pill): one for one in words.states("Google")}
        before = {
            "connected_at": None, "sealed": None, "refused_at": None, "stopped_at": None, "closed_at": None,
            "not_before": None, "paused_by_them": False,
        }  # fmt: skip
        kept = dict(
            zip(
                before,
                scene.town.sql(
                    f"SELECT {', '.join(before)} FROM daybridge.calendar_connections WHERE id = %s", id_
                )[0],
                strict=True,
            )
        )
        for name, facts, pill, _, _ in STATES:
            change(scene, id_, **{**kept, **facts})
            shown = app.get(address(id_)).html.find(class_="card")
            assert text(shown.find(class_="pill")) == pill, name
            help_ = explained[plain(pill)]
            if help_.press:
                assert help_.press in text(shown), name


def plain(pill: str) -> str:
    """Without the figures of an example."""
    return re.sub(r"\d+(:\d+| %)", "…", pill)


class TestRefusals:
    def test_each_code_is_explained_to_people(self, anybody: TestApp) -> None:
        page = anybody.get(f"{HELP}/errors")
        assert [text(code) for code in page.html.select("dt code")] == [code.value for code in Code]
        for entry in [*told_refusals.codes(), *told_refusals.edits(), *told_refusals.errors()]:
            place = page.html.find(id=entry.anchor)
            assert entry.says.replace("'", "’") in text(place)
            assert entry.advice in text(place)

    @pytest.mark.parametrize("kind", list(told_refusals.ON_PAGES), ids=lambda kind: kind.__name__)
    def test_what_a_page_says_instead_is_what_it_says(
        self, scene: Scene, kind: type[GatewayError], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = scene.browser(scene.town.alice)
        [example] = [one for made, _, _ in told_refusals.ERRORS if type(one := made()) is kind]

        def broken(*_: object) -> None:
            raise example

        monkeypatch.setattr(browsers, "check", broken)
        assert told_refusals.ON_PAGES[kind] in text(app.get(PAGE, status=503).html.main)


class TestPeriods:
    def test_they_are_taken_from_where_they_are_decided(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for place, name, days in (
            (prune, "TIMELINE_IS_KEPT", 123),
            (prune, "KEYS_ARE_KEPT", 3),
            (prune, "TALLIES_ARE_KEPT", 47),
            (prune, "ONE_DECIDES_IN", 9),
        ):
            monkeypatch.setattr(place, name, timedelta(days=days))
        monkeypatch.setattr(browser, "LIFE", timedelta(days=61))
        settings = replace(scene.deps.settings, tombstone_days=17, sync_import_days_ahead=211)
        app = replace(scene, deps=replace(scene.deps, settings=settings)).browser()
        stored = {text(row.th): text(row.td) for row in app.get(f"{HELP}/privacy").html.select("tbody tr")}

        def kept(begin: str) -> str:
            return next(value for key, value in stored.items() if key.startswith(begin))

        assert "for 17 days" in kept("Your bookings, as")
        assert "for 17 days" in kept("Events that you draw")
        assert "9 days if you only looked" in kept("What lets us into")
        assert kept("Activity:") == "123 days"
        assert kept("How quick and") == "47 days"
        assert kept("Requests of the booking app") == "3 days"
        assert "or 61 days after it was used last" in kept("The browsers")
        assert "211 days ahead" in app.get(f"{HELP}/blocking")

    def test_of_links_and_of_looking_again(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(grant, "SIGN_IN_LINK_LIFE", timedelta(minutes=44))
        monkeypatch.setattr(connect, "LIFE", timedelta(minutes=33))
        settings = replace(scene.deps.settings, sync_poll_seconds=420)
        app = replace(scene, deps=replace(scene.deps, settings=settings)).browser()
        assert "once, for 44 minutes" in app.get(HELP)
        assert "good for 33 minutes" in app.get(f"{HELP}/google")
        for topic in ("google", "icloud", "nextcloud", "fastmail", "ics"):
            assert "every 7 minutes" in app.get(f"{HELP}/{topic}"), topic

    def test_none_is_written_by_hand(self) -> None:
        # What people choose in their own apps, and what others are known to do.
        known = {"15 minutes", "12 to 24 hours"}
        for path in sorted((ROOT / "bridge/templates/guide").glob("*.html")):
            found = re.findall(
                r"\d[\d to]* (?:seconds?|minutes?|hours?|days?|months?|years?)",
                path.read_text(encoding="utf-8"),
            )
            assert set(found) <= known, path.name


# Which row of the page about privacy tells of each table; None where nothing in it is of a person.
TABLES = {
    "installation": None,
    "tenants": None,
    "outbox": None,
    "migrations": None,
    "event_revisions": None,
    "request_budgets": None,
    "calendar_watches": None,  # numbers by which a provider calls us
    "business_settings": "What your business has chosen",
    "calendars": "Your bookings, as",
    "calendar_objects": "Your bookings, as",
    "calendar_properties": "What your calendar app notes",
    "app_passwords": "Passwords of your devices",
    "feeds": "Passwords of your devices",
    "api_keys": "Passwords of your devices",
    "browsers": "The browsers that",
    "sign_in_links": "Passwords of your devices",
    "busy": "The times that all",
    "blocks": "Events that you draw",
    "personal_objects": "Alarms and colours",
    "calendar_sync_logs": "Activity:",
    "questions": "Questions to you",
    "idempotency_keys": "Requests of the booking app",
    "calendar_connections": "What lets us into",
    "connection_calendars": "Which account it was",
    "external_calendar_events": "From connected calendars",
    "calendar_event_mappings": "Which event in an account",
    "connection_attempts": "That you set out",
    "calendar_tallies": "How quick and",
    "practice_calendars": "What you do in the practice",
    "practice_events": "What you do in the practice",
    "practice_grants": "What you do in the practice",
}


def test_nothing_is_kept_that_the_page_about_privacy_leaves_out(the_town: Town, whole: TestApp) -> None:
    kept = the_town.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'daybridge'")
    assert {str(name) for (name,) in kept} == set(TABLES)
    rows = [text(row) for row in whole.get(f"{HELP}/privacy").html.select("tbody th")]
    for table, begin in TABLES.items():
        assert begin is None or any(row.startswith(begin) for row in rows), table


class TestNumbers:
    def test_how_much_may_vanish_at_once_is_what_the_brake_lets_through(self, anybody: TestApp) -> None:
        told = text(anybody.get(f"{HELP}/editing").html.article)
        for limit, whose in ((brake.OF_BOOKINGS, "bookings"), (brake.OF_OTHERS, "of your own events")):
            assert f"more than {limit.least} {whose}" in told
            assert f"more than {limit.share:.0%}".replace("%", " in 100") in told
        assert not brake.stops(2, 2, brake.OF_BOOKINGS)
        assert brake.stops(3, 3, brake.OF_BOOKINGS)

    def test_how_long_a_booking_and_its_notes_may_be(self, anybody: TestApp) -> None:
        told = text(anybody.get(f"{HELP}/editing").html.article)
        assert f"{words.span(edit.LONGEST)} long at most" in told
        assert f"{LONGEST_NOTES:,} characters" in told


_BUSY = (Showing.BUSY, Showing.OUT_OF_OFFICE, Showing.FOCUS)


class TestWhatBlocks:
    """The table of the page about blocking, and the function that decides it, say the same."""

    ROWS = (
        ("Busy, out of office", [(one, Reply.NONE, False) for one in _BUSY]),
        ("Free, working elsewhere", [(one, Reply.NONE, False) for one in set(Showing) - set(_BUSY)]),
        ("Declined", [(Showing.BUSY, Reply.DECLINED, False)]),
        ("Not answered", [(Showing.BUSY, Reply.UNANSWERED, False), (Showing.BUSY, Reply.TENTATIVE, False)]),
        ("All day long", [(Showing.BUSY, Reply.NONE, True)]),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("row", "events"), ROWS, ids=lambda value: value if isinstance(value, str) else ""
    )
    def test_each_row(self, anybody: TestApp, row: str, events: list[tuple[Showing, Reply, bool]]) -> None:
        told = {text(one.th): text(one.td) for one in anybody.get(f"{HELP}/blocking").html.select("tbody tr")}
        [said] = [value for name, value in told.items() if name.startswith(row)]
        off = BlockRules(tentative=False, all_day=False)
        for showing, reply, all_day in events:
            assert blocks(showing, reply, all_day=all_day, rules=BlockRules()) == said.startswith("Yes")
            held = blocks(showing, reply, all_day=all_day, rules=off)
            assert (said.startswith("Yes") and not held) == ("unless you switch it off" in said)


class TestProviders:
    def test_each_that_can_be_offered_has_a_guide_and_no_other_has_one(
        self, the_town: Town, tmp_path: Path
    ) -> None:
        settings = everything_on(the_town, tmp_path)
        offered = wiring.providers(settings, the_town.deps.database, lambda: NOW)
        assert {topic.kind for topic in words.BY_SLUG.values()} - {""} == set(offered)

    def test_who_takes_no_password_but_one_made_for_us_is_named_at_the_refusal(self, whole: TestApp) -> None:
        made = [row.title for row in quirks.PROVIDERS if row.made_at]
        place = whole.get(f"{HELP}/errors").html.find(id="error-needs-reconnect")
        assert f"{', '.join(made[:-1])} and {made[-1]} take only a password that was made for us" in text(
            place
        )

    def test_a_guide_says_how_its_account_is_connected(self, whole: TestApp) -> None:
        for topic, page in pages(whole):
            if topic.kind in ("google", "microsoft"):
                title = {"google": "Google Calendar", "microsoft": "Microsoft 365 and Outlook"}[topic.kind]
                pressed = {text(one).strip("“”") for one in page.html.select("[data-press]")}
                assert {title, f"Go on to {title}", f"Connect {title}"} <= pressed
                assert "within seconds; and we look ourselves" in page
            assert "Not offered here" not in page

    def test_what_is_asked_of_google_is_said_in_googles_own_words(self, whole: TestApp) -> None:
        page = whole.get(f"{HELP}/google")
        assert "We ask to see and change the events of your calendars." in text(page.html.article)
        assert "We ask to see the list of your calendars." in text(page.html.article)

    def test_where_it_is_not_offered_its_guide_says_so(self, scene: Scene) -> None:
        for topic, page in pages(scene.browser()):
            assert ("Not offered here" in page) == (topic.kind not in ("", "google")), topic.slug

    def test_where_nobody_can_call_us_nobody_is_said_to(self, scene: Scene) -> None:
        settings = replace(scene.deps.settings, providers_allow_private_addresses=False)
        app = replace(scene, deps=replace(scene.deps, settings=settings)).browser()
        assert "Google can’t call this installation" in app.get(f"{HELP}/google")

    def test_the_practice_calendar_is_listed_only_where_there_is_one(
        self, anybody: TestApp, whole: TestApp
    ) -> None:
        assert "Practice calendar" not in text(anybody.get(HELP).html.nav)
        assert "Practice calendar" in text(whole.get(HELP).html.nav)

    def test_the_known_servers_are_those_of_the_table(self, whole: TestApp) -> None:
        rows = whole.get(f"{HELP}/nextcloud").html.select("tbody tr")
        told = {text(row.th): text(row.td) for row in rows}
        assert list(told) == [row.title for row in quirks.PROVIDERS]
        assert told["iCloud"] == "One made for us: account.apple.com, under Sign-In and Security"
        assert told["Posteo"] == "Your own, or one made for us"
        assert told["Google"].startswith("None helps: it takes no passwords")
        assert {"iCloud", "Fastmail"} <= set(told)
        assert quirks.of_server("cloud.example.com", "/remote.php/dav/").title == "Nextcloud"


class TestButtons:
    """What a guide says to press is there to be pressed, and what it says a page says is said."""

    def test_each_is_on_another_page(self, whole: TestApp) -> None:
        known = list(written())
        for topic, page in pages(whole):
            for one in page.html.select("[data-press]"):
                name = text(one).strip("“”")
                assert any(form.fullmatch(name) for form in known), f"{topic.slug}: {name}"

    def test_each_word_of_ours_is_somewhere(self, whole: TestApp) -> None:
        sources = straight("\n".join(path.read_text(encoding="utf-8") for path in product()))
        for topic, page in pages(whole):
            for one in page.html.select("[data-says]"):
                said = straight(text(one).strip("“”"))
                assert said in sources, f"{topic.slug}: {said}"

    def test_a_button_that_is_nowhere_would_be_found_out(self) -> None:
        assert not any(form.fullmatch("Synchronise everything") for form in written())
        assert any(form.fullmatch("Sign in to Padel club again") for form in written())


def product() -> Iterator[Path]:
    """Where words for people stand, but for the help itself."""
    for room in ("bridge", "gateway", "radicale_plugin"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in (".py", ".html") and "guide" not in path.parts and "guide" not in path.stem:
                yield path


def written() -> Iterator[re.Pattern[str]]:
    """The texts of the pages, each as a pattern: what is filled in may be anything. Providers' titles are in code."""
    for path in product():
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            source = re.sub(r"\{\{ icon\(.*?\) \}\}", "", source)
            texts = [piece for part in re.split(r"<[^>]*>", source) for piece in re.split(r"\{%.*?%\}", part)]
            texts += re.findall(r'"([^"{}<>]+)"', source)
        else:
            texts = re.findall(r'Provider\(\s*(?:"\w+"|NAME), (?:N_\()?"([^"]+)"', source)
        for one in texts:
            fixed = re.sub(r"\{\{.*?\}\}", "", one)
            if len(fixed.strip()) > 2:
                pieces = re.split(r"\{\{.*?\}\}", " ".join(one.split()))
                yield re.compile(".+".join(map(re.escape, pieces)))


def straight(words_: str) -> str:
    return " ".join(words_.replace("’", "'").split())
