"""In which language a page is: what the browser asks for, as far as there is a catalogue of it.

Catalogues stand under `translations/`, and further ones in the folder that the setting `translations` names. Programs
are answered in English.
"""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, g, request
from flask_babel import Babel, get_locale, get_translations

from gateway.core import clock, language
from gateway.settings import Settings

# Nobody reads more languages; who sends more wants something else.
_MOST_TAGS = 10
_OF_PROGRAMS = ("/api/", "/webhooks/", "/feeds/", "/metrics", "/healthz")


def install(app: Flask, chosen: Settings) -> None:
    folders = ["translations", *([chosen.translations] if chosen.translations else [])]
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(folders)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    babel = Babel(app, default_locale=str(language.ANYBODY.locale), locale_selector=_wanted)
    # Catalogues are there or not when it starts; looking for them at each request would cost more than a query.
    with app.app_context():
        app.extensions["daybridge.spoken"] = frozenset(one.language for one in babel.list_translations())
    app.jinja_env.filters.update(seconds=clock.seconds, hour=clock.hour, said=language._)
    app.jinja_env.globals["locale"] = language.locale
    app.before_request(_speak)
    app.teardown_request(_fall_silent)


def _wanted() -> str:
    if request.path.startswith(_OF_PROGRAMS):
        return str(language.ANYBODY.locale)
    tags = [tag for tag, _ in request.accept_languages][:_MOST_TAGS]
    return str(language.choose(tags, _spoken()))


def _spoken() -> frozenset[str]:
    return cast(frozenset[str], current_app.extensions["daybridge.spoken"])


def _speak() -> None:
    g.speaking = language.speak(language.Reader(get_locale(), get_translations()))


def _fall_silent(_: BaseException | None) -> None:
    """The same thread may serve a calendar app next, or the API."""
    if speaking := g.pop("speaking", None):
        language.fall_silent(speaking)
