"""PROPPATCH (RFC 4918 9.2): a person's own name, colour, order and alarms for a calendar. All of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from gateway.core.errors import Invalid
from radicale_plugin.fastpath import xml
from radicale_plugin.fastpath.properties import PROTECTED
from radicale_plugin.fastpath.xml import DAV, clark, element

_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patch:
    """Properties to set (their whole XML) or to remove (None), by Clark name, in the order they were given."""

    values: dict[str, str | None]

    @property
    def refused(self) -> set[str]:
        """The properties that nobody may change; one of them refuses the whole patch."""
        return {tag for tag, value in self.values.items() if tag in PROTECTED or len(value or "") > _LONGEST}


def read(root: Element | None) -> Patch:
    """The changes in a request body. Raises Invalid when it holds none."""
    if root is None or root.tag != clark(DAV, "propertyupdate"):
        raise Invalid(reason="A PROPPATCH needs a DAV:propertyupdate.")
    values: dict[str, str | None] = {}
    for action in root:
        if action.tag not in (clark(DAV, "set"), clark(DAV, "remove")):
            continue
        prop = action.find(clark(DAV, "prop"))
        for node in prop if prop is not None else ():
            values[node.tag] = xml.serialized(node) if action.tag == clark(DAV, "set") else None
    if not values:
        raise Invalid(reason="The propertyupdate names no property.")
    return Patch(values)


def answer(path: str, patch: Patch, *, may: bool) -> bytes:
    """What became of each property: all 200; or 403 for the refused and 424 for the rest, which stay as they were."""
    refused = set(patch.values) if not may else patch.refused
    if not refused:
        return xml.multistatus([xml.response(path, [element(tag) for tag in patch.values], [], minimal=False)])
    parts = [_refusal(refused)]
    others = [element(tag) for tag in patch.values if tag not in refused]
    if others:
        parts.append(xml.propstat(424, others))
    return xml.multistatus([f"<response><href>{xml.href(path)}</href>{''.join(parts)}</response>"])


def _refusal(refused: set[str]) -> str:
    names = "".join(element(tag) for tag in sorted(refused))
    return (
        f"<propstat><prop>{names}</prop>{xml.status(403)}"
        "<error><cannot-modify-protected-property /></error></propstat>"
    )
