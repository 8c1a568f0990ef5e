"""PROPPATCH (RFC 4918 9.2): a person's own name, colour, order and alarms for a calendar, and their working hours.

All of it or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, fromstring

from gateway.core.errors import Invalid, NotEditable, NotYours
from gateway.core.ics import Unacceptable
from gateway.core.model import Calendar
from gateway.services import collection, hours
from gateway.services.collection import Visit
from gateway.services.deps import Deps
from radicale_plugin import places
from radicale_plugin.fastpath import xml
from radicale_plugin.fastpath.properties import AVAILABILITY, PROTECTED
from radicale_plugin.fastpath.xml import CALDAV, DAV, clark, element
from radicale_plugin.places import Place

_LONGEST = 64 * 1024
# Names are part of a key in the database.
_LONGEST_NAME = 500
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PROTECTED = element(clark(DAV, "cannot-modify-protected-property"))
# RFC 4331 6: there is no room for more.
_NO_ROOM = element(clark(DAV, "quota-not-exceeded"))
_HOURS_STAY = "Working hours can be changed, but not removed; to be closed, leave out the times."


@dataclass(frozen=True, slots=True)
class Patch:
    """Properties to set (their whole XML) or to remove (None), by Clark name, in the order they were given."""

    values: dict[str, str | None]

    @property
    def refused(self) -> set[str]:
        """The properties that nobody may change; one of them refuses the whole patch."""
        return {tag for tag, value in self.values.items() if tag in PROTECTED or _is_too_long(tag, value)}

    @property
    def hours(self) -> set[str]:
        """The names, if any, by which the patch is about working hours."""
        return self.values.keys() & set(AVAILABILITY)


def _is_too_long(tag: str, value: str | None) -> bool:
    longest = hours.MAX_OCTETS if tag in AVAILABILITY else _LONGEST
    return len(tag) > _LONGEST_NAME or len(value or "") > longest


def read(root: Element | None) -> Patch:
    """The changes in a request body. Raises Invalid when it holds none."""
    if root is None or root.tag != clark(DAV, "propertyupdate"):
        raise Invalid(reason="A PROPPATCH needs a DAV:propertyupdate.")
    values = dict(_changes(root))
    if not values:
        raise Invalid(reason="The propertyupdate names no property.")
    return Patch(values)


def _changes(root: Element) -> Iterator[tuple[str, str | None]]:
    for action in root:
        prop = action.find(clark(DAV, "prop"))
        if prop is None or action.tag not in (clark(DAV, "set"), clark(DAV, "remove")):
            continue
        for node in prop:
            yield node.tag, _kept(node, prop) if action.tag == clark(DAV, "set") else None


def _kept(node: Element, prop: Element) -> str:
    """The element with the language that it was said in, wherever that was said (RFC 4918 4.3)."""
    language = prop.get(_LANGUAGE)
    if language is not None and node.get(_LANGUAGE) is None:
        node.set(_LANGUAGE, language)
    return xml.serialized(node)


def done(path: str, patch: Patch) -> bytes:
    """The answer to a patch that was carried out."""
    names = [element(tag) for tag in patch.values]
    return xml.multistatus([xml.response(path, xml.propstat(200, names))])


def refusal(path: str, patch: Patch, refused: Collection[str], precondition: str, reason: str = "") -> bytes:
    """The answer to a patch of which nothing was done: 403 for these properties, 424 for the rest."""
    names = "".join(element(tag) for tag in patch.values if tag in refused)
    error = f"<error>{precondition}</error>"
    if reason:
        error += f"<responsedescription>{xml.text(reason)}</responsedescription>"
    inner = f"<propstat><prop>{names}</prop>{xml.status(403)}{error}</propstat>"
    others = [element(tag) for tag in patch.values if tag not in refused]
    if others:
        inner += xml.propstat(424, others)
    return xml.multistatus([xml.response(path, inner)])


def answer(deps: Deps, visit: Visit, place: Place, address: str, patch: Patch) -> bytes:
    """Keep what may be kept, and say what became of each property. Raises NotYours."""
    if not place.slug:
        return refusal(address, patch, patch.values, _PROTECTED)
    calendar = places.calendar(visit, place.slug)
    if place.href and not visit.objects(calendar, [place.href]):
        raise NotYours(what="no such event")
    refused = patch.values if place.href else patch.refused
    if refused:
        return refusal(address, patch, refused, _PROTECTED)
    if any(patch.values[tag] is None for tag in patch.hours):
        return refusal(address, patch, patch.hours, _PROTECTED, _HOURS_STAY)
    return _kept_or_refused(deps, visit, calendar, address, patch)


def _kept_or_refused(deps: Deps, visit: Visit, calendar: Calendar, address: str, patch: Patch) -> bytes:
    others = {tag: value for tag, value in patch.values.items() if tag not in AVAILABILITY}
    try:
        if patch.hours:
            hours.change(deps, visit.visitor, calendar, _hours(patch), others)
        else:
            collection.set_properties(deps.database, visit.visitor, calendar, others)
    except NotEditable as error:
        return refusal(address, patch, patch.hours, _PROTECTED, str(error))
    except Unacceptable as error:
        precondition = element(clark(CALDAV, error.precondition.removeprefix("C:")))
        return refusal(address, patch, patch.hours, precondition, str(error))
    except Invalid:
        # Apple's apps give up on a whole that is 4xx.
        return refusal(address, patch, patch.values, _NO_ROOM)
    return done(address, patch)


def _hours(patch: Patch) -> str:
    """The text of the hours that are set; of two names for them, the later one's."""
    value = next(value for tag, value in reversed(patch.values.items()) if tag in AVAILABILITY)
    return "".join(fromstring(value or "").itertext())  # noqa: S314  # we serialised it ourselves
