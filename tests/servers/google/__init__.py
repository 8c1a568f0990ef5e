"""A strict stand-in for Google: its OAuth and its Calendar API v3, over real sockets, for the real client libraries.

    with start(allow_http=True) as google:
        google.register("http://127.0.0.1:8080/oauth/calendar/google/callback")
        person = google.account("ann@example.com", "Europe/Berlin")
        … point the product at google.settings() …
        person.create({"summary": "Dentist", "start": {…}, "end": {…}})

`python -m tests.servers.google --json FILE` runs it in a process of its own; `/_control/…` steers it from outside.
"""

from tests.servers.google.human import Human
from tests.servers.google.server import GoogleServer, start

__all__ = ["GoogleServer", "Human", "start"]
