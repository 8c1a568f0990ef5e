"""What a request may reach: the dependencies of this application."""

from __future__ import annotations

from typing import cast

from flask import current_app

from gateway.services.deps import Deps


def deps() -> Deps:
    return cast(Deps, current_app.extensions["daybridge"])
