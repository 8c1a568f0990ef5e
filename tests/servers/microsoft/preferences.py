"""How a client wants its answer: the Prefer header of RFC 7240 with Outlook's preferences.

https://learn.microsoft.com/graph/api/user-list-events, "Request headers"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tests.servers.microsoft import zones
from tests.servers.microsoft.refusal import bad

_ONE = re.compile(r'\s*([A-Za-z.\-]+)\s*=\s*(?:"([^"]*)"|([^\s,;"]+))\s*')


@dataclass(frozen=True, slots=True)
class Preferences:
    lasting_ids: bool = False
    zone: str = "UTC"
    body: str = "html"
    page: int | None = None

    def applied(self) -> dict[str, str]:
        said = [
            'IdType="ImmutableId"' if self.lasting_ids else "",
            f'outlook.timezone="{self.zone}"' if self.zone != "UTC" else "",
            f'outlook.body-content-type="{self.body}"' if self.body != "html" else "",
            f"odata.maxpagesize={self.page}" if self.page else "",
        ]
        kept = ", ".join(one for one in said if one)
        return {"Preference-Applied": kept} if kept else {}


def read(header: str | None) -> Preferences:
    """A preference that Graph would read over is refused here: nobody writes one for nothing."""
    made = Preferences()
    for text in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', header) if header else ():
        matched = _ONE.fullmatch(text)
        if not matched:
            raise bad(f"The preference '{text.strip()}' can't be read.")
        made = _with(made, matched[1].lower(), matched[2] if matched[2] is not None else matched[3])
    return made


def _with(made: Preferences, name: str, value: str) -> Preferences:
    if name == "idtype" and value == "ImmutableId":
        return replace(made, lasting_ids=True)
    if name == "outlook.timezone":
        if not zones.known(value):
            raise zones.unsupported(value)
        return replace(made, zone=value)
    if name == "outlook.body-content-type" and value in ("text", "html"):
        return replace(made, body=value)
    if name == "odata.maxpagesize" and value.isdecimal() and int(value) > 0:
        return replace(made, page=int(value))
    raise bad(f"There is no preference {name} with the value '{value}'.")
