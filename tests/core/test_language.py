"""Whom we speak to: texts in their language, dates as their country writes them; logs and programs get English."""

from __future__ import annotations

from datetime import UTC, datetime
from gettext import NullTranslations

import pytest
from babel import Locale

from gateway.core import clock, language
from gateway.core.errors import NotEditable, Throttled
from gateway.core.language import Reader, speaking


class Shouting(NullTranslations):
    """A language in which everything is said loudly."""

    def gettext(self, text: str) -> str:
        return text if "{" in text else text.upper()

    def ngettext(self, one: str, several: str, n: int) -> str:
        return self.gettext(one if n == 1 else several)


LOUD = Reader(Locale("de"), Shouting())


def test_a_text_is_in_the_reader_s_language_while_somebody_is_spoken_to() -> None:
    with speaking(LOUD):
        assert language._("In step") == "IN STEP"
        assert language.ngettext("a booking", "bookings", 2) == "BOOKINGS"
        assert language.locale() == Locale("de")
    assert language._("In step") == "In step"
    assert language.locale() == Locale("en", "GB")


def test_nothing_is_said_of_no_text() -> None:
    """Catalogues keep their own description under it."""
    with speaking(LOUD):
        assert language._("") == ""


def test_an_error_is_written_down_in_english_and_said_to_its_reader() -> None:
    with speaking(LOUD):
        error = NotEditable(reason="We put it back.")
        assert (str(error), error.said()) == ("We put it back.", "WE PUT IT BACK.")
        assert Throttled(retry_after=3).said() == str(Throttled(retry_after=3))


@pytest.mark.parametrize(
    ("tags", "chosen"),
    [
        ([], "en_GB"), (["en"], "en_GB"), (["en-US"], "en_US"), (["fr", "en-AU"], "en_AU"),
        (["de-AT", "en-US"], "de_AT"),
        (["fr-FR", "de"], "de"), (["xx", "", "*", "../../etc", "en_US"], "en_GB"), (["x" * 5000], "en_GB"),
    ],
)  # fmt: skip
def test_the_first_language_that_is_there_is_chosen(tags: list[str], chosen: str) -> None:
    assert str(language.choose(tags, frozenset({"de"}))) == chosen


@pytest.mark.parametrize(
    ("text", "translation", "fits"),
    [
        ("{n} bookings", "{n} Buchungen", True), ("{n} bookings", "eine Buchung", True), ("{n} %", "{n} %", True),
        ("{n} bookings", "{m} Buchungen", False), ("{n} bookings", "{n:d}", False), ("{n} bookings", "{n.x}", False),
        ("{n} bookings", "{n", False), ("%(n)s %%", "%(n)s %%", True), ("%(n)s %%", "%(n)s %", False),
        ("%(n)s", "%(m)s", False), ("%(n)s", "%(n", False), ("%(n)s", "%n", False),
    ],
)  # fmt: skip
def test_a_translation_fits_if_it_can_be_filled_in_as_its_text_is(
    text: str, translation: str, fits: bool
) -> None:
    assert language.fits(text, translation) is fits


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en_GB", "Tuesday 24 November, 14:05"), ("en_US", "Tuesday November 24, 2:05\u202fPM"),
        ("de", "Dienstag 24. November, 14:05"), ("fr", "mardi 24 novembre, 14:05"),
    ],
)  # fmt: skip
def test_dates_are_written_as_the_country_does(tag: str, said: str) -> None:
    moment = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
    with speaking(Reader(Locale.parse(tag), NullTranslations())):
        assert clock.day_and_time(moment, moment) == said


@pytest.mark.parametrize(
    ("tag", "said"), [("en_GB", ["00:00", "13:00"]), ("en_US", ["12\u202fAM", "1\u202fPM"])]
)
def test_hours_beside_a_week(tag: str, said: list[str]) -> None:
    with speaking(Reader(Locale.parse(tag), NullTranslations())):
        assert [clock.hour(0).replace(" ", "\u202f"), clock.hour(13).replace(" ", "\u202f")] == said
