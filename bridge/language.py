"""In which language a page is: what the browser asks for, as far as there is a catalogue of it.

Catalogues stand under `translations/`, and further ones in the folder that the setting `translations` names. Programs
are answered in English.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from flask import Flask, Response, current_app, g, request
from flask_babel import Babel, get_locale, get_translations

from gateway.core import clock, language
from gateway.core.errors import SetupError
from gateway.settings import Settings

# Nobody reads more languages; who sends more wants something else.
_MOST_TAGS = 10
_REMEDY = "See docs/translating.md: mend the .po file, then `pybabel compile` it again."
_OF_PROGRAMS = ("/api/", "/webhooks/", "/feeds/", "/metrics", "/healthz")


def install(app: Flask, chosen: Settings) -> None:
    folders = ["translations", *([str(_checked(Path(chosen.translations)))] if chosen.translations else [])]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(folders)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    babel = Babel(app, default_locale=str(language.ANYBODY.locale), locale_selector=_wanted)
    # Catalogues are there or not when it starts; looking for them at each request would cost more than a query.
    with app.app_context():
        app.extensions["daybridge.spoken"] = frozenset(one.language for one in babel.list_translations())
    app.jinja_env.filters.update(seconds=clock.seconds, hour=clock.hour, said=language._)
    app.jinja_env.globals["locale"] = language.locale
    app.before_request(_speak)
    app.after_request(_tell_caches)
    app.teardown_request(_fall_silent)


def _checked(folder: Path) -> Path:
    """A text that can't be filled in would break the page that it is on, so it is found before the first one is asked
    for. Raises SetupError."""
    if not folder.is_dir():
        raise SetupError(f"translations: there is no folder {folder}.", _REMEDY)
    for file in sorted(folder.glob("*/LC_MESSAGES/messages.mo")):
        for message in _read(file):
            text, said = _forms(message.id)[-1], _forms(message.string)
            if wrong := [one for one in said if not language.fits(text, one)]:
                raise SetupError(f"{file}: “{wrong[0]}” has other fields than its text, “{text}”.", _REMEDY)
    return folder.resolve()


def _forms(said: str | Sequence[str | None] | None) -> list[str]:
    """What stands in a catalogue: one text, or one for each kind of number."""
    return [said] if isinstance(said, str) else [one or "" for one in said or ("",)]


def _read(file: Path) -> Catalog:
    try:
        with file.open("rb") as source:
            return read_mo(source)
    except (OSError, ValueError) as error:
        raise SetupError(f"{file} can't be read: {error}.", _REMEDY) from error


def _wanted() -> str:
    if request.path.startswith(_OF_PROGRAMS):
        return str(language.ANYBODY.locale)
    tags = [tag for tag, wish in request.accept_languages if wish > 0][:_MOST_TAGS]
    return str(language.choose(tags, _spoken()))


def _spoken() -> frozenset[str]:
    return cast(frozenset[str], current_app.extensions["daybridge.spoken"])


def _speak() -> None:
    g.speaking = language.speak(language.Reader(get_locale(), get_translations()))


def _tell_caches(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("Accept-Language")
    return response


def _fall_silent(_: BaseException | None) -> None:
    """The same thread may serve a calendar app next, or the API."""
    if speaking := g.pop("speaking", None):
        language.fall_silent(speaking)
