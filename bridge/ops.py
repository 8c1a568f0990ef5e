"""For operators: is the process alive, can it serve."""

from __future__ import annotations

from flask import Blueprint, Response

from bridge.tenant import deps
from gateway.services import health

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """200 as long as the process answers at all; asks nobody else."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/readyz")
def ready() -> Response:
    """200 when the database is there and its schema is ours; 503 says why not."""
    can, why = health.ready(deps().database)
    return Response(f"{why}\n", status=200 if can else 503, mimetype="text/plain")
