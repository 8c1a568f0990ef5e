"""What the log may say. Every line passes through here, and nothing that opens a door leaves it."""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import TextIO

# Tokens in addresses, keys and app passwords in any text, credentials in headers.
_SECRETS = re.compile(
    r"(?P<keep>/(?:feeds|sign-in)/|db[dk]_|(?i:basic|bearer)\s+)[A-Za-z0-9+/=_.-]{6,}"
    r"|\b[a-km-z2-9]{4}(?:-[a-km-z2-9]{4}){4}\b"
)


def scrub(text: str) -> str:
    """The text with every secret in it replaced by a dot leader."""
    return _SECRETS.sub(lambda found: f"{found['keep'] or ''}…", text)


class _Scrubbing(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def log_to(stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send the log to a stream, one line an event, times in UTC."""
    handler = logging.StreamHandler(stream)
    formatter = _Scrubbing("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("waitress").setLevel(logging.WARNING)
    # Its warnings tell who signed in.
    logging.getLogger("msal").setLevel(logging.ERROR)
