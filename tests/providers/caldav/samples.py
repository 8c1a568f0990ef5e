"""An event of ours that has everything in it, and where it is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.core.model import Event
from gateway.providers.caldav.translate import Place

TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # ten o'clock in Berlin
HOUR = timedelta(hours=1)
BERLIN = Place("Europe/Berlin", ("ann@example.com",), titles=True)
NOWHERE = Place("", ("ann@example.com",), titles=True)
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
EVENT = Event(
    uid="booking-7@here",
    starts_at=TEN,
    ends_at=TEN + HOUR,
    zone="Europe/Berlin",
    tentative=False,
    summary="Haircut – Ana; with, signs \\ and\nlines",
    description="Customer: Ana\n\n— notes —\nLikes tea, & <biscuits>",
    location="Hafenweg 2, Kiel",
    categories=("Bookings", "Haircut, long"),
    url="https://video.example/7",
)
