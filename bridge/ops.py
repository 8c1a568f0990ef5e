"""For operators: is the process alive, can it serve, and how does all of it do."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bridge.tenant import deps
from gateway.services import health, status
from gateway.services.status import Status

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


@blueprint.get("/metrics")
def metrics() -> Response:
    """For Prometheus. What is counted is of all businesses together, so it is nobody's secret."""
    registry = CollectorRegistry()
    registry.register(_Numbers(status.look(deps())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Numbers(Collector):
    """What was found when somebody asked; nothing is counted in between, so all processes tell the same."""

    def __init__(self, found: Status) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        connections = GaugeMetricFamily(
            "daybridge_connections",
            "Connected accounts, by provider and by how they stand.",
            labels=["provider", "state"],
        )
        for (provider, state), count in found.connections.items():
            connections.add_metric([provider, state.value], count)
        yield connections
        watches = GaugeMetricFamily(
            "daybridge_watches",
            "Providers' promises to call us when a calendar changes: that last (alive), that end soon (expiring).",
            labels=["state"],
        )
        watches.add_metric(["alive"], found.watches_alive)
        watches.add_metric(["expiring"], found.watches_expiring)
        yield watches
        for name, words, value in _plain(found):
            yield GaugeMetricFamily(f"daybridge_{name}", words, value=value)


def _plain(found: Status) -> Iterator[tuple[str, str, float]]:
    yield "events_waiting", "Changes of bookings that are to go out to connected accounts.", found.waiting
    yield "outbox_notes", "Changes of the database that are to be projected.", found.notes
    yield (
        "oldest_waiting_seconds",
        "For how long the oldest change of the database has waited to be projected.",
        found.oldest_note_seconds,
    )
    yield (
        "busy_conflicts",
        "Bookings to come of which the time is taken by something else too.",
        found.conflicts,
    )
    yield "external_events", "Events that are kept of connected accounts.", found.external_events
