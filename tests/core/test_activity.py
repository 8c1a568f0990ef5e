"""What happened, in words: for each thing that the code writes down, with each way in which it can end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

import gateway
from gateway.core import activity, deeds, versions
from gateway.core.activity import Around
from gateway.core.booking import LogEntry, Outcome, Via
from gateway.core.spreadsheet import harmless
from gateway.core.versions import Version

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 12, tzinfo=NEW_YORK)
AROUND = Around(NOW, "Ana Reyes", {11: "Ana Reyes", 12: "Bob Brandt"}, {7: "Google"})
FRIDAY = datetime(2026, 11, 27, 15, tzinfo=UTC)
NO_WORDS = re.compile(
    r"\b(token|sync\w*|oauth|caldav|invalid|failed|please|success\w*|None|api)\b|[{}!]|\d\d\d\d-\d\d",
    re.IGNORECASE,
)


def times(start: datetime, minutes: int = 45) -> dict[str, object]:
    return {"start": start.isoformat(), "end": (start + timedelta(minutes=minutes)).isoformat()}


def line(action: str = "move", outcome: Outcome = Outcome.ACCEPTED, **named: object) -> LogEntry:
    entry = LogEntry(1, FRIDAY, Via.CALDAV, "Bob Brandt", action, outcome, 1005, 12, None, None, ())
    return replace(entry, **named)  # type: ignore[arg-type]


class TestEveryDeed:
    def test_all_that_the_code_writes_down_has_words(self) -> None:
        """Whoever adds an action adds its words; nothing is read by people as a programmer called it."""
        assert set(written()) == set(deeds.DEEDS)

    @pytest.mark.parametrize("outcome", Outcome)
    @pytest.mark.parametrize("action", [*deeds.DEEDS, "something new"])
    def test_each_end_of_each_is_a_sentence_of_people(self, action: str, outcome: Outcome) -> None:
        for kept in (None, {"connection_id": 7}, times(FRIDAY), {"start": "?"}):
            told = activity.told(line(action, outcome, after=kept), AROUND)
            assert told.what
            assert not NO_WORDS.search(f"{told.what} {told.why}"), told
            assert told.what == told.what.strip()
            assert told.icon in drawings()
            assert told.tone in ("ok", "bad", "wait", "work")

    @pytest.mark.parametrize("outcome", Outcome)
    def test_each_end_has_a_name_to_filter_by(self, outcome: Outcome) -> None:
        assert deeds.RESULTS[outcome]
        assert len(set(deeds.RESULTS.values())) == len(Outcome)

    @pytest.mark.parametrize("via", Via)
    def test_each_way_of_coming_has_a_name(self, via: Via) -> None:
        assert activity.SOURCES[via]
        assert activity.told(line(via=via), AROUND).why


class TestWords:
    @pytest.mark.parametrize(
        ("entry", "what", "why"),
        [
            (line(before=times(FRIDAY), after=times(FRIDAY + timedelta(hours=1, minutes=30))),
             "moved to 11:30", "By Bob Brandt, in a calendar app. Before, it was Friday 27 November, 10:00 to 10:45."),
            (line(before=times(FRIDAY), after=times(FRIDAY + timedelta(days=1))),
             "moved to Saturday 28 November, 10:00",
             "By Bob Brandt, in a calendar app. Before, it was Friday 27 November, 10:00 to 10:45."),
            (line(before=times(FRIDAY), after=times(FRIDAY, 90)),
             "moved to Friday 27 November, 10:00 to 11:30",
             "By Bob Brandt, in a calendar app. Before, it was Friday 27 November, 10:00 to 10:45."),
            (line(before=times(FRIDAY) | {"staff_member_id": 12}, after=times(FRIDAY) | {"staff_member_id": 11}),
             "given to somebody else", "By Bob Brandt, in a calendar app. From Bob Brandt to Ana Reyes."),
            (line("change", via=Via.API, who="API key website".removeprefix("API key "),
                  before=times(FRIDAY) | {"status": "pending"}, after=times(FRIDAY) | {"status": "confirmed"}),
             "changed", "By website, through the booking app. It is confirmed now."),
            (line("change", Outcome.REFUSED, via=Via.PROVIDER, who="Ana Reyes in Google", after=times(FRIDAY),
                  reasons=({"code": "OVERLAP", "detail": "Another booking is there."},)),
             "move to Friday 27 November, 10:00 refused", "By you in Google. Another booking is there."),
            (line("move", Outcome.REFUSED, before=times(FRIDAY), after=times(FRIDAY + timedelta(hours=3))),
             "move to 13:00 refused", "By Bob Brandt, in a calendar app. It stays Friday 27 November, 10:00 to 10:45."),
            (line("change", Outcome.RESTORED, via=Via.PROVIDER, who="Ana Reyes in Google", after=times(FRIDAY),
                  reasons=({"code": "BOTH_CHANGED", "detail": "The booking's version counts."},)),
             "changed in two places at once",
             "By you in Google. The booking's version counts. There it was Friday 27 November, 10:00 to 10:45."),
            (line("hold", Outcome.OBSERVED, via=Via.SQL, who="The booking system", after=times(FRIDAY),
                  reasons=({"code": "BUFFER"} | times(FRIDAY - timedelta(hours=1)),)),
             "booked over a time that was taken",
             "In the booking app. That leaves no break beside another booking (Friday 27 November, 09:00 to 09:45)."),
            (line("cancel", Outcome.ASKED, before=times(FRIDAY)), "deleted in a calendar, waiting for an answer",
             "By Bob Brandt, in a calendar app. It was Friday 27 November, 10:00 to 10:45."),
            (line("add", via=Via.SYSTEM, who="Daybridge to Google", after={"connection_id": 7}), "added to Google", ""),
            (line("add", Outcome.REFUSED, via=Via.SYSTEM, who="Daybridge to Google", after={"connection_id": 7},
                  reasons=({"detail": "Google doesn't accept this: too long"},)),
             "not taken by Google", "Google doesn't accept this: too long."),
            (line("disconnect", via=Via.PAGE, after={"connection_id": 7, "our_events": "left"}),
             "asked to disconnect Google", "By Bob Brandt, on these pages. Our events there were left."),
            (line("choose", via=Via.SYSTEM, who="operator"), "rules of the business changed",
             "By whoever runs this installation."),
        ],
    )  # fmt: skip
    def test_a_line(self, entry: LogEntry, what: str, why: str) -> None:
        told = activity.told(entry, AROUND)
        assert (told.what, told.why) == (what, why)

    def test_a_name_that_begins_like_the_reader_s_is_somebody_else(self) -> None:
        assert activity.by(line(via=Via.PROVIDER, who="Ana Reyes-Lopez in Google"), AROUND).startswith("Ana")
        assert activity.by(line(who="Ana Reyes"), AROUND) == "you"

    def test_nothing_else_that_a_line_keeps_is_told(self) -> None:
        secret = {
            "unreadable": "s3cret",
            "delegate": "https://s3cret",
            "notes": "s3cret",
            "account": "s3cret",
        }
        for action in deeds.DEEDS:
            for outcome in Outcome:
                told = activity.told(line(action, outcome, before=secret, after=secret), AROUND)
                assert "s3cret" not in f"{told.what} {told.why}"


class TestTheOtherVersion:
    BOTH = ({"code": "BOTH_CHANGED", "detail": "…"},)

    def test_it_is_kept_where_two_sides_had_changed_a_booking(self) -> None:
        later = FRIDAY + timedelta(minutes=45)
        for code in ("BOTH_CHANGED", "UNSURE"):
            entry = line("change", Outcome.RESTORED, after=times(FRIDAY), reasons=({"code": code},))
            assert versions.other(entry) == Version((FRIDAY, later))

    def test_a_deletion_that_lost_is_a_version_too_where_it_surely_was_one(self) -> None:
        assert versions.other(line("cancel", Outcome.RESTORED, reasons=self.BOTH)) == Version(None)
        assert versions.other(line("cancel", Outcome.RESTORED, reasons=({"code": "UNSURE"},))) is None

    def test_after_a_choice_on_a_page_there_is_a_way_back(self) -> None:
        moved = line(via=Via.PAGE, before=times(FRIDAY), after=times(FRIDAY + timedelta(hours=1)))
        assert versions.other(moved) == Version((FRIDAY, FRIDAY + timedelta(minutes=45)), back=True)
        assert versions.other(replace(moved, after=moved.before)) is None

    @pytest.mark.parametrize(
        "entry",
        [
            line(before=times(FRIDAY), after=times(FRIDAY + timedelta(hours=1))),
            line("change", Outcome.RESTORED, after=times(FRIDAY), reasons=({"code": "RESTORED"},)),
            line("change", Outcome.RESTORED, reasons=BOTH),
            line(
                "change", Outcome.RESTORED, after={"start": "2026-11-27T10:00", "end": "soon"}, reasons=BOTH
            ),
            line("change", Outcome.REFUSED, after=times(FRIDAY), reasons=BOTH),
            line(outcome=Outcome.REFUSED, via=Via.PAGE, before=times(FRIDAY), after=times(FRIDAY, 90)),
        ],
        ids=lambda entry: f"{entry.action} {entry.outcome}",
    )
    def test_nothing_else_keeps_one(self, entry: LogEntry) -> None:
        assert versions.other(entry) is None


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "  =1", "\u00a0+1", "＠a", " ＝1"]
)
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Cut, 1+1", "2026-11-23T12:00:07-05:00", "’=", "a=b"])
def test_a_harmless_cell_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def drawings() -> set[str]:
    """The icons that the pages have."""
    text = (Path(gateway.__file__).parents[1] / "bridge/templates/icons.html").read_text(encoding="utf-8")
    return set(re.findall(r'^ +"([a-z-]+)": \'<', text, re.MULTILINE))


# Which actions the code writes down: every text that reaches a parameter called `action` of who writes lines.


def written() -> Iterator[str]:
    migration = resources.files("gateway.db").joinpath("migrations/0002_busy.sql").read_text(encoding="utf-8")
    yield from re.findall(r"'The booking system', '(\w+)'", migration)
    for file in sorted(Path(gateway.__file__).parent.glob("services/*.py")):
        text = file.read_text(encoding="utf-8")
        if (
            "synclog" in text
            or "timeline" in text
            or "carry" in text
            or "tell." in text
            or "delegate" in text
        ):
            yield from Found(ast.parse(text), file.stem)


class Found:
    """The actions of one module. A name is followed to what it was given; what can't be followed is an error, unless
    it is what this function was handed itself: then its callers are looked at."""

    def __init__(self, tree: ast.Module, name: str) -> None:
        self.tree, self.name = tree, name
        self.functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}

    # Where `action` stands among the arguments of those who write lines.
    PLACES: Final = {
        "synclog.note": 2, "timeline.note_refusal": 2, "timeline.note_choice": 2, "note_choice": 2, "carry.note": 1,
        "tell.done": 3, "delegate.ask": 2,
    }  # fmt: skip

    def __iter__(self) -> Iterator[str]:
        places = dict(self.PLACES)
        while True:
            before = dict(places)
            found = list(self._round(places))
            if places == before:
                return iter(found)

    def _round(self, places: dict[str, int]) -> Iterator[str]:
        for function in self.functions.values():
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and (place := places.get(ast.unparse(call.func))) is not None:
                    given = [k.value for k in call.keywords if k.arg == "action"] or call.args[
                        place : place + 1
                    ]
                    assert given, f"{self.name}: {ast.unparse(call)}"
                    yield from self._texts(given[0], function, places)

    def _texts(self, value: ast.expr, function: ast.FunctionDef, places: dict[str, int]) -> Iterator[str]:
        match value:
            case ast.Constant(value=str(text)):
                yield text
            case ast.IfExp(body=one, orelse=other):
                yield from self._texts(one, function, places)
                yield from self._texts(other, function, places)
            case ast.Name(id=name) if name in (names := [arg.arg for arg in function.args.args]):
                places.setdefault(function.name, names.index(name))
            case ast.Name(id=name):
                scopes = (function, self.tree)
                given = [one for scope in scopes for one in _assigned(scope, name)]
                assert given, f"{self.name}: {name}"
                for one in given:
                    yield from self._texts(one, function, places)
            case ast.JoinedStr(values=[ast.Constant(value="revoke_"), _]):
                yield from ("revoke_app_password", "revoke_feed", "revoke_api_key")
            case ast.Attribute(attr="action"):
                yield from ("move", "cancel")  # what the booking app can be asked for
            case _:
                raise AssertionError(f"{self.name}: {ast.unparse(value)}")


def _assigned(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    for one in ast.walk(scope):
        if isinstance(one, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in one.targets):
            yield one.value
