"""When a change is too large to be believed: somebody has to say that it is right before anything is done.

A provider that answers with an empty list is more likely to be ill than its user to have deleted a year at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """So many may go at once whatever their share is; more only up to this share of all."""

    least: int
    share: float


# A booking lost is worse than a private appointment lost.
OF_BOOKINGS: Final = Limit(least=3, share=0.2)
OF_OTHERS: Final = Limit(least=10, share=0.5)
# All that there is, gone at once, is suspicious even where it was little.
_FEW: Final = 3


def stops(gone: int, of: int, limit: Limit) -> bool:
    """Whether `gone` of `of` events, gone at once, are more than can be believed."""
    if gone >= of and gone >= _FEW:
        return True
    return gone > limit.least and gone > of * limit.share
