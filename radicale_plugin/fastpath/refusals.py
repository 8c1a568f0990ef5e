"""Refusals that name the precondition which was not met (RFC 4918 16), so that programs understand them too."""

from __future__ import annotations

from gateway.core.errors import Refused
from radicale_plugin.fastpath.xml import CALDAV, DAV, clark, element, href


class Unmet(Refused):
    """{reason}"""

    status = 403

    def __init__(self, precondition: str, reason: str, inner: str = "") -> None:
        super().__init__(reason=reason)
        self.element = element(precondition, inner)


def need_privileges(path: str, privilege: str, reason: str) -> Unmet:
    """RFC 3744 7.1.1. DAVx5 goes on with the other events after this one, and takes our version of this; any other
    403 stops its whole synchronisation."""
    inner = f"<resource><href>{href(path)}</href><privilege><{privilege} /></privilege></resource>"
    return Unmet(clark(DAV, "need-privileges"), reason, inner)


def supported_report(reason: str) -> Unmet:
    return Unmet(clark(DAV, "supported-report"), reason)


def supported_filter(reason: str) -> Unmet:
    return Unmet(clark(CALDAV, "supported-filter"), reason)


def valid_filter(reason: str) -> Unmet:
    return Unmet(clark(CALDAV, "valid-filter"), reason)


def uid_conflict(path: str) -> Unmet:
    """RFC 4791 5.3.2.1."""
    reason = "This event's UID belongs to another event of this calendar."
    return Unmet(clark(CALDAV, "no-uid-conflict"), reason, f"<href>{href(path)}</href>")


def too_many(reason: str) -> Unmet:
    return Unmet(clark(DAV, "number-of-matches-within-limits"), reason)
