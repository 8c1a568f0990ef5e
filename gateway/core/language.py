"""In which language people are spoken to, and how their country writes dates and times.

Every text stands in the code in English, and goes through `_` where it is said; `N_` marks one that is kept, so that it
gets into the catalogue (`make texts`), and `_` translates it later. What programs read, logs and what the worker writes
down are in English: nobody speaks there.

    _("{name} has not started.").format(name=person.name)
    ngettext("{n} booking", "{n} bookings", n).format(n=n)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from gettext import NullTranslations
from string import Formatter
from typing import Final

from babel import Locale, UnknownLocaleError


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom we speak to: what their dates look like, and the catalogue that our texts are looked up in."""

    locale: Locale
    catalogue: NullTranslations


# English as most of the world writes its dates: 27 November, 14:05.
ANYBODY: Final = Reader(Locale("en", "GB"), NullTranslations())
_FIELD: Final = re.compile(r"%\((\w+)\)[sd]")
_reader: ContextVar[Reader] = ContextVar("reader", default=ANYBODY)


def _(text: str) -> str:
    """What this text is in the reader's language; the text itself where nobody has translated it."""
    return _reader.get().catalogue.gettext(text) if text else ""


def ngettext(one: str, several: str, n: int) -> str:
    """As `_`, in the form that goes with a number."""
    return _reader.get().catalogue.ngettext(one, several, n)


def N_(text: str) -> str:  # noqa: N802  (its name wherever gettext is used)
    """This text, to be translated where it is said."""
    return text


def locale() -> Locale:
    return _reader.get().locale


def speak(reader: Reader) -> Token[Reader]:
    """From now on, until `fall_silent`, in this thread or task."""
    return _reader.set(reader)


def fall_silent(token: Token[Reader]) -> None:
    _reader.reset(token)


@contextmanager
def speaking(reader: Reader) -> Iterator[None]:
    token = speak(reader)
    try:
        yield
    finally:
        fall_silent(token)


def fits(text: str, translation: str) -> bool:
    """Whether a translation can be filled in as its text is. It may leave a field out ("one booking"), not add one."""
    try:
        return _fields(translation) <= _fields(text)
    except ValueError:
        return False


def _fields(text: str) -> set[object]:
    """What is filled in: `{name}` with all that belongs to it, in templates `%(name)s`; and a percent sign that would
    be taken for one there. Raises ValueError for half a field."""
    signs = {"%"} & set(_FIELD.sub("", text).replace("%%", ""))
    return {part[1:] for part in Formatter().parse(text) if part[1]} | set(_FIELD.findall(text)) | signs


def known(tag: str) -> Locale | None:
    """The locale of a language tag (RFC 5646), as browsers send them. None for one that nobody knows."""
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, TypeError, UnknownLocaleError):
        return None


def choose(tags: list[str], spoken: frozenset[str]) -> Locale:
    """The first that we have a catalogue for (`spoken`: language codes), or that is English; its country decides how
    dates are written. English alone is no country's."""
    for tag in tags:
        found = known(tag)
        if found and (found.territory if found.language == "en" else found.language in spoken):
            return found
    return ANYBODY.locale
