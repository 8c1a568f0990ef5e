"""What blocks time: one table for all providers, with two switches for each connection.

| an event that is                                            | blocks            |
|---|---|
| busy, out of office, focus time                             | yes               |
| free, working elsewhere or at a location, a birthday        | no                |
| declined, deleted                                           | no                |
| answered with "maybe", or not at all                        | `tentative`       |
| all day long                                                | `all_day`         |
| a booking's own event, put there by us                      | never             |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.remote import Reply, Showing

_TAKES_TIME: Final = frozenset({Showing.BUSY, Showing.OUT_OF_OFFICE, Showing.FOCUS})
_UNSURE: Final = frozenset({Reply.TENTATIVE, Reply.UNANSWERED})


@dataclass(frozen=True, slots=True)
class BlockRules:
    """The switches of a connection; careful ones at first, since a slot too few is better than one too many."""

    tentative: bool = True
    all_day: bool = True


def blocks(showing: Showing, reply: Reply, *, all_day: bool, rules: BlockRules) -> bool:
    """Whether an event's time can't be booked."""
    if showing not in _TAKES_TIME or reply is Reply.DECLINED:
        return False
    if reply in _UNSURE and not rules.tentative:
        return False
    return rules.all_day or not all_day
