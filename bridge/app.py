"""The Flask application at /: feeds, what operators ask, and (later) the API and the pages."""

from __future__ import annotations

from flask import Flask

from bridge import errors, feeds, ops
from gateway.services.deps import Deps


def create_app(deps: Deps) -> Flask:
    """The web application. Nothing global: the dependencies hang on the application."""
    app = Flask(__name__)
    app.extensions["daybridge"] = deps
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(ops.blueprint)
    errors.register(app)
    return app
