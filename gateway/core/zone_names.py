"""Which zone a calendar program means by a name."""

from __future__ import annotations

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from gateway.core import zones


def known(name: str) -> str:
    """The IANA zone that a TZID means, or "" where only its own definition can tell.

    Beside IANA's own these are the names of Windows and Rails, and "globally unique" ones such as
    /freeassociation.sourceforge.net/Europe/Berlin, of which any end that is a name counts.
    """
    name = name.strip("/")
    parts = name.split("/")
    ends = ["/".join(parts[at:]) for at in range(max(len(parts) - 3, 0), len(parts) - 1)]
    for each in (name, WINDOWS_TO_OLSON.get(name, name), *ends):
        if each in zones.iana_names():
            return each
    try:
        return zones.resolve(name)
    except zones.UnknownZone:
        return ""
