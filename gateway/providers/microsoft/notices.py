"""What Graph says when it calls. Pure.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks; what becomes of a subscription:
/graph/change-notifications-lifecycle-events.
The id of the watch is in the address, which was given to Graph alone; `clientState` is its secret.
"""

from __future__ import annotations

import json
from typing import Any, Final

from gateway.core.notice import Call, Handshake, Heard, Notice, What

# The name under which our own id of a watch stands in the address.
WATCH: Final = "watch"
_LONGEST_WORD: Final = 2_000
_MOST: Final = 1_000
_ENDING: Final = frozenset({"reauthorizationRequired", "subscriptionRemoved"})


def hear(call: Call) -> Heard:
    """What can't be read says nothing."""
    word = call.query.get("validationToken", "")
    if word:
        return Handshake(word) if len(word) <= _LONGEST_WORD and word.isprintable() else ()
    try:
        said = json.loads(call.body)
    except (ValueError, RecursionError):
        return ()
    told = said.get("value") if isinstance(said, dict) else None
    watch = call.query.get(WATCH, "")
    return (
        tuple(_notice(one, watch) for one in told[:_MOST] if isinstance(one, dict))
        if isinstance(told, list)
        else ()
    )


def _notice(one: dict[str, Any], watch: str) -> Notice:
    secret = one.get("clientState")
    event = one.get("lifecycleEvent")
    what = What.ENDING if isinstance(event, str) and event in _ENDING else What.CHANGED
    return Notice(watch, secret if isinstance(secret, str) else "", what)
