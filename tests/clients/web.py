"""The application through WebTest, and whoever reads a feed with it.

WebTest stands on WebOb, which still imports the old `cgi`; that one warning is not ours to mend.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

import icalendar

from gateway.services.grant import Granted

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="'cgi' is deprecated", category=DeprecationWarning)
    from webtest import TestApp, TestResponse

__all__ = ["Reader", "TestApp", "TestResponse"]


@dataclass(frozen=True)
class Reader:
    """Whoever was given a feed's address."""

    app: TestApp
    path: str
    granted: Granted

    @property
    def token(self) -> str:
        return self.path.removeprefix("/feeds/").removesuffix(".ics")

    def get(self, *, status: int = 200, **headers: str) -> TestResponse:
        return self.app.get(
            self.path, headers={name.replace("_", "-"): v for name, v in headers.items()}, status=status
        )

    def events(self) -> dict[str, icalendar.Event]:
        """The events by the number of their booking."""
        events = icalendar.Calendar.from_ical(self.get().body).walk("VEVENT")
        return {re.match(r"booking-(\d+)@", event["UID"])[1]: event for event in events}
