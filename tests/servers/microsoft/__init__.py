"""A strict stand-in for Microsoft: its identity platform and the calendars of Graph v1.0, over real sockets.

    with start(allow_http=True) as microsoft:
        microsoft.register("http://127.0.0.1:8080/oauth/calendar/microsoft/callback")
        person = microsoft.account("ann@example.com", "Europe/Berlin")
        … point the product at microsoft.settings() …
        person.create({"subject": "Dentist", "start": {…}, "end": {…}})

It speaks http and says https in its OpenID document, since MSAL takes nothing else: whoever asks for MSAL translates
back. Where the real one is not documented, `Behaviour` has a switch.
"""

from tests.servers.microsoft.human import Human
from tests.servers.microsoft.server import MicrosoftServer, start

__all__ = ["Human", "MicrosoftServer", "start"]
