"""What a provider's JSON holds under a name, if it is of the kind that it should be: anything may be anything there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def text(item: Json, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def within(item: Json, name: str) -> Json:
    """The object under a name."""
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def listed(item: Json, name: str) -> list[Any]:
    value = item.get(name)
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
