"""How Radicale runs inside Daybridge: our three plugins, no file system, no sleeping, no log of what people do."""

from __future__ import annotations

import logging

from radicale import config
from radicale import log as radicale_log

from radicale_plugin.auth import Auth
from radicale_plugin.fastpath.properties import MAX_RESOURCE_SIZE
from radicale_plugin.guard import MOST_BODY
from radicale_plugin.rights import Rights
from radicale_plugin.storage import Storage

# What we stand for: no locks (class 2), no address books, no extended MKCOL.
DAV = "1, 3, calendar-access"
REALM = "Daybridge"


def configuration() -> config.Configuration:
    """Radicale's configuration; every value that differs from its default has its reason beside it."""
    chosen = config.load()
    chosen.update(
        {
            # A wrong password is throttled by us, without a thread that sleeps for it.
            "auth": {"type": Auth, "delay": "0", "realm": REALM},
            "rights": {
                "type": Rights,
                "permit_delete_collection": "False",
                "permit_overwrite_collection": "False",
            },
            "storage": {"type": Storage},
            "server": {
                "delay_on_error": "0",
                "max_content_length": str(MOST_BODY),
                "max_resource_size": str(MAX_RESOURCE_SIZE),
                # o'brien@example.com signs in, and an event may be called "a:b.ics".
                "validate_user_value": "none",
                "validate_path_value": "none",
            },
            "web": {"type": "none"},
            "hook": {"type": "none"},
            # A calendar may hold more; what is expanded is bounded by how much of it Radicale is given (`visits`).
            "reporting": {"max_expand_occurrence": "100000"},
            "headers": {"DAV": DAV},
            "logging": {"level": "error"},
        },
        "daybridge",
    )
    _quiet()
    return chosen


def _quiet() -> None:
    """Radicale logs paths, names and event lines of what it refuses; our log says what an operator needs."""
    radicale_log.logger.setLevel(logging.CRITICAL)
    radicale_log.logger.propagate = False
