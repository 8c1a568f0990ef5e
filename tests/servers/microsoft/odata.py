"""The query options of OData that a calendar needs: which are understood, and what they choose.

https://learn.microsoft.com/graph/query-parameters
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from tests.servers.microsoft import schema
from tests.servers.microsoft.items import Item
from tests.servers.microsoft.refusal import Refusal, bad, bad_query

Json = dict[str, Any]
Chosen = Callable[[Item, Callable[[], Json]], bool]
"""Whether an event is meant; it is shown only if that has to be known."""

MOST = 1_000
_TEXT = r"'((?:[^']|'')*)'"
_IDS = re.compile(rf"id eq {_TEXT}(?: or id eq {_TEXT})*")
_EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=(.+)\)")
_ANY = re.compile(
    rf"singleValueExtendedProperties/any\((\w+):\s*\1/id eq {_TEXT} and \1/value eq {_TEXT}\)", re.IGNORECASE
)
_COMPARED = re.compile(rf"([\w/]+) (eq|ne|gt|ge|lt|le) (?:{_TEXT}|(true|false)|(\d[\w:.\-]*))")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
# What events can be filtered and ordered by here.
_FILTERED = frozenset(
    {
        "subject",
        "iCalUId",
        "type",
        "isAllDay",
        "isCancelled",
        "isOrganizer",
        "showAs",
        "sensitivity",
        "importance",
    }
    | {"start/dateTime", "end/dateTime", "createdDateTime", "lastModifiedDateTime"}
)


def check(query: list[tuple[str, str]], allowed: frozenset[str]) -> dict[str, str]:
    """Each option once, and only those that are understood there."""
    made: dict[str, str] = {}
    for name, value in query:
        if name in made:
            raise bad(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        if name not in allowed:
            raise bad_query(f"The query parameter '{name}' is not supported here.")
        made[name] = value
    return made


def number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) > most or (name == "$top" and int(text) == 0):
        raise bad(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def select(text: str | None) -> Callable[[Json], Json]:
    """Keeps what was asked for; id and etag come always."""
    if text is None:
        return lambda said: said
    wanted = [one.strip() for one in text.split(",")]
    for name in wanted:
        if name not in schema.KNOWN:
            raise bad(f"Could not find a property named '{name}' on type 'microsoft.graph.event'.")
    kept = {*wanted, "id", "@odata.etag", "singleValueExtendedProperties"}
    return lambda said: {name: value for name, value in said.items() if name in kept}


def expand(text: str | None) -> list[str]:
    """The ids of the extended properties that shall be shown."""
    if text is None:
        return []
    matched = _EXPAND.fullmatch(text.strip())
    if not matched or not _IDS.fullmatch(matched[1]):
        raise bad(f"Could not expand '{text}': a $filter with the ids of the properties is needed.")
    return [schema.property_id(_plain(one)) for one in re.findall(rf"id eq {_TEXT}", matched[1])]


def matching(text: str | None) -> Chosen:
    """Terms with `and` between them, which is enough for calendars."""
    if text is None:
        return lambda _item, _show: True
    terms: list[Chosen] = []
    rest = text.strip()
    while rest:
        term, rest = _term(rest)
        terms.append(term)
        if rest and not rest.startswith(" and "):
            raise _wrong(text)
        rest = rest.removeprefix(" and ").strip()
    return lambda item, show: all(term(item, show) for term in terms)


def _term(text: str) -> tuple[Chosen, str]:
    if matched := _ANY.match(text):
        key, wanted = schema.property_id(_plain(matched[2])), _plain(matched[3]).lower()
        return (lambda item, _: item.properties.get(key, "\0").lower() == wanted), text[matched.end() :]
    if matched := _COMPARED.match(text):
        return _compared(matched), text[matched.end() :]
    raise _wrong(text)


def _compared(matched: re.Match[str]) -> Chosen:
    path, compare = matched[1], _OPERATORS[matched[2]]
    if path not in _FILTERED:
        raise bad(f"The property '{path}' does not support filtering.", "ErrorInvalidUrlQueryFilter")
    wanted: Any = matched[4] == "true" if matched[4] else _plain(matched[3] or matched[5] or "")
    moment = path.endswith("dateTime")

    def chosen(_: Item, show: Callable[[], Json]) -> bool:
        shown = value(show(), path)
        return compare(shown[:19], wanted[:19]) if moment else compare(shown, wanted)

    return chosen


def value(said: Json, path: str) -> Any:
    found: Any = said
    for name in path.split("/"):
        found = found[name]
    return found


def order(text: str | None) -> tuple[str, bool] | None:
    """By which property, and whether the last comes first."""
    if text is None:
        return None
    name, _, way = text.strip().partition(" ")
    if name not in _FILTERED or way not in ("", "asc", "desc"):
        raise bad(f"The order '{text}' is not supported.", "ErrorInvalidUrlQueryFilter")
    return name, way == "desc"


def link(url: str, query: Mapping[str, str]) -> str:
    said = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items())
    return f"{url}?{said}"


def _plain(text: str) -> str:
    return text.replace("''", "'")


def _wrong(text: str) -> Refusal:
    return bad(f"Invalid filter clause: {text}", "ErrorInvalidUrlQueryFilter")
