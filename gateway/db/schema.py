"""The booking app's tables, for the database that we run ourselves."""

from __future__ import annotations

from importlib import resources

from gateway.db.engine import Session


def create_booking_app(session: Session) -> None:
    """Make the tables that a booking app would bring; harmless when they are there."""
    session.run(resources.files("gateway.db").joinpath("booking_app.sql").read_text(encoding="utf-8"))
