"""Partial answers: the `fields` parameter, such as `items(id,start/dateTime),nextPageToken`."""

from __future__ import annotations

import re
from typing import Any

from tests.servers.google.document import document
from tests.servers.google.refusal import Refusal, invalid

Json = dict[str, Any]
Tree = dict[str, "Tree"]

_WORD = r"[A-Za-z0-9_\-*.]+"


def check(text: str, schema: Json) -> None:
    """Refuses a selection that the answer's schema does not know."""
    _kept(None, _parsed(text), schema)


def cut(said: Any, text: str, schema: Json) -> Any:
    """The answer with only the fields that were asked for."""
    return _kept(said, _parsed(text), schema)


def _wrong(text: str) -> Refusal:
    return invalid(f"Invalid field selection {text}", "invalidParameter", "fields")


def _parsed(text: str) -> Tree:
    tokens = re.findall(rf"{_WORD}|[(),/]", text)
    if "".join(tokens) != text:
        raise _wrong(text)
    try:
        tree = _fields(tokens)
    except IndexError:
        raise _wrong(text) from None
    if tokens:
        raise _wrong(text)
    return tree


def _fields(tokens: list[str]) -> Tree:
    """Takes fields with commas between them off the tokens, as far as they go; an IndexError if they end too soon."""
    tree: Tree = {}
    _field(tokens, tree)
    while tokens[:1] == [","]:
        tokens.pop(0)
        _field(tokens, tree)
    return tree


def _field(tokens: list[str], tree: Tree) -> None:
    name = tokens.pop(0)
    if not re.fullmatch(_WORD, name):
        raise _wrong(name)
    below = tree.setdefault(name, {})
    following = tokens[:1]
    if following == ["/"]:
        tokens.pop(0)
        _field(tokens, below)
    elif following == ["("]:
        tokens.pop(0)
        below.update(_fields(tokens))
        if tokens.pop(0) != ")":
            raise _wrong(name)


def _kept(value: Any, tree: Tree, schema: Json) -> Any:
    described = document()["schemas"][schema["$ref"]] if "$ref" in schema else schema
    if not tree or "*" in tree:
        return value
    if described.get("type") == "array":
        return [_kept(one, tree, described["items"]) for one in (value if value is not None else [None])]
    known, free = described.get("properties", {}), described.get("additionalProperties")
    there, kept = value or {}, {}
    for name, inner in tree.items():
        below = known.get(name) or free
        if below is None:
            raise _wrong(name)
        seen = _kept(there.get(name), inner, below)
        if name in there:
            kept[name] = seen
    return kept
